/* Any bytes are offered to a chain as a block. It accepts them or says why
 * not, and a block that it does not accept changes nothing. The corpus holds
 * blocks that are valid on this chain, so that what is made of them gets as
 * far as being executed. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/assert.h"
#include "chain/chain.h"
#include "chain/system_contracts.h"
#include "chain/validate.h"
#include "crypto/digest.h"
#include "crypto/keccak.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static struct chain *chain;
static char dir[] = "/tmp/loft-fuzz-XXXXXX";

static void close_chain(void)
{
    static const char *const FILES[] = {"data.mdb", "lock.mdb", "lock"};
    chain_close(chain);
    for (size_t i = 0; i < ARRAY_LEN(FILES); i++) {
        char path[64];
        snprintf(path, sizeof path, "%s/%s", dir, FILES[i]);
        unlink(path);
    }
    rmdir(dir);
}

/* The account of secret key 1 has ether. */
static void open_chain(void)
{
    struct genesis_account accounts[SYSTEM_CONTRACT_COUNT + 1];
    struct genesis genesis = {.accounts = accounts,
                              .account_count = ARRAY_LEN(accounts)};
    const struct chain_options options = {
        .dir = mkdtemp(dir),
        .store = {.durability = STORE_DEV, .bytes_max = 1u << 30},
        .state = {.keep_history = true},
    };
    memcpy(accounts, SYSTEM_CONTRACTS, sizeof SYSTEM_CONTRACTS);
    accounts[SYSTEM_CONTRACT_COUNT] = (struct genesis_account){
        .who = {{0x7e, 0x5f, 0x45, 0x52, 0x09, 0x1a, 0x69, 0x12, 0x5d, 0x5d,
                 0xfc, 0xb7, 0xb8, 0xc2, 0x65, 0x90, 0x29, 0x39, 0x5b, 0xdf}},
        .balance = {{0, 1000}},
    };
    chain_config_all(&genesis.config, FORK_OSAKA, 1337);
    genesis.header = (struct header){
        .uncles_hash = EMPTY_UNCLES_HASH,
        .transactions_root = KECCAK_EMPTY_TRIE,
        .receipts_root = KECCAK_EMPTY_TRIE,
        .withdrawals_root = KECCAK_EMPTY_TRIE,
        .requests_hash = sha256(BYTES_EMPTY),
        .gas_limit = 30000000,
        .base_fee = u256_from(1000000000),
        .fields = fork_header_fields(FORK_OSAKA),
    };
    ASSERT(chain_open(&chain, &options, &genesis) == LOFT_OK);
    atexit(close_chain);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    if (!chain)
        open_chain();
    hash32 before = chain_head(chain)->hash;
    enum block_verdict verdict;
    ASSERT(chain_import(chain, &verdict, bytes_of(data, len)) == LOFT_OK);
    if (verdict != BLOCK_OK)
        ASSERT(hash32_equal(&before, &chain_head(chain)->hash));
    ASSERT(chain_rewind(chain, 0) == LOFT_OK);
    ASSERT(hash32_equal(&chain_head(chain)->hash, chain_genesis_hash(chain)));
    return 0;
}
