#pragma once
/* Transactions of every type: as values, in RLP, signed, checked.
 *
 * Source    Yellow Paper 4.3; EIP-155, 2718, 2930, 1559, 4844, 7702.
 * Lifetime  a decoded transaction borrows from the bytes it was read from and
 *           from the arena given.
 * Units     prices in wei a gas, value in wei.
 */
#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/bytes.h"
#include "base/err.h"
#include "base/u256.h"
#include "base/vec.h"
#include "crypto/ecdsa.h"
#include "evm/rules.h"

enum transaction_type {
    TX_LEGACY = 0,
    TX_ACCESS_LIST = 1, /* EIP-2930 */
    TX_DYNAMIC_FEE = 2, /* EIP-1559 */
    TX_BLOB = 3,        /* EIP-4844 */
    TX_SET_CODE = 4,    /* EIP-7702 */
};

struct access_entry {
    address who;
    const hash32 *keys;
    size_t key_count;
};

struct authorization {
    u256 chain_id;
    address target;
    uint64_t nonce;
    u256 r, s;
    uint8_t parity; /* any byte: validity is for the executor to judge */
};

struct transaction {
    enum transaction_type type;
    bool is_creation;
    bool is_unsigned;         /* v, r and s are zero: nobody signs what is
                                 simulated or still to be filled in */
    bool is_replay_protected; /* legacy with a chain id in v (EIP-155) */
    uint64_t chain_id;        /* 0 for legacy without EIP-155 */
    uint64_t nonce;
    uint64_t gas_limit;
    u256 max_fee;          /* the gas price, for types 0 and 1 */
    u256 max_priority_fee; /* the same as max_fee, for types 0 and 1 */
    u256 max_blob_fee;
    address to; /* zero for a creation */
    u256 value;
    bytes data;
    const struct access_entry *access_list;
    size_t access_count;
    const hash32 *blob_hashes;
    size_t blob_hash_count;
    const struct authorization *authorizations;
    size_t authorization_count;
    struct ecdsa_signature signature;
};

/* Reads the form of EIP-2718 (a type byte and its payload, or a legacy list)
 * as it is under a block's transaction root. What can be read is not yet
 * valid: see transaction_check(). LOFT_ERR_FORMAT names the field. */
MUST_USE loft_err transaction_decode(struct arena *arena,
                                     struct transaction *out, bytes from);

/* Reads the form in which transactions travel (eth_sendRawTransaction): a blob
 * transaction has its sidecar around it (EIP-4844; EIP-7594 from version 1
 * on), all others are as above. *raw is the form of EIP-2718, borrowed or in
 * the arena. The sidecar is measured and its commitments are those that the
 * hashes name; whether the proofs hold, blob_sidecar_check() says.
 * LOFT_ERR_LIMIT: more than TX_SIDECAR_BLOBS_MAX. */
#define TX_SIDECAR_BLOBS_MAX 128
struct blob_sidecar {
    size_t count;       /* of blobs; 0: there is no sidecar */
    bool has_cells;     /* EIP-7594: a proof a cell, not a blob */
    const bytes *blobs; /* these three are borrowed */
    const bytes *commitments;
    const bytes *proofs;
};
MUST_USE loft_err transaction_decode_network(struct arena *arena,
                                             struct transaction *out,
                                             bytes *raw,
                                             struct blob_sidecar *sidecar,
                                             bytes from);

/* Whether each blob is what its commitment commits to; 2 ms a blob, or 17 where
 * there is a proof a cell. LOFT_ERR_REFUSED names the blob that is not. */
MUST_USE loft_err blob_sidecar_check(const struct blob_sidecar *sidecar);

/* The same, appended. */
void transaction_encode(struct buffer *out, const struct transaction *tx);

/* keccak256 of the encoding: the transaction's name. */
hash32 transaction_hash(const struct transaction *tx);

/* What the sender signs. */
hash32 transaction_signing_hash(const struct transaction *tx);

/* Fills in the signature. LOFT_ERR_REFUSED: a bad key. */
MUST_USE loft_err transaction_sign(struct transaction *tx, const secret32 *key);

/* False: no address signed it, or not in a form that the rules know: a high s
 * from Homestead on (EIP-2), a chain id in v before Spurious Dragon. */
