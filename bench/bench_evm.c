/* How fast contracts run: bench_evm FOLDER [--once CASE] [--runs N].
 *
 * FOLDER holds ipsilon/benchmarks and revmc/data, the published state tests
 * and transactions. Each case is run a few times until its code is translated,
 * then timed; --once runs it one time inside bench_measured(), for callgrind:
 *
 *   valgrind --tool=callgrind --toggle-collect=bench_measured ...
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/hex.h"
#include "base/memory.h"
#include "codec/json.h"
#include "evm/evm.h"
#include "evm/test/memory_host.h"

/* Published figures for evmone 0.15 (July 2025), GCC 12 -O3, x86-64-v2, its
 * baseline interpreter, execution alone: instructions by callgrind, in
 * thousands, and microseconds on a Zen 4 machine. 0: none published, or with
 * its analysis of the code in it. */
static const struct bench_case {
    const char *name, *file;
    unsigned input; /* which of the file's transactions */
    double peer_kilo_instructions, peer_us;
} cases[] = {
    {"snailtracer", "ipsilon/benchmarks/main/snailtracer", 0, 306608, 31470},
    {"sha1_shifts/5311", "ipsilon/benchmarks/main/sha1_shifts", 1, 19099, 1730},
    {"sha1_divs/5311", "ipsilon/benchmarks/main/sha1_divs", 1, 34863, 3714},
    {"blake2b_shifts/8415", "ipsilon/benchmarks/main/blake2b_shifts", 0, 63349,
     6131},
    {"blake2b_huff/8415", "ipsilon/benchmarks/main/blake2b_huff", 1, 6733, 676},
    {"structarray_alloc", "ipsilon/benchmarks/main/structarray_alloc", 0, 4927,
     394},
    {"swap_math/spent", "ipsilon/benchmarks/main/swap_math", 0, 21, 1.76},
    {"weierstrudel/15", "ipsilon/benchmarks/main/weierstrudel", 1, 15558, 1689},
    {"erc20_transfer_x5000", "revmc/data/erc20_transfer", 0, 104833, 7600},
    {"JUMPDEST_n0", "ipsilon/benchmarks/micro/JUMPDEST_n0", 0, 0, 0},
    {"jump_around", "ipsilon/benchmarks/micro/jump_around", 0, 0, 0},
    {"many_jumpdests", "ipsilon/benchmarks/micro/loop_with_many_jumpdests", 0,
     0, 0},
    {"mload_by32", "ipsilon/benchmarks/micro/memory_grow_mload", 3, 0, 0},
    {"mstore_by32", "ipsilon/benchmarks/micro/memory_grow_mstore", 3, 0, 0},
    {"signextend/zero", "ipsilon/benchmarks/micro/signextend", 0, 0, 0},
    {"weth", "revmc/data/weth", 0, 0, 0},
    {"fiat_token", "revmc/data/fiat_token", 0, 0, 0},
    {"uniswap_v2_pair", "revmc/data/uniswap_v2_pair", 0, 0, 0},
    {"univ2_router", "revmc/data/univ2_router", 0, 0, 0},
    {"seaport", "revmc/data/seaport", 0, 0, 0},
    {"curve-stableswap-2pool", "revmc/data/curve-stableswap-2pool", 0, 0, 0},
    {"airdrop", "revmc/data/airdrop", 0, 0, 0},
    {"hash_10k", "revmc/data/hash_10k", 0, 0, 0},
    {"snailtracer (revmc)", "revmc/data/snailtracer", 0, 0, 0},
    {"usdc_proxy", "revmc/data/usdc_proxy", 0, 0, 0},
    {"push0_proxy", "revmc/data/push0_proxy", 0, 0, 0},
    {"counter", "revmc/data/counter", 0, 0, 0},
    {"fibonacci-calldata", "revmc/data/fibonacci-calldata", 0, 0, 0},
    {"factorial", "revmc/data/factorial", 0, 0, 0},
    {"bswap64", "revmc/data/bswap64", 0, 0, 0},
    {"bswap64_opt", "revmc/data/bswap64_opt", 0, 0, 0},
    {"eip2935", "revmc/data/eip2935", 0, 0, 0},
    {"eip4788", "revmc/data/eip4788", 0, 0, 0},
    {"burntpix", "revmc/data/burntpix", 0, 0, 0},
};

