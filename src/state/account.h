#pragma once
/* An account as the trie has it: the value of its leaf.
 *
 * Source   Yellow Paper, 4.1.
 */
#include "base/bytes.h"
#include "base/u256.h"

#define ACCOUNT_RLP_MAX 110

/* Writes rlp([nonce, balance, storage root, code hash]); the length. */
size_t account_write_rlp(uint8_t out[ACCOUNT_RLP_MAX], uint64_t nonce,
                         u256 balance, const hash32 *storage_root,
                         const hash32 *code_hash);

/* The value of a slot's leaf: rlp(value). */
#define SLOT_RLP_MAX 33
size_t slot_write_rlp(uint8_t out[SLOT_RLP_MAX], u256 value);
