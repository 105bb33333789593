#pragma once
/* The chain of one block test: its genesis from the fixture, in a folder of
 * its own that is gone afterwards, in memory where the system has such. */
#include "chain/chain.h"
#include "codec/json.h"

struct fixture_chain {
    struct genesis genesis; /* lives in the arena */
    struct chain *chain;
    char folder[64];
};

/* Opens the chain that `test`, one member of a fixture, begins with. */
MUST_USE loft_err fixture_chain_open(struct fixture_chain *out,
                                     struct arena *arena, const char *network,
                                     const struct json *test);
void fixture_chain_close(struct fixture_chain *chain); /* once opened */
