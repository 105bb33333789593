#include "rpc/forward.h"

#include <string.h>

#include "codec/json_writer.h"
#include "rpc/block_ref.h"
#include "rpc/rpc_host.h"

/* As much as this node would answer itself. */
static const struct json_limits LIMITS = {
    .bytes_max = RPC_ANSWER_BYTES_MAX,
    .values_max = 4u << 20,
    .depth_max = 64,
};

static bool is_read(const char *name)
{
    static const char *const spaces[] = {"debug_", "erigon_", "eth_", "ots_",
                                         "trace_"};
    for (size_t i = 0; i < ARRAY_LEN(spaces); i++)
        if (strncmp(name, spaces[i], strlen(spaces[i])) == 0)
            return true;
    return false;
}

static bool is_named(const char *names, const char *name)
{
    size_t len = strlen(name);
    return strncmp(names, name, len) == 0 &&
           (names[len] == 0 || names[len] == ' ');
}

/* Which parameter names a block, and whether the block itself is asked for
 * rather than the state after it. */
struct block_param {
    int at; /* -1: there is none */
    bool asks_for_block;
};

static struct block_param find_block_param(const char *names)
{
    for (int at = 0; *names; at++) {
        if (is_named(names, "newestBlock"))
            return (struct block_param){at, true};
        if (is_named(names, "block"))
            return (struct block_param){at, at == 0};
        names += strcspn(names, " ");
        names += strspn(names, " ");
    }
    return (struct block_param){-1, false};
}

static bool is_head_the_base(struct rpc_call *call)
{
    struct chain_view *view;
    return rpc_view(call, &view) &&
           chain_view_head(view)->number ==
               chain_base(call->host->chain)->header.number;
}

static enum forward forward_of_block(struct rpc_call *call,
                                     struct block_param param)
{
    const struct chain_base *base = chain_base(call->host->chain);
    struct rpc_block_ref ref;
    const struct json *value = call->params[param.at];
    if (!value)
        return FORWARD_NEVER;
    if (json_kind(value) == JSON_IS_OBJECT ||
        rpc_read_block_number(&ref, value) != LOFT_OK)
        return FORWARD_IF_MISSING; /* a hash, if anything */
    if (ref.kind != BLOCK_NUMBERED)
        return param.asks_for_block && is_head_the_base(call) ? FORWARD_AT_ONCE
                                                              : FORWARD_NEVER;
    return ref.number < base->header.number ||
                   (param.asks_for_block && ref.number == base->header.number)
               ? FORWARD_AT_ONCE
               : FORWARD_NEVER;
}

enum forward forward_of(struct rpc_call *call, const struct rpc_method *method)
{
    if (!call->host->is_fork || method->kind == RPC_DEFERS ||
        !is_read(method->name))
        return FORWARD_NEVER;
    if (is_named(method->parameters, "transactionHash") ||
        is_named(method->parameters, "blockHash"))
        return FORWARD_IF_MISSING;
    if (is_named(method->parameters, "filter")) /* by hash, or forward_logs() */
        return json_absent(json_get(call->params[0], "blockHash"))
                   ? FORWARD_NEVER
                   : FORWARD_IF_MISSING;
    struct block_param param = find_block_param(method->parameters);
    return param.at < 0 ? FORWARD_NEVER : forward_of_block(call, param);
}

bool forward_is_missing(bytes result)
{
    return bytes_equal(result, bytes_str("null"));
}

/* A tag means another block there than here. */
static void put_param(struct json_writer *out, struct rpc_call *call,
                      const struct rpc_method *method, unsigned at)
{
    struct rpc_block_ref ref;
    const struct json *param = call->params[at];
    struct block_param block = find_block_param(method->parameters);
    bool is_tag = (int)at == block.at && block.asks_for_block &&
                  json_kind(param) == JSON_IS_STRING &&
                  rpc_read_block_number(&ref, param) == LOFT_OK &&
                  ref.kind != BLOCK_NUMBERED;
    if (is_tag)
        json_put_quantity(out, chain_base(call->host->chain)->header.number);
    else if (param)
        json_put_value(out, param);
    else
        json_put_null(out);
}

