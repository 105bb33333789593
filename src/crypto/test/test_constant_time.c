/* Code that handles secrets, under valgrind, which is told that the secrets
 * are undefined: it reports a branch or an address that depends on one.
 *
 * The program runs itself so for each form of the arithmetic, and once for
 * code that does leak, to see that it would be told. Without valgrind, or with
 * sanitizers, which do not run under it, the test is skipped. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "crypto/bls12_constants.h"
#include "crypto/bls12_curve.h"
#include "crypto/bls12_secret.h"
#include "crypto/bls_derive.h"
#include "crypto/bls_signature.h"
#include "crypto/keccak.h"
#include "crypto/prime_field.h"

#define EXIT_LEAKED 9
#define EXIT_SKIPPED 77

#ifndef __has_feature
#define __has_feature(name) 0
#endif
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer) || \
    defined __SANITIZE_ADDRESS__ || defined __SANITIZE_THREAD__
#define SANITIZED true
#else
#define SANITIZED false
#endif

static const struct prime_field *const fields[] = {
    &BN254_FQ, &BN254_FR, &BLS12_381_FP, &BLS12_381_FR};

/* Keeps the compiler from dropping what nothing else reads. */
static void keep(const void *at)
{
    __asm__ volatile("" : : "r"(at) : "memory");
}

static void fill(void *at, size_t len)
{
    memset(at, 0x5a, len);
    secret_mark(at, len);
}

/* Every operation that prime_field.h does not call _vartime, the one with a
 * public exponent included, for one width. */
#define FIELD_OPERATIONS(FP, LIMBS)                                          \
    static void run_##FP(const struct prime_field *f)                        \
    {                                                                        \
        uint8_t in[8 * LIMBS], out[8 * LIMBS];                               \
        uint64_t limbs[LIMBS];                                               \
        FP a, b, many[3], room[3];                                           \
        FP##_wide product, other;                                            \
        fill(in, sizeof in);                                                 \
        bool below = FP##_from_bytes(f, &a, in);                             \
        FP##_square(f, &b, &a);                                              \
        FP##_mul(f, &b, &a, &b);                                             \
        FP##_add(f, &a, &a, &b);                                             \
        FP##_sub(f, &b, &a, &b);                                             \
        FP##_double(f, &a, &b);                                              \
        FP##_neg(f, &b, &a);                                                 \
        FP##_halve(f, &a, &b);                                               \
        FP##_inverse(f, &a, &b);                                             \
        FP##_mul_wide(&product, &a, &b);                                     \
        FP##_mul_wide(&other, &b, &b);                                       \
        FP##_sub_wide(f, &product, &product, &other);                        \
        FP##_reduce(f, &many[0], &product);                                  \
        FP##_pow(f, &many[1], &a, f->p, 1);                                  \
        FP##_select(&many[2], below ^ FP##_is_zero(&a) ^ FP##_equal(&a, &b), \
                    &a, &b);                                                 \
        FP##_inverse_many(f, many, room, 3);                                 \
        FP##_to_limbs(f, limbs, &many[2]);                                   \
        FP##_to_bytes(f, out, &many[0]);                                     \
        keep(limbs);                                                         \
        keep(out);                                                           \
    }
FIELD_OPERATIONS(fp256, 4)
FIELD_OPERATIONS(fp384, 6)

static void run_fields(void)
{
    for (size_t i = 0; i < ARRAY_LEN(fields); i++)
        if (fields[i]->limbs == 4)
            run_fp256(fields[i]);
        else
            run_fp384(fields[i]);
}

static void run_points(const secret32 *secret)
{
    g1_affine p = BLS12_G1;
    g2_affine q = BLS12_G2;
    g1_mul_secret(&p, &p, secret);
    g2_mul_secret(&q, &q, secret);
    keep(&p);
    keep(&q);
}

static void run_signatures(const secret32 *secret)
{
    bls_key key;
    bls_signature signature;
    bls_public_key(&key, secret);
    bls_sign(&signature, secret, bytes_str("message"));
    bls_prove(&signature, secret);
    keep(&key);
    keep(&signature);
}

static void run_derivation(const secret32 *secret)
{
    secret32 withdrawal, signing;
    bytes seed = bytes_of(secret->at, sizeof secret->at);
    if (bls_derive_validator(&withdrawal, &signing, seed, 7) != LOFT_OK)
        exit(EXIT_FAILURE);
    keep(&signing);
}

static void run_hash(const secret32 *secret)
{
    hash32 hash = keccak256(bytes_of(secret->at, sizeof secret->at));
    keep(&hash);
}

static int run_all(void)
{
    secret32 secret, other;
    fill(&secret, sizeof secret);
    fill(&other, sizeof other);
    run_fields();
    run_points(&secret);
    run_signatures(&secret);
    run_derivation(&secret);
    run_hash(&secret);
    return secret_equal(&secret, &other) ? EXIT_SUCCESS : EXIT_FAILURE;
}

/* A scalar's bit decides what is done: what must not be. */
static int leak_branch(void)
{
    secret32 secret;
    g1_affine p = BLS12_G1;
    fill(&secret, sizeof secret);
    if (secret.at[31] & 1)
        g1_affine_neg(&p, &p);
    keep(&p);
    return EXIT_SUCCESS;
}

/* A scalar's digit decides what is read. */
static int leak_address(void)
{
    static const uint8_t table[256] = {1, 2, 3};
    secret32 secret;
    fill(&secret, sizeof secret);
    uint8_t read = table[secret.at[0]];
    keep(&read);
    return EXIT_SUCCESS;
}

static const struct {
    const char *name, *cpu;
    int (*run)(void);
    int status;
} runs[] = {
    {"portable", "portable", run_all, EXIT_SUCCESS},
    {"fastest", "", run_all, EXIT_SUCCESS},
    {"branch", "", leak_branch, EXIT_LEAKED},
    {"address", "", leak_address, EXIT_LEAKED},
};

static int run_under_valgrind(const char *self, const char *name,
                              const char *cpu)
{
    pid_t child = fork();
    if (child == 0) {
        setenv("LOFT_CPU", cpu, 1);
        execlp("valgrind", "valgrind", "-q", "--error-exitcode=9", self, name,
               (char *)NULL);
        _exit(EXIT_SKIPPED);
    }
    int status;
    if (child < 0 || waitpid(child, &status, 0) != child || !WIFEXITED(status))
        return EXIT_FAILURE;
    return WEXITSTATUS(status);
}

int main(int argc, char **argv)
{
    for (size_t i = 0; argc == 2 && i < ARRAY_LEN(runs); i++)
        if (strcmp(argv[1], runs[i].name) == 0)
            return runs[i].run();
    if (SANITIZED) {
        puts("skipped: sanitizers do not run under valgrind");
        return EXIT_SKIPPED;
    }
    for (size_t i = 0; i < ARRAY_LEN(runs); i++) {
        int status = run_under_valgrind(argv[0], runs[i].name, runs[i].cpu);
        printf("%s: %d, expected %d\n", runs[i].name, status, runs[i].status);
        if (status == EXIT_SKIPPED)
            return status;
        if (status != runs[i].status)
            return EXIT_FAILURE;
    }
    return EXIT_SUCCESS;
}
