/* The published cases of geth's tracers: a transaction, the state it runs on,
 * and what each tracer says. LOFT_GETH_TRACES names their folder, geth's
 * eth/tracers/internal/tracetest/testdata. */
#include "rpc/tracers.h"

#include <ctype.h>
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/hex.h"
#include "chain/genesis.h"
#include "codec/rlp.h"

#define PATH_BYTES_MAX 4096

struct suite {
    const char *folder, *tracer;
    bool is_exact; /* results are compared as they are written */
};

static const struct suite suites[] = {
    {"call_tracer", "callTracer", false},
    {"call_tracer_withLog", "callTracer", false},
    {"call_tracer_flat", "flatCallTracer", false},
    {"prestate_tracer", "prestateTracer", true},
    {"prestate_tracer_with_diff_mode", "prestateTracer", true},
};

static struct arena arena;

static bool read_file(struct buffer *out, const char *path)
{
    char block[1 << 16];
    size_t len;
    FILE *file = fopen(path, "rb");
    if (!file)
        return false;
    while ((len = fread(block, 1, sizeof block, file)) > 0)
        buffer_put(out, block, len);
    fclose(file);
    return true;
}

static const char *const block_forks[] = {
    "homesteadBlock", "eip150Block",         "eip158Block",
    "byzantiumBlock", "constantinopleBlock", "petersburgBlock",
    "istanbulBlock",  "berlinBlock",         "londonBlock",
};

static bool is_block_fork(const char *key)
{
    for (size_t i = 0; i < ARRAY_LEN(block_forks); i++)
        if (strcmp(key, block_forks[i]) == 0)
            return true;
    return strcmp(key, "eip155Block") == 0;
}

static const struct json *get_any_case(const struct json *object,
                                       const char *key)
{
    JSON_FOR_EACH (member, object)
        if (strcasecmp((const char *)member.key.at, key) == 0)
            return member.value;
    return NULL;
}

/* Some configurations leave out forks that later ones take for granted, and
 * write keys in another case. */
static void put_config(struct json_writer *out, const struct json *config)
{
    uint64_t number = UINT64_MAX, begins;
    json_begin_object(out);
    JSON_FOR_EACH (member, config) {
        char *key = arena_string(&arena, member.key);
        key[0] = (char)tolower(key[0]);
        if (is_block_fork(key))
            continue;
        json_key(out, key);
        json_put_value(out, member.value);
    }
    for (size_t i = ARRAY_LEN(block_forks); i-- > 0;) {
        const struct json *value = get_any_case(config, block_forks[i]);
        if (json_read_any_u64(&begins, value) == LOFT_OK && begins < number)
            number = begins;
        if (number == UINT64_MAX)
            continue;
        json_key(out, block_forks[i]);
        json_put_u64(out, number);
    }
    json_end_object(out);
}

/* The block before, as a genesis block: its number is not 0. */
static void put_genesis(struct json_writer *out, const struct json *genesis)
{
    json_begin_object(out);
    JSON_FOR_EACH (member, genesis) {
        if (bytes_equal(member.key, bytes_str("number")))
            continue;
        json_key_bytes(out, member.key);
        if (bytes_equal(member.key, bytes_str("config")))
            put_config(out, member.value);
        else
            json_put_value(out, member.value);
    }
    json_end_object(out);
}

static loft_err read_genesis(struct genesis *out, const struct json *test)
{
    struct buffer text = {0};
    struct json_writer writer = {&text, false};
    put_genesis(&writer, json_get(test, "genesis"));
    loft_err code = genesis_read(&arena, out,
                                 arena_copy(&arena, buffer_bytes(&text)));
    buffer_free(&text);
    return code;
}

static loft_err read_context(struct block_context *out,
                             const struct genesis *genesis,
                             const struct json *context)
{
    const struct chain_config *config = &genesis->config;
    struct header header = {.mix_hash = genesis->header.mix_hash};
    TRY(json_get_any_u64(&header.number, context, "number"));
    TRY(json_get_any_u64(&header.timestamp, context, "timestamp"));
    TRY(json_get_any_u64(&header.gas_limit, context, "gasLimit"));
    TRY(json_get_any_u256(&header.difficulty, context, "difficulty"));
    TRY(json_get_address(&header.coinbase, context, "miner"));
    if (!json_absent(json_get(context, "baseFeePerGas")))
        TRY(json_get_any_u256(&header.base_fee, context, "baseFeePerGas"));
    bool past_merge = config->has_terminal_difficulty &&
                      u256_is_zero(config->terminal_difficulty);
    enum chain_fork fork = chain_fork_at(config, header.number,
                                         header.timestamp, past_merge);
    block_context_init(out, config, fork, &header);
    out->gas_left = UINT64_MAX;
    return LOFT_OK;
}

/* As it is in a block's list: one with a type is wrapped in a string. */
static loft_err read_transaction(struct transaction *out,
                                 const struct json *test)
{
    bytes raw, inner;
    const char *digits;
    TRY(json_get_text(&digits, test, "input"));
    TRY(hex_read(&arena, &raw, bytes_str(digits)));
    if (raw.len && raw.at[0] >= 0x80 && raw.at[0] < 0xc0) {
        TRY(rlp_read_bytes(&inner, &raw));
        raw = inner;
    }
    return transaction_decode(&arena, out, raw);
}