bool transaction_sender(address *sender, const struct transaction *tx,
                        enum evm_rules rules);

/* A transaction that nobody signed: a development chain lets accounts be
 * impersonated. Its signature names the sender in a form that no key makes, r
 * the address and s 0, so transaction_sender() refuses it wherever it comes
 * from outside. */
void transaction_impersonate(struct transaction *tx, const address *sender);
bool transaction_is_impersonated(address *sender, const struct transaction *tx);

/* Who a transaction of a block on disk is from, impersonated or not. */
bool transaction_author(address *sender, const struct transaction *tx,
                        enum evm_rules rules);

/* Gas that is due before the first instruction. */
struct intrinsic_gas {
    uint64_t gas;
    uint64_t floor; /* EIP-7623: the least that is paid in the end; 0 before */
};
struct intrinsic_gas transaction_intrinsic_gas(const struct transaction *tx,
                                               enum evm_rules rules);

/* The price a gas that is paid at base_fee: min(max_fee, base + priority).
 * Legacy before London: base_fee 0. */
u256 transaction_gas_price(const struct transaction *tx, u256 base_fee);

/* The most that the sender may have to pay for it, wei; false: more than 256
 * bits hold. */
bool transaction_cost(u256 *out, const struct transaction *tx);

/* Why a transaction cannot be part of a block. The texts are geth's where it
 * has the same reason, for tools know them. */
#define TX_VERDICTS(X)                                                       \
    X(OK, "ok")                                                              \
    X(TYPE_NOT_SUPPORTED, "transaction type not supported")                  \
    X(BAD_SIGNATURE, "invalid sender")                                       \
    X(WRONG_CHAIN, "invalid chain id for signer")                            \
    X(NONCE_TOO_LOW, "nonce too low")                                        \
    X(NONCE_TOO_HIGH, "nonce too high")                                      \
    X(NONCE_MAX, "nonce has max value")                                      \
    X(GAS_LIMIT_REACHED, "gas limit reached")                                \
    X(GAS_LIMIT_TOO_HIGH, "transaction gas limit too high")                  \
    X(INTRINSIC_GAS, "intrinsic gas too low")                                \
    X(FLOOR_GAS, "insufficient gas for floor data gas cost")                 \
    X(INSUFFICIENT_FUNDS, "insufficient funds for gas * price + value")      \
    X(FEE_TOO_LOW, "max fee per gas less than block base fee")               \
    X(TIP_ABOVE_FEE, "max priority fee per gas higher than max fee per gas") \
    X(SENDER_NOT_EOA, "sender not an eoa")                                   \
    X(INITCODE_TOO_LARGE, "max initcode size exceeded")                      \
    X(BLOB_FEE_TOO_LOW, "max fee per blob gas less than block blob gas fee") \
    X(NO_BLOBS, "blob transaction missing blob hashes")                      \
    X(TOO_MANY_BLOBS, "blob transaction has too many blobs")                 \
    X(BLOB_VERSION, "blob has invalid hash version")                         \
    X(BLOB_CREATION, "blob transaction of type create")                      \
    X(BLOB_GAS_REACHED, "blob gas limit reached")                            \
    X(NO_AUTHORIZATIONS, "EIP-7702 transaction with empty auth list")        \
    X(SET_CODE_CREATION, "EIP-7702 transaction cannot be used to create "    \
                         "contract")

enum transaction_verdict {
#define X(name, text) TX_##name,
    TX_VERDICTS(X)
#undef X
};

const char *transaction_verdict_text(enum transaction_verdict verdict);

/* The most data that creates a contract (EIP-3860, from Shanghai on), the most
 * gas that a transaction may ask for (EIP-7825) and the most blobs that it may
 * carry (EIP-7594), both from Osaka on; the first byte of every blob hash
 * (EIP-4844). */
#define TX_INITCODE_BYTES_MAX 49152
#define TX_GAS_LIMIT_MAX (1u << 24)
#define TX_BLOBS_MAX 6
#define TX_BLOB_HASH_VERSION 0x01

/* What the transaction itself shows, without its signature, the state or the
 * block: TX_OK, or why no block under these rules can have it. */
enum transaction_verdict transaction_check(const struct transaction *tx,
                                           enum evm_rules rules,
                                           uint64_t chain_id);
