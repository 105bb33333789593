#pragma once
/* Sends transactions: signed here, with a key that the node does not get to
 * see, or by the node with an account of its own.
 *
 * What is not given is asked of the node: nonce, gas, fees. A block whose base
 * fee doubles is still paid for.
 */
#include "app/key_source.h"
#include "app/node_client.h"

/* For commands that use this. */
#define SENDER_OPTIONS                                                         \
    {"--account", "ACCOUNT",                                                   \
     "sign with this key: an address in the keystore, or a key file"},         \
        {"--private-key", "KEY",                                               \
         "sign with this key, or with that in @FILE ($LOFT_PRIVATE_KEY)"},     \
        {"--from", "ADDRESS", "let the node sign, with an account it has"},    \
        {"--value", "AMOUNT", "what is paid, as 1.5ether"},                    \
        {"--gas", "N", "gas limit"},                                           \
        {"--gas-price", "AMOUNT", "price of a gas, for a legacy transaction"}, \
        {"--max-fee", "AMOUNT", "the most that a gas may cost"},               \
        {"--priority-fee", "AMOUNT", "what of it goes to the block's maker"},  \
        {"--nonce", "N", "the transaction's number"},                          \
        {"--no-wait", NULL, "show the hash, and not the receipt"},             \
        KEYSTORE_OPTIONS

struct sending {
    bool is_creation;
    address to;
    bytes data;
};

/* Sends it, waits for its receipt, and shows it. LOFT_ERR_REFUSED: the node
 * does not take it, or it failed. */
MUST_USE loft_err sender_send(struct node_client *node,
                              const struct sending *sending);
