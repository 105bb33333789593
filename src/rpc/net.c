/* net_, and what eth_ says of the node itself. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "rpc/methods.h"
#include "rpc/rpc_host.h"

bool net_version(struct rpc_call *call)
{
    char text[24];
    snprintf(text, sizeof text, "%" PRIu64,
             chain_config(call->host->chain)->chain_id);
    json_put_text(call->out, text);
    return true;
}

bool net_listening(struct rpc_call *call)
{
    json_put_bool(call->out, true);
    return true;
}

bool eth_chain_id(struct rpc_call *call)
{
    json_put_quantity(call->out, chain_config(call->host->chain)->chain_id);
    return true;
}

bool eth_accounts(struct rpc_call *call)
{
    size_t count;
    const address *accounts = call->host->ops->accounts(call->host, &count);
    json_begin_array(call->out);
    for (size_t i = 0; i < count; i++)
        json_put_address(call->out, &accounts[i]);
    json_end_array(call->out);
    return true;
}

/* All there is is here. */
bool eth_syncing(struct rpc_call *call)
{
    json_put_bool(call->out, false);
    return true;
}

bool eth_mining(struct rpc_call *call)
{
    json_put_bool(call->out, call->host->mining != MINES_ON_REQUEST);
    return true;
}

bool eth_coinbase(struct rpc_call *call)
{
    json_put_address(call->out, &call->host->plan.coinbase);
    return true;
}

/* eth/68, as others answer though they speak it with nobody. */
bool eth_protocol_version(struct rpc_call *call)
{
    json_put_quantity(call->out, 68);
    return true;
}

bool eth_hashrate(struct rpc_call *call)
{
    json_put_quantity(call->out, 0);
    return true;
}

/* The namespaces of the table of methods, which is sorted. */
bool rpc_modules(struct rpc_call *call)
{
    bytes last = BYTES_EMPTY;
    json_begin_object(call->out);
    for (size_t i = 0; i < rpc_method_count; i++) {
        const char *name = rpc_methods[i].name;
        bytes space = bytes_of(name, strcspn(name, "_."));
        if (bytes_equal(space, last))
            continue;
        json_key_bytes(call->out, space);
        json_put_text(call->out, "1.0");
        last = space;
    }
    json_end_object(call->out);
    return true;
}
