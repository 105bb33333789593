#pragma once
/* The secret that callers show to change or sign something: --rpc-token.
 *
 * Source  RFC 6750, "Authorization: Bearer".
 */
#include <stdbool.h>

#include "base/bytes.h"
#include "base/err.h"

#define TOKEN_CHARS_MIN 16
#define TOKEN_BYTES_MAX 4096

struct token {
    bool is_set;
    hash32 digest;
};

/* Reads the file's contents without white space around them. LOFT_ERR_USAGE:
 * that is too short to be a secret. */
MUST_USE loft_err token_read(struct token *out, const char *path);

/* What a request shows, or NULL. */
enum token_verdict { TOKEN_NONE, TOKEN_RIGHT, TOKEN_WRONG };
enum token_verdict token_check(const struct token *token,
                               const char *authorization);
