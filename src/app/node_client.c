#include "app/node_client.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/hex.h"
#include "codec/abi.h"
#include "codec/known_errors.h"
#include "io/loop.h"

#define NANOSECONDS 1000000000u
#define TIMEOUT_SECONDS 30
#define TIMEOUT_SECONDS_MAX 86400

static const struct json_limits REPLY = {
    .bytes_max = HTTP_CLIENT_REPLY_BYTES_MAX,
    .values_max = 16u << 20,
    .depth_max = JSON_DEPTH_MAX,
};

static const char *setting(const struct command_line *line, const char *option,
                           const char *variable, const char *other,
                           const char *initial)
{
    const char *value = command_option(line, option);
    if (!value)
        value = getenv(variable);
    if (!value && other)
        value = getenv(other);
    return value && *value ? value : initial;
}

/* "@FILE": the file's first line, so that the process list does not show it. */
static loft_err read_token(const struct command_line *line, const char **token)
{
    bytes content;
    *token = setting(line, "--token", "LOFT_RPC_TOKEN", NULL, NULL);
    if (!*token || **token != '@')
        return LOFT_OK;
    TRY(command_read_file(line->arena, &content, *token + 1));
    char *text = arena_string(line->arena, content);
    text[strcspn(text, "\r\n")] = 0;
    *token = text;
    return LOFT_OK;
}

#define UNIX_SCHEME "unix:"

/* A Unix socket, which needs no token, or a URL. */
static loft_err open_url(struct node_client *node, const char *url,
                         uint32_t timeout_ms)
{
    size_t scheme_len = strlen(UNIX_SCHEME);
    if (strncmp(url, UNIX_SCHEME, scheme_len) == 0)
        return line_client_open(&node->line_client, url + scheme_len,
                                timeout_ms, HTTP_CLIENT_REPLY_BYTES_MAX);
    struct http_client_options options = {
        .url = url,
        .timeout_ms = timeout_ms,
    };
    TRY(read_token(node->line, &options.token));
    return http_client_open(&node->http, &options);
}

/* What cannot be reached, or in time, has a status of its own. */
static loft_err judge(struct node_client *node, loft_err code)
{
    if (code == LOFT_ERR_IO)
        node->status = EXIT_NO_NODE;
    if (code == LOFT_ERR_TIMEOUT)
        node->status = EXIT_TIMED_OUT;
    return code;
}

static loft_err open_client(struct node_client *node)
{
    const struct command_line *line = node->line;
    unsigned own = line->self->timeout_seconds;
    uint64_t seconds = own ? own : TIMEOUT_SECONDS;
    TRY(command_number(line, "--timeout", &seconds, 1, TIMEOUT_SECONDS_MAX));
    node->deadline_ns = clock_monotonic_ns() + seconds * NANOSECONDS;
    const char *url = setting(line, "--rpc-url", "LOFT_RPC_URL", "ETH_RPC_URL",
                              NODE_URL);
    return judge(node, open_url(node, url, (uint32_t)seconds * 1000));
}

int node_command(const struct command_line *line,
                 loft_err (*work)(struct node_client *node))
{
    struct node_client node = {.line = line, .arena = line->arena};
    loft_err code = open_client(&node);
    if (code == LOFT_OK)
        code = work(&node);
    http_client_close(node.http);
    line_client_close(node.line_client);
    buffer_free(&node.request);
    int status = command_status(line->self, code);
    return status == EXIT_REFUSED && node.status ? (int)node.status : status;
}

struct json_writer *node_begin(struct node_client *node, const char *method)
{
    node->request.len = 0;
    node->params = (struct json_writer){.out = &node->request};
    struct json_writer *json = &node->params;
    json_begin_object(json);
    json_key(json, "jsonrpc");
    json_put_text(json, "2.0");
    json_key(json, "id");
    json_put_u64(json, ++node->sent);
    json_key(json, "method");
    json_put_text(json, method);
    json_key(json, "params");
    json_begin_array(json);
    return json;
}

/* The words of a node come from outside: no control characters reach the
 * terminal. */
