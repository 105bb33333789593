/* The precompiles on BN254 and BLS12-381, run with the processor's instructions
 * and without them: a copy of this program, started with LOFT_CPU=portable,
 * must give the same verdict, gas and output. Gas is also held against what
 * the precompile's price says, and what is certainly malformed must fail.
 *
 * An input's first byte picks the precompile and its second the form: the
 * rest as it is, or a recipe that makes points of the curve and of the
 * subgroup, so that more than the refusal of bytes is compared; its bits of
 * enum form damage what the recipe made. */
#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/assert.h"
#include "crypto/bls12_constants.h"
#include "crypto/bls12_curve.h"
#include "crypto/bls12_encoding.h"
#include "crypto/bls12_map.h"
#include "crypto/bn254.h"
#include "crypto/digest.h"
#include "crypto/test/bn254_points.h"
#include "evm/precompile.h"

#define PEER_FD 9
#define PEER_VARIABLE "LOFT_FUZZ_PEER"
#define GAS (INT64_C(1) << 40)
#define INPUT_LEN_MAX (1 << 16)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

struct verdict {
    uint32_t why, output_len;
    int64_t gas_left;
};

static void write_all(int to, const void *at, size_t len)
{
    for (size_t done = 0; done < len;) {
        ssize_t part = write(to, (const uint8_t *)at + done, len - done);
        ASSERT(part > 0);
        done += (size_t)part;
    }
}

/* False: the other side is gone. */
static bool read_all(int from, void *at, size_t len)
{
    for (size_t done = 0; done < len;) {
        ssize_t part = read(from, (uint8_t *)at + done, len - done);
        if (part <= 0)
            return false;
        done += (size_t)part;
    }
    return true;
}

static struct verdict run_with(struct buffer *output, unsigned at, bytes input,
                               int64_t gas)
{
    address who = {.at = {[19] = (uint8_t)at}};
    struct precompile_result result = precompile_run(EVM_PRAGUE, &who, gas,
                                                     input, output);
    if (result.why != EVM_NONE)
        output->len = 0;
    return (struct verdict){result.why, (uint32_t)output->len, result.gas_left};
}

static struct verdict run(struct buffer *output, unsigned at, bytes input)
{
    return run_with(output, at, input, GAS);
}

/* A failure takes all gas; a success its price, and no less would have done. */
static void check_gas(unsigned at, bytes input, const struct verdict *is)
{
    struct buffer output = {0};
    int64_t price = GAS - is->gas_left;
    if (is->why != EVM_NONE) {
        ASSERT(is->why == EVM_PRECOMPILE_FAILED && is->gas_left == 0);
        return;
    }
    ASSERT(price > 0);
    struct verdict least = run_with(&output, at, input, price);
    ASSERT(least.why == EVM_NONE && least.gas_left == 0);
    output.len = 0;
    least = run_with(&output, at, input, price - 1);
    ASSERT(least.why == EVM_OUT_OF_GAS && least.gas_left == 0);
    buffer_free(&output);
}

/* The copy: answers what comes in until nothing does. */
static void serve(void)
{
    uint32_t head[2]; /* the precompile, and how many bytes follow */
    while (read_all(PEER_FD, head, sizeof head)) {
        uint8_t *input = malloc(head[1] + 1);
        struct buffer output = {0};
        ASSERT(input && read_all(PEER_FD, input, head[1]));
        struct verdict verdict = run(&output, head[0],
                                     bytes_of(input, head[1]));
        write_all(PEER_FD, &verdict, sizeof verdict);
        write_all(PEER_FD, output.at, output.len);
        buffer_free(&output);
        free(input);
    }
    _exit(0);
}

/* In the copy instead of main(), whoever brings that. */
__attribute__((constructor)) static void serve_if_copy(void)
{
    if (getenv(PEER_VARIABLE))
        serve();
}

