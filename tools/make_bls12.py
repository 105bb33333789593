#!/usr/bin/env python3
"""Writes src/crypto/bls12_constants.c: what follows from the parameter of
BLS12-381, the published generators, the auxiliary curves of RFC 9380 and the
second point of the KZG ceremony. Frobenius' and the endomorphisms' coefficients
and, by Velu's formulas, the isogenies are computed here."""

X = -0xD201000000010000
R = X**4 - X**2 + 1
P = (X - 1) ** 2 * R // 3 + X
H1 = (X - 1) ** 2 // 3
MONTGOMERY = 1 << 384

G1_X = 0x17F1D3A73197D7942695638C4FA9AC0FC3688C4F9774B905A14E3A3F171BAC586C55E83FF97A1AEFFB3AF00ADB22C6BB
G1_Y = 0x08B3F481E3AAA0F1A09E30ED741D8AE4FCF5E095D5D00AF600DB18CB2C04B3EDD03CC744A2888AE40CAA232946C5E7E1
G2_X = (
    0x024AA2B2F08F0A91260805272DC51051C6E47AD4FA403B02B4510B647AE3D1770BAC0326A805BBEFD48056C8C121BDB8,
    0x13E02B6052719F607DACD3A088274F65596BD0D09920B61AB5DA61BBDC7F5049334CF11213945D57E5AC7D055D042B7E,
)
G2_Y = (
    0x0CE5D527727D6E118CC9CDC6DA2E351AADFD9BAA8CBDD3A76D429A695160D12C923AC9CC3BACA289E193548608B82801,
    0x0606C4A02EA734CC32ACD2B02BC28B99CB3E287E85A763AF267492AB572E99AB3F370D275CEC1DA1AAA9075FF05F79BE,
)

# [tau]_2 of the public KZG ceremony, as the consensus specifications publish
# it in g2_monomial[1] of trusted_setup_4096.json: compressed, sign bit set.
TAU_G2 = bytes.fromhex(
    "b5bfd7dd8cdeb128843bc287230af38926187075cbfbefa81009a2ce615ac53d"
    "2914e5870cb452d2afaaab24f3499f72185cbfee53492714734429b7b38608e2"
    "3926c911cceceac9a36851477ba4c60b087041de621000edc98edada20c1def2"
)

# RFC 9380, 8.8.1 and 8.8.2: curves with A and B nonzero, and Z.
SSWU_G1_A = 0x144698A3B8E9433D693A02C96D4982B0EA985383EE66A8D8E8981AEFD881AC98936F8DA0E0F97F5CF428082D584C1D
SSWU_G1_B = 0x12E2908D11688030018B12E8753EEE3B2016C1F0F24F4070A0B9C14FCEF35EF55A23215A316CEAA5D1CC48E98E172BE0
SSWU_G1_Z = 11


class Fp2:
    """c0 + c1 u with u^2 = -1."""

    def __init__(self, c0, c1=0):
        self.c0, self.c1 = c0 % P, c1 % P

    def __add__(self, o):
        return Fp2(self.c0 + o.c0, self.c1 + o.c1)

    def __sub__(self, o):
        return Fp2(self.c0 - o.c0, self.c1 - o.c1)

    def __neg__(self):
        return Fp2(-self.c0, -self.c1)

    def __mul__(self, o):
        if isinstance(o, int):
            return Fp2(self.c0 * o, self.c1 * o)
        return Fp2(
            self.c0 * o.c0 - self.c1 * o.c1, self.c0 * o.c1 + self.c1 * o.c0
        )

    __rmul__ = __mul__

    def __eq__(self, o):
        return (self.c0, self.c1) == (o.c0, o.c1)

    def __pow__(self, e):
        out, base = Fp2(1), self
        while e:
            if e & 1:
                out = out * base
            base, e = base * base, e >> 1
        return out

    def inverse(self):
        n = pow(self.c0**2 + self.c1**2, -1, P)
        return Fp2(self.c0 * n, -self.c1 * n)


