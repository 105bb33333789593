#include "base/assert.h"

#include <stdio.h>
#include <stdlib.h>

void assert_failed(const char *condition, const char *file, int line)
{
    fprintf(stderr, "loft: bug: %s:%d: %s does not hold\n", file, line,
            condition);
    abort();
}
