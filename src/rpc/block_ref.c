#include "rpc/block_ref.h"

#include "rpc/params.h"
#include "rpc/pending.h"
#include "rpc/rpc_host.h"

bool rpc_view(struct rpc_call *call, struct chain_view **view)
{
    if (!*call->view) {
        loft_err code = call->host->ops->open_view(call->host, call->view);
        if (code != LOFT_OK)
            return rpc_fail_err(call, code);
    }
    *view = *call->view;
    return true;
}

void rpc_view_drop(struct rpc_call *call)
{
    if (*call->view)
        call->host->ops->close_view(call->host, *call->view);
    *call->view = NULL;
}

static bool read_tag(struct rpc_block_ref *out, bytes text)
{
    static const struct {
        const char *name;
        struct rpc_block_ref ref;
    } tags[] = {
        {"latest", {.kind = BLOCK_NEWEST}},
        {"pending", {.kind = BLOCK_PENDING}},
        {"earliest", {.kind = BLOCK_NUMBERED, .number = 0}},
        {"safe", {.kind = BLOCK_NEWEST, .epochs = 1}},
        {"finalized", {.kind = BLOCK_NEWEST, .epochs = 2}},
    };
    for (size_t i = 0; i < ARRAY_LEN(tags); i++) {
        if (bytes_equal(bytes_str(tags[i].name), text)) {
            *out = tags[i].ref;
            return true;
        }
    }
    return false;
}

loft_err rpc_read_block_number(struct rpc_block_ref *out,
                               const struct json *value)
{
    bytes text;
    if (json_read_string(&text, value) == LOFT_OK && read_tag(out, text))
        return LOFT_OK;
    *out = (struct rpc_block_ref){.kind = BLOCK_NUMBERED};
    return json_read_quantity_u64(&out->number, value);
}

/* {"blockNumber": …} or {"blockHash": …, "requireCanonical": …} */
static loft_err read_object(struct rpc_block_ref *out, const struct json *value)
{
    const struct json *number = json_get(value, "blockNumber");
    const struct json *hash = json_get(value, "blockHash");
    const struct json *canonical = json_get(value, "requireCanonical");
    if (json_absent(number) == json_absent(hash))
        return err_say(LOFT_ERR_FORMAT,
                       "either blockNumber or blockHash is to be given");
    if (!json_absent(number))
        return rpc_read_block_number(out, number);
    *out = (struct rpc_block_ref){.kind = BLOCK_HASHED};
    TRY(json_read_hash(&out->hash, hash));
    return json_absent(canonical)
               ? LOFT_OK
               : json_read_bool(&out->require_canonical, canonical);
}

static loft_err read_ref(struct rpc_block_ref *out, const struct json *value)
{
    bytes text;
    if (json_kind(value) == JSON_IS_OBJECT)
        return read_object(out, value);
    if (json_read_string(&text, value) == LOFT_OK && text.len == 66) {
        *out = (struct rpc_block_ref){.kind = BLOCK_HASHED};
        return json_read_hash(&out->hash, value);
    }
    return rpc_read_block_number(out, value);
}

bool rpc_param_block(struct rpc_call *call, struct rpc_block_ref *out,
                     unsigned at)
{
    *out = (struct rpc_block_ref){.kind = BLOCK_NEWEST};
    return !call->params[at] || read_ref(out, call->params[at]) == LOFT_OK ||
           rpc_param_wrong(call, at);
}

bool rpc_param_block_number(struct rpc_call *call, struct rpc_block_ref *out,
                            unsigned at)
{
    return rpc_read_block_number(out, call->params[at]) == LOFT_OK ||
           rpc_param_wrong(call, at);
}

/* LOFT_ERR_NOT_FOUND is an answer: false and nothing said. */
static bool fetch(struct rpc_call *call, struct rpc_block *out, loft_err code)
{
    out->found = code == LOFT_OK;
    return out->found || code == LOFT_ERR_NOT_FOUND || rpc_fail_err(call, code);
}

static bool find_newest(struct rpc_call *call, struct rpc_block *out)
{
    struct chain_view *view = NULL;
    if (!rpc_view(call, &view))
        return false;
    const struct chain_head *head = chain_view_head(view);
    *out = (struct rpc_block){.found = true,
                              .canonical = true,
                              .hash = head->hash,
                              .header = head->header};
    return true;
}

