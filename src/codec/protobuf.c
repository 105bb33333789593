#include "codec/protobuf.h"

#include "base/assert.h"

#define VARINT_BYTES_MAX 10
#define FIELD_NUMBER_MAX (((uint64_t)1 << 29) - 1)
#define LIST_ROOM_FIRST 4

enum wire_type {
    WIRE_VARINT = 0,
    WIRE_FIXED64 = 1,
    WIRE_BYTES = 2,
    WIRE_FIXED32 = 5,
};

struct field {
    uint64_t number;
    enum wire_type wire;
    uint64_t value; /* of WIRE_VARINT */
    bytes payload;  /* of the others */
};

/* Longer forms than needed are legal here, unlike in multiformats. */
static loft_err read_varint(uint64_t *out, bytes *rest)
{
    uint64_t value = 0;
    for (size_t i = 0; i < VARINT_BYTES_MAX && i < rest->len; i++) {
        uint8_t byte = rest->at[i];
        if (i == VARINT_BYTES_MAX - 1 && byte > 1)
            break;
        value |= (uint64_t)(byte & 0x7f) << (7 * i);
        if (byte & 0x80)
            continue;
        *out = value;
        *rest = bytes_of(rest->at + i + 1, rest->len - i - 1);
        return LOFT_OK;
    }
    return err_say(LOFT_ERR_FORMAT, "a varint that does not end");
}

static loft_err take(bytes *out, bytes *rest, uint64_t len)
{
    if (len > rest->len)
        return err_say(LOFT_ERR_FORMAT, "a field beyond the message's end");
    *out = bytes_of(rest->at, (size_t)len);
    *rest = bytes_of(rest->at + len, rest->len - (size_t)len);
    return LOFT_OK;
}

static loft_err read_payload(struct field *out, bytes *rest)
{
    uint64_t len = 0;
    switch (out->wire) {
    case WIRE_VARINT:
        return read_varint(&out->value, rest);
    case WIRE_FIXED64:
        return take(&out->payload, rest, 8);
    case WIRE_BYTES:
        TRY(read_varint(&len, rest));
        return take(&out->payload, rest, len);
    case WIRE_FIXED32:
        return take(&out->payload, rest, 4);
    }
    return err_say(LOFT_ERR_FORMAT, "a field of wire type %d", (int)out->wire);
}

static loft_err read_field(struct field *out, bytes *rest)
{
    uint64_t tag = 0;
    TRY(read_varint(&tag, rest));
    *out = (struct field){.number = tag >> 3, .wire = tag & 7};
    if (out->number == 0 || out->number > FIELD_NUMBER_MAX)
        return err_say(LOFT_ERR_FORMAT, "a field of number %llu",
                       (unsigned long long)out->number);
    return read_payload(out, rest);
}

static const struct protobuf_rule *find_rule(const struct protobuf_shape *shape,
                                             uint64_t number)
{
    for (size_t i = 0; i < shape->count; i++)
        if (shape->rules[i].number == number)
            return &shape->rules[i];
    return NULL;
}

static loft_err keep_number(struct protobuf_number *to,
                            const struct protobuf_rule *rule,
                            const struct field *field)
{
    if (to->present)
        return err_say(LOFT_ERR_FORMAT, "field %u twice", rule->number);
    if (field->value > rule->max)
        return err_say(LOFT_ERR_LIMIT, "field %u of %llu", rule->number,
                       (unsigned long long)field->value);
    *to = (struct protobuf_number){field->value, true};
    return LOFT_OK;
}

static loft_err keep_bytes(bytes *to, const struct protobuf_rule *rule,
                           const struct field *field)
{
    if (to->at)
        return err_say(LOFT_ERR_FORMAT, "field %u twice", rule->number);
    *to = field->payload;
    return LOFT_OK;
}

/* Room doubles; what is left behind stays in the arena, less than is used. */
static loft_err keep_item(struct arena *arena, struct protobuf_list *to,
                          const struct protobuf_rule *rule,
                          const struct field *field)
{
    size_t len = to->len;
    if (len == rule->count_max)
        return err_say(LOFT_ERR_LIMIT, "field %u more than %zu times",
                       rule->number, rule->count_max);
    bool is_full = len == 0 || (len >= LIST_ROOM_FIRST && !(len & (len - 1)));
    if (is_full) {
        size_t room = len ? 2 * len : LIST_ROOM_FIRST;
        bytes *at = ARENA_ARRAY(arena, bytes, room);
        if (len)
            memcpy(at, to->at, len * sizeof *at);
        to->at = at;
    }
    to->at[to->len++] = field->payload;
    return LOFT_OK;
}