static void begin_request(struct json_writer *out, const char *method)
{
    json_begin_object(out);
    json_key(out, "jsonrpc");
    json_put_text(out, "2.0");
    json_key(out, "id");
    json_put_u64(out, 1);
    json_key(out, "method");
    json_put_text(out, method);
    json_key(out, "params");
    json_begin_array(out);
}

static void end_request(struct json_writer *out)
{
    json_end_array(out);
    json_end_object(out);
}

static void put_request(struct buffer *text, struct rpc_call *call,
                        const struct rpc_method *method)
{
    struct json_writer out = {text, false};
    unsigned count = method->count;
    while (count && !call->params[count - 1])
        count--;
    begin_request(&out, method->name);
    for (unsigned i = 0; i < count; i++)
        put_param(&out, call, method, i);
    end_request(&out);
}

static bool fail_as(struct rpc_call *call, const struct json *error)
{
    const char *text;
    int64_t code;
    bytes data;
    if (json_get_i64(&code, error, "code") != LOFT_OK || code < INT32_MIN ||
        code > INT32_MAX)
        code = RPC_SERVER_ERROR;
    if (json_get_text(&text, error, "message") != LOFT_OK)
        text = "the remote node gives no reason";
    return json_get_data(call->arena, &data, error, "data") == LOFT_OK
               ? rpc_fail_data(call, (int)code, data, "%s", text)
               : rpc_fail(call, (int)code, "%s", text);
}

/* What the other node answers, where it does not fail. */
static bool read_reply(struct rpc_call *call, const struct json **result,
                       bytes reply)
{
    const struct json *whole;
    loft_err code = json_parse(&whole, call->arena, reply, &LIMITS);
    if (code != LOFT_OK)
        return rpc_fail(call, RPC_INTERNAL_ERROR, "the remote node: %s",
                        err_sentence());
    const struct json *error = json_get(whole, "error");
    if (!json_absent(error))
        return fail_as(call, error);
    *result = json_get(whole, "result");
    return json_kind(*result) != JSON_IS_ABSENT ||
           rpc_fail(call, RPC_INTERNAL_ERROR,
                    "the remote node's answer has no result");
}

/* Frees the request. */
static bool ask(struct rpc_call *call, const struct json **result,
                struct buffer *request)
{
    struct buffer reply = {0};
    loft_err code = call->host->ops->forward(call->host, &reply,
                                             buffer_bytes(request));
    bool ok = code == LOFT_OK ? read_reply(call, result, buffer_bytes(&reply))
                              : rpc_fail(call, RPC_INTERNAL_ERROR,
                                         "the remote node: %s", err_sentence());
    buffer_free(request);
    buffer_free(&reply);
    return ok;
}

bool forward_call(struct rpc_call *call, const struct rpc_method *method)
{
    struct buffer request = {0};
    const struct json *result = NULL;
    put_request(&request, call, method);
    if (!ask(call, &result, &request))
        return false;
    json_put_value(call->out, result);
    return true;
}

static void put_range(struct json_writer *out, uint64_t from, uint64_t to)
{
    json_key(out, "fromBlock");
    json_put_quantity(out, from);
    json_key(out, "toBlock");
    json_put_quantity(out, to);
}

static void put_log_request(struct buffer *text, const struct json *filter,
                            uint64_t from, uint64_t to)
{
    struct json_writer out = {text, false};
    begin_request(&out, "eth_getLogs");
    json_begin_object(&out);
    put_range(&out, from, to);
    JSON_FOR_EACH (member, filter) {
        if (bytes_equal(member.key, bytes_str("fromBlock")) ||
            bytes_equal(member.key, bytes_str("toBlock")))
            continue;
        json_key_bytes(&out, member.key);
        json_put_value(&out, member.value);
    }
    json_end_object(&out);
    end_request(&out);
}

bool forward_logs(struct rpc_call *call, uint64_t from, uint64_t to)
{
    struct buffer request = {0};
    const struct json *result = NULL;
    put_log_request(&request, call->params[0], from, to);
    if (!ask(call, &result, &request))
        return false;
    for (size_t i = 0; i < json_len(result); i++)
        json_put_value(call->out, json_at(result, i));
    return true;
}
