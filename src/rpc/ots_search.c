/* ots_searchTransactions…, ots_getContractCreator and
 * ots_getTransactionBySenderAndNonce: where an account took part.
 *
 * There is no index by address. When an account got its code, or a nonce, is
 * found in the history of states, by halving. In which transactions it took
 * part is found by running them again; blocks in which nothing ran are passed
 * over, and SEARCH_GAS_MAX bounds how much one call runs.
 *
 * Source  Otterscan's docs/custom-jsonrpc.md; Erigon for the shapes. */
#include <inttypes.h>

#include "crypto/keccak.h"
#include "evm/evm.h"
#include "rpc/call_trace.h"
#include "rpc/methods.h"
#include "rpc/params.h"
#include "rpc/replay.h"
#include "rpc/rpc_host.h"
#include "rpc/shapes.h"

#define SEARCH_GAS_MAX UINT64_C(2000000000)
#define SEARCH_PAGE_MAX 1000 /* transactions */

/* Says whether a message of a transaction is from or to someone. Code runs as
 * fast as unwatched. */
struct seeker {
    struct tx_tracer tracer; /* first */
    const address *who;
    bool is_found;
};

static void on_enter(struct evm_tracer *tracer,
                     const struct evm_message *message)
{
    struct seeker *seeker = (struct seeker *)(void *)tracer;
    const address *who = seeker->who;
    bool creates = message->kind == EVM_CREATE || message->kind == EVM_CREATE2;
    seeker->is_found |= address_equal(&message->caller, who) ||
                        address_equal(&message->target, who) ||
                        (!creates && address_equal(&message->code_of, who));
}

static void on_selfdestruct(struct evm_tracer *tracer, const address *who,
                            const address *heir, const u256 *balance)
{
    struct seeker *seeker = (struct seeker *)(void *)tracer;
    (void)who, (void)balance;
    seeker->is_found |= address_equal(heir, seeker->who);
}

static void on_end(struct tx_tracer *tracer, const struct execution *execution)
{
    (void)tracer, (void)execution;
}

static const struct tx_tracer_ops seeker_ops = {.end = on_end};

/* A block with transactions that are wanted. */
struct hit {
    struct block block;
    size_t *indices;
    size_t count;
};

struct search {
    struct rpc_call *call;
    struct chain_view *view;
    address who;
    uint64_t page; /* transactions that are enough */
    uint64_t found, gas;
    VEC(struct hit *) hits;
};

/* The block that everything here comes after: the genesis block, or of a fork
 * the other chain's. */
static uint64_t first_block(const struct search *search)
{
    const struct chain_base *base = chain_base(search->call->host->chain);
    return base ? base->header.number : 0;
}

static bool is_wanted(struct search *search, struct replay *replay,
                      bool *wanted)
{
    struct seeker seeker = {
        .tracer = {.evm = {.enter = on_enter, .selfdestruct = on_selfdestruct},
                   .ops = &seeker_ops},
        .who = &search->who};
    bool ok = replay_traced(replay, &seeker.tracer);
    *wanted = seeker.is_found;
    return ok;
}

static bool search_block(struct search *search, struct hit *hit)
{
    struct replay replay;
    size_t count = hit->block.transaction_count;
    hit->indices = ARENA_ARRAY(chain_view_arena(search->view), size_t, count);
    bool ok = replay_begin(&replay, search->call, &hit->block);
    for (size_t i = 0; ok && i < count; i++) {
        bool wanted = false;
        ok = is_wanted(search, &replay, &wanted);
        if (wanted)
            hit->indices[hit->count++] = i;
    }
    replay_fini(&replay);
    return ok;
}

/* Looks through a block; *is_over: there has been enough work. */
static bool search_number(struct search *search, uint64_t number, bool *is_over)
{
    struct arena *arena = chain_view_arena(search->view);
    struct arena_mark mark = arena_mark(arena);
    struct rpc_block found;
    if (rpc_is_stopped(search->call) ||
        !rpc_find_number(search->call, &found, number))
        return false;
    if (!found.found || !found.header.gas_used)
        return true;
    *is_over = search->gas + found.header.gas_used > SEARCH_GAS_MAX;
    if (*is_over)
        return true;
    search->gas += found.header.gas_used;
    struct hit *hit = ARENA_NEW(arena, struct hit);
    if (!replay_read_block(search->call, &hit->block, &found) ||
        !search_block(search, hit))
        return false;
    if (!hit->count) {
        arena_rewind(arena, mark);
        return true;
    }
    search->found += hit->count;
    VEC_PUSH(&search->hits, hit);
    return true;
}

/* From `from` on, up or down, until the page is full. *is_end: nothing is
 * left that way. */
