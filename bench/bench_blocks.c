/* How long the worst blocks take: bench_blocks PATH [GAS [RUNS]]
 *
 * PATH, a file, folder or archive, holds published blocks that are full of one
 * instruction or precompile, in sizes of which GAS (100M) picks one.
 * What is measured is the processor time of chain_import() for the last block
 * of a case, from its bytes to the commit: decoding, senders, execution, state
 * root, receipts, and writing to a store in memory that is never synced. The
 * figures are the block's gas by the quickest run, as whatever else the machine
 * does only ever adds, and by the median one. Each run has a chain of its own.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "app/fixture_chain.h"
#include "app/fixture_files.h"

#define RUNS_MAX 99

/* Mgas/s of evmone 0.15 (July 2025), GCC 12 -O3, x86-64-v2, over the same
 * blocks of 100 Mgas: as published for an AMD Zen 4 (0: not), and as it runs on
 * the machine of docs/benchmarks.md, where only the execution was measured:
 * no senders, roots or store. It does not know P-256. */
static const struct peer {
    const char *label;
    double published, here;
} peers[] = {
    {"blake2f: blake2f", 57, 58.4},
    {"blobhash: no_blobs", 0, 1086},
    {"blobhash: one_blob", 0, 776},
    {"bn128_pairings_amortized", 36, 42.1},
    {"call_frame_context_ops: opcode_ADDRESS", 0, 140},
    {"call_frame_context_ops: opcode_CALLER", 0, 140},
    {"call_frame_context_ops: opcode_GASPRICE", 0, 642},
    {"call_frame_context_ops: opcode_ORIGIN", 0, 139},
    {"callvalue_from_call: non_zero_value_False", 0, 891},
    {"callvalue_from_call: non_zero_value_True", 0, 3411},
    {"clz_diff", 1390, 2353},
    {"clz_same", 1390, 2128},
    {"codesize", 0, 148},
    {"ecrecover: ecrecover", 7, 7.1},
    {"gas_op", 0, 1206},
    {"identity", 0, 1801},
    {"iszero", 0, 1466},
    {"jump_benchmark", 0, 2737},
    {"jumpdests", 1530, 1434},
    {"jumpi_fallthrough", 0, 3683},
    {"jumpis", 0, 3147},
    {"jumps", 3320, 3248},
    {"keccak_max_permutations", 87, 88.9},
    {"not_op", 0, 1132},
    {"point_evaluation: point_evaluation", 39, 36.8},
    {"returndatasize_zero", 0, 1190},
    {"ripemd160", 0, 948},
    {"selfbalance: contract_balance_0", 260, 502},
    {"selfbalance: contract_balance_1", 260, 500},
    {"selfdestruct_initcode: value_bearing_False", 0, 35820},
    {"selfdestruct_initcode: value_bearing_True", 0, 34980},
    {"sha256", 600, 523},
    {"shifts: opcode_SAR", 400, 316},
    {"shifts: opcode_SHR", 0, 320},
    {"storage_access_warm: SLOAD", 840, 832},
    {"storage_access_warm: SSTORE new value", 0, 1047},
    {"storage_access_warm: SSTORE same value", 0, 1061},
};

struct bench {
    struct arena arena; /* of one file */
    char gas[32];
    unsigned runs;
};

static void must(loft_err err, const char *what)
{
    if (err == LOFT_OK)
        return;
    fprintf(stderr, "bench_blocks: %s: %s\n", what, err_sentence());
    exit(1);
}

static double now(void)
{
    struct timespec at;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &at);
    return (double)at.tv_sec + (double)at.tv_nsec * 1e-9;
}

/* Imports all blocks; returns the seconds of the last one. */
static double run_once(struct bench *bench, const char *name,
                       const struct json *test, uint64_t *gas)
{
    struct fixture_chain chain;
    const char *network;
    double took = 0;
    struct arena_mark mark = arena_mark(&bench->arena);
    must(json_get_text(&network, test, "network"), name);
    must(fixture_chain_open(&chain, &bench->arena, network, test), name);
    const struct json *blocks = json_get(test, "blocks");
    for (size_t i = 0; i < json_len(blocks); i++) {
        enum block_verdict verdict;
        bytes rlp;
        must(json_get_data(&bench->arena, &rlp, json_at(blocks, i), "rlp"),
             name);
        double began = now();
        must(chain_import(chain.chain, &verdict, rlp), name);
        took = now() - began;
        if (verdict != BLOCK_OK)
            must(LOFT_ERR_REFUSED, name);
    }
    *gas = chain_head(chain.chain)->header.gas_used;
    fixture_chain_close(&chain);
    arena_rewind(&bench->arena, mark);
    return took;
}

