#pragma once
/* The transaction of a state test, as it would stand in a block. */
#include "base/arena.h"
#include "codec/json.h"

/* `post` gives it whole ("txbytes"), or picks data, gas and value out of
 * `transaction` ("indexes"), which is then signed with its key. */
MUST_USE loft_err state_transaction(struct arena *arena, bytes *raw,
                                    const struct json *transaction,
                                    const struct json *post);