static bool search_way(struct search *search, uint64_t from, bool is_up,
                       bool *is_end)
{
    uint64_t newest = chain_view_head(search->view)->number;
    uint64_t first = first_block(search);
    bool is_over = false;
    uint64_t number = is_up && from <= first ? first + 1 : from;
    *is_end = false;
    while (search->found < search->page) {
        if (number <= first || number > newest) {
            *is_end = true;
            return true;
        }
        if (!search_number(search, number, &is_over))
            return false;
        if (is_over && search->found)
            return true;
        if (is_over)
            return rpc_fail(search->call, RPC_LIMIT_EXCEEDED,
                            "nothing was found in %" PRIu64 " gas of blocks, "
                            "of which block %" PRIu64 " was the last: go on "
                            "from there",
                            search->gas, is_up ? number - 1 : number + 1);
        number = is_up ? number + 1 : number - 1;
    }
    *is_end = number <= first || number > newest;
    return true;
}

static const struct hit *hit_at(const struct search *search, size_t at,
                                bool is_up)
{
    return search->hits.at[is_up ? search->hits.len - 1 - at : at];
}

/* The newest transaction first, whichever way they were found. */
static bool put_transactions(struct search *search, bool is_up)
{
    for (size_t i = 0; i < search->hits.len; i++) {
        const struct hit *hit = hit_at(search, i, is_up);
        for (size_t k = hit->count; k-- > 0;)
            if (!shape_transaction_of(search->call, &hit->block,
                                      hit->indices[k], NULL))
                return false;
    }
    return true;
}

static bool put_receipts(struct search *search, bool is_up)
{
    struct rpc_call *call = search->call;
    for (size_t i = 0; i < search->hits.len; i++) {
        const struct hit *hit = hit_at(search, i, is_up);
        const struct receipt *receipts;
        size_t count;
        loft_err code = chain_view_receipts(search->view, &receipts, &count,
                                            &hit->block.hash);
        if (code != LOFT_OK)
            return rpc_fail_err(call, code);
        for (size_t k = hit->count; k-- > 0;)
            if (!shape_receipt_as(call, &hit->block, receipts, hit->indices[k],
                                  RECEIPT_TIMED))
                return false;
    }
    return true;
}

static bool put_page(struct search *search, bool is_up, bool is_first,
                     bool is_last)
{
    struct json_writer *out = search->call->out;
    json_begin_object(out);
    json_key(out, "txs");
    json_begin_array(out);
    if (!put_transactions(search, is_up))
        return false;
    json_end_array(out);
    json_key(out, "receipts");
    json_begin_array(out);
    if (!put_receipts(search, is_up))
        return false;
    json_end_array(out);
    json_key(out, "firstPage");
    json_put_bool(out, is_first);
    json_key(out, "lastPage");
    json_put_bool(out, is_last);
    json_end_object(out);
    return true;
}

static bool read_search(struct search *search, uint64_t *number)
{
    struct rpc_call *call = search->call;
    if (!rpc_param_address(call, &search->who, 0) ||
        !rpc_view(call, &search->view))
        return false;
    if (json_read_any_u64(number, call->params[1]) != LOFT_OK)
        return rpc_param_wrong(call, 1);
    if (json_read_any_u64(&search->page, call->params[2]) != LOFT_OK)
        return rpc_param_wrong(call, 2);
    return search->page <= SEARCH_PAGE_MAX ||
           rpc_fail(call, RPC_LIMIT_EXCEEDED,
                    "a page has at most %d transactions", SEARCH_PAGE_MAX);
}

bool ots_search_transactions_before(struct rpc_call *call)
{
    struct search search = {.call = call};
    uint64_t number;
    bool is_end = false;
    if (!read_search(&search, &number))
        return false;
    uint64_t newest = chain_view_head(search.view)->number;
    uint64_t from = number == 0 || number > newest ? newest : number - 1;
    bool ok = search_way(&search, from, false, &is_end) &&
              put_page(&search, false, number == 0, is_end);
    VEC_FREE(&search.hits);
    return ok;
}

bool ots_search_transactions_after(struct rpc_call *call)
{
    struct search search = {.call = call};
    uint64_t number;
    bool is_end = false;
    if (!read_search(&search, &number))
        return false;
    bool ok = search_way(&search, number == UINT64_MAX ? number : number + 1,
                         true, &is_end) &&
              put_page(&search, true, is_end, number == 0);
    VEC_FREE(&search.hits);
    return ok;
}

/* Whether an account had got to some state by the end of a block. Once it had,
 * it has for good. */
typedef bool reached(const struct state_account *account, uint64_t goal);

static bool has_nonce_above(const struct state_account *account, uint64_t goal)
{
    return account->exists && account->nonce > goal;
}

static bool has_code(const struct state_account *account, uint64_t goal)
{
    (void)goal;
    return account->exists && !hash32_equal(&account->code_hash, &KECCAK_EMPTY);
}