static const char *printable(struct arena *arena, const char *text)
{
    char *copy = arena_string(arena, bytes_str(text));
    for (char *at = copy; *at; at++)
        if ((unsigned char)*at < ' ' || *at == 0x7f)
            *at = '?';
    return copy;
}

static loft_err refused(struct node_client *node, const struct json *error)
{
    const char *message = "no reason was given", *reason = NULL;
    bytes data;
    int64_t code = 0;
    if (json_get_text(&message, error, "message") == LOFT_OK)
        message = printable(node->arena, message);
    bool has_code = json_get_i64(&code, error, "code") == LOFT_OK;
    if (json_get_data(node->arena, &data, error, "data") == LOFT_OK) {
        reason = abi_revert_reason(node->arena, data);
        if (!reason)
            reason = known_error_text(node->arena, data);
        if (!reason && data.len)
            reason = hex_string(node->arena, data);
    }
    if (reason && !strstr(message, reason))
        message = arena_printf(node->arena, "%s: %s", message,
                               printable(node->arena, reason));
    if (has_code)
        return err_say(LOFT_ERR_REFUSED, "%s (code %lld)", message,
                       (long long)code);
    return err_say(LOFT_ERR_REFUSED, "%s", message);
}

static loft_err read_reply(struct node_client *node, const struct json **result,
                           bytes text, unsigned status)
{
    const struct json *reply;
    struct arena *arena = node->arena;
    if (json_parse(&reply, arena, text, &REPLY) != LOFT_OK ||
        json_kind(reply) != JSON_IS_OBJECT)
        return err_say(
            LOFT_ERR_REFUSED, "HTTP status %u: %s", status,
            printable(arena, arena_printf(arena, "%.*s",
                                          text.len > 200 ? 200 : (int)text.len,
                                          (const char *)text.at)));
    const struct json *error = json_get(reply, "error");
    if (!json_absent(error))
        return refused(node, error);
    *result = json_get(reply, "result");
    return LOFT_OK;
}

static loft_err exchange(struct node_client *node, struct buffer *reply,
                         unsigned *status)
{
    bytes request = buffer_bytes(&node->request);
    *status = 200;
    if (node->line_client)
        return line_client_exchange(node->line_client, reply, request);
    return http_client_post(node->http, reply, status, "application/json",
                            request);
}

loft_err node_end(struct node_client *node, const struct json **result)
{
    struct buffer text = {0};
    unsigned status;
    json_end_array(&node->params);
    json_end_object(&node->params);
    loft_err code = judge(node, exchange(node, &text, &status));
    if (code == LOFT_OK)
        code = read_reply(node, result,
                          arena_copy(node->arena, buffer_bytes(&text)), status);
    buffer_free(&text);
    return code;
}

loft_err node_ask(struct node_client *node, const struct json **result,
                  const char *method)
{
    node_begin(node, method);
    return node_end(node, result);
}

loft_err node_wait(struct node_client *node, unsigned milliseconds)
{
    if (clock_monotonic_ns() >= node->deadline_ns) {
        node->status = EXIT_TIMED_OUT;
        return err_say(LOFT_ERR_TIMEOUT, "no answer in the time given");
    }
    usleep(milliseconds * 1000);
    return LOFT_OK;
}

bool node_is_hash(const char *text)
{
    hash32 hash;
    return strlen(text) == 2 + 2 * sizeof hash.at &&
           hex_read_exact(hash.at, sizeof hash.at, bytes_str(text)) == LOFT_OK;
}

static bool is_tag(const char *text)
{
    static const char *const tags[] = {"latest", "earliest", "pending", "safe",
                                       "finalized"};
    for (size_t i = 0; i < ARRAY_LEN(tags); i++)
        if (strcmp(text, tags[i]) == 0)
            return true;
    return false;
}

loft_err node_put_block(struct json_writer *params, const char *text)
{
    u256 number;
    if (is_tag(text) || node_is_hash(text)) {
        json_put_text(params, text);
        return LOFT_OK;
    }
    if (command_read_number(&number, text) != LOFT_OK)
        return err_say(LOFT_ERR_USAGE,
                       "%s: not a block's number, hash or name (latest, "
                       "earliest, pending, safe, finalized)",
                       text);
    json_put_quantity_u256(params, number);
    return LOFT_OK;
}
