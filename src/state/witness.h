#pragma once
/* What someone needs of a trie who has nothing but its root, to look keys up
 * and to compute the root anew when some have changed: the nodes on the way to
 * each, and those that take a branch's place when keys that go leave it with
 * one child.
 *
 * Limits  those of state_prove_account().
 */
#include "base/arena.h"
#include "base/map.h"
#include "state/state.h"

struct witness_key {
    hash32 hash;  /* of the address or the slot's number */
    bool is_gone; /* what it had will not be there any more */
};

/* hash -> bytes: nodes in RLP, in an arena. */
void witness_init(struct map *nodes);

/* Adds what is needed of the accounts, or with `who` of an account's storage.
 * Keys are sorted and distinct. */
MUST_USE loft_err witness_add(struct map *nodes, struct arena *arena,
                              struct state_view *view, const address *who,
                              const struct witness_key *keys, size_t count);
