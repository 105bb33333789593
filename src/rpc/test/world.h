#pragma once
/* A node for tests of methods: a real chain and pool, and a peer that keeps
 * what it is told. */
#include "chain/test/chain_maker.h"
#include "rpc/rpc.h"
#include "rpc/rpc_host.h"
#include "rpc/rpc_peer.h"

struct world {
    struct rpc_host host; /* first */
    struct chain_maker maker;
    struct rpc *rpc;
    uint64_t now; /* what the host's clock says */
    struct buffer answer;
};

void world_open(struct world *world, enum chain_fork fork);
void world_close(struct world *world);

/* The answer to a call, as a C string that is good until the next one.
 * params is JSON: "[1,2]". */
const char *world_ask(struct world *world, struct rpc_peer *peer,
                      const char *method, const char *params);

/* Copies the text of a result that is a string. */
void world_result(char out[128], const char *answer);

/* Appends a block in which account 0 makes a contract that logs one topic. */
struct made_block world_append_log(struct world *world, uint8_t topic);

/* A peer that keeps what it was told, a line each; it can be made deaf. */
struct listening_peer {
    struct rpc_peer peer; /* first */
    struct buffer heard;
    unsigned count;
    bool is_deaf;
};

void listening_peer_init(struct listening_peer *peer);
void listening_peer_fini(struct listening_peer *peer);
/* What it has heard since the last call, as a C string. */
const char *listening_peer_take(struct listening_peer *peer);
