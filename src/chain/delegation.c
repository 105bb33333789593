#include "chain/delegation.h"

#include "codec/rlp.h"
#include "crypto/ecdsa.h"
#include "crypto/keccak.h"
#include "evm/evm.h"

#define AUTHORIZATION_MAGIC 0x05
#define PER_EMPTY_ACCOUNT_COST 25000
#define PER_AUTH_BASE_COST 12500
#define DELEGATION_BYTES 23

static hash32 signing_hash(const struct authorization *authorization)
{
    struct buffer message = {0};
    buffer_put_byte(&message, AUTHORIZATION_MAGIC);
    size_t list = rlp_open(&message);
    rlp_put_u256(&message, authorization->chain_id);
    rlp_put_address(&message, &authorization->target);
    rlp_put_u64(&message, authorization->nonce);
    rlp_close(&message, list);
    hash32 hash = keccak256(buffer_bytes(&message));
    buffer_free(&message);
    return hash;
}

bool authorization_signer(address *signer,
                          const struct authorization *authorization)
{
    if (authorization->parity > 1 ||
        u256_less(ECDSA_HALF_ORDER, authorization->s))
        return false;
    struct ecdsa_signature signature = {authorization->r, authorization->s,
                                        authorization->parity};
    hash32 hash = signing_hash(authorization);
    return ecdsa_recover(signer, &hash, &signature);
}

static bool may_delegate(struct overlay *overlay, const address *who)
{
    bytes code = overlay_code(overlay, who);
    address target;
    return !code.len || evm_read_delegation(&target, code);
}

/* EIP-7702: "If address is 0x00…00, do not write the delegation indicator.
 * Clear the account's code". */
static void write_delegation(struct overlay *overlay, const address *who,
                             const address *target)
{
    uint8_t code[DELEGATION_BYTES] = {0xef, 0x01, 0x00};
    memcpy(code + 3, target->at, sizeof target->at);
    bool clears = address_is_zero(target);
    overlay_set_code(overlay, who,
                     clears ? BYTES_EMPTY : bytes_of(code, sizeof code));
}

static uint64_t apply_authorization(struct overlay *overlay, uint64_t chain_id,
                                    const struct authorization *authorization)
{
    address who;
    bool any_chain = u256_is_zero(authorization->chain_id);
    if (!any_chain && !u256_equal(authorization->chain_id, u256_from(chain_id)))
        return 0;
    if (authorization->nonce == UINT64_MAX ||
        !authorization_signer(&who, authorization))
        return 0;
    /* The account is warm from here on, even where what follows refuses. */
    overlay_access(overlay, &who);
    if (!may_delegate(overlay, &who) ||
        overlay_nonce(overlay, &who) != authorization->nonce)
        return 0;

    bool existed = overlay_exists(overlay, &who);
    write_delegation(overlay, &who, &authorization->target);
    overlay_set_nonce(overlay, &who, authorization->nonce + 1);
    return existed ? PER_EMPTY_ACCOUNT_COST - PER_AUTH_BASE_COST : 0;
}

uint64_t apply_authorizations(struct overlay *overlay, uint64_t chain_id,
                              const struct transaction *tx)
{
    uint64_t refund = 0;
    for (size_t i = 0; i < tx->authorization_count; i++)
        refund += apply_authorization(overlay, chain_id,
                                      &tx->authorizations[i]);
    return refund;
}
