#include "codec/abi_type.h"

#include "base/vec.h"
#include "crypto/keccak.h"

struct parser {
    struct arena *arena;
    bytes rest;
    unsigned depth;
};

static loft_err read_type(struct parser *parser, const struct abi_type **out);

static bool is_name_part(uint8_t c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
           (c >= '0' && c <= '9') || c == '_' || c == '$';
}

static void skip(struct parser *parser, size_t len)
{
    parser->rest.at += len;
    parser->rest.len -= len;
}

static void skip_spaces(struct parser *parser)
{
    while (parser->rest.len && parser->rest.at[0] == ' ')
        skip(parser, 1);
}

static bool next_is(const struct parser *parser, char c)
{
    return parser->rest.len && parser->rest.at[0] == (uint8_t)c;
}

static bool take(struct parser *parser, char c)
{
    if (!next_is(parser, c))
        return false;
    skip(parser, 1);
    return true;
}

static bytes take_word(struct parser *parser)
{
    size_t len = 0;
    while (len < parser->rest.len && is_name_part(parser->rest.at[len]))
        len++;
    bytes word = bytes_of(parser->rest.at, len);
    skip(parser, len);
    return word;
}

static bool take_this_word(struct parser *parser, const char *wanted)
{
    struct parser before = *parser;
    if (bytes_equal(take_word(parser), bytes_str(wanted)))
        return true;
    *parser = before;
    return false;
}

static loft_err say_unexpected(const struct parser *parser, const char *wanted)
{
    if (parser->rest.len == 0)
        return err_say(LOFT_ERR_FORMAT, "ABI type ends where %s is needed",
                       wanted);
    return err_say(LOFT_ERR_FORMAT, "ABI type has '%.*s' where %s is needed",
                   parser->rest.len < 20 ? (int)parser->rest.len : 20,
                   (const char *)parser->rest.at, wanted);
}

/* A decimal number without leading zeros, 1 to max. */
static bool read_size(size_t *out, bytes digits, size_t max)
{
    size_t value = 0;
    if (digits.len == 0 || digits.at[0] == '0')
        return false;
    for (size_t i = 0; i < digits.len; i++) {
        if (digits.at[i] < '0' || digits.at[i] > '9')
            return false;
        value = 10 * value + digits.at[i] - '0';
        if (value > max)
            return false;
    }
    *out = value;
    return true;
}

static struct abi_type *new_type(struct parser *parser, enum abi_kind kind)
{
    struct abi_type *type = ARENA_NEW(parser->arena, struct abi_type);
    type->kind = kind;
    type->head_len = 32;
    return type;
}

/* Elementary types by their first letters, longer ones first; max is the
 * greatest size that may follow, `implied` the size where none does. */
static const struct elementary {
    const char *name;
    enum abi_kind kind;
    unsigned max, step, implied;
    bool is_dynamic;
} elementaries[] = {
    {"uint", ABI_UINT, 256, 8, 256, false},
    {"int", ABI_INT, 256, 8, 256, false},
    {"address", ABI_ADDRESS, 0, 1, 160, false},
    {"bool", ABI_BOOL, 0, 1, 1, false},
    {"bytes", ABI_FIXED_BYTES, 32, 1, 0, false},
    {"string", ABI_STRING, 0, 1, 0, true},
    {"function", ABI_FIXED_BYTES, 0, 1, 24, false},
};

static bool match(struct abi_type *type, const struct elementary *entry,
                  bytes word)
{
    size_t len = strlen(entry->name), size = entry->implied;
    if (word.len < len || memcmp(word.at, entry->name, len) != 0)
        return false;
    bytes digits = bytes_of(word.at + len, word.len - len);
    if (digits.len &&
        (!read_size(&size, digits, entry->max) || size % entry->step))
        return false;
    type->kind = entry->kind;
    type->size = (unsigned)size;
    type->is_dynamic = entry->is_dynamic;
    return true;
}

static loft_err read_elementary(struct parser *parser,
                                const struct abi_type **out)
{
    struct parser before = *parser;
    bytes word = take_word(parser);
    struct abi_type *type = new_type(parser, ABI_UINT);
    for (size_t i = 0; i < ARRAY_LEN(elementaries); i++) {
        const struct elementary *entry = &elementaries[i];
        if (!match(type, entry, word))
            continue;
        if (entry->kind == ABI_FIXED_BYTES && type->size == 0) {
            type->kind = ABI_BYTES;
            type->is_dynamic = true;
        }
        bool is_short = word.len == strlen(entry->name) && entry->max == 256;
        type->text = is_short
                         ? arena_printf(parser->arena, "%s256", entry->name)
                         : arena_string(parser->arena, word);
        *out = type;
        return LOFT_OK;
    }
    return say_unexpected(&before, "a type");
}

