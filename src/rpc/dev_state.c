/* The whole state, out and in: packed, as anvil has it. */
#include "codec/gzip.h"
#include "rpc/block_ref.h"
#include "rpc/development_call.h"
#include "rpc/methods.h"
#include "rpc/params.h"
#include "rpc/rpc_host.h"
#include "rpc/state_text.h"

/* Unpacked, of a state that a caller sends. */
#define LOADED_BYTES_MAX ((size_t)128 << 20)

bool anvil_dump_state(struct rpc_call *call)
{
    struct buffer text = {0}, packed = {0};
    struct chain_view *view;
    if (!rpc_view(call, &view))
        return false;
    loft_err code = state_text_write(&text, view);
    if (code == LOFT_OK)
        code = gzip_pack(&packed, buffer_bytes(&text));
    if (code == LOFT_OK)
        json_put_data(call->out, buffer_bytes(&packed));
    buffer_free(&text);
    buffer_free(&packed);
    return code == LOFT_OK || rpc_fail_err(call, code);
}

/* What is not packed is JSON as it is. */
static loft_err load(struct rpc_call *call, bytes state)
{
    struct buffer text = {0};
    struct chain *chain = call->host->chain;
    if (!gzip_is(state))
        return state_text_load(chain, call->arena, state);
    loft_err code = gzip_unpack(&text, state, LOADED_BYTES_MAX);
    if (code == LOFT_OK)
        code = state_text_load(chain, call->arena, buffer_bytes(&text));
    buffer_free(&text);
    return code;
}

bool anvil_load_state(struct rpc_call *call)
{
    bytes state;
    if (!rpc_param_data(call, &state, 0) || !development_begin(call))
        return false;
    loft_err code = load(call, state);
    if (code != LOFT_OK)
        return rpc_fail_err(call, code);
    return development_end(call) && put_true(call);
}
