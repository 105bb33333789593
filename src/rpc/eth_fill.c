/* eth_fillTransaction. */
#include "crypto/keccak.h"
#include "rpc/methods.h"
#include "rpc/rpc_host.h"
#include "rpc/shapes.h"
#include "rpc/transaction_fill.h"

/* The transaction with everything but a signature, for wallets to sign. */
bool eth_fill_transaction(struct rpc_call *call)
{
    struct transaction_args args;
    struct buffer raw = {0};
    if (!rpc_param_transaction(call, &args, 0) ||
        !transaction_fill(call, &args))
        return false;
    args.tx.is_unsigned = true;
    args.tx.is_replay_protected = false;
    transaction_encode(&raw, &args.tx);
    hash32 hash = keccak256(buffer_bytes(&raw));
    json_begin_object(call->out);
    json_key(call->out, "raw");
    json_put_data(call->out, buffer_bytes(&raw));
    json_key(call->out, "tx");
    shape_filled_transaction(call->out, &args.tx, &hash);
    json_end_object(call->out);
    buffer_free(&raw);
    return true;
}
