#pragma once
/* What was read of a remote chain at one block, on disk: a store of its own.
 *
 *   META     "origin" -> chain id ‖ proofs or not ‖ header in RLP
 *   ACCOUNT  address -> the account's RLP, empty where there is none
 *   STORAGE  address ‖ key -> value
 *   CODE     its hash -> code
 *   HASH     number -> hash of a block
 *
 * Every put is a transaction; none is synced, for all of it can be read again.
 *
 * Threads  any.
 * Errors   those of store/store.h; LOFT_ERR_NOT_FOUND without a sentence.
 */
#include "base/err.h"
#include "base/u256.h"
#include "base/vec.h"
#include "chain/block.h"
#include "state/account.h"

struct remote_cache;

MUST_USE loft_err remote_cache_open(struct remote_cache **out, const char *dir);
void remote_cache_close(struct remote_cache *cache); /* NULL is fine */

/* store_copy() */
MUST_USE loft_err remote_cache_copy(struct remote_cache *cache, int fd);

struct remote_origin {
    uint64_t chain_id;
    bool has_proofs;
    struct header header; /* extra_data in the arena of who reads it */
};
MUST_USE loft_err remote_cache_origin(struct remote_cache *cache,
                                      struct arena *arena,
                                      struct remote_origin *out);
MUST_USE loft_err remote_cache_put_origin(struct remote_cache *cache,
                                          const struct remote_origin *origin);

struct remote_account {
    bool exists;
    uint64_t nonce;
    u256 balance;
    hash32 storage_root, code_hash;
};

/* RLP as the trie has it; empty: no account. */
MUST_USE loft_err remote_account_read(struct remote_account *out, bytes rlp);

MUST_USE loft_err remote_cache_account(struct remote_cache *cache,
                                       struct remote_account *out,
                                       const address *who);
MUST_USE loft_err remote_cache_put_account(struct remote_cache *cache,
                                           const struct remote_account *account,
                                           const address *who);

MUST_USE loft_err remote_cache_slot(struct remote_cache *cache, u256 *out,
                                    const address *who, const u256 *key);
MUST_USE loft_err remote_cache_put_slot(struct remote_cache *cache, u256 value,
                                        const address *who, const u256 *key);

/* Appends the code. */
MUST_USE loft_err remote_cache_code(struct remote_cache *cache,
                                    struct buffer *out, const hash32 *hash);
MUST_USE loft_err remote_cache_put_code(struct remote_cache *cache, bytes code,
                                        const hash32 *hash);

MUST_USE loft_err remote_cache_hash(struct remote_cache *cache, hash32 *out,
                                    uint64_t number);
MUST_USE loft_err remote_cache_put_hash(struct remote_cache *cache,
                                        const hash32 *hash, uint64_t number);
