#include "rpc/call_error.h"

#include "rpc/revert.h"

#define VM_ERROR -32015

int simulated_verdict_code(enum transaction_verdict verdict)
{
    static const struct {
        enum transaction_verdict verdict;
        int code;
    } codes[] = {
        {TX_NONCE_TOO_LOW, -38010},      {TX_NONCE_TOO_HIGH, -38011},
        {TX_FEE_TOO_LOW, -38012},        {TX_INTRINSIC_GAS, -38013},
        {TX_INSUFFICIENT_FUNDS, -38014}, {TX_SENDER_NOT_EOA, -38024},
        {TX_INITCODE_TOO_LARGE, -38025}, {TX_TIP_ABOVE_FEE, RPC_INVALID_PARAMS},
    };
    for (size_t i = 0; i < ARRAY_LEN(codes); i++)
        if (codes[i].verdict == verdict)
            return codes[i].code;
    return RPC_INTERNAL_ERROR;
}

static const char *reverted_text(struct rpc_call *call, bytes output)
{
    const char *reason = revert_reason(call->arena, output);
    return arena_printf(call->arena, "execution reverted%s%s",
                        reason ? ": " : "", reason ? reason : "");
}

void put_call_error(struct rpc_call *call, const char *fault, bytes output,
                    bool is_capped)
{
    static const char capped[] =
        " (gas limit was capped by the RPC server's global gas cap)";
    struct json_writer *out = call->out;
    json_key(out, "error");
    json_begin_object(out);
    json_key(out, "message");
    json_put_text(out, !fault ? reverted_text(call, output)
                              : arena_printf(call->arena, "%s%s", fault,
                                             is_capped ? capped : ""));
    json_key(out, "code");
    json_put_i64(out, fault ? VM_ERROR : RPC_REVERTED);
    if (!fault) {
        json_key(out, "data");
        json_put_data(out, output);
    }
    json_end_object(out);
}
