#include "node/dev_genesis.h"

#include "chain/system_contracts.h"
#include "crypto/digest.h"
#include "crypto/keccak.h"

/* 0x4e59b44847b379578588920cA78FbF26c0B4956C: calls CREATE2 with its input,
 * the first word of which is the salt. */
static const uint8_t proxy_code[] = {
    0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
    0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
    0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xe0, 0x36, 0x01, 0x60,
    0x00, 0x81, 0x60, 0x20, 0x82, 0x37, 0x80, 0x35, 0x82, 0x82, 0x34, 0xf5,
    0x80, 0x15, 0x15, 0x60, 0x39, 0x57, 0x81, 0x82, 0xfd, 0x5b, 0x80, 0x82,
    0x52, 0x50, 0x50, 0x50, 0x60, 0x14, 0x60, 0x0c, 0xf3,
};

static const struct genesis_account proxy = {
    .who = {{0x4e, 0x59, 0xb4, 0x48, 0x47, 0xb3, 0x79, 0x57, 0x85, 0x88,
             0x92, 0x0c, 0xa7, 0x8f, 0xbf, 0x26, 0xc0, 0xb4, 0x95, 0x6c}},
    .nonce = 1,
    .code = {proxy_code, sizeof proxy_code},
};

static enum header_fields fields_of(enum chain_fork fork)
{
    return fork >= FORK_PRAGUE     ? HEADER_REQUESTS
           : fork >= FORK_CANCUN   ? HEADER_BLOBS
           : fork >= FORK_SHANGHAI ? HEADER_WITHDRAWALS
                                   : HEADER_BASE_FEE;
}

static void make_header(struct header *header,
                        const struct dev_genesis_options *options)
{
    *header = (struct header){
        .uncles_hash = EMPTY_UNCLES_HASH,
        .transactions_root = KECCAK_EMPTY_TRIE,
        .receipts_root = KECCAK_EMPTY_TRIE,
        .gas_limit = options->gas_limit,
        .timestamp = options->timestamp,
        .fields = fields_of(options->fork),
        .base_fee = options->base_fee,
    };
    if (header->fields >= HEADER_WITHDRAWALS)
        header->withdrawals_root = KECCAK_EMPTY_TRIE;
    if (header->fields >= HEADER_REQUESTS)
        header->requests_hash = sha256(BYTES_EMPTY);
}

void dev_genesis_make(struct arena *arena, struct genesis *out,
                      const struct dev_genesis_options *options)
{
    size_t count = options->account_count + SYSTEM_CONTRACT_COUNT + 1;
    struct genesis_account *accounts = ARENA_ARRAY(
        arena, struct genesis_account, count);
    u256 ether = u256_from(1000000000000000000u);
    u256 balance = u256_mul(ether, u256_from(options->balance_ether));
    *out = (struct genesis){.accounts = accounts, .account_count = count};
    for (size_t i = 0; i < options->account_count; i++)
        *accounts++ = (struct genesis_account){.who = options->accounts[i],
                                               .balance = balance};
    for (size_t i = 0; i < SYSTEM_CONTRACT_COUNT; i++)
        *accounts++ = SYSTEM_CONTRACTS[i];
    *accounts = proxy;
    chain_config_all(&out->config, options->fork, options->chain_id);
    make_header(&out->header, options);
}
