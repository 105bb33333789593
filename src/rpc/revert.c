#include "rpc/revert.h"

#include "base/hex.h"

#define REASON_CHARS_MAX 900

/* A panic's code (Solidity, "Panic via assert and Error via require"). */
static const char *panic_text(uint64_t code)
{
    static const struct {
        uint64_t code;
        const char *text;
    } panics[] = {
        {0x00, "generic panic"},
        {0x01, "assert(false)"},
        {0x11, "arithmetic underflow or overflow"},
        {0x12, "division or modulo by zero"},
        {0x21, "enum overflow"},
        {0x22, "invalid encoded storage byte array accessed"},
        {0x31, "out-of-bounds array access; popping on an empty array"},
        {0x32, "out-of-bounds access of an array or bytesN"},
        {0x41, "out of memory"},
        {0x51, "uninitialized function"},
    };
    for (size_t i = 0; i < ARRAY_LEN(panics); i++)
        if (panics[i].code == code)
            return panics[i].text;
    return NULL;
}

static const char *panic_reason(struct arena *arena, bytes body)
{
    if (body.len < 32)
        return NULL;
    u256 code = u256_load_be(body.at);
    const char *text = u256_fits_u64(code) ? panic_text(code.limb[0]) : NULL;
    char hex[HEX_QUANTITY_MAX + 1] = {0};
    hex_quantity(hex, code);
    return text ? text : arena_printf(arena, "unknown panic code: %s", hex);
}

/* One string, by the ABI: where it is, how long, its bytes. */
static const char *error_reason(struct arena *arena, bytes body)
{
    if (body.len < 64)
        return NULL;
    uint64_t at = u256_clamp_u64(u256_load_be(body.at));
    if (at > body.len - 32)
        return NULL;
    uint64_t len = u256_clamp_u64(u256_load_be(body.at + at));
    bytes text = bytes_of(body.at + at + 32, body.len - at - 32);
    if (len > text.len)
        return NULL;
    text.len = len < REASON_CHARS_MAX ? len : REASON_CHARS_MAX;
    return arena_string(arena, text);
}

const char *revert_reason(struct arena *arena, bytes output)
{
    if (output.len < 4)
        return NULL;
    bytes body = bytes_of(output.at + 4, output.len - 4);
    switch (load_be32(output.at)) {
    case 0x08c379a0: /* Error(string) */
        return error_reason(arena, body);
    case 0x4e487b71: /* Panic(uint256) */
        return panic_reason(arena, body);
    }
    return NULL;
}

bool revert_is_panic(uint64_t *code, bytes output)
{
    if (output.len < 36 || load_be32(output.at) != 0x4e487b71)
        return false;
    *code = u256_clamp_u64(u256_load_be(output.at + 4));
    return true;
}

bool rpc_fail_reverted(struct rpc_call *call, bytes output)
{
    const char *reason = revert_reason(call->arena, output);
    return rpc_fail_data(call, RPC_REVERTED, output, "execution reverted%s%s",
                         reason ? ": " : "", reason ? reason : "");
}
