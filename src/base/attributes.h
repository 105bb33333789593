#pragma once
/* What this project asks of the compiler, GCC and clang alike. */

#define MUST_USE __attribute__((warn_unused_result))
#define NO_RETURN __attribute__((noreturn))
#define PRINTF_LIKE(at, first) __attribute__((format(printf, at, first)))
#define ALWAYS_INLINE inline __attribute__((always_inline))
#define NO_INLINE __attribute__((noinline))
#define LIKELY(x) __builtin_expect(!!(x), 1)
#define UNLIKELY(x) __builtin_expect(!!(x), 0)

/* In front of a loop whose count is a constant of at most 32: GCC does not
 * unroll at -O2, and keeps an array in registers only where each index is a
 * constant. */
#ifdef __clang__
#define UNROLL _Pragma("unroll")
#else
#define UNROLL _Pragma("GCC unroll 32")
#endif

#define ARRAY_LEN(array) (sizeof(array) / sizeof(array)[0])

/* Processor-specific code exists on x86-64, unless the build forbids it; it
 * is reached only after a look at base/cpu.h at run time. */
#if defined(__x86_64__) && !defined(LOFT_PORTABLE)
#define LOFT_X86_64 1
#else
#define LOFT_X86_64 0
#endif