struct bench {
    struct arena arena;
    struct memory_host host;
    struct evm *evm;
    struct evm_environment environment;
    struct evm_run run;
    struct evm_message message;
};

static void die(const char *what)
{
    fprintf(stderr, "bench_evm: %s: %s\n", what, err_sentence());
    exit(1);
}

static void must(loft_err err, const char *what)
{
    if (err)
        die(what);
}

static bytes read_file(struct arena *arena, const char *path)
{
    FILE *file = fopen(path, "rb");
    if (!file) {
        fprintf(stderr, "bench_evm: %s: %s\n", path, strerror(errno));
        exit(1);
    }
    fseek(file, 0, SEEK_END);
    size_t len = (size_t)ftell(file);
    rewind(file);
    uint8_t *at = arena_alloc(arena, len);
    if (fread(at, 1, len, file) != len)
        die(path);
    fclose(file);
    return bytes_of(at, len);
}

static void load_storage(struct bench *bench, const address *who,
                         const struct json *storage)
{
    JSON_FOR_EACH (slot, storage) {
        u256 key, value;
        must(hex_read_u256(&key, slot.key), "storage key");
        must(json_read_hex_u256(&value, slot.value), "storage value");
        memory_host_set_slot(&bench->host, who, &key, &value);
    }
}

static void load_accounts(struct bench *bench, const struct json *accounts)
{
    JSON_FOR_EACH (entry, accounts) {
        address who;
        bytes code;
        u256 balance;
        must(hex_read_exact(who.at, sizeof who.at, entry.key), "address");
        must(json_get_data(&bench->arena, &code, entry.value, "code"), "code");
        must(json_get_hex_u256(&balance, entry.value, "balance"), "balance");
        memory_host_set_code(&bench->host, &who, code);
        memory_host_account(&bench->host, &who)->balance = balance;
        load_storage(bench, &who, json_get(entry.value, "storage"));
    }
}

/* A list with one entry for each input, or the one value. */
static const struct json *pick(const struct json *value, unsigned input)
{
    return json_kind(value) == JSON_IS_ARRAY ? json_at(value, input) : value;
}

static void load_transaction(struct bench *bench, const struct json *tx,
                             unsigned input)
{
    if (json_kind(tx) == JSON_IS_ARRAY)
        tx = json_at(tx, 0);
    must(json_get_address(&bench->message.caller, tx, "sender"), "sender");
    must(json_get_address(&bench->message.target, tx, "to"), "to");
    must(json_read_data(&bench->arena, &bench->message.input,
                        pick(json_get(tx, "data"), input)),
         "data");
    bench->message.code_of = bench->message.target;
    bench->message.gas = INT64_MAX;
    bench->environment.origin = bench->message.caller;
}

static void load(struct bench *bench, const char *folder,
                 const struct bench_case *is)
{
    *bench = (struct bench){0};
    arena_init(&bench->arena);
    memory_host_init(&bench->host);
    bench->evm = evm_new();
    bench->environment = (struct evm_environment){
        .number = 1, .timestamp = 1, .gas_limit = 1 << 30, .chain_id = {{1}}};
    const char *path = arena_printf(&bench->arena, "%s/%s.json", folder,
                                    is->file);
    const struct json *file, *test;
    must(json_parse(&file, &bench->arena, read_file(&bench->arena, path),
                    &JSON_FROM_FILE),
         path);
    test = json_first(file).value;
    load_accounts(bench, json_get(test, "pre"));
    load_transaction(bench, json_get(test, "transaction"), is->input);
    /* What the published figures were measured under, and for newer code
     * whatever has all instructions. */
    bool published = is->peer_us != 0 && strncmp(is->file, "revmc", 5) != 0;
    bench->run = (struct evm_run){
        .host = &bench->host.host,
        .environment = &bench->environment,
        .rules = published ? EVM_ISTANBUL : EVM_CANCUN,
    };
}

