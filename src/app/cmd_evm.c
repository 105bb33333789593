/* Runs bytecode on an empty chain: what it returns, what it costs, how fast
 * it is. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>

#include "app/commands.h"
#include "app/step_trace.h"
#include "base/hex.h"
#include "chain/overlay_host.h"
#include "crypto/keccak.h"
#include "evm/evm.h"

/* Where the code is put, and who calls it. */
static const address CODE_AT = {.at = {[18] = 0xc0, [19] = 0xde}};
static const address CALLER = {.at = {[18] = 0xca, [19] = 0x11}};

struct evm_job {
    struct arena arena;
    bytes code, input;
    u256 value;
    uint64_t gas;
    enum chain_fork fork;
    bool creates, traces, as_json;
    unsigned runs; /* 0: no timing */
};

static loft_err block_hash(void *chain, hash32 *out, uint64_t number)
{
    (void)chain;
    *out = u256_to_hash(u256_from(number));
    return LOFT_OK;
}

static struct evm_result run_once(struct evm *evm, struct evm_run *run,
                                  struct overlay *overlay,
                                  const struct evm_job *job)
{
    struct evm_message message = {
        .kind = job->creates ? EVM_CREATE : EVM_CALL,
        .gas = (int64_t)job->gas,
        .caller = CALLER,
        .target = CODE_AT,
        .code_of = CODE_AT,
        .value = job->value,
        .input = job->creates ? job->code : job->input,
    };
    overlay_begin(overlay, overlay_rules_of(run->rules));
    return evm_execute(evm, run, &message);
}

