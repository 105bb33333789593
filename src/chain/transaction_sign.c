#include <string.h>

#include "chain/transaction_codec.h"
#include "codec/rlp.h"
#include "crypto/keccak.h"

hash32 transaction_hash(const struct transaction *tx)
{
    struct buffer encoded = {0};
    transaction_encode(&encoded, tx);
    hash32 hash = keccak256(buffer_bytes(&encoded));
    buffer_free(&encoded);
    return hash;
}

/* EIP-155: "hash nine rlp encoded elements (nonce, gasprice, startgas, to,
 * value, data, chainid, 0, 0)"; without a chain id, the first six. */
hash32 transaction_signing_hash(const struct transaction *tx)
{
    struct buffer message = {0};
    if (tx->type != TX_LEGACY)
        buffer_put_byte(&message, (uint8_t)tx->type);
    size_t opened = rlp_open(&message);
    transaction_put_unsigned(&message, tx);
    if (tx->type == TX_LEGACY && tx->is_replay_protected) {
        rlp_put_u64(&message, tx->chain_id);
        rlp_put_u64(&message, 0);
        rlp_put_u64(&message, 0);
    }
    rlp_close(&message, opened);
    hash32 hash = keccak256(buffer_bytes(&message));
    buffer_free(&message);
    return hash;
}

loft_err transaction_sign(struct transaction *tx, const secret32 *key)
{
    hash32 digest = transaction_signing_hash(tx);
    return ecdsa_sign(&tx->signature, &digest, key);
}

bool transaction_sender(address *sender, const struct transaction *tx,
                        enum evm_rules rules)
{
    if (rules >= EVM_HOMESTEAD && u256_less(ECDSA_HALF_ORDER, tx->signature.s))
        return false;
    if (rules < EVM_SPURIOUS && tx->is_replay_protected)
        return false;
    hash32 digest = transaction_signing_hash(tx);
    return ecdsa_recover(sender, &digest, &tx->signature);
}

void transaction_impersonate(struct transaction *tx, const address *sender)
{
    uint8_t word[32] = {0};
    memcpy(word + 12, sender->at, sizeof sender->at);
    tx->signature = (struct ecdsa_signature){.r = u256_load_be(word)};
}

bool transaction_is_impersonated(address *sender, const struct transaction *tx)
{
    uint8_t word[32];
    u256_store_be(word, tx->signature.r);
    memcpy(sender->at, word + 12, sizeof sender->at);
    return u256_is_zero(tx->signature.s) && load_be64(word) == 0 &&
           load_be32(word + 8) == 0;
}

bool transaction_author(address *sender, const struct transaction *tx,
                        enum evm_rules rules)
{
    return transaction_is_impersonated(sender, tx) ||
           transaction_sender(sender, tx, rules);
}