static loft_err keep(struct arena *arena, uint8_t *message,
                     const struct protobuf_rule *rule,
                     const struct field *field)
{
    void *to = message + rule->offset;
    bool is_number = rule->kind == PROTOBUF_NUMBER;
    if (field->wire != (is_number ? WIRE_VARINT : WIRE_BYTES))
        return err_say(LOFT_ERR_FORMAT, "field %u of wire type %d",
                       rule->number, (int)field->wire);
    if (!is_number && field->payload.len > rule->max)
        return err_say(LOFT_ERR_LIMIT, "field %u of %zu bytes", rule->number,
                       field->payload.len);
    switch (rule->kind) {
    case PROTOBUF_NUMBER:
        return keep_number(to, rule, field);
    case PROTOBUF_BYTES:
        return keep_bytes(to, rule, field);
    case PROTOBUF_LIST:
        return keep_item(arena, to, rule, field);
    }
    return LOFT_OK;
}

static bool is_present(const uint8_t *message, const struct protobuf_rule *rule)
{
    const void *at = message + rule->offset;
    switch (rule->kind) {
    case PROTOBUF_NUMBER:
        return ((const struct protobuf_number *)at)->present;
    case PROTOBUF_BYTES:
        return ((const bytes *)at)->at;
    case PROTOBUF_LIST:
        return ((const struct protobuf_list *)at)->len > 0;
    }
    return false;
}

static loft_err check_required(const uint8_t *message,
                               const struct protobuf_shape *shape)
{
    for (size_t i = 0; i < shape->count; i++) {
        const struct protobuf_rule *rule = &shape->rules[i];
        if (rule->required && !is_present(message, rule))
            return err_say(LOFT_ERR_FORMAT, "field %u is missing",
                           rule->number);
    }
    return LOFT_OK;
}

static loft_err read_fields(struct arena *arena, void *message,
                            const struct protobuf_shape *shape, bytes from)
{
    memset(message, 0, shape->size);
    while (from.len > 0) {
        struct field field;
        TRY(read_field(&field, &from));
        const struct protobuf_rule *rule = find_rule(shape, field.number);
        if (rule)
            TRY(keep(arena, message, rule, &field));
    }
    return check_required(message, shape);
}

loft_err protobuf_read(struct arena *arena, void *message,
                       const struct protobuf_shape *shape, bytes from)
{
    loft_err err = read_fields(arena, message, shape, from);
    if (err != LOFT_OK)
        return err_in(err, "%s", shape->name);
    return LOFT_OK;
}

static void put_varint(struct buffer *out, uint64_t value)
{
    for (; value >= 0x80; value >>= 7)
        buffer_put_byte(out, (uint8_t)(value | 0x80));
    buffer_put_byte(out, (uint8_t)value);
}

static void put_payload(struct buffer *out, const struct protobuf_rule *rule,
                        bytes payload)
{
    put_varint(out, (uint64_t)rule->number << 3 | WIRE_BYTES);
    put_varint(out, payload.len);
    buffer_put_bytes(out, payload);
}

static void put_field(struct buffer *out, const uint8_t *message,
                      const struct protobuf_rule *rule)
{
    const void *at = message + rule->offset;
    const struct protobuf_list *list = at;
    switch (rule->kind) {
    case PROTOBUF_NUMBER:
        put_varint(out, (uint64_t)rule->number << 3 | WIRE_VARINT);
        put_varint(out, ((const struct protobuf_number *)at)->value);
        return;
    case PROTOBUF_BYTES:
        put_payload(out, rule, *(const bytes *)at);
        return;
    case PROTOBUF_LIST:
        for (size_t i = 0; i < list->len; i++)
            put_payload(out, rule, list->at[i]);
        return;
    }
}

void protobuf_put(struct buffer *out, const void *message,
                  const struct protobuf_shape *shape)
{
    uint32_t before = 0;
    for (size_t i = 0; i < shape->count; i++) {
        const struct protobuf_rule *rule = &shape->rules[i];
        ASSERT(rule->number > before);
        before = rule->number;
        if (is_present(message, rule))
            put_field(out, message, rule);
    }
}
