#include "node/token.h"

#include <string.h>
#include <strings.h>

#include "crypto/digest.h"
#include "node/file.h"

static bool is_space(uint8_t c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

static bytes trim(bytes text)
{
    while (text.len && is_space(text.at[0]))
        text = bytes_of(text.at + 1, text.len - 1);
    while (text.len && is_space(text.at[text.len - 1]))
        text.len--;
    return text;
}

loft_err token_read(struct token *out, const char *path)
{
    struct file file;
    TRY(file_open(&file, path, TOKEN_BYTES_MAX));
    bytes secret = trim(file.contents);
    bool is_short = secret.len < TOKEN_CHARS_MIN;
    *out = (struct token){.is_set = true, .digest = sha256(secret)};
    file_close(&file);
    if (is_short)
        return err_say(LOFT_ERR_USAGE, "%s: a token has %d characters or more",
                       path, TOKEN_CHARS_MIN);
    return LOFT_OK;
}

/* Digests are compared, in a time that does not tell where they differ. */
static bool is_same(const hash32 *a, const hash32 *b)
{
    uint8_t difference = 0;
    for (size_t i = 0; i < sizeof a->at; i++)
        difference |= a->at[i] ^ b->at[i];
    return difference == 0;
}

enum token_verdict token_check(const struct token *token,
                               const char *authorization)
{
    static const char scheme[] = "Bearer ";
    if (!token->is_set)
        return TOKEN_RIGHT;
    if (!authorization)
        return TOKEN_NONE;
    if (strncasecmp(authorization, scheme, strlen(scheme)) != 0)
        return TOKEN_WRONG;
    hash32 shown = sha256(trim(bytes_str(authorization + strlen(scheme))));
    return is_same(&shown, &token->digest) ? TOKEN_RIGHT : TOKEN_WRONG;
}
