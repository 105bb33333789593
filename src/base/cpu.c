#include "base/cpu.h"

#include <stdlib.h>
#include <string.h>

#include "base/attributes.h"

static struct cpu_features found;

/* Before main(), so that threads only ever read, and before constructors that
 * name no priority, so that they can ask. */
__attribute__((constructor(101))) static void look(void)
{
#if LOFT_X86_64
    const char *wanted = getenv("LOFT_CPU");
    if (wanted && strcmp(wanted, "portable") == 0)
        return;
    __builtin_cpu_init();
    found.bmi2 = __builtin_cpu_supports("bmi") &&
                 __builtin_cpu_supports("bmi2");
    found.avx2 = __builtin_cpu_supports("avx2");
    found.avx512 = __builtin_cpu_supports("avx512f") &&
                   __builtin_cpu_supports("avx512bw") &&
                   __builtin_cpu_supports("avx512vl") &&
                   __builtin_cpu_supports("avx512dq");
    found.avx512_ifma = found.avx512 && __builtin_cpu_supports("avx512ifma");
#endif
}

const struct cpu_features *cpu_features(void)
{
    return &found;
}
