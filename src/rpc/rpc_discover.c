/* rpc.discover: what the node answers, from the table that it answers by.
 *
 * Source  OpenRPC 1.2.6, "Service Discovery Method". */
#include <string.h>

#include "rpc/methods.h"

static void put_member(struct json_writer *out, const char *key,
                       const char *text)
{
    json_key(out, key);
    json_put_text(out, text);
}

static void put_any(struct json_writer *out)
{
    json_key(out, "schema");
    json_begin_object(out);
    json_end_object(out);
}

static void put_parameters(struct json_writer *out,
                           const struct rpc_method *method)
{
    const char *rest = method->parameters;
    json_begin_array(out);
    for (unsigned i = 0; i < method->count; i++) {
        size_t len = strcspn(rest, " ");
        json_begin_object(out);
        json_key(out, "name");
        json_put_string(out, bytes_of((const uint8_t *)rest, len));
        json_key(out, "required");
        json_put_bool(out, i < method->required);
        put_any(out);
        json_end_object(out);
        rest += len + strspn(rest + len, " ");
    }
    json_end_array(out);
}

static void put_method(struct json_writer *out, const struct rpc_method *method)
{
    json_begin_object(out);
    put_member(out, "name", method->name);
    put_member(out, "paramStructure", "by-position");
    json_key(out, "params");
    put_parameters(out, method);
    json_key(out, "result");
    json_begin_object(out);
    put_member(out, "name", "result");
    put_any(out);
    json_end_object(out);
    json_end_object(out);
}

bool rpc_discover(struct rpc_call *call)
{
    struct json_writer *out = call->out;
    json_begin_object(out);
    put_member(out, "openrpc", "1.2.6");
    json_key(out, "info");
    json_begin_object(out);
    put_member(out, "title", "Loft");
    put_member(out, "version", LOFT_VERSION);
    json_end_object(out);
    json_key(out, "methods");
    json_begin_array(out);
    for (size_t i = 0; i < rpc_method_count; i++)
        put_method(out, &rpc_methods[i]);
    json_end_array(out);
    json_end_object(out);
    return true;
}
