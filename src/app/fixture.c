#include "app/fixture.h"

#include <inttypes.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "app/step_trace.h"
#include "base/hex.h"
#include "base/memory.h"
#include "io/workers.h"

#define FILES_WAITING_MAX 16

/* The largest files unfold to some ten million values. */
static const struct json_limits FIXTURE_LIMITS = {
    .bytes_max = FIXTURE_FILE_BYTES_MAX,
    .values_max = 1u << 26,
    .depth_max = 64,
};

static loft_err read_slots(struct arena *arena, struct genesis_account *account,
                           const struct json *storage)
{
    struct genesis_slot *slots = ARENA_ARRAY(arena, struct genesis_slot,
                                             json_len(storage));
    size_t count = 0;
    JSON_FOR_EACH (member, storage) {
        struct genesis_slot *slot = &slots[count++];
        TRY(hex_read_u256(&slot->key, member.key));
        TRY(json_read_hex_u256(&slot->value, member.value));
    }
    account->slots = slots;
    account->slot_count = count;
    return LOFT_OK;
}

loft_err fixture_read_accounts(struct arena *arena,
                               const struct genesis_account **out,
                               size_t *count, const struct json *accounts)
{
    struct genesis_account *list = ARENA_ARRAY(arena, struct genesis_account,
                                               json_len(accounts));
    *count = 0;
    JSON_FOR_EACH (member, accounts) {
        struct genesis_account *account = &list[(*count)++];
        *account = (struct genesis_account){0};
        const struct json *value = member.value;
        TRY(hex_read_exact(account->who.at, sizeof account->who.at,
                           member.key));
        TRY(json_get_hex_u64(&account->nonce, value, "nonce"));
        TRY(json_get_hex_u256(&account->balance, value, "balance"));
        TRY(json_get_data(arena, &account->code, value, "code"));
        TRY(read_slots(arena, account, json_get(value, "storage")));
    }
    *out = list;
    return LOFT_OK;
}

static loft_err read_blobs(struct blob_parameters *out,
                           const struct json *schedule)
{
    TRY(json_get_hex_u64(&out->target, schedule, "target"));
    TRY(json_get_hex_u64(&out->max, schedule, "max"));
    return json_get_hex_u64(&out->base_fee_update_fraction, schedule,
                            "baseFeeUpdateFraction");
}

loft_err fixture_read_config(struct chain_config *out, const char *network,
                             const struct json *config)
{
    if (!chain_config_by_name(out, network))
        return err_say(LOFT_ERR_NOT_FOUND, "unknown network %s", network);
    const struct json *id = json_get(config, "chainid");
    if (!json_absent(id))
        TRY(json_read_hex_u64(&out->chain_id, id));
    const struct json *blobs = json_get(config, "blobSchedule");
    for (int fork = 0; fork < FORK_COUNT; fork++) {
        const struct json *one = json_get(blobs, fork_name(fork));
        if (one)
            TRY(read_blobs(&out->blobs[fork], one));
    }
    return LOFT_OK;
}

bool fixture_wanted(const struct fixture_worker *worker, const char *name,
                    const char *fork)
{
    const struct fixture_options *options = worker->options;
    return (!options->only || strstr(name, options->only)) &&
           (!options->fork || strcmp(fork, options->fork) == 0);
}

void fixture_record(struct fixture_worker *worker, const char *name,
                    const char *fork, const char *why)
{
    report_add(&worker->report,
               &(struct report_case){worker->file, name, fork, why});
}

const char *fixture_mismatch(struct arena *arena, const char *what,
                             const hash32 *is, const hash32 *expected)
{
    return arena_printf(arena, "%s is %s, not %s", what,
                        hex_string(arena, bytes_hash(is)),
                        hex_string(arena, bytes_hash(expected)));
}

struct fixture_pass {
    struct fixture_worker *each;
    struct workers *workers;
    atomic_uint_fast64_t files_done;
    uint64_t files_given;
    bool shows_progress;
};

