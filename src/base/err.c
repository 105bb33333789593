#include "base/err.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static _Thread_local char sentence[ERR_SENTENCE_MAX + 1];

const char *err_text(loft_err code)
{
    static const char *const text[] = {
#define X(name, words) [LOFT_ERR_##name] = words,
        LOFT_ERRORS(X)
#undef X
    };
    return code < ARRAY_LEN(text) ? text[code] : "unknown error";
}

void err_keep(const char *format, ...)
{
    va_list args;
    va_start(args, format);
    vsnprintf(sentence, sizeof sentence, format, args);
    va_end(args);
}

void err_prefix(const char *format, ...)
{
    char words[ERR_SENTENCE_MAX + 1], before[ERR_SENTENCE_MAX + 1];
    va_list args;
    va_start(args, format);
    vsnprintf(words, sizeof words, format, args);
    va_end(args);
    memcpy(before, sentence, sizeof before);
    int len = snprintf(sentence, sizeof sentence, "%s: ", words);
    if (len > 0 && (size_t)len < sizeof sentence) {
        size_t kept = strnlen(before, ERR_SENTENCE_MAX - (size_t)len);
        memcpy(sentence + len, before, kept);
        sentence[(size_t)len + kept] = 0;
    }
}

const char *err_sentence(void)
{
    return sentence;
}
