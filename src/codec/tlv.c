#include "codec/tlv.h"

#include "base/assert.h"
#include "codec/bigsize.h"

struct field {
    uint64_t type;
    bytes value;
};

static loft_err read_field(struct field *out, bytes *rest)
{
    uint64_t len = 0;
    TRY(bigsize_read(&out->type, rest));
    TRY(bigsize_read(&len, rest));
    if (len > rest->len)
        return err_say(LOFT_ERR_FORMAT, "field %llu beyond the message's end",
                       (unsigned long long)out->type);
    out->value = bytes_of(rest->at, (size_t)len);
    *rest = bytes_of(rest->at + len, rest->len - (size_t)len);
    return LOFT_OK;
}

static loft_err check_bounds(const struct tlv_rule *rule, uint64_t found)
{
    if (found >= rule->min && found <= rule->max)
        return LOFT_OK;
    return err_say(LOFT_ERR_LIMIT, "field %llu of %llu%s",
                   (unsigned long long)rule->type, (unsigned long long)found,
                   rule->kind == TLV_BYTES ? " bytes" : "");
}

static loft_err keep_number(struct tlv_number *to, const struct tlv_rule *rule,
                            bytes value)
{
    uint64_t number = 0;
    if (value.len > sizeof number || (value.len && value.at[0] == 0))
        return err_say(LOFT_ERR_FORMAT,
                       "field %llu is no number in its shortest form",
                       (unsigned long long)rule->type);
    for (size_t i = 0; i < value.len; i++)
        number = number << 8 | value.at[i];
    TRY(check_bounds(rule, number));
    *to = (struct tlv_number){number, true};
    return LOFT_OK;
}

static loft_err keep(uint8_t *message, const struct tlv_rule *rule, bytes value)
{
    switch (rule->kind) {
    case TLV_NUMBER:
        return keep_number((void *)(message + rule->offset), rule, value);
    case TLV_BYTES:
        TRY(check_bounds(rule, value.len));
        *(bytes *)(void *)(message + rule->offset) = value;
        return LOFT_OK;
    }
    return LOFT_OK;
}

static bool is_present(const uint8_t *message, const struct tlv_rule *rule)
{
    const void *at = message + rule->offset;
    return rule->kind == TLV_NUMBER ? ((const struct tlv_number *)at)->present
                                    : ((const bytes *)at)->at != NULL;
}

/* Both the fields and the rules ascend: *next is the first rule that is not
 * yet passed. */
static loft_err take_field(uint8_t *message, const struct tlv_shape *shape,
                           size_t *next, const struct field *field)
{
    while (*next < shape->count && shape->rules[*next].type < field->type)
        ++*next;
    if (*next < shape->count && shape->rules[*next].type == field->type)
        return keep(message, &shape->rules[*next], field->value);
    if (field->type % 2 == 0)
        return err_say(LOFT_ERR_REFUSED, "field %llu, which is not known here",
                       (unsigned long long)field->type);
    return LOFT_OK;
}

static loft_err check_required(const uint8_t *message,
                               const struct tlv_shape *shape)
{
    for (size_t i = 0; i < shape->count; i++)
        if (shape->rules[i].required && !is_present(message, &shape->rules[i]))
            return err_say(LOFT_ERR_FORMAT, "field %llu is missing",
                           (unsigned long long)shape->rules[i].type);
    return LOFT_OK;
}

static loft_err read_fields(uint8_t *message, const struct tlv_shape *shape,
                            bytes from)
{
    size_t next = 0;
    uint64_t before = 0;
    memset(message, 0, shape->size);
    for (bool is_first = true; from.len > 0; is_first = false) {
        struct field field = {0};
        TRY(read_field(&field, &from));
        if (!is_first && field.type <= before)
            return err_say(LOFT_ERR_FORMAT, "field %llu after field %llu",
                           (unsigned long long)field.type,
                           (unsigned long long)before);
        before = field.type;
        TRY(take_field(message, shape, &next, &field));
    }
    return check_required(message, shape);
}

loft_err tlv_read(void *message, const struct tlv_shape *shape, bytes from)
{
    loft_err err = read_fields(message, shape, from);
    if (err != LOFT_OK)
        return err_in(err, "%s", shape->name);
    return LOFT_OK;
}

static void put_number(struct buffer *out, uint64_t value)
{
    uint8_t at[8];
    size_t len = 8;
    store_be64(at, value);
    while (len > 0 && at[8 - len] == 0)
        len--;
    bigsize_put(out, len);
    buffer_put(out, at + 8 - len, len);
}

static void put_field(struct buffer *out, const uint8_t *message,
                      const struct tlv_rule *rule)
{
    const void *at = message + rule->offset;
    bigsize_put(out, rule->type);
    if (rule->kind == TLV_NUMBER) {
        put_number(out, ((const struct tlv_number *)at)->value);
        return;
    }
    bigsize_put(out, ((const bytes *)at)->len);
    buffer_put_bytes(out, *(const bytes *)at);
}

void tlv_put(struct buffer *out, const void *message,
             const struct tlv_shape *shape)
{
    for (size_t i = 0; i < shape->count; i++) {
        ASSERT(i == 0 || shape->rules[i].type > shape->rules[i - 1].type);
        if (is_present(message, &shape->rules[i]))
            put_field(out, message, &shape->rules[i]);
    }
}
