#pragma once
/* What state tests and block tests have in common: how accounts and chain
 * settings stand in a fixture, and how a run over many files goes.
 *
 * Source   execution-spec-tests, "state_test" and "blockchain_test" formats;
 *          ethereum/tests for their older forms.
 */
#include "app/command.h"
#include "app/fixture_files.h"
#include "app/report.h"
#include "chain/executor.h"
#include "chain/forks.h"
#include "chain/genesis.h"
#include "codec/json.h"
#include "state/overlay.h"

/* Reads "pre", "postState" and their kin. */
MUST_USE loft_err fixture_read_accounts(struct arena *arena,
                                        const struct genesis_account **out,
                                        size_t *count,
                                        const struct json *accounts);

/* The network by its name, with the "config" object's chain id and blob
 * schedule; LOFT_ERR_NOT_FOUND: this build does not know it. */
MUST_USE loft_err fixture_read_config(struct chain_config *out,
                                      const char *network,
                                      const struct json *config);

/* Memory and machinery of one worker. */
struct fixture_worker {
    struct arena arena; /* of one file */
    struct report report;
    struct executor *executor;
    struct overlay *overlay;
    const struct fixture_options *options;
    const char *file; /* the one at work */
};

struct fixture_options {
    const struct command *command;
    const char *only; /* cases whose name holds this; NULL: all */
    const char *fork; /* of this network alone; NULL: all */
    struct evm_tracer *tracer;
    bool as_json;
    unsigned threads; /* 0: one a processor */
    /* Runs all cases of a file. */
    void (*run_file)(struct fixture_worker *worker, const struct json *root);
};

/* Is this case among those asked for? */
bool fixture_wanted(const struct fixture_worker *worker, const char *name,
                    const char *fork);

/* `why` it failed; NULL: it passed. */
void fixture_record(struct fixture_worker *worker, const char *name,
                    const char *fork, const char *why);

/* Runs paths on all cores with progress on a terminal, prints the report, and
 * returns the exit status. */
int fixture_run(const struct fixture_options *options, int count, char **paths);

/* Reads FIXTURE_OPTIONS, then fixture_run(). */
int fixture_command(const struct command_line *line,
                    struct fixture_options *options);

#define FIXTURE_HELP                                                           \
    "PATH is a .json file, a folder, or an archive (.tar.xz). All cores are\n" \
    "used. A line a folder and fork, what failed, and the sums are printed;\n" \
    "the exit status is 0 where nothing failed.\n"

#define FIXTURE_OPTIONS                                           \
    {"--case", "TEXT", "only cases whose name holds TEXT"},       \
        {"--fork", "NAME", "only this fork, as \"Osaka\""},       \
        {"--json", NULL, "the report as JSON"},                   \
        {"--trace", NULL,                                         \
         "every instruction on stderr (EIP-3155); needs --case"}, \
    {                                                             \
        "--threads", "N", "that many workers"                     \
    }

/* For failure texts. */
const char *fixture_mismatch(struct arena *arena, const char *what,
                             const hash32 *is, const hash32 *expected);
