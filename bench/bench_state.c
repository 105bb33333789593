/* What a block costs the state: bench_state [FOLDER [ACCOUNTS]].
 *
 * Accounts in a store in FOLDER (default: made below /tmp, and removed), then
 * blocks of changes as plain transfers make them: two random accounts each.
 * Times are of the processor, without syncs; reading the accounts, the
 * overlay's work and the commit are in them. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/assert.h"
#include "state/state.h"

static const struct overlay_rules RULES = {true, true};

struct bench {
    struct store *store;
    struct state *state;
    struct overlay *overlay;
    uint64_t accounts, number, seed;
    double apply_seconds, commit_seconds;
};

static double processor_seconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static uint64_t next_random(struct bench *bench)
{
    uint64_t z = bench->seed += 0x9e3779b97f4a7c15;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
    z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
    return z ^ (z >> 31);
}

static address account(uint64_t n)
{
    address who = {{0x10}};
    store_be64(who.at + 12, n);
    return who;
}

static void must(loft_err err)
{
    if (err == LOFT_OK)
        return;
    fprintf(stderr, "bench_state: %s\n", err_sentence());
    exit(1);
}

static void finish(struct bench *bench, struct store_txn *txn)
{
    hash32 root;
    double start = processor_seconds();
    must(state_apply(bench->state, txn, bench->overlay, bench->number, &root));
    double applied = processor_seconds();
    must(store_commit(txn));
    bench->apply_seconds += applied - start;
    bench->commit_seconds += processor_seconds() - applied;
}

static void add_accounts(struct bench *bench, uint64_t from, uint64_t to)
{
    struct store_txn *txn;
    must(store_begin_write(bench->store, &txn));
    overlay_reset(bench->overlay, &STATE_NOWHERE);
    overlay_begin(bench->overlay, RULES);
    for (uint64_t n = from; n < to; n++) {
        address who = account(n);
        overlay_set_balance(bench->overlay, &who,
                            u256_from(1000000000000000000 + n));
    }
    overlay_end(bench->overlay);
    finish(bench, txn);
}

static void run_block(struct bench *bench, unsigned transfers)
{
    struct store_txn *txn;
    struct state_view view;
    must(store_begin_write(bench->store, &txn));
    must(state_view_init(&view, txn, STATE_NEWEST));
    overlay_reset(bench->overlay, &view.source);
    for (unsigned i = 0; i < transfers; i++) {
        address from = account(next_random(bench) % bench->accounts);
        address to = account(next_random(bench) % bench->accounts);
        overlay_begin(bench->overlay, RULES);
        overlay_set_nonce(bench->overlay, &from,
                          overlay_nonce(bench->overlay, &from) + 1);
        overlay_transfer(bench->overlay, &from, &to, u256_from(12345));
        overlay_end(bench->overlay);
    }
    bench->number++;
    finish(bench, txn);
}

static void measure(struct bench *bench, const char *what, unsigned blocks,
                    unsigned transfers)
{
    double before = processor_seconds(), per = 1e6 / blocks / transfers;
    bench->apply_seconds = bench->commit_seconds = 0;
    for (unsigned i = 0; i < blocks; i++)
        run_block(bench, transfers);
    double all = processor_seconds() - before;
    printf("%-24s %8.2f us a transfer: apply %.2f, commit %.2f;"
           " %.0f us a block (to block %llu)\n",
           what, all * per, bench->apply_seconds * per,
           bench->commit_seconds * per, all * 1e6 / blocks,
           (unsigned long long)bench->number);
}

static void print_memory(void)
{
    char line[256];
    FILE *file = fopen("/proc/self/status", "r");
    while (file && fgets(line, sizeof line, file))
        if (strncmp(line, "RssAnon", 7) == 0 || strncmp(line, "VmHWM", 5) == 0)
            fputs(line, stdout);
    if (file)
        fclose(file);
}

static void open_all(struct bench *bench, const char *dir)
{
    struct store_options store = {.durability = STORE_DEV};
    struct state_options state = {.keep_history = true};
    must(store_open(&bench->store, dir, &store));
    must(state_open(&bench->state, bench->store, &state));
    bench->overlay = overlay_new(&STATE_NOWHERE);
}

static void close_all(struct bench *bench)
{
    overlay_free(bench->overlay);
    state_close(bench->state);
    store_close(bench->store);
}

static void print_size(const char *dir)
{
    char path[4096];
    struct stat about;
    snprintf(path, sizeof path, "%s/data.mdb", dir);
    if (stat(path, &about) == 0)
        printf("%-24s %8.1f MB on disk\n", "",
               (double)about.st_blocks * 512 / 1e6);
}

static void build(struct bench *bench)
{
    enum { STEP = 50000 };
    double before = processor_seconds();
    for (uint64_t n = 0; n < bench->accounts; n += STEP)
        add_accounts(bench, n,
                     n + STEP < bench->accounts ? n + STEP : bench->accounts);
    printf("%-24s %8.2f us an account (%llu)\n", "build",
           (processor_seconds() - before) * 1e6 / (double)bench->accounts,
           (unsigned long long)bench->accounts);
}

/* In a process of its own: the memory that is measured later is that of
 * running blocks. */
static void build_apart(struct bench *bench, const char *dir)
{
    int status;
    fflush(stdout);
    pid_t child = fork();
    if (child == 0) {
        open_all(bench, dir);
        build(bench);
        close_all(bench);
        exit(0);
    }
    ASSERT(waitpid(child, &status, 0) == child);
    ASSERT(status == 0);
}

static void remove_store(const char *dir)
{
    static const char *const FILES[] = {"data.mdb", "lock.mdb", "lock"};
    char path[4096];
    for (size_t i = 0; i < ARRAY_LEN(FILES); i++) {
        snprintf(path, sizeof path, "%s/%s", dir, FILES[i]);
        unlink(path);
    }
    rmdir(dir);
}

static void run(const char *dir, uint64_t accounts)
{
    struct bench bench = {.accounts = accounts, .seed = 1};
    build_apart(&bench, dir);
    open_all(&bench, dir);
    print_size(dir);
    measure(&bench, "blocks of 1000", 20, 1000);
    measure(&bench, "blocks of 1000", 100, 1000);
    measure(&bench, "blocks of 1", 2000, 1);
    measure(&bench, "blocks of 1000, later", 100, 1000);
    measure(&bench, "blocks of 1, later", 2000, 1);
    print_size(dir);
    print_memory();
    close_all(&bench);
}

int main(int argc, char **argv)
{
    char made[] = "/tmp/loft-bench-state-XXXXXX";
    const char *dir = argc > 1 ? argv[1] : mkdtemp(made);
    static const uint64_t SIZES[] = {100, 1000000};
    ASSERT(dir != NULL);
    for (size_t i = 0; i < ARRAY_LEN(SIZES); i++) {
        if (argc > 2 && i > 0)
            break;
        run(dir, argc > 2 ? strtoull(argv[2], NULL, 10) : SIZES[i]);
        remove_store(dir);
        if (argc == 1)
            mkdir(dir, 0700);
    }
    rmdir(dir);
    return 0;
}
