#include "codec/multibase.h"

#include "base/assert.h"

/* The most digits that bytes within the limit have: two a byte. */
#define DIGITS_MAX (2 * (size_t)MULTIBASE_BYTES_MAX)

struct alphabet {
    enum multibase base;
    unsigned size;
    unsigned bits; /* of a digit; 0 where digits make one number */
    bool folds;    /* upper case means the same */
    const char *digits;
};

static const struct alphabet alphabets[] = {
    {MULTIBASE_16, 16, 4, true, "0123456789abcdef"},
    {MULTIBASE_32, 32, 5, true, "abcdefghijklmnopqrstuvwxyz234567"},
    {MULTIBASE_36, 36, 0, true, "0123456789abcdefghijklmnopqrstuvwxyz"},
    {MULTIBASE_58BTC, 58, 0, false,
     "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"},
    {MULTIBASE_64URL, 64, 6, false,
     "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"},
};

static char lower(char letter)
{
    return letter >= 'A' && letter <= 'Z' ? (char)(letter - 'A' + 'a') : letter;
}

static const struct alphabet *find(char name)
{
    for (size_t i = 0; i < ARRAY_LEN(alphabets); i++) {
        const struct alphabet *alphabet = &alphabets[i];
        if ((alphabet->folds ? lower(name) : name) == (char)alphabet->base)
            return alphabet;
    }
    return NULL;
}

static loft_err read_digit(unsigned *out, const struct alphabet *in,
                           uint8_t byte)
{
    char letter = in->folds ? lower((char)byte) : (char)byte;
    const char *at = letter ? strchr(in->digits, letter) : NULL;
    if (!at)
        return err_say(LOFT_ERR_FORMAT, "character 0x%02x in base %u", byte,
                       in->size);
    *out = (unsigned)(at - in->digits);
    return LOFT_OK;
}

/* `held` keeps the bits that do not fill a byte yet, fewer than eight. */
static loft_err read_bits(uint8_t *out, size_t *len, const struct alphabet *in,
                          bytes text)
{
    unsigned held = 0, count = 0, digit;
    *len = 0;
    for (size_t i = 0; i < text.len; i++) {
        TRY(read_digit(&digit, in, text.at[i]));
        held = held << in->bits | digit;
        count += in->bits;
        if (count < 8)
            continue;
        count -= 8;
        out[(*len)++] = (uint8_t)(held >> count);
        held &= (1u << count) - 1;
    }
    if (count >= in->bits || held)
        return err_say(LOFT_ERR_FORMAT,
                       "base %u text that ends in the midst "
                       "of a byte",
                       in->size);
    return LOFT_OK;
}

/* number = number * factor + add, over *len bytes, the lowest first. */
static void grow_number(uint8_t *number, size_t *len, unsigned factor,
                        unsigned add)
{
    for (size_t i = 0; i < *len; i++) {
        add += number[i] * factor;
        number[i] = (uint8_t)add;
        add >>= 8;
    }
    if (add)
        number[(*len)++] = (uint8_t)add;
}

static void reverse(uint8_t *at, size_t len)
{
    for (size_t i = 0; i < len / 2; i++) {
        uint8_t byte = at[i];
        at[i] = at[len - 1 - i];
        at[len - 1 - i] = byte;
    }
}

static loft_err read_number(uint8_t *out, size_t *len,
                            const struct alphabet *in, bytes text)
{
    size_t zeros = 0, used = 0;
    unsigned digit;
    while (zeros < text.len && text.at[zeros] == (uint8_t)in->digits[0])
        out[zeros++] = 0;
    for (size_t i = zeros; i < text.len; i++) {
        TRY(read_digit(&digit, in, text.at[i]));
        grow_number(out + zeros, &used, in->size, digit);
    }
    reverse(out + zeros, used);
    *len = zeros + used;
    return LOFT_OK;
}

static loft_err read_alphabet(struct arena *arena, bytes *out,
                              const struct alphabet *in, bytes text)
{
    size_t len = 0;
    if (text.len > DIGITS_MAX)
        return err_say(LOFT_ERR_LIMIT, "base %u text of %zu characters",
                       in->size, text.len);
    /* No digit of a base up to 64 holds more than a byte. */
    uint8_t *room = arena_alloc(arena, text.len + 1);
    TRY(in->bits ? read_bits(room, &len, in, text)
                 : read_number(room, &len, in, text));
    if (len > MULTIBASE_BYTES_MAX)
        return err_say(LOFT_ERR_LIMIT, "base %u text of %zu bytes", in->size,
                       len);
    *out = bytes_of(room, len);
    return LOFT_OK;
}

loft_err multibase_read_digits(struct arena *arena, bytes *out,
                               enum multibase base, bytes text)
{
    return read_alphabet(arena, out, find((char)base), text);
}

loft_err multibase_read(struct arena *arena, bytes *out, bytes text)
{
    const struct alphabet *in = text.len ? find((char)text.at[0]) : NULL;
    if (!in)
        return err_say(LOFT_ERR_FORMAT, "a text of no base that is known");
    return read_alphabet(arena, out, in, bytes_of(text.at + 1, text.len - 1));
}

static void put_bits(struct buffer *out, const struct alphabet *in, bytes from)
{
    unsigned held = 0, count = 0;
    for (size_t i = 0; i < from.len; i++) {
        held = (held << 8 | from.at[i]) & 0xffff;
        for (count += 8; count >= in->bits; count -= in->bits)
            buffer_put_byte(
                out, (uint8_t)in
                         ->digits[held >> (count - in->bits) & (in->size - 1)]);
    }
    if (count)
        buffer_put_byte(
            out,
            (uint8_t)in->digits[held << (in->bits - count) & (in->size - 1)]);
}

/* number = number * 256 + add, over *len digits, the lowest first. */
static void grow_digits(uint8_t *digits, size_t *len, unsigned base,
                        unsigned add)
{
    for (size_t i = 0; i < *len; i++) {
        add += digits[i] * 256u;
        digits[i] = (uint8_t)(add % base);
        add /= base;
    }
    for (; add; add /= base)
        digits[(*len)++] = (uint8_t)(add % base);
}

static void put_number(struct buffer *out, const struct alphabet *in,
                       bytes from)
{
    uint8_t digits[DIGITS_MAX];
    size_t zeros = 0, used = 0;
    for (; zeros < from.len && from.at[zeros] == 0; zeros++)
        buffer_put_byte(out, (uint8_t)in->digits[0]);
    for (size_t i = zeros; i < from.len; i++)
        grow_digits(digits, &used, in->size, from.at[i]);
    while (used)
        buffer_put_byte(out, (uint8_t)in->digits[digits[--used]]);
}

void multibase_put_digits(struct buffer *out, enum multibase base, bytes from)
{
    const struct alphabet *in = find((char)base);
    ASSERT(in);
    ASSERT(from.len <= MULTIBASE_BYTES_MAX);
    if (in->bits)
        put_bits(out, in, from);
    else
        put_number(out, in, from);
}

void multibase_put(struct buffer *out, enum multibase base, bytes from)
{
    buffer_put_byte(out, (uint8_t)base);
    multibase_put_digits(out, base, from);
}
