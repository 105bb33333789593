#include "evm/console_log.h"

#include <stdio.h>

#include "base/hex.h"
#include "base/map.h"
#include "base/memory.h"
#include "base/u256.h"
#include "crypto/keccak.h"
#include "evm/evm.h"

#define ARGUMENTS_MAX 4
#define WORD 32

/* 0x000000000000000000636F6e736F6c652e6c6f67: "console.log". */
const address CONSOLE_ADDRESS = {{0,    0,    0,    0,    0,    0,    0,
                                  0,    0,    0x63, 0x6f, 0x6e, 0x73, 0x6f,
                                  0x6c, 0x65, 0x2e, 0x6c, 0x6f, 0x67}};

enum kind {
    KIND_UINT,
    KIND_STRING,
    KIND_BOOL,
    KIND_ADDRESS,
    KIND_INT,
    KIND_BYTES,
    KIND_FIXED, /* and how many bytes */
};

#define KIND_COMBINED 4 /* the kinds that come in any order */

struct signature {
    uint8_t count;
    uint8_t kinds[ARGUMENTS_MAX];
};

struct console_log {
    struct evm_tracer tracer; /* first */
    void (*line)(void *context, bytes text);
    void *context;
    struct map signatures; /* selector -> signature; empty: not made yet */
    struct buffer text;
};

/* The spelling of a kind: as it is now, or as older libraries have it. */
static void put_kind(struct buffer *out, uint8_t kind, bool is_old)
{
    static const char *const names[] = {
        [KIND_UINT] = "uint256", [KIND_STRING] = "string",
        [KIND_BOOL] = "bool",    [KIND_ADDRESS] = "address",
        [KIND_INT] = "int256",   [KIND_BYTES] = "bytes",
    };
    if (kind >= KIND_FIXED)
        buffer_printf(out, "bytes%u", kind - KIND_FIXED);
    else if (is_old && kind == KIND_UINT)
        buffer_put_bytes(out, bytes_str("uint"));
    else if (is_old && kind == KIND_INT)
        buffer_put_bytes(out, bytes_str("int"));
    else
        buffer_put_bytes(out, bytes_str(names[kind]));
}

static void add_spelling(struct console_log *console,
                         const struct signature *signature, bool is_old)
{
    struct buffer *text = &console->text;
    text->len = 0;
    buffer_put_bytes(text, bytes_str("log("));
    for (unsigned i = 0; i < signature->count; i++) {
        if (i)
            buffer_put_byte(text, ',');
        put_kind(text, signature->kinds[i], is_old);
    }
    buffer_put_byte(text, ')');
    hash32 hash = keccak256(buffer_bytes(text));
    struct signature *entry = map_put(&console->signatures, hash.at, NULL);
    *entry = *signature;
}

static void add(struct console_log *console, const struct signature *signature)
{
    add_spelling(console, signature, false);
    add_spelling(console, signature, true);
}

static void add_single(struct console_log *console, uint8_t kind)
{
    add(console, &(struct signature){.count = 1, .kinds = {kind}});
}

/* All sequences of `count` of the combined kinds: the digits of numbers to
 * the base of how many kinds there are. */
static void add_combinations(struct console_log *console, uint8_t count)
{
    unsigned total = 1;
    for (unsigned i = 0; i < count; i++)
        total *= KIND_COMBINED;
    for (unsigned number = 0; number < total; number++) {
        struct signature signature = {.count = count};
        unsigned rest = number;
        for (unsigned i = 0; i < count; i++, rest /= KIND_COMBINED)
            signature.kinds[i] = (uint8_t)(rest % KIND_COMBINED);
        add(console, &signature);
    }
}

static void add_all(struct console_log *console)
{
    for (uint8_t count = 0; count <= ARGUMENTS_MAX; count++)
        add_combinations(console, count);
    add_single(console, KIND_INT);
    add_single(console, KIND_BYTES);
    for (unsigned len = 1; len <= WORD; len++)
        add_single(console, (uint8_t)(KIND_FIXED + len));
    /* forge-std alone. */
    add(console, &(struct signature){2, {KIND_STRING, KIND_INT}});
}

static const struct signature *find(struct console_log *console,
                                    const uint8_t selector[4])
{
    if (!console->signatures.len)
        add_all(console);
    return map_get(&console->signatures, selector);
}

/* One argument: a word, or what a word points to. */
struct argument {
    uint8_t kind;
    bytes value;
};

static bool read_dynamic(bytes *out, bytes body, const uint8_t *head)
{
    uint64_t at = u256_clamp_u64(u256_load_be(head));
    if (at > body.len || body.len - at < WORD)
        return false;
    uint64_t len = u256_clamp_u64(u256_load_be(body.at + at));
    if (len > body.len - at - WORD)
        return false;
    *out = bytes_of(body.at + at + WORD, len);
    return true;
}

