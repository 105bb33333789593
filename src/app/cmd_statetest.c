/* Runs published state tests: one transaction on a given state. */
#include <stdio.h>
#include <string.h>

#include "app/commands.h"
#include "app/fixture.h"
#include "app/state_transaction.h"
#include "base/hex.h"
#include "codec/rlp.h"
#include "crypto/keccak.h"

struct state_test {
    struct fixture_worker *worker;
    const char *name;
    const struct json *root;
    struct genesis pre;
};

/* The "env" object as the header of the block that the transaction is in. */
static loft_err read_env(struct header *out, const struct json *env)
{
    *out = (struct header){0};
    u256 gas_limit, number, timestamp;
    TRY(json_get_address(&out->coinbase, env, "currentCoinbase"));
    TRY(json_get_hex_u256(&gas_limit, env, "currentGasLimit"));
    TRY(json_get_hex_u256(&number, env, "currentNumber"));
    TRY(json_get_hex_u256(&timestamp, env, "currentTimestamp"));
    out->gas_limit = u256_clamp_u64(gas_limit);
    out->number = u256_clamp_u64(number);
    out->timestamp = u256_clamp_u64(timestamp);
    if (json_get(env, "currentDifficulty"))
        TRY(json_get_hex_u256(&out->difficulty, env, "currentDifficulty"));
    if (json_get(env, "currentRandom")) {
        u256 random;
        TRY(json_get_hex_u256(&random, env, "currentRandom"));
        out->mix_hash = u256_to_hash(random);
    }
    if (json_get(env, "currentBaseFee"))
        TRY(json_get_hex_u256(&out->base_fee, env, "currentBaseFee"));
    if (json_get(env, "currentExcessBlobGas"))
        TRY(json_get_hex_u64(&out->excess_blob_gas, env,
                             "currentExcessBlobGas"));
    return LOFT_OK;
}

/* State tests have no chain: a block's hash is that of its number's digits. */
static loft_err block_hash(void *chain, hash32 *out, uint64_t number)
{
    (void)chain;
    char digits[24];
    snprintf(digits, sizeof digits, "%llu", (unsigned long long)number);
    *out = keccak256(bytes_str(digits));
    return LOFT_OK;
}

static hash32 hash_logs(const struct overlay *overlay)
{
    size_t count;
    const struct overlay_log *logs = overlay_logs(overlay, &count);
    struct buffer out = {0};
    size_t all = rlp_open(&out);
    for (size_t i = 0; i < count; i++) {
        size_t one = rlp_open(&out);
        rlp_put_address(&out, &logs[i].emitter);
        size_t topics = rlp_open(&out);
        for (unsigned t = 0; t < logs[i].topic_count; t++)
            rlp_put_hash(&out, &logs[i].topics[t]);
        rlp_close(&out, topics);
        rlp_put_bytes(&out, logs[i].data);
        rlp_close(&out, one);
    }
    rlp_close(&out, all);
    hash32 hash = keccak256(buffer_bytes(&out));
    buffer_free(&out);
    return hash;
}

/* What one execution showed, against what "post" expects of it. */
static const char *compare(struct state_test *test, const struct json *post,
                           const hash32 *root, const hash32 *logs,
                           const char *refused)
{
    struct arena *arena = &test->worker->arena;
    hash32 expected_root, expected_logs;
    if (json_get_hash(&expected_root, post, "hash") != LOFT_OK ||
        json_get_hash(&expected_logs, post, "logs") != LOFT_OK)
        return arena_string(arena, bytes_str(err_sentence()));
    const char *exception = NULL;
    if (json_get(post, "expectException") &&
        json_get_text(&exception, post, "expectException") != LOFT_OK)
        return arena_string(arena, bytes_str(err_sentence()));
    if (exception && !refused)
        return arena_printf(arena, "was executed, expected %s", exception);
    if (!exception && refused)
        return arena_printf(arena, "was refused: %s", refused);
    if (!hash32_equal(root, &expected_root))
        return fixture_mismatch(arena, "state root", root, &expected_root);
    if (!hash32_equal(logs, &expected_logs))
        return fixture_mismatch(arena, "logs hash", logs, &expected_logs);
    return NULL;
}

