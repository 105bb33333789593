#include "rpc/error_names.h"

#include <string.h>

#include "base/memory.h"
#include "codec/abi.h"
#include "codec/abi_entry.h"
#include "codec/abi_text.h"

#define SELECTOR_BYTES 4

void error_names_init(struct error_names *names)
{
    map_init(&names->signatures, SELECTOR_BYTES, sizeof(char *));
}

void error_names_fini(struct error_names *names)
{
    MAP_FOR_EACH (i, &names->signatures)
        free(*(char **)map_value_at(&names->signatures, i));
    map_fini(&names->signatures);
}

static bool keep(struct error_names *names,
                 const struct abi_signature *signature)
{
    uint8_t selector[SELECTOR_BYTES];
    bool is_new;
    size_t len = strlen(signature->text);
    abi_selector(selector, signature);
    if (map_get(&names->signatures, selector))
        return true;
    if (names->signatures.len >= ERROR_NAMES_MAX || len > ERROR_NAME_BYTES_MAX)
        return false;
    char **text = map_put(&names->signatures, selector, &is_new);
    *text = memory_alloc(len + 1);
    memcpy(*text, signature->text, len + 1);
    return true;
}

size_t error_names_add(struct error_names *names, struct arena *arena,
                       const struct json *abi)
{
    size_t known = 0;
    for (size_t i = 0; i < json_len(abi); i++) {
        struct abi_entry entry;
        if (abi_entry_read(&entry, arena, json_at(abi, i)) == LOFT_OK &&
            entry.kind == ABI_ERROR)
            known += keep(names, &entry.signature);
    }
    return known;
}

static const char *decoded(struct arena *arena, const char *text, bytes body)
{
    struct abi_signature signature;
    struct abi_value value;
    struct buffer out = {0};
    if (abi_signature_read(&signature, arena, bytes_str(text)) != LOFT_OK ||
        abi_decode(&value, arena, signature.inputs, body) != LOFT_OK)
        return NULL;
    buffer_put_bytes(&out, signature.name);
    abi_put_text(&out, &value);
    const char *shown = arena_string(arena, buffer_bytes(&out));
    buffer_free(&out);
    return shown;
}

const char *error_names_text(const struct error_names *names,
                             struct arena *arena, bytes output)
{
    if (output.len < SELECTOR_BYTES || !names->signatures.len)
        return NULL;
    char *const *text = map_get(&names->signatures, output.at);
    if (!text)
        return NULL;
    return decoded(
        arena, *text,
        bytes_of(output.at + SELECTOR_BYTES, output.len - SELECTOR_BYTES));
}
