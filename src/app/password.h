#pragma once
/* Passwords from a file or from the terminal, without showing them.
 *
 * Trust  the caller wipes what it gets with password_fini().
 */
#include "base/bytes.h"
#include "base/err.h"

#define PASSWORD_BYTES_MAX 1024

struct password {
    uint8_t at[PASSWORD_BYTES_MAX];
    size_t len;
};

/* The first line of `file` ("-": standard input), or where file is NULL what
 * is typed at the terminal, twice if `is_new`. LOFT_ERR_IO: no terminal;
 * LOFT_ERR_REFUSED: the two differ; LOFT_ERR_LIMIT: too long. */
MUST_USE loft_err password_read(struct password *out, const char *file,
                                bool is_new);
void password_fini(struct password *password);

static inline bytes password_bytes(const struct password *password)
{
    return bytes_of(password->at, password->len);
}