SSWU_G2_A, SSWU_G2_B, SSWU_G2_Z = Fp2(0, 240), Fp2(1012, 1012), Fp2(-2, -1)


def inverse(a):
    return a.inverse()


def add(A, p, q):
    """Points of y^2 = x^3 + A x + B; None is infinity."""
    if p is None or q is None:
        return p if q is None else q
    (x1, y1), (x2, y2) = p, q
    if x1 == x2 and not y1 == y2:
        return None
    if x1 == x2:
        slope = (x1 * x1 * 3 + A) * inverse(y1 * 2)
    else:
        slope = (y2 - y1) * inverse(x2 - x1)
    x3 = slope * slope - x1 - x2
    return x3, slope * (x1 - x3) - y1


def multiply(A, k, p):
    out = None
    while k:
        if k & 1:
            out = add(A, out, p)
        p, k = add(A, p, p), k >> 1
    return out


def poly_mul(a, b):
    out = [Fp2(0)] * (len(a) + len(b) - 1)
    for i, x in enumerate(a):
        for j, y in enumerate(b):
            out[i + j] = out[i + j] + x * y
    return out


def poly_add(a, b):
    length = max(len(a), len(b))
    a = a + [Fp2(0)] * (length - len(a))
    b = b + [Fp2(0)] * (length - len(b))
    return [x + y for x, y in zip(a, b)]


def poly_derive(a):
    return [a[i] * i for i in range(1, len(a))]


def poly_trim(a):
    while a and a[-1] == Fp2(0):
        a = a[:-1]
    return a


def velu(A, B, xs):
    """The isogeny of odd degree whose kernel's points other than infinity
    have the x coordinates xs: its codomain, and polynomials, lowest
    coefficient first, such that it maps x to x_num / kernel^2 and y to
    y y_num / kernel^3."""
    v_sum, w_sum = Fp2(0), Fp2(0)
    terms = []
    for x in xs:
        t = x * x * 6 + A * 2
        u = (x * x * x + A * x + B) * 4
        v_sum, w_sum = v_sum + t, w_sum + u + x * t
        terms.append((x, t, u))
    codomain = (A - v_sum * 5, B - w_sum * 7)
    # X(x) = x + sum t / (x - xq) + u / (x - xq)^2
    h = [Fp2(1)]
    for x in xs:
        h = poly_mul(h, [-x, Fp2(1)])
    h2 = poly_mul(h, h)
    num = poly_mul([Fp2(0), Fp2(1)], h2)
    for x, t, u in terms:
        others = [Fp2(1)]
        for other in xs:
            if not other == x:
                others = poly_mul(others, [-other, Fp2(1)])
        others2 = poly_mul(others, others)
        part = poly_add(poly_mul([t], [-x, Fp2(1)]), [u])
        num = poly_add(num, poly_mul(part, others2))
    # The isogeny is normalised: Y = y X'(x), over h^3.
    y_num = poly_add(
        poly_mul(poly_derive(num), h),
        poly_mul([Fp2(-2)], poly_mul(num, poly_derive(h))),
    )
    return codomain, num, poly_trim(y_num), h