/* Executes; NULL, or why the transaction was refused. */
static const char *execute(struct state_test *test,
                           struct block_context *context, bytes raw)
{
    struct fixture_worker *worker = test->worker;
    struct transaction tx;
    address sender;
    if (transaction_decode(&worker->arena, &tx, raw) != LOFT_OK)
        return arena_string(&worker->arena, bytes_str(err_sentence()));
    if (!transaction_sender(&sender, &tx, fork_rules(context->fork)))
        return transaction_verdict_text(TX_BAD_SIGNATURE);
    struct execution_options options = {.tracer = worker->options->tracer};
    struct execution done = execute_transaction(
        worker->executor, worker->overlay, context, &tx, &sender, &options);
    return done.verdict == TX_OK ? NULL
                                 : transaction_verdict_text(done.verdict);
}

static loft_err run_post(struct state_test *test, const char *fork_text,
                         const struct json *post)
{
    struct fixture_worker *worker = test->worker;
    struct chain_config config;
    struct header header;
    bytes raw;
    TRY(fixture_read_config(&config, fork_text,
                            json_get(test->root, "config")));
    TRY(read_env(&header, json_get(test->root, "env")));
    TRY(state_transaction(&worker->arena, &raw,
                          json_get(test->root, "transaction"), post));

    enum chain_fork fork = chain_fork_at(&config, header.number,
                                         header.timestamp, false);
    struct block_context context;
    block_context_init(&context, &config, fork, &header);
    context.block_hash = block_hash;

    overlay_reset(worker->overlay, &STATE_NOWHERE);
    genesis_apply(worker->overlay, &test->pre);
    const char *refused = execute(test, &context, raw);
    hash32 root = overlay_root(worker->overlay);
    hash32 logs = hash_logs(worker->overlay);
    const char *why = compare(test, post, &root, &logs, refused);
    fixture_record(worker, test->name, fork_text, why);
    return LOFT_OK;
}

static bool run_fork(struct state_test *test, const char *fork,
                     const struct json *posts)
{
    for (size_t i = 0; i < json_len(posts); i++) {
        const char *base = test->name;
        struct arena *arena = &test->worker->arena;
        if (json_len(posts) > 1)
            test->name = arena_printf(arena, "%s/%zu", base, i);
        if (run_post(test, fork, json_at(posts, i)) != LOFT_OK)
            fixture_record(test->worker, test->name, fork, err_sentence());
        test->name = base;
    }
    return json_len(posts) > 0;
}

static void run_test(struct fixture_worker *worker, const char *name,
                     const struct json *root)
{
    struct state_test test = {.worker = worker, .name = name, .root = root};
    bool any = false, read = false;
    JSON_FOR_EACH (member, json_get(root, "post")) {
        const char *fork = (const char *)member.key.at;
        any = true;
        if (!fixture_wanted(worker, name, fork))
            continue;
        if (!read && fixture_read_accounts(&worker->arena, &test.pre.accounts,
                                           &test.pre.account_count,
                                           json_get(root, "pre")) != LOFT_OK) {
            fixture_record(worker, name, fork, err_sentence());
            return;
        }
        read = true;
        if (!run_fork(&test, fork, member.value))
            fixture_record(worker, name, fork, "the fork has no post states");
    }
    if (!any)
        fixture_record(worker, name, "",
                       "not a state test: no member \"post\"");
}

static void run_file(struct fixture_worker *worker, const struct json *root)
{
    JSON_FOR_EACH (member, root) {
        struct arena_mark mark = arena_mark(&worker->arena);
        run_test(worker, (const char *)member.key.at, member.value);
        arena_rewind(&worker->arena, mark);
    }
}

static int run(const struct command_line *line)
{
    struct fixture_options options = {.run_file = run_file};
    return fixture_command(line, &options);
}

const struct command command_statetest = {
    .name = "statetest",
    .operands = "PATH...",
    .least = 1,
    .most = COMMAND_ANY_NUMBER,
    .summary = "run published state tests",
    .help = FIXTURE_HELP,
    .options = (const struct command_option[]){FIXTURE_OPTIONS, {0}},
    .run = run,
};
