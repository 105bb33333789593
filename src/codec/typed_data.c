#include "codec/typed_data.h"

#include <stdlib.h>
#include <string.h>

#include "base/assert.h"
#include "base/u256.h"
#include "base/vec.h"
#include "codec/abi_text.h"
#include "crypto/keccak.h"

struct member {
    const char *name;
    bytes type;
};

struct struct_type {
    bytes name;
    struct member *members;
    size_t member_count;
    hash32 hash; /* where is_hashed */
    bool is_hashed;
    bool is_met; /* while what a type refers to is collected */
};

struct typed_data {
    struct arena *arena;
    struct struct_type *types;
    size_t count;
};

static bool same(bytes a, bytes b)
{
    return a.len == b.len && (a.len == 0 || memcmp(a.at, b.at, a.len) == 0);
}

static struct struct_type *find(const struct typed_data *data, bytes name)
{
    for (size_t i = 0; i < data->count; i++)
        if (same(data->types[i].name, name))
            return &data->types[i];
    return NULL;
}

static loft_err read_members(struct typed_data *data, struct struct_type *type,
                             const struct json *list)
{
    if (json_kind(list) != JSON_IS_ARRAY)
        return err_say(LOFT_ERR_FORMAT, "type %s is %s, not a list of members",
                       type->name.at, json_kind_name(list));
    type->member_count = json_len(list);
    type->members = ARENA_ARRAY(data->arena, struct member,
                                type->member_count + 1);
    for (size_t i = 0; i < type->member_count; i++) {
        struct member *member = &type->members[i];
        TRY(json_get_text(&member->name, json_at(list, i), "name"));
        TRY(json_get_string(&member->type, json_at(list, i), "type"));
    }
    return LOFT_OK;
}

static loft_err read_types(struct typed_data *data, const struct json *types)
{
    if (json_kind(types) != JSON_IS_OBJECT)
        return err_say(LOFT_ERR_FORMAT, "types is %s, not an object",
                       json_kind_name(types));
    if (json_len(types) > TYPED_DATA_TYPES_MAX)
        return err_say(LOFT_ERR_LIMIT, "%zu types, more than %d",
                       json_len(types), TYPED_DATA_TYPES_MAX);
    data->types = ARENA_ARRAY(data->arena, struct struct_type,
                              json_len(types) + 1);
    JSON_FOR_EACH (member, types) {
        struct struct_type *type = &data->types[data->count++];
        *type = (struct struct_type){.name = member.key};
        TRY(read_members(data, type, member.value));
    }
    return LOFT_OK;
}

/* "Person" of "Person[2][]". */
static bytes base_of(bytes type)
{
    const uint8_t *end = type.len ? memchr(type.at, '[', type.len) : NULL;
    return end ? bytes_of(type.at, (size_t)(end - type.at)) : type;
}

typedef VEC(struct struct_type *) type_list;

static void collect(const struct typed_data *data, type_list *list,
                    struct struct_type *type)
{
    type->is_met = true;
    for (size_t i = 0; i < type->member_count; i++) {
        struct struct_type *other = find(data, base_of(type->members[i].type));
        if (!other || other->is_met)
            continue;
        VEC_PUSH(list, other);
        collect(data, list, other);
    }
}

static int by_name(const void *left, const void *right)
{
    bytes a = (*(struct struct_type *const *)left)->name;
    bytes b = (*(struct struct_type *const *)right)->name;
    int order = memcmp(a.at, b.at, a.len < b.len ? a.len : b.len);
    return order ? order : (a.len > b.len) - (a.len < b.len);
}

static void put_type(struct buffer *out, const struct struct_type *type)
{
    buffer_put_bytes(out, type->name);
    buffer_put_byte(out, '(');
    for (size_t i = 0; i < type->member_count; i++) {
        if (i)
            buffer_put_byte(out, ',');
        buffer_put_bytes(out, type->members[i].type);
        buffer_put_byte(out, ' ');
        buffer_put_bytes(out, bytes_str(type->members[i].name));
    }
    buffer_put_byte(out, ')');
}

/* "If the struct type references other struct types [...] then the set of
 * referenced struct types is collected, sorted by name and appended to the
 * encoding." */
static loft_err hash_type(const struct typed_data *data,
                          struct struct_type *type)
{
    struct buffer text = {0};
    type_list list = {0};
    loft_err code = LOFT_OK;
    for (size_t i = 0; i < data->count; i++)
        data->types[i].is_met = false;
    collect(data, &list, type);
    if (list.len)
        qsort(list.at, list.len, sizeof(struct struct_type *), by_name);
    put_type(&text, type);
    for (size_t i = 0; i < list.len && text.len <= TYPED_DATA_TYPE_TEXT_MAX;
         i++)
        put_type(&text, list.at[i]);
    if (text.len > TYPED_DATA_TYPE_TEXT_MAX)
        code = err_say(LOFT_ERR_LIMIT,
                       "type %s and what it refers to take more than %d "
                       "characters",
                       type->name.at, TYPED_DATA_TYPE_TEXT_MAX);
    type->hash = keccak256(buffer_bytes(&text));
    type->is_hashed = code == LOFT_OK;
    buffer_free(&text);
    VEC_FREE(&list);
    return code;
}

static loft_err put_value(const struct typed_data *data, struct buffer *out,
                          bytes type, const struct json *value);

static loft_err put_members(const struct typed_data *data, struct buffer *out,
                            const struct struct_type *type,
                            const struct json *value)
{
    for (size_t i = 0; i < type->member_count; i++) {
        const struct member *member = &type->members[i];
        loft_err code = put_value(data, out, member->type,
                                  json_get(value, member->name));
        if (code != LOFT_OK)
            return err_in(code, "%s", member->name);
    }
    return LOFT_OK;
}