static int start_copy(void)
{
    int pair[2];
    ASSERT(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) == 0);
    pid_t child = fork();
    ASSERT(child >= 0);
    if (child == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        ASSERT(dup2(pair[1], PEER_FD) == PEER_FD);
        setenv(PEER_VARIABLE, "1", 1);
        setenv("LOFT_CPU", "portable", 1);
        execl("/proc/self/exe", "fuzz_precompile_curve", (char *)NULL);
        _exit(1);
    }
    close(pair[1]);
    return pair[0];
}

static struct verdict compare(unsigned at, bytes input)
{
    static int copy = -1;
    if (copy < 0)
        copy = start_copy();
    struct buffer output = {0};
    struct verdict is = run(&output, at, input), other;
    uint32_t head[2] = {at, (uint32_t)input.len};
    write_all(copy, head, sizeof head);
    write_all(copy, input.at, input.len);
    ASSERT(read_all(copy, &other, sizeof other));
    ASSERT(is.why == other.why);
    ASSERT(is.gas_left == other.gas_left);
    ASSERT(is.output_len == other.output_len);
    uint8_t *wanted = malloc(other.output_len + 1);
    ASSERT(wanted && read_all(copy, wanted, other.output_len));
    ASSERT(
        bytes_equal(buffer_bytes(&output), bytes_of(wanted, other.output_len)));
    free(wanted);
    buffer_free(&output);
    check_gas(at, input, &is);
    return is;
}

/* A recipe: each byte makes a point, its lowest bits saying of what kind. */
enum kind { IN_SUBGROUP, ON_CURVE, INFINITE, GENERATOR, SCALAR_EDGE };

static hash32 spread(const uint8_t *at)
{
    return sha256(bytes_of(at, 1));
}

static void put_g1(struct buffer *out, const uint8_t *at)
{
    g1 point = {0};
    g1_affine affine;
    if (*at % 8 == GENERATOR)
        g1_from_affine(&point, &BLS12_G1);
    else if (*at % 8 != INFINITE)
        g1_encode(&point, bytes_of(at, 1), bytes_str("fuzz"));
    g1_to_affine(&affine, &point);
    /* (0, 2) has order 3. */
    if (*at % 8 == ON_CURVE) {
        affine.x = FP_ZERO;
        fp_double(&affine.y, &FP_ONE);
    }
    g1_store_eip2537(buffer_extend(out, EIP2537_G1_LEN), &affine);
}

static void put_g2(struct buffer *out, const uint8_t *at)
{
    g2 point = {0};
    g2_affine affine;
    if (*at % 8 == GENERATOR)
        g2_from_affine(&point, &BLS12_G2);
    else if (*at % 8 != INFINITE)
        g2_encode(&point, bytes_of(at, 1), bytes_str("fuzz"));
    g2_to_affine(&affine, &point);
    g2_store_eip2537(buffer_extend(out, EIP2537_G2_LEN), &affine);
}

static void put_scalar(struct buffer *out, const uint8_t *at)
{
    hash32 scalar = spread(at);
    if (*at % 8 == SCALAR_EDGE)
        u256_store_be(scalar.at, u256_sub_u64(BLS12_ORDER, *at / 8));
    else if (*at % 8 == INFINITE)
        u256_store_be(scalar.at, u256_from(*at / 8));
    buffer_put(out, scalar.at, sizeof scalar.at);
}

static void put_number(struct buffer *out, const uint8_t *at)
{
    hash32 low = spread(at);
    memset(buffer_extend(out, 32), 0, 32);
    buffer_put(out, low.at, sizeof low.at);
}

typedef void put(struct buffer *out, const uint8_t *at);

static void put_bn254_g1(struct buffer *out, const uint8_t *at)
{
    bn254_g1 point = bn254_g1_generator();
    uint8_t *to = buffer_extend(out, BN254_G1_BYTES);
    memset(to, 0, BN254_G1_BYTES);
    if (*at % 8 != GENERATOR)
        bn254_g1_mul_vartime(&point, &point, u256_from(*at));
    if (*at % 8 == INFINITE || point.infinite)
        return;
    fp256_to_bytes(&BN254_FQ, to, &point.x);
    fp256_to_bytes(&BN254_FQ, to + 32, &point.y);
}

