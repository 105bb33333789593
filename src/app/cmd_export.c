/* The chain's blocks to a file, and from one into a chain that no loftd has
 * open. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "app/commands.h"
#include "app/node_client.h"
#include "io/loop.h"
#include "node/node.h"

#define EXPORT_SECONDS 86400
#define PROGRESS_NS 1000000000u
#define WORDS_MAX 16

/* For opening data here. */
#define DATA_OPTIONS                                                          \
    {"--config", "FILE", "configuration file of the loftd whose data it is"}, \
        {"--genesis", "FILE", "genesis.json of the chain"},                   \
    {                                                                         \
        "--timestamp", "SECONDS",                                             \
            "time of the first block, of a development chain"                 \
    }

/* The options of loftd that the command line has, as loftd reads them. */
static loft_err read_options(const struct command_line *line,
                             struct options *out, const char *import)
{
    static const char *const names[] = {"--data-dir", "--config", "--genesis",
                                        "--timestamp"};
    const char *words[WORDS_MAX] = {"loft"};
    int count = 1;
    for (size_t i = 0; i < ARRAY_LEN(names); i++) {
        const char *value = command_option(line, names[i]);
        if (!value)
            continue;
        words[count++] = names[i];
        words[count++] = value;
    }
    if (import) {
        words[count++] = "--import";
        words[count++] = import;
    }
    return options_read(out, count, words);
}

struct range {
    uint64_t first, last;
};

static loft_err read_range(const struct command_line *line, struct range *out)
{
    *out = (struct range){1, UINT64_MAX};
    TRY(command_number(line, "--from", &out->first, 0, UINT64_MAX - 1));
    return command_number(line, "--to", &out->last, 0, UINT64_MAX - 1);
}

/* The file under another name, until it is whole. */
struct export
{
    const char *path, *early;
    FILE *to;
};

static loft_err begin(struct export *export, const struct command_line *line)
{
    *export = (struct export){.path = line->argv[0], .to = stdout};
    if (strcmp(export->path, "-") == 0)
        return LOFT_OK;
    export->early = arena_printf(line->arena, "%s.part", export->path);
    export->to = fopen(export->early, "wbe");
    return export->to
               ? LOFT_OK
               : err_say(LOFT_ERR_IO, "%s: %s", export->early, strerror(errno));
}

static loft_err end(struct export *export, loft_err code)
{
    if (!export->early)
        return fflush(stdout) == 0 || code != LOFT_OK
                   ? code
                   : err_say(LOFT_ERR_IO, "-: %s", strerror(errno));
    bool ok = fflush(export->to) == 0 && fsync(fileno(export->to)) == 0;
    int why = errno;
    fclose(export->to);
    if (code == LOFT_OK && ok && rename(export->early, export->path) == 0)
        return LOFT_OK;
    if (code == LOFT_OK)
        code = err_say(LOFT_ERR_IO, "%s: %s", export->path, strerror(why));
    unlink(export->early);
    return code;
}

static loft_err ask_head(struct node_client *node, uint64_t *head)
{
    const struct json *result;
    TRY(node_ask(node, &result, "eth_blockNumber"));
    return json_read_quantity_u64(head, result);
}

static loft_err put_block(struct node_client *node, FILE *to, uint64_t number)
{
    const struct json *result;
    bytes raw;
    struct json_writer *params = node_begin(node, "debug_getRawBlock");
    json_put_quantity(params, number);
    TRY(node_end(node, &result));
    TRY(json_read_data(node->arena, &raw, result));
    if (fwrite(raw.at, 1, raw.len, to) != raw.len)
        return err_say(LOFT_ERR_IO, "writing block %" PRIu64 ": %s", number,
                       strerror(errno));
    return LOFT_OK;
}

/* From a node that runs, block by block. */
static loft_err put_blocks(struct node_client *node, FILE *to,
                           struct range range)
{
    uint64_t head, told_ns = clock_monotonic_ns();
    TRY(ask_head(node, &head));
    if (range.last == UINT64_MAX)
        range.last = head;
    if (range.last > head)
        return err_say(LOFT_ERR_USAGE, "the chain ends with block %" PRIu64,
                       head);
    for (uint64_t at = range.first; at <= range.last; at++) {
        struct arena_mark mark = arena_mark(node->arena);
        TRY(put_block(node, to, at));
        arena_rewind(node->arena, mark);
        if (clock_monotonic_ns() - told_ns < PROGRESS_NS)
            continue;
        told_ns = clock_monotonic_ns();
        fprintf(stderr, "block %" PRIu64 " of %" PRIu64 "\n", at, range.last);
    }
    return LOFT_OK;
}

static loft_err export_from_node(struct node_client *node)
{
    struct export export;
    struct range range;
    TRY(read_range(node->line, &range));
    TRY(begin(&export, node->line));
    return end(&export, put_blocks(node, export.to, range));
}

/* From data that no loftd has open. */
static loft_err export_from_data(const struct command_line *line)
{
    struct options options;
    struct export export;
    struct range range;
    TRY(read_range(line, &range));
    loft_err code = read_options(line, &options, NULL);
    if (code == LOFT_OK)
        code = begin(&export, line);
    if (code == LOFT_OK)
        code = end(&export,
                   node_export(&options, export.to, range.first, range.last));
    options_fini(&options);
    return code;
}

static int run_export(const struct command_line *line)
{
    if (command_option(line, "--data-dir"))
        return command_status(line->self, export_from_data(line));
    return node_command(line, export_from_node);
}

static int run_import(const struct command_line *line)
{
    struct options options;
    uint64_t head = 0;
    loft_err code = read_options(line, &options, line->argv[0]);
    if (code == LOFT_OK)
        code = node_import(&options, &head);
    options_fini(&options);
    if (code == LOFT_OK)
        printf("%" PRIu64 "\n", head);
    return command_status(line->self, code);
}

const struct command command_export = {
    .name = "export",
    .operands = "FILE",
    .least = 1,
    .most = 1,
    .summary = "write the chain's blocks to a file, in RLP",
    .help = "From a node that runs, or with --data-dir from its data, where "
            "no loftd has that\nopen. The file is what loft import, loftd "
            "--import and geth import read; - is\nstandard output.\n",
    .options =
        (const struct command_option[]){
            {"--from", "NUMBER", "first block (1)"},
            {"--to", "NUMBER", "last block (the newest)"},
            {"--data-dir", "DIR", "read this data, and ask no node"},
            DATA_OPTIONS,
            NODE_OPTIONS,
            {0}},
    .timeout_seconds = EXPORT_SECONDS,
    .run = run_export,
};

const struct command command_import = {
    .name = "import",
    .operands = "FILE",
    .least = 1,
    .most = 1,
    .summary = "add blocks from a file to data that no loftd has open",
    .help = "Each block is validated in full; those before a bad one stay. The "
            "newest block's\nnumber is printed. The first block of a "
            "development chain depends on when it was\nmade: --timestamp says "
            "that.\n",
    .options =
        (const struct command_option[]){
            {"--data-dir", "DIR", "the data (~/.local/share/loft)"},
            DATA_OPTIONS,
            {0}},
    .run = run_import,
};
