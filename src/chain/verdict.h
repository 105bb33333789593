#pragma once
/* Saying why a block is refused: a verdict, and the sentence that
 * err_sentence() then tells. For the chain's own files. */
#include "base/attributes.h"
#include "chain/executor.h"

enum block_verdict block_refuse(enum block_verdict verdict, const char *format,
                                ...) PRINTF_LIKE(2, 3);

#define JUDGE(call)                                 \
    do {                                            \
        enum block_verdict judge_verdict_ = (call); \
        if (judge_verdict_ != BLOCK_OK)             \
            return judge_verdict_;                  \
    } while (0)