static void put_bn254_g2(struct buffer *out, const uint8_t *at)
{
    bn254_g2 point = bn254_g2_generator();
    uint8_t *to = buffer_extend(out, BN254_G2_BYTES);
    memset(to, 0, BN254_G2_BYTES);
    if (*at % 8 != GENERATOR)
        bn254_g2_mul_vartime(&point, &point, u256_from(*at));
    if (*at % 8 == INFINITE || point.infinite)
        return;
    fp256_to_bytes(&BN254_FQ, to, &point.x.c1);
    fp256_to_bytes(&BN254_FQ, to + 32, &point.x.c0);
    fp256_to_bytes(&BN254_FQ, to + 64, &point.y.c1);
    fp256_to_bytes(&BN254_FQ, to + 96, &point.y.c0);
}

/* What an input of each precompile is made of, over and over. */
static put *const parts[0x12][2] = {
    [0x06] = {put_bn254_g1},
    [0x07] = {put_bn254_g1, put_scalar},
    [0x08] = {put_bn254_g1, put_bn254_g2},
    [0x0b] = {put_g1},
    [0x0c] = {put_g1, put_scalar},
    [0x0d] = {put_g2},
    [0x0e] = {put_g2, put_scalar},
    [0x0f] = {put_g1, put_g2},
    [0x10] = {put_number},
    [0x11] = {put_number},
};

static void make_input(struct buffer *out, unsigned at, bytes recipe)
{
    for (size_t i = 0; i < recipe.len && i < 160; i++)
        for (size_t j = 0; j < 2; j++)
            if (parts[at][j])
                parts[at][j](out, &recipe.at[i]);
}

enum form {
    RAW = 1,       /* the bytes as they are */
    FLIP = 2,      /* one byte of what was made is changed */
    LENGTHEN = 4,  /* a byte too many */
    TOO_LARGE = 8, /* the first number becomes all ones */
};

/* BN254's first two pad their input with zeros and leave what is beyond it. */
static bool takes_any_length(unsigned at)
{
    return at == 0x06 || at == 0x07;
}

/* Damages a made input; true: it is certainly malformed now. */
static bool damage(struct buffer *input, unsigned at, unsigned form,
                   const uint8_t *where)
{
    bool malformed = false;
    if (input->len == 0)
        return false;
    if (form & FLIP)
        input->at[load_be16(where) % input->len] ^= where[0] | 1;
    if (form & TOO_LARGE) {
        memset(input->at, 0xff, at < 0x0a ? 32 : EIP2537_FP_LEN);
        malformed = true;
    }
    if (form & LENGTHEN) {
        buffer_put_byte(input, where[1]);
        malformed |= !takes_any_length(at);
    }
    return malformed;
}

static void compare_made(unsigned at, unsigned form, bytes recipe)
{
    struct buffer input = {0};
    make_input(&input, at, recipe);
    bool malformed = recipe.len >= 2 && damage(&input, at, form, recipe.at);
    struct verdict is = compare(at, buffer_bytes(&input));
    ASSERT(!malformed || is.why == EVM_PRECOMPILE_FAILED);
    buffer_free(&input);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    static const uint8_t precompiles[] = {0x0a, 0x0b, 0x0c, 0x0d, 0x0e, 0x0f,
                                          0x10, 0x11, 0x06, 0x07, 0x08};
    if (len < 2 || len > INPUT_LEN_MAX)
        return 0;
    unsigned at = precompiles[data[0] % sizeof precompiles];
    bytes rest = bytes_of(data + 2, len - 2);
    if (data[1] & RAW)
        compare(at, rest);
    else
        compare_made(at, data[1], rest);
    return 0;
}