static bool ask(struct search *search, uint64_t number, reached *is_reached,
                uint64_t goal, bool *answer)
{
    struct arena *arena = chain_view_arena(search->view);
    struct arena_mark mark = arena_mark(arena);
    struct state_view *state;
    struct state_account account;
    loft_err code = chain_view_state(search->view, &state, number);
    if (code == LOFT_OK)
        code = state->source.account(&state->source, &account, &search->who);
    if (code != LOFT_OK && code != LOFT_ERR_NOT_FOUND)
        return rpc_fail_err(search->call, code);
    *answer = code == LOFT_OK && is_reached(&account, goal);
    arena_rewind(arena, mark);
    return true;
}

/* The first block by whose end it was so; *number is 0 where it never was, or
 * was from the start. History may begin later: what was before it, was not. */
static bool find_first(struct search *search, uint64_t *number,
                       reached *is_reached, uint64_t goal)
{
    uint64_t first = first_block(search), low = first;
    uint64_t high = chain_view_head(search->view)->number;
    bool answer = false;
    *number = 0;
    if (!ask(search, high, is_reached, goal, &answer))
        return false;
    if (!answer)
        return true;
    while (low < high) {
        uint64_t middle = low + (high - low) / 2;
        if (!ask(search, middle, is_reached, goal, &answer))
            return false;
        if (answer)
            high = middle;
        else
            low = middle + 1;
    }
    *number = high == first ? 0 : high;
    return true;
}

static bool read_number(struct search *search, struct block *block,
                        uint64_t number)
{
    struct rpc_block found;
    return rpc_find_number(search->call, &found, number) &&
           replay_read_block(search->call, block, &found);
}

static bool put_by_nonce(struct search *search, uint64_t number, uint64_t nonce)
{
    struct rpc_call *call = search->call;
    struct block block;
    address from;
    if (!read_number(search, &block, number))
        return false;
    enum evm_rules rules = fork_rules(rpc_fork_of(call, &block.header));
    for (size_t i = 0; i < block.transaction_count; i++) {
        const struct transaction *tx = &block.transactions[i];
        if (tx->nonce != nonce || !transaction_author(&from, tx, rules) ||
            !address_equal(&from, &search->who))
            continue;
        hash32 hash = keccak256(block.raw_transactions[i]);
        json_put_hash(call->out, &hash);
        return true;
    }
    json_put_null(call->out);
    return true;
}

bool ots_get_transaction_by_sender_and_nonce(struct rpc_call *call)
{
    struct search search = {.call = call};
    uint64_t nonce, number;
    if (!rpc_param_address(call, &search.who, 0) ||
        !rpc_view(call, &search.view))
        return false;
    if (json_read_any_u64(&nonce, call->params[1]) != LOFT_OK)
        return rpc_param_wrong(call, 1);
    if (!find_first(&search, &number, has_nonce_above, nonce))
        return false;
    if (number)
        return put_by_nonce(&search, number, nonce);
    json_put_null(call->out);
    return true;
}

/* The creation that made a contract, among the messages of a block. */
struct creation {
    struct call_visitor visitor; /* first */
    const address *who;
    bool is_found;
    hash32 hash;
    address creator;
};

static void visit_creation(struct call_visitor *visitor,
                           const struct traced *traced,
                           const struct call_frame *root)
{
    struct creation *creation = (struct creation *)(void *)visitor;
    for (const struct call_frame *frame = root; frame;
         frame = call_frame_next(frame)) {
        bool creates = frame->kind == FRAME_CREATE ||
                       frame->kind == FRAME_CREATE2;
        if (!creates || frame->is_void ||
            !address_equal(&frame->to, creation->who))
            continue;
        creation->is_found = true;
        creation->hash = *traced->hash;
        creation->creator = frame->from;
    }
}

static bool find_creation(struct search *search, struct creation *creation,
                          uint64_t number)
{
    static const struct call_trace_options options = {.plain_root = true};
    struct replay replay;
    struct block block;
    if (!read_number(search, &block, number))
        return false;
    if (!block.transaction_count)
        return true;
    bool ok = replay_begin(&replay, search->call, &block);
    for (size_t i = 0; ok && i < block.transaction_count && !creation->is_found;
         i++)
        ok = replay_traced(&replay, call_visit_new(&replay.work, &options,
                                                   &creation->visitor));
    replay_fini(&replay);
    return ok;
}

bool ots_get_contract_creator(struct rpc_call *call)
{
    struct search search = {.call = call};
    struct creation creation = {.visitor.visit = visit_creation,
                                .who = &search.who};
    uint64_t number;
    if (!rpc_param_address(call, &search.who, 0) ||
        !rpc_view(call, &search.view) ||
        !find_first(&search, &number, has_code, 0) ||
        (number && !find_creation(&search, &creation, number)))
        return false;
    if (!creation.is_found) {
        json_put_null(call->out);
        return true;
    }
    json_begin_object(call->out);
    json_key(call->out, "hash");
    json_put_hash(call->out, &creation.hash);
    json_key(call->out, "creator");
    json_put_address(call->out, &creation.creator);
    json_end_object(call->out);
    return true;
}
