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

#define LOADED_A_TURN 512 /* accounts and slots */

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
static loft_err read_packed(struct state_text *out, struct arena *arena,
                            bytes state)
{
    struct buffer text = {0};
    if (!gzip_is(state))
        return state_text_read(out, arena, state);
    loft_err code = gzip_unpack(&text, state, LOADED_BYTES_MAX);
    if (code == LOFT_OK)
        code = state_text_read(out, arena, buffer_bytes(&text));
    buffer_free(&text);
    return code;
}

static bool load_on(struct rpc_call *call)
{
    struct rpc_host *host = call->host;
    struct state_text *state = call->kept;
    bool done;
    loft_err code = state_text_apply(state, host->chain, LOADED_A_TURN, &done);
    if (code != LOFT_OK)
        return rpc_fail_err(call, code);
    host->ops->changed(host);
    return done ? development_end(call) && put_true(call)
                : rpc_go(call, RPC_NEXT_TURN, load_on, state);
}

static bool begin_loading(struct rpc_call *call)
{
    return development_begin(call) && load_on(call);
}

/* What the loop would have to wait for. */
static loft_err fetch(struct rpc_call *call, struct state_text *state)
{
    struct state_view *view;
    if (!call->host->is_fork)
        return LOFT_OK;
    TRY(chain_view_state(*call->view, &view, STATE_NEWEST));
    return state_text_try(state, &view->source);
}

static bool read_state(struct rpc_call *call)
{
    struct state_text *state = ARENA_NEW(call->arena, struct state_text);
    struct chain_view *view;
    bytes packed;
    if (!rpc_param_data(call, &packed, 0) || !rpc_view(call, &view))
        return false;
    loft_err code = read_packed(state, call->arena, packed);
    if (code == LOFT_OK)
        code = fetch(call, state);
    return code == LOFT_OK ? rpc_go(call, RPC_ON_LOOP, begin_loading, state)
                           : rpc_fail_err(call, code);
}

/* A worker reads it, and the loop takes it in parts. */
bool anvil_load_state(struct rpc_call *call)
{
    return rpc_go(call, RPC_ON_WORKER, read_state, NULL);
}
