#pragma once
/* Remembers the Keccak hashes by which accounts and slots are found: the same
 * few are asked for again and again, and a hash takes longer than finding the
 * record.
 *
 * What is remembered is compared whole, so that an attacker gains no more than
 * having it forgotten.
 *
 * Threads  each has its own.
 */
#include "base/bytes.h"
#include "base/u256.h"

hash32 key_hash_of_account(const address *who);
hash32 key_hash_of_slot(const u256 *slot);
