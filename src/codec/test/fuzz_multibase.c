/* Any bytes come back from their text in each base, and a text that is read
 * is, but for letters' case, what its bytes are written as. */
#include <strings.h>

#include "base/assert.h"
#include "codec/multibase.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static const enum multibase bases[] = {MULTIBASE_16, MULTIBASE_32, MULTIBASE_36,
                                       MULTIBASE_58BTC, MULTIBASE_64URL};

static void write_and_read(struct arena *arena, bytes plain)
{
    for (size_t i = 0; i < ARRAY_LEN(bases); i++) {
        struct buffer text = {0};
        bytes again;
        multibase_put(&text, bases[i], plain);
        ASSERT(multibase_read(arena, &again, buffer_bytes(&text)) == LOFT_OK);
        ASSERT(bytes_equal(again, plain));
        buffer_free(&text);
    }
}

static void read_and_write(struct arena *arena, enum multibase base, bytes text)
{
    bytes plain;
    struct buffer again = {0};
    if (multibase_read_digits(arena, &plain, base, text) != LOFT_OK)
        return;
    multibase_put_digits(&again, base, plain);
    ASSERT(again.len == text.len);
    ASSERT(text.len == 0 || strncasecmp((const char *)again.at,
                                        (const char *)text.at, text.len) == 0);
    buffer_free(&again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    struct arena arena;
    arena_init(&arena);
    bytes input = bytes_of(data, len);
    if (len <= MULTIBASE_BYTES_MAX)
        write_and_read(&arena, input);
    for (size_t i = 0; i < ARRAY_LEN(bases); i++)
        read_and_write(&arena, bases[i], input);
    arena_fini(&arena);
    return 0;
}
