/* web3_: who answers, and a hash. */
#include "crypto/keccak.h"
#include "rpc/methods.h"
#include "rpc/params.h"
#include "rpc/rpc_host.h"

#if defined(__x86_64__)
#define PLATFORM "linux-x86_64"
#elif defined(__aarch64__)
#define PLATFORM "linux-aarch64"
#else
#define PLATFORM "linux"
#endif

#define SHA3_ON_LOOP_MAX 65536 /* bytes */

#define VERSION "loft/v" LOFT_VERSION "/" PLATFORM "/c17"

/* Hardhat's helpers serve networks whose name begins in one of a few ways. */
bool web3_client_version(struct rpc_call *call)
{
    json_put_text(call->out, call->host->dev.is_on ? "anvil/v" ANVIL_VERSION
                                                     "/" VERSION
                                                   : VERSION);
    return true;
}

bool web3_sha3(struct rpc_call *call)
{
    bytes data;
    if (!rpc_param_data(call, &data, 0))
        return false;
    if (call->place == RPC_ON_LOOP && data.len > SHA3_ON_LOOP_MAX)
        return rpc_move(call);
    hash32 hash = keccak256(data);
    json_put_hash(call->out, &hash);
    return true;
}
