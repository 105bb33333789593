#pragma once
/* What is remembered of peers: where they were reached, what they speak, and
 * who is banned for how long.
 *
 * Kept in one file of text, a peer a line, which is written beside the old one
 * and takes its place whole. What a file says is checked as if a stranger had
 * sent it: a line that cannot be read is left out, and named in the log.
 *
 * Units    Unix time in milliseconds.
 * Limits   PEER_STORE_PEERS_MAX peers: who was not seen for the longest time
 *          goes, but for those that are banned; PEER_STORE_ADDRS_MAX addresses
 *          and PEER_STORE_PROTOCOLS_MAX protocols of each.
 * Lifetime what is given out is good until the next call that changes the
 *          store.
 * Errors   LOFT_ERR_IO, LOFT_ERR_LIMIT: the file is larger than any we write.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"
#include "base/err.h"
#include "p2p/peer_id.h"

#define PEER_STORE_PEERS_MAX 1000
#define PEER_STORE_ADDRS_MAX 16
#define PEER_STORE_PROTOCOLS_MAX 32
#define PEER_STORE_PROTOCOL_BYTES_MAX 128
#define PEER_STORE_WHY_BYTES_MAX 100

struct loop;
struct peer_store;

struct peer_entry {
    struct peer_id id;
    uint64_t seen_ms;         /* connected last; 0: never */
    uint64_t banned_until_ms; /* 0: it is not; UINT64_MAX: for good */
    const char *banned_why;   /* "" where it is not */
    const bytes *addrs;
    size_t addr_count;
    const char *const *protocols;
    size_t protocol_count;
};

/* path NULL: in memory alone. A file that is not there is an empty one. */
MUST_USE loft_err peer_store_open(struct peer_store **out, const char *path);
/* Does not save, but waits until what is being written is. */
void peer_store_close(struct peer_store *store); /* NULL is fine */

/* Does nothing where nothing has changed. */
MUST_USE loft_err peer_store_save(struct peer_store *store);
/* From now on peer_store_save() returns before the disk has it: a thread waits
 * for that, and what comes meanwhile is written after it. What fails is in the
 * log, and has changed again for the next one to save. The store is closed
 * before the loop, and used on its thread. */
MUST_USE loft_err peer_store_write_apart(struct peer_store *store,
                                         struct loop *loop);

/* The peer was connected now, at that address of ours to dial, if any. */
void peer_store_saw(struct peer_store *store, const struct peer_id *id,
                    bytes addr, uint64_t now_ms);
/* Its own word: takes the place of what was there, but for the address that
 * worked last. */
void peer_store_learn(struct peer_store *store, const struct peer_id *id,
                      const bytes *addrs, size_t addr_count,
                      const char *const *protocols, size_t protocol_count);

void peer_store_ban(struct peer_store *store, const struct peer_id *id,
                    uint64_t until_ms, const char *why); /* 0 lifts it */
bool peer_store_is_banned(const struct peer_store *store,
                          const struct peer_id *id, uint64_t now_ms);

/* False: nothing is known of it. */
bool peer_store_find(const struct peer_store *store, const struct peer_id *id,
                     struct peer_entry *out);
size_t peer_store_count(const struct peer_store *store);
/* In no order; index below the count. */
void peer_store_at(const struct peer_store *store, size_t index,
                   struct peer_entry *out);
void peer_store_forget(struct peer_store *store, const struct peer_id *id);
