#pragma once
/* A world of accounts in memory, with a journal: the host that the EVM's own
 * tests, fuzz targets and benchmarks run on.
 *
 * What a transaction's border would do (forget warmth, delete the dead) is
 * memory_host_settle().
 */
#include "base/map.h"
#include "base/vec.h"
#include "evm/host.h"

struct memory_account {
    bool exists, warm, created, destroyed;
    uint64_t nonce;
    u256 balance;
    bytes code; /* the host's own copy */
    hash32 code_hash;
    uint32_t slots_set; /* that are not zero */
};

struct memory_slot {
    u256 original, current, transient;
    bool warm;
};

struct memory_undo; /* memory_host.c */

struct memory_host {
    struct evm_host host;
    struct map accounts; /* address -> memory_account */
    struct map slots;    /* address, key -> memory_slot */
    VEC(struct memory_undo) journal;
    VEC(uint8_t *) codes;
    struct buffer logs; /* each: emitter, topics, data */
    bool destroys_old;  /* before EIP-6780 */
};

void memory_host_init(struct memory_host *host);
void memory_host_fini(struct memory_host *host);

/* The account, made if there is none. Good until another one is made. */
struct memory_account *memory_host_account(struct memory_host *host,
                                           const address *who);
void memory_host_set_code(struct memory_host *host, const address *who,
                          bytes code);
void memory_host_set_slot(struct memory_host *host, const address *who,
                          const u256 *key, const u256 *value);
u256 memory_host_slot(struct memory_host *host, const address *who,
                      const u256 *key);

/* Ends a transaction: what is stored is original, nothing is warm. */
void memory_host_settle(struct memory_host *host);

/* A hash over accounts, storage and logs, in the order of first touch. */
hash32 memory_host_digest(const struct memory_host *host);
