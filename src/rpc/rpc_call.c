/* What a method asks of its call. */
#include <stdarg.h>
#include <stdio.h>

#include "base/hex.h"
#include "rpc/rpc_core.h"

#define ERROR_TEXT_MAX 1024

static bool fail(struct rpc_call *call, int code, const char *format,
                 va_list args)
{
    char text[ERROR_TEXT_MAX];
    vsnprintf(text, sizeof text, format, args);
    call->error.code = code;
    call->error.text = arena_string(call->arena, bytes_str(text));
    return false;
}

bool rpc_fail(struct rpc_call *call, int code, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    fail(call, code, format, args);
    va_end(args);
    return false;
}

bool rpc_fail_data(struct rpc_call *call, int code, bytes data,
                   const char *format, ...)
{
    va_list args;
    va_start(args, format);
    fail(call, code, format, args);
    va_end(args);
    call->error.data = hex_string(call->arena, data);
    return false;
}

bool rpc_fail_quantity(struct rpc_call *call, int code, uint64_t data,
                       const char *format, ...)
{
    va_list args;
    char *text = arena_zalloc(call->arena, HEX_QUANTITY_MAX + 1);
    va_start(args, format);
    fail(call, code, format, args);
    va_end(args);
    hex_quantity(text, u256_from(data));
    call->error.data = text;
    return false;
}

bool rpc_fail_err(struct rpc_call *call, loft_err code)
{
    const char *sentence = err_sentence();
    int rpc_code = code == LOFT_ERR_FORMAT || code == LOFT_ERR_USAGE
                       ? RPC_INVALID_PARAMS
                   : code == LOFT_ERR_LIMIT ? RPC_LIMIT_EXCEEDED
                   : code == LOFT_ERR_IO || code == LOFT_ERR_CORRUPT
                       ? RPC_INTERNAL_ERROR
                       : RPC_SERVER_ERROR;
    return rpc_fail(call, rpc_code, "%s",
                    *sentence ? sentence : err_text(code));
}

bool rpc_go(struct rpc_call *call, enum rpc_place to, rpc_function *function,
            void *kept)
{
    call->going = (struct rpc_going){to, function, kept};
    return false;
}

bool rpc_move(struct rpc_call *call)
{
    return rpc_go(call, RPC_ON_WORKER, NULL, call->kept);
}

bool rpc_is_stopped(struct rpc_call *call)
{
    if (!call->stop || !atomic_load_explicit(call->stop, memory_order_relaxed))
        return false;
    rpc_fail(call, RPC_TIMEOUT, RPC_TOOK_TOO_LONG);
    return true;
}