def is_square(a):
    return a == Fp2(0) or a ** ((P * P - 1) // 2) == Fp2(1)


def fp2_sqrt(a):
    """Any square root."""
    if a.c1 == 0:
        root = pow(a.c0, (P + 1) // 4, P)
        if root * root % P == a.c0:
            return Fp2(root)
        return Fp2(0, pow(-a.c0, (P + 1) // 4, P))
    norm = pow(a.c0**2 + a.c1**2, (P + 1) // 4, P)
    for s in (norm, -norm):
        half = (a.c0 + s) * pow(2, -1, P) % P
        c0 = pow(half, (P + 1) // 4, P)
        if c0 * c0 % P == half:
            return Fp2(c0, a.c1 * pow(2 * c0, -1, P))
    raise ValueError("no square")


def cube_roots(a):
    """All cube roots in Fp2."""
    n, s = P * P - 1, 0
    while n % 3 == 0:
        n, s = n // 3, s + 1
    generator = Fp2(1, 1)
    while generator ** ((P * P - 1) // 3) == Fp2(1):
        generator = generator + Fp2(1)
    unity = generator**n
    root = a ** pow(3, -1, n)
    for _ in range(3**s):
        if root * root * root == a:
            third = unity ** (3 ** (s - 1))
            return [root, root * third, root * third * third]
        root = root * unity
    return []


def rescale(iso, target_b, fingerprint):
    """Follows the isogeny by (x, y) -> (k^2 x, k^3 y) onto y^2 = x^3 +
    target_b. RFC 9380 fixes which of the six k: the low 32 bits of the two
    leading coefficients' real parts tell them apart."""
    (a, b), x_num, y_num, kernel = iso
    assert a == Fp2(0)
    root = fp2_sqrt(target_b * inverse(b))
    for k3 in (root, -root):
        for k in cube_roots(k3):
            x = [c * k * k for c in x_num]
            y = [c * k3 for c in y_num]
            if (x[-1].c0 % 2**32, y[-1].c0 % 2**32) == fingerprint:
                return x, y, kernel
    raise ValueError("RFC 9380's scaling was not met")


def isogeny_g1():
    A, B = Fp2(SSWU_G1_A), Fp2(SSWU_G1_B)
    order = H1 * R
    power = 1
    while order % 11 == 0:
        order, power = order // 11, power * 11
    kernels, x = [], 0
    while True:
        x += 1
        square = Fp2(x) * Fp2(x) * Fp2(x) + A * Fp2(x) + B
        if pow(square.c0, (P - 1) // 2, P) != 1:
            continue
        point = multiply(A, order, (Fp2(x), fp2_sqrt(square)))
        if point is None:
            continue
        while multiply(A, 11, point) is not None:
            point = multiply(A, 11, point)
        kernels.append(point)
        for base in list(kernels):
            for i in range(11):
                kernel = add(A, point, multiply(A, i, base))
                if kernel is None:
                    continue
                xs = [multiply(A, j, kernel)[0] for j in range(1, 6)]
                iso = velu(A, B, xs)
                if iso[0][0] == Fp2(0):
                    return rescale(iso, Fp2(4), (0x8BA2D229, 0x69C8B604))


def isogeny_g2():
    A, B = SSWU_G2_A, SSWU_G2_B
    # The 3-division polynomial 3 x^4 + 6 A x^2 + 12 B x - A^2 has the root
    # x = c (1 - u) with c in Fp, found from its parts: both vanish.
    for root in (Fp2(-6, 6), Fp2(6, -6)):
        value = (
            root**4 * 3 + A * root * root * 6 + B * root * 12 - A * A
        )
        if value == Fp2(0):
            iso = velu(A, B, [root])
            return rescale(iso, Fp2(4, 4), (0xAAAA5ED1, 0x1C718B10))
    raise ValueError("no kernel")


def limbs(value, count=6):
    value %= 1 << (64 * count)
    words = [(value >> (64 * i)) & (2**64 - 1) for i in range(count)]
    rows = []
    for i in range(0, count, 3):
        rows.append(", ".join(f"0x{w:016x}" for w in words[i : i + 3]))
    return "{{" + ",\n   ".join(rows) + "}}"


def fp(value):
    return limbs(value * MONTGOMERY % P)


def fp2(value):
    return "{" + fp(value.c0) + ",\n  " + fp(value.c1) + "}"


def tau_point():
    x = Fp2(
        int.from_bytes(TAU_G2[48:], "big"),
        int.from_bytes(TAU_G2[:48], "big") & ((1 << 381) - 1),
    )
    y = fp2_sqrt(x * x * x + Fp2(4, 4))
    largest = y.c1 if y.c1 else y.c0
    if (largest > (P - 1) // 2) != bool(TAU_G2[0] & 0x20):
        y = -y
    return x, y


def beta():
    """The cube root of unity whose endomorphism (x, y) -> (beta x, y) acts
    on G1 as multiplication by -x^2."""
    point = (Fp2(G1_X), Fp2(G1_Y))
    image = multiply(Fp2(0), R - X * X % R, point)
    return image[0] * inverse(point[0])


def one(kind, name, text):
    print(f"\nconst {kind} {name} = {text};")


def many(kind, name, texts):
    body = ",\n ".join(texts)
    print(f"\nconst {kind} {name}[{len(texts)}] = {{\n {body},\n}};")


def point(kind, name, field, x, y):
    one(kind, name, "{" + field(x) + ",\n " + field(y) + "}")


def root_of_minus(value):
    root = pow(-value, (P + 1) // 4, P)
    assert root * root % P == -value % P
    return root


def main():
    print("/* Made by tools/make_bls12.py. */")
    print('#include "crypto/bls12_constants.h"')
    print("\n/* clang-format off */")
    xi = Fp2(1, 1)
    one("u256", "BLS12_ORDER", limbs(R, 4))
    one("u256", "BLS12_X_SQUARED", limbs(X * X, 4))
    one("fp", "FP_ZERO", fp(0))
    one("fp", "FP_ONE", fp(1))
    one("fp2", "FP2_ZERO", fp2(Fp2(0)))
    one("fp2", "FP2_ONE", fp2(Fp2(1)))
    one("fp", "FP_2_TO_256", fp(2**256))
    powers = [fp2(xi ** (i * (P - 1) // 6)) for i in range(6)]
    many("fp2", "BLS12_FROBENIUS", powers)
    powers = [fp((xi ** (i * (P * P - 1) // 6)).c0) for i in range(6)]
    many("fp", "BLS12_FROBENIUS_2", powers)
    one("fp2", "BLS12_PSI_X", fp2(inverse(xi ** ((P - 1) // 3))))
    one("fp2", "BLS12_PSI_Y", fp2(inverse(xi ** ((P - 1) // 2))))
    one("fp", "BLS12_BETA", fp(beta().c0))
    one("fp", "BLS12_B", fp(4))
    one("fp2", "BLS12_B2", fp2(Fp2(4, 4)))
    point("g1_affine", "BLS12_G1", fp, G1_X, G1_Y)
    point("g2_affine", "BLS12_G2", fp2, Fp2(*G2_X), Fp2(*G2_Y))
    point("g2_affine", "BLS12_TAU_G2", fp2, *tau_point())
    one("fp", "BLS12_SSWU_G1_A", fp(SSWU_G1_A))
    one("fp", "BLS12_SSWU_G1_B", fp(SSWU_G1_B))
    one("fp", "BLS12_SSWU_G1_Z", fp(SSWU_G1_Z))
    one("fp", "BLS12_SSWU_G1_ROOT", fp(root_of_minus(SSWU_G1_Z)))
    one("fp2", "BLS12_SSWU_G2_A", fp2(SSWU_G2_A))
    one("fp2", "BLS12_SSWU_G2_B", fp2(SSWU_G2_B))
    one("fp2", "BLS12_SSWU_G2_Z", fp2(SSWU_G2_Z))
    norm = SSWU_G2_Z.c0**2 + SSWU_G2_Z.c1**2
    one("fp", "BLS12_SSWU_G2_ROOT", fp(root_of_minus(norm)))
    for name, polynomial in zip(("X", "Y", "KERNEL"), isogeny_g1()):
        many("fp", f"BLS12_ISO_G1_{name}", [fp(c.c0) for c in polynomial])
    for name, polynomial in zip(("X", "Y", "KERNEL"), isogeny_g2()):
        many("fp2", f"BLS12_ISO_G2_{name}", [fp2(c) for c in polynomial])


main()
