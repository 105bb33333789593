/* The input is JSON: an entry of an ABI, or a list of them. What is read has
 * a signature that is read again to the same. */
#include <stdint.h>
#include <string.h>

#include "base/assert.h"
#include "codec/abi_entry.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static struct arena arena;

static void try_entry(const struct json *json)
{
    struct abi_entry entry;
    struct abi_signature again;
    if (abi_entry_read(&entry, &arena, json) != LOFT_OK ||
        entry.kind == ABI_UNNAMED)
        return;
    bytes text = bytes_str(entry.signature.text);
    ASSERT(abi_signature_read(&again, &arena, text) == LOFT_OK);
    ASSERT(strcmp(again.text, entry.signature.text) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    const struct json *json;
    arena_init(&arena);
    if (json_parse(&json, &arena, bytes_of(data, len), &JSON_FROM_PEER) ==
        LOFT_OK) {
        try_entry(json);
        for (size_t i = 0; i < json_len(json); i++)
            try_entry(json_at(json, i));
    }
    arena_fini(&arena);
    return 0;
}
