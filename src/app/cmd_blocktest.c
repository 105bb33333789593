/* Runs published block tests: a chain from its genesis, block by block, good
 * ones and bad ones, with branches. */
#include "app/commands.h"
#include "app/fixture.h"
#include "app/fixture_chain.h"

struct block_test {
    struct fixture_worker *worker;
    const char *name, *network;
    const struct json *root;
    struct fixture_chain chain;
};

static const char *kept(struct block_test *test, const char *text)
{
    return arena_string(&test->worker->arena, bytes_str(text));
}

/* NULL, or what is wrong about how the chain took the block. */
static const char *import_block(struct block_test *test,
                                const struct json *block)
{
    struct arena *arena = &test->worker->arena;
    enum block_verdict verdict;
    const char *exception = NULL;
    bytes rlp;
    if (json_get(block, "expectException") &&
        json_get_text(&exception, block, "expectException") != LOFT_OK)
        return kept(test, err_sentence());
    /* Some old fixtures hold an odd number of digits, on purpose. */
    if (json_get_data(arena, &rlp, block, "rlp") != LOFT_OK)
        return exception ? NULL : kept(test, err_sentence());
    if (chain_import(test->chain.chain, &verdict, rlp) != LOFT_OK)
        return arena_printf(arena, "import failed: %s", err_sentence());
    bool refused = verdict != BLOCK_OK;
    if (refused && !exception)
        return arena_printf(arena, "%s: %s", block_verdict_text(verdict),
                            err_sentence());
    if (!refused && exception)
        return arena_printf(arena, "was imported, expected %s", exception);
    return NULL;
}

static const char *check_end(struct block_test *test)
{
    hash32 expected;
    if (json_get_hash(&expected, test->root, "lastblockhash") != LOFT_OK)
        return kept(test, err_sentence());
    const struct chain_head *head = chain_head(test->chain.chain);
    if (!hash32_equal(&head->hash, &expected))
        return fixture_mismatch(&test->worker->arena, "last block hash",
                                &head->hash, &expected);
    return NULL;
}

static const char *import_all(struct block_test *test)
{
    const struct json *blocks = json_get(test->root, "blocks");
    for (size_t i = 0; i < json_len(blocks); i++) {
        const char *why = import_block(test, json_at(blocks, i));
        if (why)
            return arena_printf(&test->worker->arena, "block %zu: %s", i + 1,
                                why);
    }
    return check_end(test);
}

static const char *run_chain(struct block_test *test)
{
    if (fixture_chain_open(&test->chain, &test->worker->arena, test->network,
                           test->root) != LOFT_OK)
        return kept(test, err_sentence());
    const char *why = import_all(test);
    fixture_chain_close(&test->chain);
    return why;
}

static void run_test(struct fixture_worker *worker, const char *name,
                     const struct json *root)
{
    struct block_test test = {.worker = worker, .name = name, .root = root};
    if (json_get_text(&test.network, root, "network") != LOFT_OK ||
        !json_get(root, "blocks")) {
        fixture_record(worker, name, "", "not a block test");
        return;
    }
    if (!fixture_wanted(worker, name, test.network))
        return;
    const char *why = run_chain(&test);
    fixture_record(worker, name, test.network, why);
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

const struct command command_blocktest = {
    .name = "blocktest",
    .operands = "PATH...",
    .least = 1,
    .most = COMMAND_ANY_NUMBER,
    .summary = "run published block tests",
    .help = FIXTURE_HELP,
    .options = (const struct command_option[]){FIXTURE_OPTIONS, {0}},
    .run = run,
};