static loft_err run(struct buffer *out, const struct suite *suite,
                    const struct json *test)
{
    struct genesis genesis;
    struct block_context context;
    struct transaction tx;
    struct tx_tracer *tracer = NULL;
    struct json_writer writer = {out, false};
    address from;
    TRY(read_genesis(&genesis, test));
    TRY(read_context(&context, &genesis, json_get(test, "context")));
    TRY(read_transaction(&tx, test));
    if (!transaction_sender(&from, &tx, fork_rules(context.fork)))
        return err_say(LOFT_ERR_FORMAT, "no sender");
    TRY(tx_tracer_by_name(&arena, &tracer, bytes_str(suite->tracer),
                          json_get(test, "tracerConfig")));
    struct overlay *overlay = overlay_new(&STATE_NOWHERE);
    struct executor *executor = executor_new();
    genesis_apply(overlay, &genesis);
    const struct traced traced = {.arena = &arena,
                                  .overlay = overlay,
                                  .context = &context,
                                  .rules = fork_rules(context.fork),
                                  .tx = &tx,
                                  .from = &from,
                                  .out = &writer};
    const struct execution_options options = {.tracer = &tracer->evm};
    tx_tracer_begin(tracer, &traced);
    struct execution execution = execute_transaction(
        executor, overlay, &context, &tx, &from, &options);
    tx_tracer_end(tracer, &execution);
    tx_tracer_fini(tracer);
    executor_free(executor);
    overlay_free(overlay);
    if (execution.verdict != TX_OK)
        return err_say(LOFT_ERR_REFUSED, "%s",
                       transaction_verdict_text(execution.verdict));
    return tracer->failure ? err_say(LOFT_ERR_LIMIT, "%s", tracer->failure)
                           : LOFT_OK;
}

/* geth's own test reads results of its call tracers into structures: what is
 * zero is as good as left out, and these are not in them. */
static bool is_ignored(bytes key, const struct json *value)
{
    static const char *const keys[] = {"time", "blockHash", "blockNumber",
                                       "transactionHash",
                                       "transactionPosition"};
    bytes text;
    for (size_t i = 0; i < ARRAY_LEN(keys); i++)
        if (bytes_equal(key, bytes_str(keys[i])))
            return true;
    if (json_absent(value) ||
        (json_kind(value) == JSON_IS_OBJECT && json_len(value) == 0))
        return true;
    if (json_read_string(&text, value) != LOFT_OK)
        return false;
    const char *digits = (const char *)text.at;
    return text.len >= 2 && memcmp(digits, "0x", 2) == 0 &&
           strspn(digits + 2, "0") == text.len - 2;
}

static void put_compared(struct json_writer *out, const struct json *value)
{
    if (json_kind(value) == JSON_IS_OBJECT) {
        json_begin_object(out);
        JSON_FOR_EACH (member, value) {
            if (is_ignored(member.key, member.value))
                continue;
            json_key_bytes(out, member.key);
            put_compared(out, member.value);
        }
        json_end_object(out);
    } else if (json_kind(value) == JSON_IS_ARRAY) {
        json_begin_array(out);
        for (size_t i = 0; i < json_len(value); i++)
            put_compared(out, json_at(value, i));
        json_end_array(out);
    } else {
        json_put_value(out, value);
    }
}

static const struct json *compared(const struct json *value)
{
    const struct json *out = NULL;
    struct buffer text = {0};
    struct json_writer writer = {&text, false};
    put_compared(&writer, value);
    loft_err code = json_parse(&out, &arena, buffer_bytes(&text),
                               &JSON_FROM_FILE);
    buffer_free(&text);
    return code == LOFT_OK ? out : NULL;
}

static loft_err check(const struct suite *suite, bytes text, struct buffer *got)
{
    const struct json *test, *have;
    TRY(json_parse(&test, &arena, text, &JSON_FROM_FILE));
    TRY(run(got, suite, test));
    TRY(json_parse(&have, &arena, buffer_bytes(got), &JSON_FROM_FILE));
    const struct json *want = json_get(test, "result");
    if (!suite->is_exact) {
        have = compared(have);
        want = compared(want);
    }
    if (!have || !want || !json_same(have, want))
        return err_say(LOFT_ERR_CORRUPT, "the trace is another");
    return LOFT_OK;
}

static bool check_file(const struct suite *suite, const char *folder,
                       const char *name)
{
    const char *path = arena_printf(&arena, "%s/%s", folder, name);
    struct buffer text = {0}, got = {0};
    loft_err code = read_file(&text, path)
                        ? check(suite, buffer_bytes(&text), &got)
                        : err_say(LOFT_ERR_IO, "it cannot be read");
    if (code != LOFT_OK) {
        printf("%s: %s\n%.*s\n", path, err_sentence(), (int)got.len,
               (const char *)got.at);
    }
    buffer_free(&text);
    buffer_free(&got);
    arena_reset(&arena);
    return code == LOFT_OK;
}

static bool is_case(const char *name)
{
    size_t len = strlen(name);
    return len > 5 && strcmp(name + len - 5, ".json") == 0;
}

static void check_suite(const struct suite *suite, const char *root,
                        unsigned *passed, unsigned *total)
{
    char folder[PATH_BYTES_MAX];
    snprintf(folder, sizeof folder, "%s/%s", root, suite->folder);
    DIR *dir = opendir(folder);
    if (!dir)
        return;
    for (struct dirent *entry; (entry = readdir(dir));) {
        if (!is_case(entry->d_name))
            continue;
        ++*total;
        *passed += check_file(suite, folder, entry->d_name);
    }
    closedir(dir);
}

int main(void)
{
    const char *root = getenv("LOFT_GETH_TRACES");
    unsigned passed = 0, total = 0;
    if (!root) {
        printf("LOFT_GETH_TRACES does not name geth's cases: skipped\n");
        return 77;
    }
    arena_init(&arena);
    for (size_t i = 0; i < ARRAY_LEN(suites); i++)
        check_suite(&suites[i], root, &passed, &total);
    arena_fini(&arena);
    printf("%u of %u traces are geth's\n", passed, total);
    return total && passed == total ? 0 : 1;
}