bool rpc_find_number(struct rpc_call *call, struct rpc_block *out,
                     uint64_t number)
{
    struct chain_view *view = NULL;
    *out = (struct rpc_block){.canonical = true};
    if (!rpc_view(call, &view))
        return false;
    if (!fetch(call, out, chain_view_hash_of(view, &out->hash, number)))
        return false;
    return !out->found ||
           fetch(call, out, chain_view_header(view, &out->header, &out->hash));
}

static bool find_hash(struct rpc_call *call, struct rpc_block *out,
                      const hash32 *hash)
{
    struct chain_view *view = NULL;
    struct rpc_block canonical;
    *out = (struct rpc_block){.hash = *hash};
    if (!rpc_view(call, &view) ||
        !fetch(call, out, chain_view_header(view, &out->header, hash)))
        return false;
    if (!out->found)
        return true;
    if (!rpc_find_number(call, &canonical, out->header.number))
        return false;
    out->canonical = canonical.found && hash32_equal(&canonical.hash, hash);
    return true;
}

/* Not before the first block that is this chain's own. */
uint64_t rpc_newest_number(const struct rpc_call *call,
                           const struct rpc_block_ref *ref, uint64_t newest)
{
    const struct chain_base *base = chain_base(call->host->chain);
    uint64_t first = base ? base->header.number + 1 : 0;
    uint64_t back = ref->epochs * call->host->slots_in_epoch;
    if (!back || newest <= first)
        return newest;
    return newest - first > back ? newest - back : first;
}

static bool find_back(struct rpc_call *call, struct rpc_block *out,
                      const struct rpc_block_ref *ref)
{
    if (!find_newest(call, out))
        return false;
    uint64_t newest = out->header.number;
    uint64_t number = rpc_newest_number(call, ref, newest);
    return number == newest || rpc_find_number(call, out, number);
}

bool rpc_find_block(struct rpc_call *call, struct rpc_block *out,
                    const struct rpc_block_ref *ref)
{
    switch (ref->kind) {
    case BLOCK_NEWEST:
    case BLOCK_PENDING:
        return find_back(call, out, ref);
    case BLOCK_NUMBERED:
        return rpc_find_number(call, out, ref->number);
    case BLOCK_HASHED:
        break;
    }
    return find_hash(call, out, &ref->hash);
}

bool rpc_find_state(struct rpc_call *call, struct state_view **state,
                    struct rpc_block *block, const struct rpc_block_ref *ref)
{
    struct chain_view *view = NULL;
    if (!rpc_find_block(call, block, ref) || !rpc_view(call, &view))
        return false;
    if (!block->found)
        return rpc_fail(call, RPC_SERVER_ERROR, "%s",
                        ref->kind == BLOCK_HASHED ? "header for hash not found"
                                                  : "header not found");
    if (!block->canonical)
        return rpc_fail(call, RPC_SERVER_ERROR, "%s",
                        ref->require_canonical
                            ? "hash is not currently canonical"
                            : "the state of a block that is not canonical is "
                              "not kept");
    bool newest = block->header.number == chain_view_head(view)->number;
    loft_err code = chain_view_state(
        view, state, newest ? STATE_NEWEST : block->header.number);
    return code == LOFT_OK || rpc_fail_err(call, code);
}

static bool find_pending(struct rpc_call *call, struct state_source **source,
                         struct rpc_block *block)
{
    struct pending_view pending;
    if (!pending_look(call, &pending))
        return false;
    *source = pending.state;
    *block = (struct rpc_block){.found = true,
                                .canonical = true,
                                .hash = pending.block.hash,
                                .header = pending.block.header};
    return true;
}

bool rpc_find_source(struct rpc_call *call, struct state_source **source,
                     struct rpc_block *block, const struct rpc_block_ref *ref)
{
    struct state_view *state;
    if (ref->kind == BLOCK_PENDING)
        return find_pending(call, source, block);
    if (!rpc_find_state(call, &state, block, ref))
        return false;
    *source = &state->source;
    return true;
}

enum chain_fork rpc_fork_of(struct rpc_call *call, const struct header *header)
{
    return chain_fork_at(chain_config(call->host->chain), header->number,
                         header->timestamp, u256_is_zero(header->difficulty));
}