static bool read_arguments(struct argument out[ARGUMENTS_MAX],
                           const struct signature *signature, bytes body)
{
    if (body.len < (size_t)signature->count * WORD)
        return false;
    for (unsigned i = 0; i < signature->count; i++) {
        const uint8_t *head = body.at + (size_t)i * WORD;
        uint8_t kind = signature->kinds[i];
        out[i] = (struct argument){kind, bytes_of(head, WORD)};
        if ((kind == KIND_STRING || kind == KIND_BYTES) &&
            !read_dynamic(&out[i].value, body, head))
            return false;
    }
    return true;
}

static void put_hex(struct buffer *out, bytes from)
{
    if (from.len > CONSOLE_LOG_BYTES_MAX)
        from.len = CONSOLE_LOG_BYTES_MAX;
    buffer_put_bytes(out, bytes_str("0x"));
    hex_write((char *)buffer_extend(out, from.len * 2), from);
}

static void put_integer(struct buffer *out, u256 value, bool is_signed)
{
    char digits[U256_DECIMAL_MAX];
    if (is_signed && u256_is_negative(value)) {
        buffer_put_byte(out, '-');
        value = u256_negate(value);
    }
    buffer_put(out, digits, u256_decimal(digits, value));
}

static void put_argument(struct buffer *out, const struct argument *argument)
{
    bytes value = argument->value;
    switch ((enum kind)argument->kind) {
    case KIND_UINT:
    case KIND_INT:
        put_integer(out, u256_load_be(value.at), argument->kind == KIND_INT);
        return;
    case KIND_BOOL:
        buffer_put_bytes(
            out,
            bytes_str(u256_is_zero(u256_load_be(value.at)) ? "false" : "true"));
        return;
    case KIND_ADDRESS:
        put_hex(out, bytes_of(value.at + 12, 20));
        return;
    case KIND_STRING:
        buffer_put_bytes(out, value);
        return;
    case KIND_BYTES:
        put_hex(out, value);
        return;
    case KIND_FIXED:
        break;
    }
    put_hex(out, bytes_of(value.at, argument->kind - (size_t)KIND_FIXED));
}

static void put_as(struct buffer *out, char how,
                   const struct argument *argument)
{
    char digits[HEX_QUANTITY_MAX];
    if (how == 'c') /* a style sheet, for browsers */
        return;
    if (how == 'x' &&
        (argument->kind == KIND_UINT || argument->kind == KIND_INT))
        buffer_put(out, digits,
                   hex_quantity(digits, u256_load_be(argument->value.at)));
    else
        put_argument(out, argument);
}

/* The first argument with the others in their places; returns how many were
 * taken. */
static unsigned put_format(struct buffer *out, bytes format,
                           const struct argument *rest, unsigned count)
{
    unsigned taken = 0;
    for (size_t i = 0; i < format.len; i++) {
        uint8_t c = format.at[i],
                how = i + 1 < format.len ? format.at[i + 1] : 0;
        if (c != '%' || !how || !strchr("sdifxoOjc%", how)) {
            buffer_put_byte(out, c);
        } else if (how == '%') {
            buffer_put_byte(out, '%');
            i++;
        } else if (taken < count) {
            put_as(out, (char)how, &rest[taken++]);
            i++;
        } else {
            buffer_put_byte(out, c);
        }
    }
    return taken;
}

static void put_line(struct buffer *out, const struct argument *arguments,
                     unsigned count)
{
    unsigned next = 0;
    if (count > 1 && arguments[0].kind == KIND_STRING)
        next = 1 +
               put_format(out, arguments[0].value, arguments + 1, count - 1);
    for (bool follows = next > 0; next < count; next++, follows = true) {
        if (follows)
            buffer_put_byte(out, ' ');
        put_argument(out, &arguments[next]);
    }
}

bool console_log_decode(struct console_log *console, struct buffer *out,
                        bytes input)
{
    struct argument arguments[ARGUMENTS_MAX];
    const struct signature *signature = input.len < 4 ? NULL
                                                      : find(console, input.at);
    if (!signature || !read_arguments(arguments, signature,
                                      bytes_of(input.at + 4, input.len - 4)))
        return false;
    size_t start = out->len;
    put_line(out, arguments, signature->count);
    if (out->len - start > CONSOLE_LOG_BYTES_MAX)
        out->len = start + CONSOLE_LOG_BYTES_MAX;
    return true;
}

static void on_enter(struct evm_tracer *tracer,
                     const struct evm_message *message)
{
    struct console_log *console = (struct console_log *)(void *)tracer;
    if (!address_equal(&message->code_of, &CONSOLE_ADDRESS) || !console->line ||
        message->depth == 0)
        return;
    struct buffer line = {0};
    if (console_log_decode(console, &line, message->input))
        console->line(console->context, buffer_bytes(&line));
    buffer_free(&line);
}

struct console_log *console_log_new(void (*line)(void *context, bytes text),
                                    void *context)
{
    struct console_log *console = MEMORY_NEW(struct console_log);
    console->tracer.enter = on_enter;
    console->line = line;
    console->context = context;
    map_init(&console->signatures, 4, sizeof(struct signature));
    return console;
}

void console_log_free(struct console_log *console)
{
    if (!console)
        return;
    map_fini(&console->signatures);
    buffer_free(&console->text);
    free(console);
}

struct evm_tracer *console_log_tracer(struct console_log *console)
{
    return &console->tracer;
}
