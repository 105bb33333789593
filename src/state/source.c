#include "state/source.h"

#include "crypto/keccak.h"

static loft_err no_account(struct state_source *source,
                           struct state_account *out, const address *who)
{
    (void)source, (void)who;
    *out = (struct state_account){.code_hash = KECCAK_EMPTY};
    return LOFT_OK;
}

static loft_err no_slot(struct state_source *source, u256 *out,
                        const address *who, const u256 *key)
{
    (void)source, (void)who, (void)key;
    *out = U256_ZERO;
    return LOFT_OK;
}

static loft_err no_code(struct state_source *source, struct arena *arena,
                        bytes *out, const hash32 *hash)
{
    (void)source, (void)arena, (void)hash;
    *out = BYTES_EMPTY;
    return LOFT_OK;
}

struct state_source STATE_NOWHERE = {no_account, no_slot, no_code};
