#pragma once
/* Chains for tests: in folders of their own, with accounts that have ether and
 * keys to sign for them. What fails stops the test. */
#include <stdbool.h>

#include "chain/chain.h"

#define MAKER_ACCOUNTS 4
#define MAKER_CHAIN_ID 1337

struct chain_maker {
    char dir[64];
    enum chain_fork fork;
    const struct chain_base *base;
    struct chain *chain;
    struct arena arena; /* of all that is made */
};

/* A genesis whose first accounts are the system contracts, then those of
 * maker_address(), with 1000 ether each. */
void maker_genesis(struct arena *arena, struct genesis *out,
                   enum chain_fork fork);

void maker_open(struct chain_maker *maker, enum chain_fork fork);
void maker_open_over(struct chain_maker *maker, enum chain_fork fork,
                     const struct chain_base *base);
void maker_reopen(struct chain_maker *maker);
/* Throws the chain away and begins another in its folder. */
void maker_restart(struct chain_maker *maker, const struct genesis *genesis);
void maker_close(struct chain_maker *maker); /* and the folder is removed */

address maker_address(unsigned account);

struct signed_transaction {
    struct transaction tx;
    bytes raw;
    hash32 hash;
    address sender;
};

/* Signs tx for the account: a legacy transaction without a chain id before
 * Spurious Dragon. */
struct signed_transaction maker_sign(struct chain_maker *maker,
                                     struct transaction tx, unsigned account);

/* A transfer between two accounts at a price that always suffices. */
struct signed_transaction maker_transfer(struct chain_maker *maker,
                                         unsigned from, uint64_t nonce,
                                         unsigned to, uint64_t value);

struct made_block {
    struct block block;
    struct block_outcome outcome;
    enum transaction_verdict *verdicts;
    bytes rlp;
};

/* Appends a block so many seconds after the head. */
struct made_block maker_append(struct chain_maker *maker, uint64_t seconds,
                               const struct signed_transaction *list,
                               size_t count);

enum block_verdict maker_import(struct chain_maker *maker, bytes rlp);
bytes maker_encode(struct chain_maker *maker, const struct block *block);
