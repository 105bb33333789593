#include "codec/abi.h"

#include <inttypes.h>

#include "base/assert.h"

static size_t padded(size_t len)
{
    return (len + 31) & ~(size_t)31;
}

static void put_word(struct buffer *out, u256 word)
{
    u256_store_be(buffer_extend(out, 32), word);
}

static void put_padded(struct buffer *out, bytes data)
{
    size_t padding = padded(data.len) - data.len;
    buffer_put_bytes(out, data);
    if (padding)
        memset(buffer_extend(out, padding), 0, padding);
}

static void encode(struct buffer *out, const struct abi_value *value);

/* Heads first, then what their offsets lead to; offsets count from where the
 * heads begin. */
static void encode_items(struct buffer *out, const struct abi_value *value)
{
    size_t start = out->len, at = start;
    for (size_t i = 0; i < value->count; i++) {
        if (value->items[i].type->is_dynamic)
            put_word(out, U256_ZERO);
        else
            encode(out, &value->items[i]);
    }
    for (size_t i = 0; i < value->count; i++) {
        const struct abi_type *type = value->items[i].type;
        if (type->is_dynamic) {
            u256_store_be(out->at + at, u256_from(out->len - start));
            encode(out, &value->items[i]);
        }
        at += type->head_len;
    }
}

static void encode(struct buffer *out, const struct abi_value *value)
{
    switch (value->type->kind) {
    case ABI_UINT:
    case ABI_INT:
    case ABI_ADDRESS:
    case ABI_BOOL:
        put_word(out, value->word);
        break;
    case ABI_BYTES:
    case ABI_STRING:
        put_word(out, u256_from(value->data.len));
        put_padded(out, value->data);
        break;
    case ABI_FIXED_BYTES:
        put_padded(out, value->data);
        break;
    case ABI_LIST:
        put_word(out, u256_from(value->count));
        encode_items(out, value);
        break;
    case ABI_FIXED_LIST:
    case ABI_TUPLE:
        encode_items(out, value);
        break;
    }
}

void abi_encode(struct buffer *out, const struct abi_value *value)
{
    encode(out, value);
}

struct decoder {
    struct arena *arena;
    size_t budget; /* bytes that may still be decoded */
};

/* Takes the first len bytes off *frame, against the budget. */
static loft_err take(struct decoder *decoder, bytes *out, size_t len,
                     bytes *frame)
{
    if (len > frame->len)
        return err_say(LOFT_ERR_FORMAT,
                       "ABI data ends: %zu bytes are needed, %zu are left", len,
                       frame->len);
    if (len > decoder->budget)
        return err_say(LOFT_ERR_LIMIT,
                       "ABI data decodes to more than %d times its size",
                       ABI_REUSE_MAX);
    decoder->budget -= len;
    *out = bytes_of(frame->at, len);
    *frame = bytes_of(frame->at + len, frame->len - len);
    return LOFT_OK;
}

static loft_err take_word(struct decoder *decoder, u256 *out, bytes *frame)
{
    bytes word;
    TRY(take(decoder, &word, 32, frame));
    *out = u256_load_be(word.at);
    return LOFT_OK;
}

/* A length or an offset, which leads within the frame. */
static loft_err take_size(struct decoder *decoder, size_t *out, size_t max,
                          bytes *frame)
{
    u256 word;
    TRY(take_word(decoder, &word, frame));
    if (!u256_fits_u64(word) || word.limb[0] > max)
        return err_say(LOFT_ERR_FORMAT,
                       "ABI length or offset is beyond the %zu bytes of data",
                       max);
    *out = (size_t)word.limb[0];
    return LOFT_OK;
}

/* The second coder's rule: a word is what encoding its value gives. */
static bool is_clean(const struct abi_type *type, u256 word)
{
    if (type->kind == ABI_INT)
        return u256_equal(word, u256_sign_extend(word, type->size / 8 - 1));
    return u256_bits(word) <= type->size;
}

static loft_err decode_word(struct decoder *decoder, struct abi_value *out,
                            bytes *frame)
{
    TRY(take_word(decoder, &out->word, frame));
    if (!is_clean(out->type, out->word))
        return err_say(LOFT_ERR_FORMAT, "ABI value is out of the range of %s",
                       out->type->text);
    return LOFT_OK;
}

