/* What is accepted is written as it was read; and nothing that judges a
 * transaction minds what is in it. */
#include <stdint.h>

#include "base/assert.h"
#include "chain/transaction.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static void judge(const struct transaction *tx)
{
    address sender;
    for (enum evm_rules rules = 0; rules < EVM_RULES_COUNT; rules++) {
        struct intrinsic_gas due = transaction_intrinsic_gas(tx, rules);
        ASSERT(due.gas >= 21000);
        if (transaction_check(tx, rules, 1) == TX_OK)
            ASSERT(tx->gas_limit >= due.gas && tx->gas_limit >= due.floor);
    }
    (void)transaction_sender(&sender, tx, EVM_OSAKA);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    struct arena arena;
    struct transaction tx;
    struct blob_sidecar sidecar;
    bytes input = bytes_of(data, len), raw;
    arena_init(&arena);
    if (transaction_decode_network(&arena, &tx, &raw, &sidecar, input) ==
        LOFT_OK) {
        struct buffer out = {0};
        transaction_encode(&out, &tx);
        ASSERT(bytes_equal(buffer_bytes(&out), raw));
        ASSERT(raw.len <= len);
        buffer_free(&out);
        judge(&tx);
    }
    if (transaction_decode(&arena, &tx, input) == LOFT_OK) {
        struct buffer out = {0};
        transaction_encode(&out, &tx);
        ASSERT(bytes_equal(buffer_bytes(&out), input));
        buffer_free(&out);
    }
    arena_fini(&arena);
    return 0;
}
