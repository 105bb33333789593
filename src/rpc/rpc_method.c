/* Which method a request names, and what it is given. */
#include <stdlib.h>
#include <string.h>

#include "rpc/rpc_core.h"
#include "rpc/rpc_host.h"

static int compare_name(const void *name, const void *method)
{
    return strcmp(name, ((const struct rpc_method *)method)->name);
}

static bool begins_with_any(const char *name, const char *const *prefixes,
                            size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (strncmp(name, prefixes[i], strlen(prefixes[i])) == 0)
            return true;
    return false;
}

/* They change the chain at will. */
static bool is_for_development(const char *name)
{
    static const char *const prefixes[] = {"anvil_", "evm_", "hardhat_",
                                           "tenderly_"};
    return begins_with_any(name, prefixes, ARRAY_LEN(prefixes));
}

bool rpc_method_writes(const char *name)
{
    static const char *const reading[] = {
        "admin_peers",
        "debug_account",
        "debug_chainConfig",
        "debug_code",
        "debug_dump",
        "debug_execution",
        "debug_get",
        "debug_intermediate",
        "debug_storage",
        "debug_trace",
        "eth_",
        "loft_decode",
        "loft_encode",
        "loft_peerBans",
        "loft_peerId",
        "loft_peers",
        "loft_readAbi",
        "loft_status",
        "net_",
        "ots_",
        "rpc.",
        "rpc_",
        "trace_",
        "txpool_",
        "web3_",
    };
    static const char *const writing[] = {"eth_send", "eth_sign"};
    return !begins_with_any(name, reading, ARRAY_LEN(reading)) ||
           begins_with_any(name, writing, ARRAY_LEN(writing));
}

const struct rpc_method *rpc_method_find(const struct rpc *rpc,
                                         const char *name)
{
    if (!rpc->host->dev.is_on && is_for_development(name))
        return NULL;
    return bsearch(name, rpc->methods, rpc->method_count, sizeof *rpc->methods,
                   compare_name);
}

static bool read_array(struct rpc_call *call, const struct rpc_method *method,
                       const struct json *params)
{
    size_t len = json_len(params);
    if (len > method->count)
        return rpc_fail(call, RPC_INVALID_PARAMS,
                        "too many arguments, want at most %u", method->count);
    for (size_t i = 0; i < len; i++)
        call->params[i] = json_at(params, i);
    return true;
}

/* The position of a parameter's name in "address block"; -1: not there. */
static int position_of(const char *names, bytes name)
{
    for (int i = 0; *names; i++) {
        size_t len = strcspn(names, " ");
        if (bytes_equal(bytes_of(names, len), name))
            return i;
        names += len;
        names += strspn(names, " ");
    }
    return -1;
}

static bool read_named(struct rpc_call *call, const struct rpc_method *method,
                       const struct json *params)
{
    JSON_FOR_EACH (member, params) {
        int at = position_of(method->parameters, member.key);
        if (at < 0)
            return rpc_fail(call, RPC_INVALID_PARAMS,
                            "no argument is named \"%.64s\"",
                            (const char *)member.key.at);
        call->params[at] = member.value;
    }
    return true;
}

bool rpc_method_params(struct rpc_call *call, const struct rpc_method *method,
                       const struct json *params)
{
    enum json_kind kind = json_kind(params);
    bool ok = kind == JSON_IS_ARRAY    ? read_array(call, method, params)
              : kind == JSON_IS_OBJECT ? read_named(call, method, params)
              : json_absent(params)
                  ? true
                  : rpc_fail(call, RPC_INVALID_PARAMS, "non-array args");
    if (!ok)
        return false;
    for (unsigned i = 0; i < method->count; i++) {
        if (json_absent(call->params[i]))
            call->params[i] = NULL;
        if (!call->params[i] && i < method->required)
            return rpc_fail(call, RPC_INVALID_PARAMS,
                            "missing value for required argument %u", i);
    }
    return true;
}