static void run_file(void *context, unsigned index, void *job)
{
    struct fixture_pass *pass = context;
    struct fixture_worker *worker = &pass->each[index];
    struct fixture_file *file = job;
    const struct json *root;
    worker->file = file->name;
    if (json_parse(&root, &worker->arena, bytes_of(file->at, file->len),
                   &FIXTURE_LIMITS) == LOFT_OK)
        worker->options->run_file(worker, root);
    else
        fixture_record(worker, "", "", err_sentence());
    arena_reset(&worker->arena);
    fixture_file_free(file);
    uint64_t done = atomic_fetch_add(&pass->files_done, 1) + 1;
    if (pass->shows_progress && done % 8 == 0)
        fprintf(stderr, "\r%" PRIu64 " files", done);
}

static void give_file(void *context, struct fixture_file *file)
{
    struct fixture_pass *pass = context;
    pass->files_given++;
    workers_give(pass->workers, file);
}

static void worker_init(struct fixture_worker *worker,
                        const struct fixture_options *options)
{
    *worker = (struct fixture_worker){.options = options};
    arena_init(&worker->arena);
    report_init(&worker->report);
    worker->executor = executor_new();
    worker->overlay = overlay_new(&STATE_NOWHERE);
}

static void worker_fini(struct fixture_worker *worker)
{
    overlay_free(worker->overlay);
    executor_free(worker->executor);
    report_fini(&worker->report);
    arena_fini(&worker->arena);
}

static loft_err run_paths(struct fixture_pass *pass, int count, char **paths)
{
    for (int i = 0; i < count; i++)
        TRY(fixture_files(paths[i], give_file, pass));
    return LOFT_OK;
}

int fixture_run(const struct fixture_options *options, int count, char **paths)
{
    struct fixture_pass pass = {.shows_progress = isatty(STDERR_FILENO)};
    unsigned threads = options->threads ? options->threads
                                        : workers_default_count();
    pass.each = memory_alloc(threads * sizeof *pass.each);
    for (unsigned i = 0; i < threads; i++)
        worker_init(&pass.each[i], options);
    pass.workers = workers_start(threads, FILES_WAITING_MAX, run_file, &pass);
    loft_err err = run_paths(&pass, count, paths);
    workers_finish(pass.workers);
    if (pass.shows_progress)
        fprintf(stderr, "\r%" PRIu64 " files\n", pass.files_given);

    struct report sum;
    report_init(&sum);
    for (unsigned i = 0; i < threads; i++) {
        report_merge(&sum, &pass.each[i].report);
        worker_fini(&pass.each[i]);
    }
    free(pass.each);
    if (options->as_json)
        report_print_json(&sum, stdout);
    else
        report_print(&sum, stdout);
    bool passed = sum.failed == 0;
    bool ran = sum.passed + sum.failed > 0;
    report_fini(&sum);
    if (err != LOFT_OK)
        return command_status(options->command, err);
    if (!ran) {
        fprintf(stderr, "loft: no case was found\n");
        return EXIT_REFUSED;
    }
    return passed ? EXIT_OK : EXIT_REFUSED;
}

int fixture_command(const struct command_line *line,
                    struct fixture_options *options)
{
    uint64_t threads = 0;
    struct step_trace steps;
    options->command = line->self;
    loft_err code = command_number(line, "--threads", &threads, 1, 1024);
    if (code != LOFT_OK)
        return command_status(line->self, code);
    options->only = command_option(line, "--case");
    options->fork = command_option(line, "--fork");
    options->as_json = command_option(line, "--json");
    options->threads = (unsigned)threads;
    if (command_option(line, "--trace")) {
        if (!options->only)
            return command_misused(line->self, "--trace needs --case");
        step_trace_init(&steps, stderr);
        options->tracer = &steps.tracer;
        options->threads = 1;
    }
    return fixture_run(options, line->argc, line->argv);
}
