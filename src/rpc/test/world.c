#include "rpc/test/world.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/assert.h"
#include "rpc/filters.h"
#include "rpc/methods.h"
#include "rpc/pending.h"
#include "rpc/subscriptions.h"

static struct world *world_of(struct rpc_host *host)
{
    return (struct world *)(void *)host;
}

static loft_err open_view(struct rpc_host *host, struct chain_view **out)
{
    return chain_view_open(out, chain_store(host->chain),
                           chain_config(host->chain), chain_base(host->chain));
}

static void close_view(struct rpc_host *host, struct chain_view *view)
{
    (void)host;
    chain_view_close(view);
}

static loft_err settle(struct rpc_host *host)
{
    (void)host;
    return LOFT_OK;
}

static bool arrived(struct rpc_host *host)
{
    (void)host;
    return false;
}

static uint64_t now(struct rpc_host *host)
{
    return world_of(host)->now;
}

static const address *accounts(struct rpc_host *host, size_t *count)
{
    (void)host;
    *count = 0;
    return NULL;
}

static const struct rpc_host_ops ops = {
    .open_view = open_view,
    .close_view = close_view,
    .settle = settle,
    .arrived = arrived,
    .now = now,
    .accounts = accounts,
};

void world_open(struct world *world, enum chain_fork fork)
{
    *world = (struct world){.now = 2000};
    maker_open(&world->maker, fork);
    world->host.ops = &ops;
    world->host.chain = world->maker.chain;
    world->host.pool = pool_new();
    world->host.plan.gas_limit = 30000000;
    world->host.mining = MINES_ON_REQUEST;
    world->host.limits = (struct rpc_limits){
        .batch_max = 100,
        .answer_bytes_max = 64u << 20,
        .request_bytes_max = 1u << 20,
        .depth_max = 64,
        .call_gas_max = 50000000,
    };
    development_init(&world->host.dev);
    world->host.pending = pending_new();
    world->host.filters = filters_new(&(struct filter_limits){3, 300});
    world->host.subscriptions = subscriptions_new(&world->host, 3);
    world->rpc = rpc_new(rpc_methods, rpc_method_count, &world->host);
}

void world_close(struct world *world)
{
    rpc_free(world->rpc);
    subscriptions_free(world->host.subscriptions);
    filters_free(world->host.filters);
    pending_free(world->host.pending);
    development_fini(&world->host.dev);
    pool_free(world->host.pool);
    buffer_free(&world->answer);
    maker_close(&world->maker);
}

const char *world_ask(struct world *world, struct rpc_peer *peer,
                      const char *method, const char *params)
{
    struct buffer request = {0};
    struct rpc_reply reply = {0};
    buffer_printf(&request,
                  "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"%s\","
                  "\"params\":%s}",
                  method, params);
    rpc_handle(world->rpc, &reply, buffer_bytes(&request), peer);
    buffer_free(&request);
    world->answer.len = 0;
    buffer_put_bytes(&world->answer, buffer_bytes(&reply.text));
    buffer_put_byte(&world->answer, 0);
    rpc_reply_fini(&reply);
    return (const char *)world->answer.at;
}

void world_result(char out[128], const char *answer)
{
    static const char begin[] = "\"result\":\"";
    const char *at = strstr(answer, begin);
    if (!at)
        fail_msg("%s", answer);
    ASSERT(at);
    at += strlen(begin);
    size_t len = strcspn(at, "\"");
    assert_true(len < 128);
    memcpy(out, at, len);
    out[len] = 0;
}

struct made_block world_append_log(struct world *world, uint8_t topic)
{
    struct chain_maker *maker = &world->maker;
    uint8_t code[] = {0x60, topic, 0x60, 0x00, 0x60, 0x00, 0xa1, 0x00};
    struct state_account account;
    struct chain_view *view;
    struct state_view *state;
    address who = maker_address(0);
    assert_int_equal(open_view(&world->host, &view), LOFT_OK);
    assert_int_equal(chain_view_state(view, &state, STATE_NEWEST), LOFT_OK);
    assert_int_equal(state->source.account(&state->source, &account, &who),
                     LOFT_OK);
    chain_view_close(view);
    struct transaction tx = {
        .type = TX_DYNAMIC_FEE,
        .is_creation = true,
        .chain_id = MAKER_CHAIN_ID,
        .nonce = account.nonce,
        .gas_limit = 100000,
        .max_fee = u256_from(UINT64_C(100000000000)),
        .data = arena_copy(&maker->arena, bytes_of(code, sizeof code)),
    };
    struct signed_transaction one = maker_sign(maker, tx, 0);
    return maker_append(maker, 1, &one, 1);
}

static bool push(struct rpc_peer *self, struct buffer *text)
{
    struct listening_peer *peer = (struct listening_peer *)(void *)self;
    if (!peer->is_deaf) {
        buffer_put_bytes(&peer->heard, buffer_bytes(text));
        buffer_put_byte(&peer->heard, '\n');
        peer->count++;
    }
    buffer_free(text);
    return !peer->is_deaf;
}

void listening_peer_init(struct listening_peer *peer)
{
    *peer = (struct listening_peer){.peer.push = push};
}

void listening_peer_fini(struct listening_peer *peer)
{
    buffer_free(&peer->heard);
}

const char *listening_peer_take(struct listening_peer *peer)
{
    static struct buffer taken;
    taken.len = 0;
    buffer_put_bytes(&taken, buffer_bytes(&peer->heard));
    buffer_put_byte(&taken, 0);
    peer->heard.len = 0;
    return (const char *)taken.at;
}
