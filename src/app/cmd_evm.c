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

static hash32 block_hash(void *chain, uint64_t number)
{
    (void)chain;
    return u256_to_hash(u256_from(number));
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

static loft_err read_number(u256 *out, const char *text)
{
    if (u256_read_decimal(out, bytes_str(text)))
        return LOFT_OK;
    return hex_read_u256(out, bytes_str(text));
}

static loft_err read_job(struct evm_job *job, const char *code,
                         const char *input, const char *gas, const char *value,
                         const char *runs)
{
    u256 number;
    TRY(command_read_bytes(&job->arena, &job->code, code));
    if (input)
        TRY(command_read_bytes(&job->arena, &job->input, input));
    if (value)
        TRY(read_number(&job->value, value));
    job->gas = 1000000000;
    if (gas) {
        TRY(read_number(&number, gas));
        if (!u256_fits_u64(number) || number.limb[0] > INT64_MAX)
            return err_say(LOFT_ERR_LIMIT, "--gas is too high");
        job->gas = number.limb[0];
    }
    if (runs) {
        TRY(read_number(&number, runs));
        if (u256_is_zero(number) || u256_clamp_u64(number) > 1000000)
            return err_say(LOFT_ERR_LIMIT, "--bench is from 1 to 1000000");
        job->runs = (unsigned)number.limb[0];
    }
    return LOFT_OK;
}

static int run(const struct command *self, int argc, char **argv)
{
    const char *input = NULL, *gas = NULL, *value = NULL, *fork = NULL;
    const char *runs = NULL, *trace = NULL, *create = NULL, *json = NULL;
    const struct command_flag flags[] = {
        {"--input", false, &input},  {"--gas", false, &gas},
        {"--value", false, &value},  {"--fork", false, &fork},
        {"--bench", false, &runs},   {"--trace", true, &trace},
        {"--create", true, &create}, {"--json", true, &json},
    };
    if (!command_flags(self, &argc, argv, flags, ARRAY_LEN(flags)))
        return EXIT_WRONG_USAGE;
    if (argc != 1)
        return command_misused(self, "the code is needed");
    struct evm_job job = {
        .fork = FORK_OSAKA,
        .creates = create != NULL,
        .traces = trace != NULL,
        .as_json = json != NULL,
    };
    if (fork && !read_fork(&job.fork, fork))
        return command_misused(self, "no fork %s", fork);
    arena_init(&job.arena);
    int status = read_job(&job, argv[0], input, gas, value, runs) == LOFT_OK
                     ? run_job(&job)
                     : command_failed(self->name);
    arena_fini(&job.arena);
    return status;
}

const struct command command_evm_run = {
    .name = "evm run",
    .usage = "[--input DATA] [--gas N] [--value WEI] [--fork NAME] [--create] "
             "[--trace] [--bench RUNS] [--json] CODE",
    .summary = "run bytecode, print its result and gas",
    .help = "CODE and DATA are hexadecimal, or @FILE, or - for standard "
            "input.\n\n"
            "  --create   CODE is init code\n"
            "  --trace    every instruction on stderr (EIP-3155)\n"
            "  --bench N  also the median processor time of N runs\n",
    .run = run,
};
