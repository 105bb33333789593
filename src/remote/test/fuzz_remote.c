/* What a remote node says of a block and of an account. */
#include "base/assert.h"
#include "codec/json.h"
#include "remote/remote_block.h"
#include "remote/remote_cache.h"
#include "state/account.h"

static void read_block(bytes text)
{
    static const struct json_limits LIMITS = {
        .bytes_max = 1u << 20, .values_max = 1u << 16, .depth_max = 64};
    const struct json *block;
    struct header header;
    hash32 hash, computed;
    struct arena arena;
    arena_init(&arena);
    if (json_parse(&block, &arena, text, &LIMITS) == LOFT_OK &&
        remote_read_header(&arena, &header, &hash, block) == LOFT_OK) {
        computed = header_hash(&header);
        ASSERT(hash32_equal(&computed, &hash));
    }
    arena_fini(&arena);
}

/* What is read is written as it was: proofs are of these very bytes. */
static void read_account(bytes rlp)
{
    uint8_t room[ACCOUNT_RLP_MAX];
    struct remote_account account;
    if (remote_account_read(&account, rlp) != LOFT_OK || !account.exists)
        return;
    size_t len = account_write_rlp(room, account.nonce, account.balance,
                                   &account.storage_root, &account.code_hash);
    ASSERT(bytes_equal(bytes_of(room, len), rlp));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    read_block(bytes_of(data, len));
    read_account(bytes_of(data, len));
    return 0;
}
