#include "rpc/failures.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/hex.h"
#include "base/memory.h"
#include "crypto/keccak.h"
#include "rpc/revert.h"
#include "rpc/rpc.h"

#define SHOWN_DATA_BYTES_MAX 256

void failures_clear(struct failures *failures)
{
    VEC_FOR_EACH (failure, &failures->list)
        free((void *)(uintptr_t)failure->output.at);
    failures->list.len = 0;
}

void failures_fini(struct failures *failures)
{
    failures_clear(failures);
    VEC_FREE(&failures->list);
}

void failures_note(struct failures *failures, const struct block *block,
                   const struct block_outcome *outcome)
{
    if (failures->told == FAILURES_OF_NONE)
        return;
    for (size_t i = 0; i < outcome->count; i++) {
        const struct execution *execution = &outcome->executions[i];
        if (execution->status == EVM_STOPPED)
            continue;
        struct failure failure = {
            .transaction = keccak256(block->raw_transactions[i]),
            .status = execution->status,
            .why = execution->why,
        };
        if (execution->output.len) {
            uint8_t *copy = memory_alloc(execution->output.len);
            memcpy(copy, execution->output.at, execution->output.len);
            failure.output = bytes_of(copy, execution->output.len);
        }
        VEC_PUSH(&failures->list, failure);
    }
}

const struct failure *failures_find(const struct failures *failures,
                                    const hash32 *transaction)
{
    VEC_FOR_EACH (failure, &failures->list)
        if (hash32_equal(&failure->transaction, transaction))
            return failure;
    return NULL;
}

static const char *reverted_text(struct arena *arena,
                                 const struct error_names *names, bytes output)
{
    uint64_t code;
    char digits[2 * SHOWN_DATA_BYTES_MAX + 1] = "";
    const char *reason = revert_reason(arena, output);
    if (revert_is_panic(&code, output))
        return arena_printf(arena,
                            "reverted with panic code 0x%" PRIx64 " (%s)", code,
                            reason ? reason : "unknown panic code");
    if (reason)
        return arena_printf(arena, "reverted with reason string '%s'", reason);
    if (!output.len)
        return "reverted without a reason string";
    const char *error = names ? error_names_text(names, arena, output) : NULL;
    if (error)
        return arena_printf(arena, "reverted with custom error '%s'", error);
    if (output.len > SHOWN_DATA_BYTES_MAX)
        output.len = SHOWN_DATA_BYTES_MAX;
    hex_write(digits, output);
    return arena_printf(
        arena, "reverted with an unrecognized custom error (return data: 0x%s)",
        digits);
}

const char *failure_text(struct arena *arena, const struct error_names *names,
                         enum evm_status status, enum evm_exception why,
                         bytes output)
{
    const char *what = status == EVM_REVERTED
                           ? reverted_text(arena, names, output)
                           : evm_exception_text(why);
    return arena_printf(arena, "VM Exception while processing transaction: %s",
                        what);
}

void failure_put(struct json_writer *out, const struct failures *failures,
                 const struct failure *failure)
{
    struct arena arena;
    arena_init(&arena);
    const char *text = failure_text(&arena, failures->names, failure->status,
                                    failure->why, failure->output);
    json_begin_object(out);
    json_key(out, "code");
    json_put_i64(out, failure->status == EVM_REVERTED ? RPC_REVERTED
                                                      : RPC_SERVER_ERROR);
    json_key(out, "message");
    json_put_text(out, text);
    json_key(out, "data");
    json_begin_object(out);
    json_key(out, "data");
    json_put_data(out, failure->output);
    json_key(out, "message");
    json_put_text(out, text);
    json_key(out, "txHash");
    json_put_hash(out, &failure->transaction);
    json_end_object(out);
    json_end_object(out);
    arena_fini(&arena);
}
