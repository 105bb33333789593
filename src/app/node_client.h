#pragma once
/* A node's JSON-RPC, as commands ask it.
 *
 *     static loft_err show(struct node_client *node)
 *     {
 *         const struct json *result;
 *         struct json_writer *params = node_begin(node, "eth_getBalance");
 *         json_put_address(params, &who);
 *         TRY(node_end(node, &result));
 *         ...
 *     }
 *     static int run(const struct command_line *line)
 *     {
 *         return node_command(line, show);
 *     }
 *
 * Lifetime  results live in the command's arena.
 * Errors    LOFT_ERR_REFUSED: the node answered with an error, whose words
 *           are the sentence, with the reason of a revert.
 */
#include "app/command.h"
#include "codec/json.h"
#include "codec/json_writer.h"
#include "io/line_client.h"
#include "net/http_client.h"

#define NODE_URL "http://127.0.0.1:8545"

/* For commands that use this. */
#define NODE_OPTIONS                                                      \
    {"--rpc-url", "URL",                                                  \
     "the node: http://, https:// or unix:PATH ($LOFT_RPC_URL, "          \
     "$ETH_RPC_URL, " NODE_URL ")"},                                      \
        {"--token", "TOKEN",                                              \
         "what the node asks for, or @FILE with that ($LOFT_RPC_TOKEN)"}, \
        {"--timeout", "SECONDS", "give up after this (30)"},              \
        {"--json", NULL, "JSON, as when standard output is no terminal"}, \
    {                                                                     \
        "--text", NULL, "for people, as on a terminal"                    \
    }

struct node_client {
    const struct command_line *line;
    struct arena *arena;
    struct http_client *http; /* or */
    struct line_client *line_client;
    uint64_t deadline_ns;     /* of the whole command */
    enum command_exit status; /* where an exchange failed, why */
    struct buffer request;
    struct json_writer params;
    unsigned sent;
};

/* Runs the work with a client, and says what failed. */
int node_command(const struct command_line *line,
                 loft_err (*work)(struct node_client *node));

/* A call: parameters are written between begin and end. */
struct json_writer *node_begin(struct node_client *node, const char *method);
MUST_USE loft_err node_end(struct node_client *node,
                           const struct json **result);

/* A call without parameters. */
MUST_USE loft_err node_ask(struct node_client *node, const struct json **result,
                           const char *method);

/* Time-out where the command's time is over. */
MUST_USE loft_err node_wait(struct node_client *node, unsigned milliseconds);

/* A parameter: "latest" and its kin, a number, or a hash. */
MUST_USE loft_err node_put_block(struct json_writer *params, const char *text);
bool node_is_hash(const char *text);
