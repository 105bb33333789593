#include "evm/creation.h"

#include "crypto/keccak.h"

static address low_bytes(const hash32 *hash)
{
    address out;
    memcpy(out.at, hash->at + 12, sizeof out.at);
    return out;
}

/* The hash of the RLP list of the two; an address and a number fit the short
 * forms. */
static address address_by_nonce(const address *caller, uint64_t nonce)
{
    uint8_t list[32], digits[8];
    store_be64(digits, nonce);
    unsigned skip = nonce ? (unsigned)__builtin_clzll(nonce) / 8 : 8;
    unsigned len = 8 - skip, end = 22;
    list[1] = 0x80 + sizeof caller->at;
    memcpy(list + 2, caller->at, sizeof caller->at);
    if (len != 1 || digits[7] >= 0x80)
        list[end++] = (uint8_t)(0x80 + len);
    memcpy(list + end, digits + skip, len);
    end += len;
    list[0] = (uint8_t)(0xc0 + end - 1);
    hash32 hash = keccak256(bytes_of(list, end));
    return low_bytes(&hash);
}

/* EIP-1014: "keccak256( 0xff ++ address ++ salt ++ keccak256(init_code))[12:]"
 */
static address address_by_salt(const struct evm_message *message)
{
    uint8_t text[85] = {0xff};
    hash32 code = keccak256(message->input);
    memcpy(text + 1, message->caller.at, 20);
    memcpy(text + 21, message->salt.at, 32);
    memcpy(text + 53, code.at, 32);
    hash32 hash = keccak256(bytes_of(text, sizeof text));
    return low_bytes(&hash);
}

address creation_address(const struct evm_message *message, uint64_t nonce)
{
    return message->kind == EVM_CREATE2
               ? address_by_salt(message)
               : address_by_nonce(&message->caller, nonce);
}

bool creation_collides(struct evm_host *host, const address *who)
{
    return host->ops->nonce(host, who) != 0 ||
           host->ops->code(host, who).len != 0 ||
           host->ops->has_storage(host, who);
}