static loft_err decode_fixed_bytes(struct decoder *decoder,
                                   struct abi_value *out, bytes *frame)
{
    bytes word;
    TRY(take(decoder, &word, 32, frame));
    for (size_t i = out->type->size; i < 32; i++)
        if (word.at[i])
            return err_say(LOFT_ERR_FORMAT, "ABI %s has more than its bytes",
                           out->type->text);
    out->data = bytes_of(word.at, out->type->size);
    return LOFT_OK;
}

static loft_err decode_bytes(struct decoder *decoder, struct abi_value *out,
                             bytes *frame)
{
    size_t len;
    TRY(take_size(decoder, &len, frame->len, frame));
    return take(decoder, &out->data, len, frame);
}

static loft_err decode(struct decoder *decoder, struct abi_value *out,
                       bytes *frame);

/* Takes an item's head off *heads: the item itself, or its offset in frame. */
static loft_err decode_item(struct decoder *decoder, struct abi_value *out,
                            bytes frame, bytes *heads)
{
    if (!out->type->is_dynamic)
        return decode(decoder, out, heads);
    size_t offset;
    TRY(take_size(decoder, &offset, frame.len, heads));
    bytes tail = bytes_of(frame.at + offset, frame.len - offset);
    return decode(decoder, out, &tail);
}

static const struct abi_type *type_of_item(const struct abi_type *type,
                                           size_t index)
{
    return type->kind == ABI_TUPLE ? type->params[index].type : type->element;
}

static loft_err decode_items(struct decoder *decoder, struct abi_value *out,
                             size_t count, bytes *frame)
{
    bytes whole = *frame;
    out->count = count;
    out->items = ARENA_ARRAY(decoder->arena, struct abi_value, count);
    for (size_t i = 0; i < count; i++) {
        out->items[i].type = type_of_item(out->type, i);
        TRY(decode_item(decoder, &out->items[i], whole, frame));
    }
    return LOFT_OK;
}

/* The heads fit in what is left before memory is taken for the items. */
static loft_err decode_list(struct decoder *decoder, struct abi_value *out,
                            bytes *frame)
{
    size_t count;
    TRY(take_size(decoder, &count, frame->len, frame));
    if (count > frame->len / out->type->element->head_len)
        return err_say(LOFT_ERR_FORMAT, "ABI list of %zu elements in %zu bytes",
                       count, frame->len);
    return decode_items(decoder, out, count, frame);
}

static loft_err decode_fixed_list(struct decoder *decoder,
                                  struct abi_value *out, bytes *frame)
{
    const struct abi_type *type = out->type;
    if (type->count > frame->len / type->element->head_len)
        return err_say(LOFT_ERR_FORMAT, "ABI %s in %zu bytes", type->text,
                       frame->len);
    return decode_items(decoder, out, type->count, frame);
}

static loft_err decode(struct decoder *decoder, struct abi_value *out,
                       bytes *frame)
{
    typedef loft_err decode_kind(struct decoder *, struct abi_value *, bytes *);
    static decode_kind *const kinds[] = {
        [ABI_UINT] = decode_word,
        [ABI_INT] = decode_word,
        [ABI_ADDRESS] = decode_word,
        [ABI_BOOL] = decode_word,
        [ABI_FIXED_BYTES] = decode_fixed_bytes,
        [ABI_BYTES] = decode_bytes,
        [ABI_STRING] = decode_bytes,
        [ABI_LIST] = decode_list,
        [ABI_FIXED_LIST] = decode_fixed_list,
    };
    if (out->type->kind == ABI_TUPLE)
        return decode_items(decoder, out, out->type->count, frame);
    return kinds[out->type->kind](decoder, out, frame);
}

static struct decoder decoder_of(struct arena *arena, bytes data)
{
    return (struct decoder){arena, data.len < SIZE_MAX / ABI_REUSE_MAX
                                       ? data.len * ABI_REUSE_MAX
                                       : SIZE_MAX};
}

loft_err abi_decode(struct abi_value *out, struct arena *arena,
                    const struct abi_type *type, bytes data)
{
    struct decoder decoder = decoder_of(arena, data);
    *out = (struct abi_value){.type = type};
    return decode(&decoder, out, &data);
}

