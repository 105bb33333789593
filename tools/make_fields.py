#!/usr/bin/env python3
"""Writes src/crypto/prime_field_constants.c from the primes themselves.

Source: EIP-196 for BN254; the IETF draft on pairing-friendly curves, 4.2.1,
for BLS12-381. Generators are the smallest, as libff and snarkjs take them.
"""
import textwrap

LIMBS_MAX = 6


def bn254():
    """Barreto and Naehrig's family at the curve's parameter."""
    x = 4965661367192848881
    q = 36 * x**4 + 36 * x**3 + 24 * x**2 + 6 * x + 1
    return q, q - 6 * x**2


def bls12_381():
    """Barreto, Lynn and Scott's family at the curve's parameter."""
    x = -0xD201000000010000
    r = x**4 - x**2 + 1
    return (x - 1) ** 2 * r // 3 + x, r


# name, prime, limbs, smallest generator of the units
FIELDS = [
    ("BN254_FQ", bn254()[0], 4, 3),
    ("BN254_FR", bn254()[1], 4, 5),
    ("BLS12_381_FP", bls12_381()[0], 6, 2),
    ("BLS12_381_FR", bls12_381()[1], 4, 7),
]


def limbs(value, count=LIMBS_MAX):
    while count > 1 and value >> 64 * (count - 1) == 0:
        count -= 1
    return [value >> 64 * i & (2**64 - 1) for i in range(count)]


def member(name, value):
    """A member and its limbs, as clang-format lays them out."""
    head = f"    .{name} = {{"
    text = ", ".join(f"{limb:#018x}" for limb in limbs(value)) + "},"
    return textwrap.fill(text, 80, initial_indent=head, subsequent_indent=" " * len(head))


def field(name, p, count, generator):
    r = 2 ** (64 * count)
    two_adicity = (p - 1 & 1 - p).bit_length() - 1
    root = pow(generator, p - 1 >> two_adicity, p)
    assert pow(root, 2 ** (two_adicity - 1), p) == p - 1
    assert p < 2 ** (64 * count - 1)
    lines = [
        f"const struct prime_field {name} = {{",
        member("p", p),
        f"    .negative_inverse = {pow(-p, -1, 2**64):#018x},",
        f"    .limbs = {count},",
        f"    .bits = {p.bit_length()},",
        f"    .two_adicity = {two_adicity},",
    ]
    for what, value in (
        ("one", 1),
        ("r_squared", r),
        ("generator", generator),
        ("root_of_unity", root),
    ):
        lines.append(member(what, value * r % p))
    return "\n".join(lines + ["};"])


def main():
    print("/* Made by tools/make_fields.py. */")
    print('#include "crypto/prime_field.h"')
    for row in FIELDS:
        print()
        print(field(*row))


if __name__ == "__main__":
    main()