static loft_err read_param(struct parser *parser, struct abi_param *out)
{
    static const char *const places[] = {"memory", "calldata", "storage",
                                         "payable"};
    skip_spaces(parser);
    *out = (struct abi_param){0};
    TRY(read_type(parser, &out->type));
    skip_spaces(parser);
    for (size_t i = 0; i < ARRAY_LEN(places); i++)
        if (take_this_word(parser, places[i]))
            skip_spaces(parser);
    out->is_indexed = take_this_word(parser, "indexed");
    skip_spaces(parser);
    out->name = take_word(parser);
    skip_spaces(parser);
    return LOFT_OK;
}

/* How many parameters stand up to the parenthesis that closes this list: one
 * more than its own commas. */
static size_t count_params(const struct parser *parser)
{
    size_t count = 1, depth = 0;
    for (size_t i = 0; i < parser->rest.len; i++) {
        uint8_t c = parser->rest.at[i];
        if (c == ')' && depth-- == 0)
            break;
        depth += c == '(';
        count += c == ',' && depth == 0;
    }
    return count;
}

static const char *tuple_text(struct arena *arena, const struct abi_type *type)
{
    struct buffer text = {0};
    buffer_put_byte(&text, '(');
    for (size_t i = 0; i < type->count; i++) {
        if (i)
            buffer_put_byte(&text, ',');
        buffer_put_bytes(&text, bytes_str(type->params[i].type->text));
    }
    buffer_put_byte(&text, ')');
    const char *result = arena_string(arena, buffer_bytes(&text));
    buffer_free(&text);
    return result;
}

static loft_err say_too_big(void)
{
    return err_say(LOFT_ERR_LIMIT, "ABI type of more than %zu bytes in place",
                   ABI_STATIC_BYTES_MAX);
}

static loft_err check_depth(unsigned depth)
{
    if (depth > ABI_DEPTH_MAX)
        return err_say(LOFT_ERR_LIMIT, "ABI type nests deeper than %d",
                       ABI_DEPTH_MAX);
    return LOFT_OK;
}

static loft_err measure_tuple(struct abi_type *type)
{
    size_t len = 0;
    for (size_t i = 0; i < type->count; i++) {
        const struct abi_type *of = type->params[i].type;
        type->is_dynamic |= of->is_dynamic;
        if (type->depth <= of->depth)
            type->depth = of->depth + 1;
        len += of->head_len;
        if (len > ABI_STATIC_BYTES_MAX)
            return say_too_big();
    }
    type->head_len = type->is_dynamic ? 32 : len;
    return LOFT_OK;
}

static loft_err read_tuple(struct parser *parser, const struct abi_type **out)
{
    if (!take(parser, '('))
        return say_unexpected(parser, "(");
    struct abi_type *type = new_type(parser, ABI_TUPLE);
    skip_spaces(parser);
    if (!next_is(parser, ')')) {
        size_t count = count_params(parser);
        struct abi_param *params = ARENA_ARRAY(parser->arena, struct abi_param,
                                               count);
        type->params = params;
        do {
            TRY(read_param(parser, &params[type->count++]));
        } while (type->count < count && take(parser, ','));
    }
    if (!take(parser, ')'))
        return say_unexpected(parser, "a comma or )");
    TRY(measure_tuple(type));
    TRY(check_depth(type->depth));
    type->text = tuple_text(parser->arena, type);
    *out = type;
    return LOFT_OK;
}

/* A tuple that holds nothing is a list of parameters only: elements without
 * a size could be any number in no bytes. */
static loft_err read_base(struct parser *parser, const struct abi_type **out)
{
    struct parser before = *parser;
    if (!(take_this_word(parser, "tuple") && next_is(parser, '(')))
        *parser = before;
    if (!next_is(parser, '('))
        return read_elementary(parser, out);
    TRY(read_tuple(parser, out));
    if ((*out)->count == 0)
        return err_say(LOFT_ERR_FORMAT, "ABI tuple of nothing");
    return LOFT_OK;
}

