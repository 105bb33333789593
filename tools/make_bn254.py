#!/usr/bin/env python3
"""Writes src/crypto/bn254_constants.c from the curve's parameter.

Source: EIP-197 for the tower and the twist; Barreto and Naehrig 2005 for the
family; Gallant, Lambert and Vanstone 2001 for the endomorphism.
"""
import textwrap

from make_fields import bn254

X = 4965661367192848881
Q, R = bn254()
XI = (9, 1)
MONTGOMERY = 2**256


def fp2_mul(a, b):
    return ((a[0] * b[0] - a[1] * b[1]) % Q, (a[0] * b[1] + a[1] * b[0]) % Q)


def fp2_pow(a, n):
    out = (1, 0)
    while n:
        if n & 1:
            out = fp2_mul(out, a)
        a, n = fp2_mul(a, a), n >> 1
    return out


def fp2_inverse(a):
    norm = pow(a[0] * a[0] + a[1] * a[1], -1, Q)
    return (a[0] * norm % Q, -a[1] * norm % Q)


def limbs(value):
    return ", ".join(f"{value >> 64 * i & 2**64 - 1:#018x}" for i in range(4))


def fp(value):
    return f"{{{{{limbs(value * MONTGOMERY % Q)}}}}}"


def fp2(value):
    return f"{{{fp(value[0])}, {fp(value[1])}}}"


def non_adjacent_form(n, width):
    """Digits, lowest first: odd below 2^(width - 1) in size, or zero."""
    digits = []
    while n:
        digit = 0
        if n & 1:
            digit = n & 2**width - 1
            digit -= 2**width if digit >> width - 1 else 0
        digits.append(digit)
        n = n - digit >> 1
    return digits


def cube_root_of_one(p):
    """The smaller of the two that are not 1."""
    base = 2
    while pow(base, (p - 1) // 3, p) == 1:
        base += 1
    root = pow(base, (p - 1) // 3, p)
    return min(root, root * root % p)


def double_point(x, y):
    slope = 3 * x * x * pow(2 * y, -1, Q) % Q
    out = (slope * slope - 2 * x) % Q
    return out, (slope * (x - out) - y) % Q


def add_points(a, b):
    slope = (b[1] - a[1]) * pow(b[0] - a[0], -1, Q) % Q
    out = (slope * slope - a[0] - b[0]) % Q
    return out, (slope * (a[0] - out) - a[1]) % Q


def multiply_generator(n):
    out, point = None, (1, 2)
    while n:
        if n & 1:
            out = add_points(out, point) if out else point
        point, n = double_point(*point), n >> 1
    return out


def endomorphism():
    """beta and lambda with (beta x, y) = lambda (x, y)."""
    beta, scalar = cube_root_of_one(Q), cube_root_of_one(R)
    if multiply_generator(scalar)[0] != beta:
        scalar = scalar * scalar % R
    assert multiply_generator(scalar) == (beta, 2)
    return beta, scalar


def short_basis(scalar):
    """Gauss's reduction of the lattice of all (a, b) with a + b lambda = 0
    mod R; a determinant of +R."""
    u, v = (R, 0), (-scalar % R, 1)
    dot = lambda a, b: a[0] * b[0] + a[1] * b[1]
    while True:
        if dot(u, u) < dot(v, v):
            u, v = v, u
        by = (2 * dot(u, v) + dot(v, v)) // (2 * dot(v, v))
        if by == 0:
            break
        u = (u[0] - by * v[0], u[1] - by * v[1])
    if u[0] * v[1] - u[1] * v[0] < 0:
        u, v = v, u
    assert u[0] * v[1] - u[1] * v[0] == R
    return u, v


def check_subgroup_test():
    """(X+1) + X psi + X psi^2 - 2 X psi^3 vanishes on the r-torsion, where psi
    is multiplication by Q, and its kernel meets the cofactor's part only in
    infinity."""
    assert ((X + 1) + X * Q + X * Q**2 - 2 * X * Q**3) % R == 0
    trace = 6 * X * X + 1
    # psi^2 = trace psi - Q makes it a + b psi.
    a, b, power = X + 1, X, (0, 1)
    for coefficient in (X, -2 * X):
        power = (-Q * power[1], power[0] + trace * power[1])
        a, b = a + coefficient * power[0], b + coefficient * power[1]
    degree = a * a + a * b * trace + b * b * Q
    cofactor = 2 * Q - R
    common, rest = degree, cofactor
    while rest:
        common, rest = rest, common % rest
    assert common == 1


def check_final_exponent():
    """What bn254_pairing.c raises to is a multiple of (Q^4 - Q^2 + 1) / R by a
    number prime to R."""
    hard = (Q**4 - Q**2 + 1) // R
    y0, y1 = -X, -2 * X
    y3 = 3 * y1
    y4 = -X * y3
    y6 = -X * 2 * y4
    y3, y6 = -y3, -y6
    y7 = y6 + y4
    y8 = y7 + y3
    y9 = y8 + y1
    y11 = y8 + y4 + 1
    total = y9 * Q + y11 + y8 * Q**2 + (y9 - 1) * Q**3
    assert total % hard == 0 and total // hard % R != 0 and y0 == -X


def filled(text):
    return textwrap.fill(text, 80, initial_indent="    ", subsequent_indent="    ")


def constant(declaration, text):
    return f"const {declaration} =\n{filled(text + ';')}\n"


def signed_bytes(name, digits, count):
    assert len(digits) == count
    return constant(f"int8_t {name}[{count}]", "{" + ", ".join(map(str, digits)) + "}")


def main():
    check_subgroup_test()
    check_final_exponent()
    beta, scalar = endomorphism()
    (u0, u1), (v0, v1) = short_basis(scalar)
    assert v0 < 0 < min(u0, u1, v1)
    word = lambda value: f"{{{{{limbs(value % 2**256)}}}}}"
    print("/* Made by tools/make_bn254.py. */")
    print('#include "crypto/bn254_curve.h"')
    print("/* clang-format off */")
    print()
    print("const fp256x2 BN254_FROBENIUS[3][6] = {")
    for power in (1, 2, 3):
        row = [fp2_pow(XI, j * (Q**power - 1) // 6) for j in range(6)]
        print(filled("{" + ", ".join(map(fp2, row)) + "},"))
    print("};")
    print()
    print(constant("fp256 BN254_B", fp(3)))
    print(constant("fp256x2 BN254_TWIST_B", fp2(fp2_mul((3, 0), fp2_inverse(XI)))))
    print("const struct bn254_glv BN254_GLV = {")
    for name, value in (
        ("beta", fp(beta)),
        ("estimate", f"{{{word(v1 * 2**256 // R)}, {word(u1 * 2**256 // R)}}}"),
        ("first", f"{{{word(u0)}, {word(-v0)}}}"),
        ("second", f"{{{word(u1)}, {word(-v1)}}}"),
    ):
        print(filled(f".{name} = {value},"))
    print("};")
    print()
    print(signed_bytes("BN254_LOOP", non_adjacent_form(6 * X + 2, 2), 66))
    print(signed_bytes("BN254_X", non_adjacent_form(X, 4), 63), end="")


if __name__ == "__main__":
    main()
