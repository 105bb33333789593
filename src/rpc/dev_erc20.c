/* Tokens for whoever needs some: the slot in which a token keeps a balance or
 * an allowance is found by trying, and set.
 *
 * The slots that the token reads to answer are those of an access list; the
 * right one is the one that, pretended to hold the value, makes the answer
 * that value. */
#include <string.h>

#include "base/hex.h"
#include "rpc/access_list.h"
#include "rpc/development_call.h"
#include "rpc/methods.h"
#include "rpc/params.h"
#include "rpc/rpc_host.h"

#define TOKEN_GAS 1000000u
#define ASKED_BYTES_MAX 68
#define SLOTS_TRIED_MAX 64

/* What a token is asked, and what it shall answer. */
struct question {
    address token;
    uint8_t call[ASKED_BYTES_MAX];
    size_t call_len;
    u256 wanted;
};

struct place {
    address who;
    u256 key, value;
};

static bool ask(struct simulation *simulation, u256 *answer, bool *answered)
{
    struct execution execution;
    if (!simulation_run(simulation, &execution, TOKEN_GAS))
        return false;
    *answered = execution.verdict == TX_OK && execution.status == EVM_STOPPED &&
                execution.output.len == 32;
    if (*answered)
        *answer = u256_load_be(execution.output.at);
    return true;
}

/* {"0x…": {"stateDiff": {"0x…": "0x…"}}} */
static const struct json *pretend(struct rpc_call *call,
                                  const struct place *place)
{
    struct buffer text = {0};
    struct json_writer json = {&text, false};
    const struct json *parsed = NULL;
    char name[43] = "0x", key[67] = "0x";
    hash32 value = u256_to_hash(place->value), slot = u256_to_hash(place->key);
    hex_write(name + 2, bytes_address(&place->who));
    hex_write(key + 2, bytes_hash(&slot));
    json_begin_object(&json);
    json_key(&json, name);
    json_begin_object(&json);
    json_key(&json, "stateDiff");
    json_begin_object(&json);
    json_key(&json, key);
    json_put_hash(&json, &value);
    json_end_object(&json);
    json_end_object(&json);
    json_end_object(&json);
    loft_err code = json_parse(&parsed, call->arena, buffer_bytes(&text),
                               &JSON_FROM_PEER);
    buffer_free(&text);
    return code == LOFT_OK ? parsed : NULL;
}

static bool try_place(struct simulation *simulation, const struct place *place,
                      bool *found)
{
    u256 answer = U256_ZERO;
    bool answered = false;
    simulation->state_overrides = pretend(simulation->call, place);
    if (!ask(simulation, &answer, &answered))
        return false;
    *found = answered && u256_equal(answer, place->value);
    return true;
}

static bool try_entry(struct simulation *simulation,
                      const struct access_entry *entry, struct place *place,
                      bool *found)
{
    for (size_t i = 0; i < entry->key_count && i < SLOTS_TRIED_MAX; i++) {
        place->who = entry->who;
        place->key = u256_from_hash(&entry->keys[i]);
        if (!try_place(simulation, place, found))
            return false;
        if (*found)
            return true;
    }
    return true;
}

static bool look(struct simulation *simulation, struct place *place,
                 bool *found)
{
    struct execution execution;
    if (!access_list_find(simulation, &execution, TOKEN_GAS))
        return false;
    const struct access_entry *list = simulation->tx.access_list;
    size_t count = simulation->tx.access_count;
    simulation->tracer = NULL;
    simulation->tx.access_list = NULL;
    simulation->tx.access_count = 0;
    for (size_t i = 0; i < count && !*found; i++)
        if (!try_entry(simulation, &list[i], place, found))
            return false;
    return true;
}

static bool find_place(struct rpc_call *call, const struct question *question,
                       struct place *place)
{
    struct rpc_block_ref ref = {.kind = BLOCK_NEWEST};
    struct transaction_args args = {
        .tx = {.type = TX_DYNAMIC_FEE,
               .to = question->token,
               .data = {question->call, question->call_len}}};
    struct simulation simulation;
    bool found = false;
    place->value = question->wanted;
    bool ok = simulation_begin(&simulation, call, &args, &ref) &&
              look(&simulation, place, &found);
    simulation_fini(&simulation);
    if (!ok)
        return false;
    return found || rpc_fail(call, RPC_SERVER_ERROR,
                             "no slot of the token holds that value");
}

static loft_err set_place(void *context, struct overlay *overlay)
{
    const struct place *place = context;
    overlay_store(overlay, &place->who, &place->key, &place->value);
    return LOFT_OK;
}

/* What a worker looks for, and how the loop answers when it has it. */
struct search {
    struct question question;
    struct place place;
    rpc_function *end;
};

static bool set_found(struct rpc_call *call)
{
    struct search *search = call->kept;
    return development_amend(call, set_place, &search->place) &&
           search->end(call);
}

static bool look_there(struct rpc_call *call)
{
    struct search *search = call->kept;
    return find_place(call, &search->question, &search->place) &&
           rpc_go(call, RPC_ON_LOOP, set_found, search);
}

static bool answer_with(struct rpc_call *call, const struct question *question,
                        rpc_function *end)
{
    struct search *search = ARENA_NEW(call->arena, struct search);
    *search = (struct search){.question = *question, .end = end};
    return development_begin(call) &&
           rpc_go(call, RPC_ON_WORKER, look_there, search);
}

/* Appends an address as a word. */
static void put_argument(struct question *question, const address *who)
{
    uint8_t *word = question->call + question->call_len;
    memset(word, 0, 32);
    memcpy(word + 12, who->at, sizeof who->at);
    question->call_len += 32;
}

/* balanceOf(address) */
static bool deal_erc20(struct rpc_call *call, rpc_function *end)
{
    struct question question = {.call = {0x70, 0xa0, 0x82, 0x31},
                                .call_len = 4};
    address who;
    if (!rpc_param_address(call, &who, 0) ||
        !rpc_param_address(call, &question.token, 1) ||
        !rpc_param_number_u256(call, &question.wanted, 2))
        return false;
    put_argument(&question, &who);
    return answer_with(call, &question, end);
}

bool anvil_deal_erc20(struct rpc_call *call)
{
    return deal_erc20(call, put_null);
}

bool hardhat_deal_erc20(struct rpc_call *call)
{
    return deal_erc20(call, put_true);
}

/* allowance(address,address) */
bool anvil_set_erc20_allowance(struct rpc_call *call)
{
    struct question question = {.call = {0xdd, 0x62, 0xed, 0x3e},
                                .call_len = 4};
    address owner, spender;
    if (!rpc_param_address(call, &owner, 0) ||
        !rpc_param_address(call, &spender, 1) ||
        !rpc_param_address(call, &question.token, 2) ||
        !rpc_param_number_u256(call, &question.wanted, 3))
        return false;
    put_argument(&question, &owner);
    put_argument(&question, &spender);
    return answer_with(call, &question, put_null);
}
