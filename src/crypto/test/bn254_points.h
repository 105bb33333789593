#pragma once
/* What the tests of BN254 share: generators, scalars, points off the group. */
#include "crypto/bn254_curve.h"

u256 bn254_order(void);
u256 bn254_random_scalar(void); /* any 256 bits */

bn254_g1 bn254_g1_generator(void); /* EIP-196 */
bn254_g2 bn254_g2_generator(void); /* EIP-197 */

/* A point on the twist from a random x, nearly always outside the group. */
bn254_g2 bn254_g2_on_twist(void);
