#pragma once
/* A transaction's receipt: waited for, and shown. */
#include "app/node_client.h"

/* Asks until it is there. LOFT_ERR_TIMEOUT: it is not, in the time given. */
MUST_USE loft_err receipt_wait(struct node_client *node,
                               const struct json **receipt, const char *hash);

/* As JSON or as a table. LOFT_ERR_REFUSED, after it is shown: the transaction
 * failed. */
MUST_USE loft_err receipt_show(struct node_client *node,
                               const struct json *receipt);
