#pragma once
/* Thirty-two secret bytes: a private key, a seed, a shared secret.
 *
 * Trust    compared in constant time, never logged, wiped by secret_fini().
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

typedef struct {
    uint8_t at[32];
} secret32;

void secret_fini(secret32 *secret);
bool secret_equal(const secret32 *a, const secret32 *b);

/* Tells memcheck which bytes are secret, and which came from secrets but may
 * be known, as a signature: it then reports every branch and every address
 * that a secret decides (test_constant_time.c). Without valgrind, and in
 * builds that do not have its header, nothing happens. */
void secret_mark(const void *at, size_t len);
void secret_reveal(const void *at, size_t len);

/* From the system's generator. */
void secret_random(secret32 *out);

/* Public randomness: salts, ids, test seeds. */
void random_bytes(void *out, size_t len);