static int compare(const void *a, const void *b)
{
    double one = *(const double *)a, two = *(const double *)b;
    return (one > two) - (one < two);
}

/* "path::test_NOUN[fork_F-blockchain_test-PARAMETERS-benchmark-gas-value_G]"
 * as "NOUN: PARAMETERS". */
static const char *label_of(struct arena *arena, const char *name)
{
    const char *noun = strstr(name, "::test_");
    const char *bracket = noun ? strchr(noun, '[') : NULL;
    if (!bracket)
        return name;
    noun += strlen("::test_");
    const char *from = strstr(bracket, "blockchain_test-");
    const char *to = strstr(bracket, "-benchmark-gas-value");
    from = from ? from + strlen("blockchain_test-") : to;
    if (!to || from >= to)
        return arena_printf(arena, "%.*s", (int)(bracket - noun), noun);
    return arena_printf(arena, "%.*s: %.*s", (int)(bracket - noun), noun,
                        (int)(to - from), from);
}

static double rate(uint64_t gas, double seconds)
{
    return (double)gas * 1e-6 / seconds;
}

static void print_row(const char *label, uint64_t gas, double best,
                      double median)
{
    printf("%-58s %5.1f Mgas %9.2f ms %9.1f Mgas/s (median %9.1f)", label,
           (double)gas * 1e-6, best * 1e3, rate(gas, best), rate(gas, median));
    for (size_t i = 0; i < ARRAY_LEN(peers); i++) {
        const struct peer *peer = &peers[i];
        if (strcmp(peer->label, label) != 0)
            continue;
        printf("  evmone %8.1f", peer->here);
        if (peer->published > 0)
            printf(", published %5.0f%s", peer->published,
                   rate(gas, best) < peer->published ? "  SLOWER" : "");
    }
    printf("\n");
    fflush(stdout);
}

static void run_case(struct bench *bench, const char *name,
                     const struct json *test)
{
    double took[RUNS_MAX];
    uint64_t gas = 0;
    if (!strstr(name, bench->gas))
        return;
    for (unsigned i = 0; i < bench->runs; i++)
        took[i] = run_once(bench, name, test, &gas);
    qsort(took, bench->runs, sizeof took[0], compare);
    print_row(label_of(&bench->arena, name), gas, took[0],
              took[bench->runs / 2]);
}

static void run_file(void *context, struct fixture_file *file)
{
    static const struct json_limits limits = {
        .bytes_max = FIXTURE_FILE_BYTES_MAX,
        .values_max = 1u << 26,
        .depth_max = 64,
    };
    struct bench *bench = context;
    const struct json *root;
    must(json_parse(&root, &bench->arena, bytes_of(file->at, file->len),
                    &limits),
         file->name);
    JSON_FOR_EACH (member, root)
        run_case(bench, (const char *)member.key.at, member.value);
    arena_reset(&bench->arena);
    fixture_file_free(file);
}

int main(int argc, char **argv)
{
    struct bench bench = {.runs = 5};
    if (argc < 2 || argc > 4) {
        fprintf(stderr, "usage: bench_blocks PATH [GAS [RUNS]]\n");
        return 2;
    }
    if (argc > 3)
        bench.runs = (unsigned)strtoul(argv[3], NULL, 10);
    if (bench.runs < 1 || bench.runs > RUNS_MAX) {
        fprintf(stderr, "bench_blocks: RUNS is from 1 to %d\n", RUNS_MAX);
        return 2;
    }
    snprintf(bench.gas, sizeof bench.gas, "gas-value_%s]",
             argc > 2 ? argv[2] : "100M");
    arena_init(&bench.arena);
    must(fixture_files(argv[1], run_file, &bench), argv[1]);
    arena_fini(&bench.arena);
    return 0;
}
