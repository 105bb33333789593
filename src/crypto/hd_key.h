#pragma once
/* A tree of private keys that all grow from one seed.
 *
 * Source   BIP-32 (private derivation), BIP-44 for an account's place.
 * Trust    a struct hd_key is secret as a whole: its chain code and any child
 *          key give the siblings away. hd_key_fini() wipes it.
 * Errors   LOFT_ERR_REFUSED: the one key in 2^127 that is not below the
 *          order; BIP-32 has the caller go on to the next index.
 */
#include "base/bytes.h"
#include "base/err.h"
#include "crypto/secret.h"

struct hd_key {
    secret32 key;
    secret32 chain;
};

/* Added to an index that is written with an apostrophe: 44'. */
#define HD_KEY_HARDENED 0x80000000u

MUST_USE loft_err hd_key_init(struct hd_key *out, bytes seed);
void hd_key_fini(struct hd_key *key);

/* Replaces a key by its child. */
MUST_USE loft_err hd_key_descend(struct hd_key *key, uint32_t index);

/* The key of Ethereum account `index` (below HD_KEY_HARDENED), as wallets
 * count them: m/44'/60'/0'/0/index. */
MUST_USE loft_err hd_key_account(secret32 *out, bytes seed, uint32_t index);
