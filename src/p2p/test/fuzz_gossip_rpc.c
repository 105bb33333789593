/* The input as an RPC: what is read reads alike once it is put again, and each
 * message in it is read and judged. */
#include "base/assert.h"
#include "p2p/gossip_message.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static void check_ids(const struct gossip_ids *lists, size_t count)
{
    size_t total = 0;
    ASSERT(count <= GOSSIP_RPC_CONTROLS_MAX);
    for (size_t i = 0; i < count; i++) {
        total += lists[i].len;
        for (size_t j = 0; j < lists[i].len; j++)
            ASSERT(lists[i].at[j].len <= GOSSIP_ID_BYTES_MAX);
    }
    ASSERT(total <= GOSSIP_RPC_IDS_MAX);
}

static void check_bounds(const struct gossip_rpc *rpc)
{
    ASSERT(rpc->subscription_count <= GOSSIP_RPC_SUBSCRIPTIONS_MAX);
    ASSERT(rpc->message_count <= GOSSIP_RPC_MESSAGES_MAX);
    ASSERT(rpc->graft_count <= GOSSIP_RPC_CONTROLS_MAX);
    ASSERT(rpc->prune_count <= GOSSIP_RPC_CONTROLS_MAX);
    check_ids(rpc->ihave, rpc->ihave_count);
    check_ids(rpc->iwant, rpc->iwant_count);
    check_ids(rpc->idontwant, rpc->idontwant_count);
    for (size_t i = 0; i < rpc->prune_count; i++)
        ASSERT(rpc->prune[i].peer_count <= GOSSIP_PRUNE_PEERS_MAX);
}

static void check_again(struct arena *arena, const struct gossip_rpc *rpc)
{
    struct gossip_rpc again;
    struct buffer once = {0}, twice = {0};
    gossip_rpc_put(&once, rpc);
    if (once.len <= GOSSIP_RPC_BYTES_MAX) {
        ASSERT(gossip_rpc_read(arena, &again, buffer_bytes(&once)) == LOFT_OK);
        gossip_rpc_put(&twice, &again);
        ASSERT(bytes_equal(buffer_bytes(&once), buffer_bytes(&twice)));
    }
    buffer_free(&once);
    buffer_free(&twice);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    struct arena arena;
    struct gossip_rpc rpc;
    arena_init(&arena);
    if (gossip_rpc_read(&arena, &rpc, bytes_of(data, len)) == LOFT_OK) {
        check_bounds(&rpc);
        check_again(&arena, &rpc);
        for (size_t i = 0; i < rpc.message_count; i++) {
            struct gossip_message message;
            if (gossip_message_read(&message, rpc.messages[i]) != LOFT_OK)
                continue;
            ASSERT(gossip_id_by_author(&message).len <= GOSSIP_ID_BYTES_MAX);
            (void)gossip_message_verify(&message);
        }
    }
    arena_fini(&arena);
    return 0;
}
