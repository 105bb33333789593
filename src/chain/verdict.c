#include "chain/verdict.h"

#include <stdarg.h>
#include <stdio.h>

#include "base/err.h"

const char *block_verdict_text(enum block_verdict verdict)
{
    static const char *const TEXTS[] = {
#define X(name, text) [BLOCK_##name] = text,
        BLOCK_VERDICTS(X)
#undef X
    };
    return TEXTS[verdict];
}

enum block_verdict block_refuse(enum block_verdict verdict, const char *format,
                                ...)
{
    char words[ERR_SENTENCE_MAX + 1];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(words, sizeof words, format, arguments);
    va_end(arguments);
    (void)err_say(LOFT_ERR_REFUSED, "%s: %s", block_verdict_text(verdict),
                  words);
    return verdict;
}