static double seconds_now(void)
{
    struct timespec now;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

static int compare_doubles(const void *a, const void *b)
{
    double one = *(const double *)a, two = *(const double *)b;
    return (one > two) - (one < two);
}

/* The median of as many runs as asked for, each undone again. */
static double time_runs(struct evm *evm, struct evm_run *run,
                        struct overlay *overlay, struct evm_job *job)
{
    double *seconds = ARENA_ARRAY(&job->arena, double, job->runs);
    for (unsigned i = 0; i < job->runs; i++) {
        double start = seconds_now();
        uint32_t snapshot = overlay_snapshot(overlay);
        run_once(evm, run, overlay, job);
        overlay_revert(overlay, snapshot);
        seconds[i] = seconds_now() - start;
    }
    qsort(seconds, job->runs, sizeof *seconds, compare_doubles);
    return seconds[job->runs / 2];
}

static void print_result(struct evm_job *job, const struct evm_result *result,
                         double seconds)
{
    static const char *const names[] = {
        [EVM_STOPPED] = "stopped",
        [EVM_REVERTED] = "reverted",
        [EVM_EXCEPTION] = "exception",
        [EVM_HOST_FAILED] = "failed",
    };
    uint64_t used = job->gas - (uint64_t)result->gas_left;
    const char *why = result->status == EVM_EXCEPTION
                          ? evm_exception_text(result->why)
                          : "";
    const char *output = hex_string(&job->arena, result->output);
    if (job->as_json) {
        printf("{\"status\":\"%s\",\"why\":\"%s\",\"gasUsed\":%" PRIu64
               ",\"gasRefund\":%" PRId64 ",\"output\":\"%s\"",
               names[result->status], why, used, result->gas_refund, output);
        if (job->runs)
            printf(",\"seconds\":%.9f", seconds);
        printf("}\n");
        return;
    }
    printf("status  %s%s%s\n", names[result->status], *why ? ": " : "", why);
    printf("gas     %" PRIu64 " used, %" PRId64 " left, %" PRId64 " refund\n",
           used, result->gas_left, result->gas_refund);
    printf("output  %s\n", output);
    if (job->runs && seconds > 0)
        printf("time    %.3f us, %.0f Mgas/s (median of %u runs)\n",
               seconds * 1e6, (double)used / seconds / 1e6, job->runs);
}

static void set_scene(struct overlay *overlay, const struct evm_job *job)
{
    overlay_begin(overlay, (struct overlay_rules){0});
    overlay_set_balance(overlay, &CALLER, U256_MAX);
    if (!job->creates)
        overlay_set_code(overlay, &CODE_AT, job->code);
    overlay_end(overlay);
}

static int run_job(struct evm_job *job)
{
    struct chain_config config;
    struct header header = {.gas_limit = job->gas, .number = 1, .timestamp = 1};
    struct block_context context;
    struct overlay_host host;
    struct step_trace trace;
    chain_config_all(&config, job->fork, 1);
    block_context_init(&context, &config, job->fork, &header);
    context.environment.origin = CALLER;
    context.block_hash = block_hash;

    struct overlay *overlay = overlay_new(&STATE_NOWHERE);
    struct evm *evm = evm_new();
    set_scene(overlay, job);
    overlay_host_init(&host, overlay, &context);
    step_trace_init(&trace, stderr);
    struct evm_run run = {
        .host = &host.host,
        .environment = &context.environment,
        .rules = fork_rules(job->fork),
    };
    double seconds = job->runs ? time_runs(evm, &run, overlay, job) : 0;
    if (job->traces)
        run.tracer = &trace.tracer;
    struct evm_result result = run_once(evm, &run, overlay, job);
    print_result(job, &result, seconds);
    evm_free(evm);
    overlay_free(overlay);
    return result.status == EVM_STOPPED ? EXIT_OK : EXIT_REFUSED;
}

static bool read_fork(enum chain_fork *out, const char *name)
{
    for (int fork = 0; fork < FORK_COUNT; fork++) {
        if (strcasecmp(fork_name((enum chain_fork)fork), name) == 0) {
            *out = (enum chain_fork)fork;
            return true;
        }
    }
    return false;
}

static loft_err read_job(struct evm_job *job, const struct command_line *line)
{
    const char *input = command_option(line, "--input");
    const char *value = command_option(line, "--value");
    const char *fork = command_option(line, "--fork");
    uint64_t runs = 0;
    job->fork = FORK_OSAKA;
    job->gas = 1000000000;
    if (fork && !read_fork(&job->fork, fork))
        return err_say(LOFT_ERR_USAGE, "no fork %s", fork);
    TRY(command_number(line, "--gas", &job->gas, 0, INT64_MAX));
    TRY(command_number(line, "--bench", &runs, 1, 1000000));
    job->runs = (unsigned)runs;
    if (value)
        TRY(command_read_number(&job->value, value));
    if (input)
        TRY(command_read_bytes(&job->arena, &job->input, input));
    return command_read_bytes(&job->arena, &job->code, line->argv[0]);
}

static int run(const struct command_line *line)
{
    struct evm_job job = {
        .creates = command_option(line, "--create"),
        .traces = command_option(line, "--trace"),
        .as_json = command_option(line, "--json"),
    };
    arena_init(&job.arena);
    loft_err code = read_job(&job, line);
    int status = code == LOFT_OK ? run_job(&job)
                                 : command_status(line->self, code);
    arena_fini(&job.arena);
    return status;
}

const struct command command_evm_run = {
    .name = "evm run",
    .operands = "CODE",
    .least = 1,
    .most = 1,
    .summary = "run bytecode, print its result and gas",
    .help = "CODE and DATA are hexadecimal, or @FILE, or - for standard "
            "input.\n",
    .options =
        (const struct command_option[]){
            {"--input", "DATA", "what the code is called with"},
            {"--gas", "N", "gas at the start (1000000000)"},
            {"--value", "WEI", "what is paid"},
            {"--fork", "NAME", "the fork whose rules hold (Osaka)"},
            {"--create", NULL, "CODE is init code"},
            {"--trace", NULL, "every instruction on stderr (EIP-3155)"},
            {"--bench", "RUNS", "also the median processor time of RUNS runs"},
            {"--json", NULL, "the result as JSON"},
            {0}},
    .run = run,
};