/* What follows an opening bracket: "]" or "3]". */
static loft_err read_list(struct parser *parser, const struct abi_type **type)
{
    const struct abi_type *element = *type;
    struct abi_type *list = new_type(parser, ABI_LIST);
    list->element = element;
    list->is_dynamic = true;
    list->depth = element->depth + 1;
    bytes digits = take_word(parser);
    if (digits.len) {
        if (!read_size(&list->count, digits, ABI_STATIC_BYTES_MAX / 32))
            return err_say(LOFT_ERR_LIMIT, "ABI list size is not 1 to %zu",
                           ABI_STATIC_BYTES_MAX / 32);
        list->kind = ABI_FIXED_LIST;
        list->is_dynamic = element->is_dynamic;
        if (list->count * element->head_len > ABI_STATIC_BYTES_MAX)
            return say_too_big();
        list->head_len = list->is_dynamic ? 32
                                          : list->count * element->head_len;
    }
    if (!take(parser, ']'))
        return say_unexpected(parser, "a size or ]");
    list->text = arena_printf(parser->arena, "%s[%.*s]", element->text,
                              (int)digits.len, (const char *)digits.at);
    *type = list;
    return LOFT_OK;
}

/* The parser goes down at tuples only, and comes up through their lists. */
static loft_err read_type(struct parser *parser, const struct abi_type **out)
{
    TRY(check_depth(++parser->depth));
    TRY(read_base(parser, out));
    while (take(parser, '[')) {
        TRY(read_list(parser, out));
        TRY(check_depth((*out)->depth));
    }
    parser->depth--;
    return LOFT_OK;
}

static loft_err parser_init(struct parser *parser, struct arena *arena,
                            bytes text)
{
    if (text.len > ABI_TYPE_TEXT_MAX)
        return err_say(LOFT_ERR_LIMIT, "ABI type of more than %d characters",
                       ABI_TYPE_TEXT_MAX);
    *parser = (struct parser){arena, text, 0};
    skip_spaces(parser);
    return LOFT_OK;
}

static loft_err read_end(struct parser *parser)
{
    skip_spaces(parser);
    return parser->rest.len ? say_unexpected(parser, "its end") : LOFT_OK;
}

loft_err abi_type_read(const struct abi_type **out, struct arena *arena,
                       bytes text)
{
    struct parser parser;
    TRY(parser_init(&parser, arena, text));
    TRY(read_type(&parser, out));
    return read_end(&parser);
}

static void skip_qualifiers(struct parser *parser)
{
    static const char *const words[] = {"external", "public",  "view",
                                        "pure",     "payable", "nonpayable",
                                        "anonymous"};
    for (size_t i = 0; i < ARRAY_LEN(words); i++) {
        skip_spaces(parser);
        if (take_this_word(parser, words[i]))
            i = (size_t)-1;
    }
}

static loft_err read_outputs(struct parser *parser,
                             const struct abi_type **outputs)
{
    skip_qualifiers(parser);
    bool returns = take_this_word(parser, "returns");
    skip_spaces(parser);
    if (returns || next_is(parser, '('))
        TRY(read_tuple(parser, outputs));
    return read_end(parser);
}

static void skip_introduction(struct parser *parser)
{
    static const char *const words[] = {"function", "event", "error"};
    for (size_t i = 0; i < ARRAY_LEN(words); i++) {
        struct parser before = *parser;
        if (take_this_word(parser, words[i]) && next_is(parser, ' ')) {
            skip_spaces(parser);
            return;
        }
        *parser = before;
    }
}

loft_err abi_signature_read(struct abi_signature *out, struct arena *arena,
                            bytes text)
{
    struct parser parser;
    struct abi_signature signature = {0};
    TRY(parser_init(&parser, arena, text));
    skip_introduction(&parser);
    signature.name = take_word(&parser);
    TRY(read_tuple(&parser, &signature.inputs));
    TRY(read_outputs(&parser, &signature.outputs));
    signature.text = arena_printf(arena, "%.*s%s", (int)signature.name.len,
                                  (const char *)signature.name.at,
                                  signature.inputs->text);
    *out = signature;
    return LOFT_OK;
}

hash32 abi_topic(const struct abi_signature *signature)
{
    return keccak256(bytes_str(signature->text));
}

void abi_selector(uint8_t out[4], const struct abi_signature *signature)
{
    hash32 hash = abi_topic(signature);
    memcpy(out, hash.at, 4);
}
