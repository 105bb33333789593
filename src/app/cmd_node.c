/* The daemon itself: how it does, backups, and its end. */
#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "app/commands.h"
#include "app/node_client.h"
#include "app/output.h"
#include "io/loop.h"
#include "node/data_dir.h"

#define STOP_SECONDS 30
#define STOP_SECONDS_MAX 86400
#define STOP_POLL_US 10000
#define BACKUP_SECONDS 3600

static const struct field status_fields[] = {
    {"version", "version", FIELD_TEXT},
    {"chainId", "chain id", FIELD_NUMBER},
    {"uptimeSeconds", "up for seconds", FIELD_NUMBER},
    {"memoryBytes", "memory bytes", FIELD_NUMBER},
    {"diskBytes", "data bytes", FIELD_NUMBER},
    {"diskFreeBytes", "disk free bytes", FIELD_NUMBER},
    {"peers", "peers", FIELD_NUMBER},
};

static const struct field head_fields[] = {
    {"number", "head", FIELD_NUMBER},
    {"hash", "hash", FIELD_TEXT},
    {"timestamp", "time", FIELD_TIME},
};

static const struct field pool_fields[] = {
    {"pending", "pending", FIELD_NUMBER},
    {"queued", "queued", FIELD_NUMBER},
};

static loft_err show_status(struct node_client *node)
{
    const struct json *status;
    TRY(node_ask(node, &status, "loft_status"));
    if (output_is_json(node->line)) {
        output_value(status);
        return LOFT_OK;
    }
    output_fields(node->arena, status, status_fields, ARRAY_LEN(status_fields));
    output_fields(node->arena, json_get(status, "head"), head_fields,
                  ARRAY_LEN(head_fields));
    output_fields(node->arena, json_get(status, "pool"), pool_fields,
                  ARRAY_LEN(pool_fields));
    return LOFT_OK;
}

static const struct field backup_fields[] = {
    {"path", "backup", FIELD_TEXT},
    {"bytes", "bytes", FIELD_NUMBER},
    {"blockNumber", "up to block", FIELD_NUMBER},
};

static loft_err make_backup(struct node_client *node)
{
    const struct json *backup;
    TRY(node_ask(node, &backup, "loft_backup"));
    if (output_is_json(node->line))
        output_value(backup);
    else
        output_fields(node->arena, backup, backup_fields,
                      ARRAY_LEN(backup_fields));
    return LOFT_OK;
}

/* Waits until the process does not hold the folder any more. */
static loft_err wait_for_end(const char *dir, pid_t process, uint64_t seconds)
{
    uint64_t until = clock_monotonic_ns() + seconds * 1000000000u;
    for (;;) {
        pid_t holder;
        TRY(data_dir_holder(&holder, dir));
        if (holder != process)
            return LOFT_OK;
        if (clock_monotonic_ns() > until)
            return err_say(LOFT_ERR_TIMEOUT,
                           "process %d has been told to stop, and runs still",
                           (int)process);
        usleep(STOP_POLL_US);
    }
}

static loft_err stop(const struct command_line *line)
{
    const char *dir = command_option(line, "--data-dir");
    uint64_t seconds = STOP_SECONDS;
    pid_t process;
    TRY(command_number(line, "--timeout", &seconds, 1, STOP_SECONDS_MAX));
    if (!dir)
        dir = data_dir_default(line->arena);
    if (!dir)
        return err_say(LOFT_ERR_USAGE, "neither --data-dir nor $HOME is set");
    TRY(data_dir_holder(&process, dir));
    if (!process)
        return err_say(LOFT_ERR_NOT_FOUND, "no loftd has %s open", dir);
    if (kill(process, SIGTERM) != 0)
        return err_say(LOFT_ERR_REFUSED, "process %d cannot be stopped: %s",
                       (int)process, strerror(errno));
    TRY(wait_for_end(dir, process, seconds));
    fprintf(stderr, "process %d has stopped\n", (int)process);
    return LOFT_OK;
}

static int run_stop(const struct command_line *line)
{
    loft_err code = stop(line);
    int status = command_status(line->self, code);
    return code == LOFT_ERR_NOT_FOUND ? EXIT_NO_NODE
           : code == LOFT_ERR_TIMEOUT ? EXIT_TIMED_OUT
                                      : status;
}

static int run_status(const struct command_line *line)
{
    return node_command(line, show_status);
}

static int run_backup(const struct command_line *line)
{
    return node_command(line, make_backup);
}

const struct command command_node_status = {
    .name = "node status",
    .operands = "",
    .summary = "how the node is doing",
    .options = (const struct command_option[]){NODE_OPTIONS, {0}},
    .run = run_status,
};

const struct command command_node_stop = {
    .name = "node stop",
    .operands = "",
    .summary = "end the loftd of this machine that has a folder open",
    .help = "It is sent SIGTERM, as it is by a service manager; the command "
            "returns when it has\nended. Nobody can do that from elsewhere.\n",
    .options =
        (const struct command_option[]){
            {"--data-dir", "DIR", "its data (~/.local/share/loft)"},
            {"--timeout", "SECONDS", "do not wait longer than this (30)"},
            {0}},
    .run = run_stop,
};

const struct command command_backup = {
    .name = "backup",
    .operands = "",
    .summary = "have the node copy its chain, while it works",
    .help = "The copy goes to the folder that the node's --backup-dir names, "
            "and is itself a\nfolder that loftd --data-dir opens.\n",
    .options = (const struct command_option[]){NODE_OPTIONS, {0}},
    .timeout_seconds = BACKUP_SECONDS,
    .run = run_backup,
};