static void unload(struct bench *bench)
{
    evm_free(bench->evm);
    memory_host_fini(&bench->host);
    arena_fini(&bench->arena);
}

NO_INLINE static struct evm_result bench_measured(struct bench *bench)
{
    struct evm_result result = evm_execute(bench->evm, &bench->run,
                                           &bench->message);
    __asm__ volatile("" ::: "memory");
    return result;
}

/* One run, undone afterwards; returns its seconds. */
static double run_once(struct bench *bench, int64_t *gas)
{
    struct evm_host *host = &bench->host.host;
    struct timespec from, to;
    uint32_t snapshot = host->ops->snapshot(host);
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &from);
    struct evm_result result = bench_measured(bench);
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &to);
    host->ops->revert(host, snapshot);
    *gas = bench->message.gas - result.gas_left;
    if (result.status != EVM_STOPPED) {
        fprintf(stderr, "bench_evm: %s\n", evm_exception_text(result.why));
        exit(1);
    }
    return (double)(to.tv_sec - from.tv_sec) +
           (double)(to.tv_nsec - from.tv_nsec) * 1e-9;
}

static void warm_up(struct bench *bench)
{
    int64_t gas;
    double spent = 0;
    for (int i = 0; i < 3 || (spent < 0.01 && i < 2000); i++)
        spent += run_once(bench, &gas);
}

static void print_row(const struct bench_case *is, double seconds, int64_t gas)
{
    double us = seconds * 1e6;
    printf("%-24s %11.2f us %9.0f Mgas/s", is->name, us,
           (double)gas * 1e-6 / seconds);
    if (is->peer_us > 0)
        printf("   evmone %9.2f us, ratio %.2f", is->peer_us, us / is->peer_us);
    printf("\n");
    fflush(stdout);
}

static void measure(struct bench *bench, const struct bench_case *is)
{
    double best = 1e9, spent = 0;
    int64_t gas = 0;
    warm_up(bench);
    for (int i = 0; i < 5 || (spent < 0.3 && i < 20000); i++) {
        double seconds = run_once(bench, &gas);
        spent += seconds;
        if (seconds < best)
            best = seconds;
    }
    print_row(is, best, gas);
}

/* The warm-up is not counted: it goes by another name than bench_measured(). */
static void measure_instructions(struct bench *bench,
                                 const struct bench_case *is)
{
    struct evm_host *host = &bench->host.host;
    int runs = is->peer_kilo_instructions < 1000 ? 50 : 1;
    int64_t gas = 0;
    for (int i = 0; i < 2000 && (i < 3 || runs > 1); i++) {
        uint32_t snapshot = host->ops->snapshot(host);
        evm_execute(bench->evm, &bench->run, &bench->message);
        host->ops->revert(host, snapshot);
    }
    for (int i = 0; i < runs; i++)
        run_once(bench, &gas);
    printf("%s gas %lld runs %d peer_kilo_instructions %.0f\n", is->name,
           (long long)gas, runs, is->peer_kilo_instructions);
}

int main(int argc, char **argv)
{
    const char *once = NULL;
    if (argc < 2) {
        fprintf(stderr, "usage: bench_evm FOLDER [--once CASE | CASE...]\n");
        return 2;
    }
    if (argc > 3 && strcmp(argv[2], "--once") == 0)
        once = argv[3];
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        bool wanted = argc == 2;
        for (int a = 2; a < argc; a++)
            wanted |= strcmp(argv[a], cases[i].name) == 0;
        if (!wanted)
            continue;
        struct bench bench;
        load(&bench, argv[1], &cases[i]);
        if (once)
            measure_instructions(&bench, &cases[i]);
        else
            measure(&bench, &cases[i]);
        unload(&bench);
    }
    return 0;
}
