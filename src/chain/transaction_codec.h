#pragma once
/* What the transactions' encoding shares with their signing. */
#include "chain/transaction.h"

/* The fields that every form begins with, without the type byte and the
 * list's header: all but the signature. */
void transaction_put_unsigned(struct buffer *out, const struct transaction *tx);