static bool is_word(const struct abi_type *type)
{
    return type->kind <= ABI_FIXED_BYTES;
}

static loft_err decode_topic(struct decoder *decoder, struct abi_value *out,
                             const hash32 *topic)
{
    static const struct abi_type hash = {
        .kind = ABI_FIXED_BYTES, .size = 32, .head_len = 32, .text = "bytes32"};
    bytes frame = bytes_hash(topic);
    if (!is_word(out->type))
        out->type = &hash;
    decoder->budget += frame.len;
    return decode(decoder, out, &frame);
}

static size_t count_indexed(const struct abi_type *inputs)
{
    size_t count = 0;
    for (size_t i = 0; i < inputs->count; i++)
        count += inputs->params[i].is_indexed;
    return count;
}

loft_err abi_decode_event(struct abi_value *out, struct arena *arena,
                          const struct abi_signature *event,
                          const hash32 *topics, size_t topic_count, bytes data)
{
    const struct abi_type *inputs = event->inputs;
    if (topic_count != count_indexed(inputs) + 1)
        return err_say(LOFT_ERR_FORMAT, "%zu topics for %s, not %zu",
                       topic_count, event->text, count_indexed(inputs) + 1);
    struct decoder decoder = decoder_of(arena, data);
    bytes heads = data;
    *out = (struct abi_value){.type = inputs, .count = inputs->count};
    out->items = ARENA_ARRAY(arena, struct abi_value, inputs->count);
    for (size_t i = 0; i < inputs->count; i++) {
        struct abi_value *item = &out->items[i];
        item->type = inputs->params[i].type;
        if (inputs->params[i].is_indexed)
            TRY(decode_topic(&decoder, item, ++topics));
        else
            TRY(decode_item(&decoder, item, data, &heads));
    }
    return LOFT_OK;
}

/* Solidity 0.8, "Panic via assert and Error via require". */
static const struct panic {
    uint8_t code;
    const char *text;
} panics[] = {
    {0x00, "generic panic"},
    {0x01, "assertion failed"},
    {0x11, "arithmetic overflow or underflow"},
    {0x12, "division or modulo by zero"},
    {0x21, "value out of the enum's range"},
    {0x22, "storage byte array is wrongly encoded"},
    {0x31, "pop on an empty array"},
    {0x32, "index out of bounds"},
    {0x41, "too much memory was asked for"},
    {0x51, "call of an uninitialized function"},
};

static const char *panic_reason(struct arena *arena, u256 code)
{
    for (size_t i = 0; i < ARRAY_LEN(panics); i++)
        if (u256_equal(code, u256_from(panics[i].code)))
            return arena_printf(arena, "panic: %s (0x%02x)", panics[i].text,
                                panics[i].code);
    char decimal[U256_DECIMAL_MAX];
    u256_decimal(decimal, code);
    return arena_printf(arena, "panic: unknown code %s", decimal);
}

const char *abi_revert_reason(struct arena *arena, bytes output)
{
    static const struct abi_type string = {.kind = ABI_STRING,
                                           .is_dynamic = true,
                                           .head_len = 32,
                                           .text = "string"};
    static const struct abi_type number = {
        .kind = ABI_UINT, .size = 256, .head_len = 32, .text = "uint256"};
    static const uint32_t error_selector = 0x08c379a0,
                          panic_selector = 0x4e487b71;
    if (output.len < 4)
        return NULL;
    uint32_t selector = load_be32(output.at);
    if (selector != error_selector && selector != panic_selector)
        return NULL;
    bytes data = bytes_of(output.at + 4, output.len - 4);
    const struct abi_param param = {
        .type = selector == error_selector ? &string : &number};
    const struct abi_type inputs = {.kind = ABI_TUPLE,
                                    .count = 1,
                                    .params = &param,
                                    .is_dynamic = param.type->is_dynamic,
                                    .head_len = 32};
    struct abi_value value;
    if (abi_decode(&value, arena, &inputs, data) != LOFT_OK)
        return NULL;
    const struct abi_value *item = &value.items[0];
    return selector == error_selector ? arena_string(arena, item->data)
                                      : panic_reason(arena, item->word);
}