/* hashStruct(s) = keccak256(typeHash ‖ encodeData(s)) */
static loft_err hash_struct(const struct typed_data *data, hash32 *out,
                            struct struct_type *type, const struct json *value)
{
    struct buffer encoded = {0};
    if (json_kind(value) != JSON_IS_OBJECT)
        return err_say(LOFT_ERR_FORMAT, "%s, not an object of type %s",
                       json_kind_name(value), type->name.at);
    if (!type->is_hashed)
        TRY(hash_type(data, type));
    buffer_put(&encoded, type->hash.at, sizeof type->hash.at);
    loft_err code = put_members(data, &encoded, type, value);
    *out = keccak256(buffer_bytes(&encoded));
    buffer_free(&encoded);
    return code;
}

static void put_hash(struct buffer *out, const hash32 *hash)
{
    buffer_put(out, hash->at, sizeof hash->at);
}

static loft_err put_struct(const struct typed_data *data, struct buffer *out,
                           struct struct_type *type, const struct json *value)
{
    hash32 hash = {0};
    if (!json_absent(value))
        TRY(hash_struct(data, &hash, type, value));
    put_hash(out, &hash);
    return LOFT_OK;
}

/* The number between the last brackets of a list's type, if there is one. */
static loft_err check_count(bytes digits, size_t count)
{
    u256 want;
    if (digits.len == 0)
        return LOFT_OK;
    if (!u256_read_decimal(&want, digits))
        return err_say(LOFT_ERR_FORMAT, "a list's size is not a number");
    if (!u256_equal_u64(want, count))
        return err_say(LOFT_ERR_FORMAT,
                       "%zu elements in a list of another size", count);
    return LOFT_OK;
}

/* "The array values are encoded as the keccak256 hash of the concatenated
 * encodeData of their contents." */
static loft_err put_list(const struct typed_data *data, struct buffer *out,
                         bytes type, const struct json *value)
{
    const uint8_t *open = memrchr(type.at, '[', type.len);
    if (!open)
        return err_say(LOFT_ERR_FORMAT, "a list's type without its bracket");
    size_t at = (size_t)(open - type.at);
    if (json_kind(value) != JSON_IS_ARRAY)
        return err_say(LOFT_ERR_FORMAT, "%s, not a list",
                       json_kind_name(value));
    TRY(check_count(bytes_of(open + 1, type.len - at - 2), json_len(value)));
    struct buffer encoded = {0};
    loft_err code = LOFT_OK;
    for (size_t i = 0; code == LOFT_OK && i < json_len(value); i++)
        code = put_value(data, &encoded, bytes_of(type.at, at),
                         json_at(value, i));
    hash32 hash = keccak256(buffer_bytes(&encoded));
    put_hash(out, &hash);
    buffer_free(&encoded);
    return code;
}

/* Values of one word as the contract ABI has them, bytes and strings by their
 * hash. */
static loft_err put_atom(const struct typed_data *data, struct buffer *out,
                         bytes type, const struct json *json)
{
    const struct abi_type *is;
    struct abi_value value;
    TRY(abi_type_read(&is, data->arena, type));
    if (is->kind > ABI_STRING)
        return err_say(LOFT_ERR_FORMAT, "no type of EIP-712: %s", is->text);
    TRY(abi_read_json(&value, data->arena, is, json));
    if (is->kind == ABI_BYTES || is->kind == ABI_STRING) {
        hash32 hash = keccak256(value.data);
        put_hash(out, &hash);
        return LOFT_OK;
    }
    size_t before = out->len;
    abi_encode(out, &value);
    ASSERT(out->len == before + sizeof(hash32));
    return LOFT_OK;
}

static loft_err put_value(const struct typed_data *data, struct buffer *out,
                          bytes type, const struct json *value)
{
    if (type.len && type.at[type.len - 1] == ']')
        return put_list(data, out, type, value);
    struct struct_type *of = find(data, type);
    if (of)
        return put_struct(data, out, of, value);
    return put_atom(data, out, type, value);
}

static loft_err hash_part(const struct typed_data *data, hash32 *out,
                          bytes type, const struct json *value,
                          const char *what)
{
    struct struct_type *of = find(data, type);
    if (!of)
        return err_say(LOFT_ERR_FORMAT, "types lacks the %s's", what);
    loft_err code = hash_struct(data, out, of, value);
    return code == LOFT_OK ? code : err_in(code, "%s", what);
}

loft_err typed_data_digest(hash32 *out, struct arena *arena,
                           const struct json *json)
{
    static const char domain_name[] = "EIP712Domain";
    struct typed_data data = {.arena = arena};
    bytes primary;
    hash32 hash;
    struct buffer whole = {0};
    TRY(json_get_string(&primary, json, "primaryType"));
    TRY(read_types(&data, json_get(json, "types")));
    TRY(hash_part(&data, &hash, bytes_str(domain_name),
                  json_get(json, "domain"), "domain"));
    buffer_put(&whole, "\x19\x01", 2);
    put_hash(&whole, &hash);
    loft_err code = LOFT_OK;
    if (!same(primary, bytes_str(domain_name))) {
        code = hash_part(&data, &hash, primary, json_get(json, "message"),
                         "message");
        put_hash(&whole, &hash);
    }
    *out = keccak256(buffer_bytes(&whole));
    buffer_free(&whole);
    return code;
}
