#pragma once
/* What the processor can do, asked once. All false where the build forbids
 * processor-specific code (LOFT_PORTABLE) or LOFT_CPU=portable is set in the
 * environment, which is how tests reach the portable paths. */
#include <stdbool.h>

struct cpu_features {
    bool bmi2; /* ANDN, RORX and MULX (BMI1, BMI2) */
    bool avx2;
    bool avx512; /* F, BW, VL, DQ */
    bool avx512_ifma;
};

const struct cpu_features *cpu_features(void);
