#pragma once
/* Assertions that stay in release builds: a bug stops the program before it
 * can do harm. For failures of the world see base/err.h. */
#include "base/attributes.h"

#define ASSERT(condition)        \
    (LIKELY(condition) ? (void)0 \
                       : assert_failed(#condition, __FILE__, __LINE__))

NO_RETURN void assert_failed(const char *condition, const char *file, int line);
