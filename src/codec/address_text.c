#include "codec/address_text.h"

#include "base/hex.h"
#include "crypto/keccak.h"

enum { DIGITS = 40 };

/* EIP-55: a letter is upper case where the same digit of the lower-case
 * text's keccak256 is 8 or more. */
void address_text(char out[ADDRESS_TEXT_LEN + 1], const address *who)
{
    char *digits = out + 2;
    out[0] = '0';
    out[1] = 'x';
    hex_write(digits, bytes_address(who));
    hash32 hash = keccak256(bytes_of(digits, DIGITS));
    for (size_t i = 0; i < DIGITS; i++) {
        uint8_t nibble = hash.at[i / 2] >> (i % 2 ? 0 : 4) & 15;
        if (nibble >= 8 && digits[i] >= 'a')
            digits[i] -= 'a' - 'A';
    }
    out[ADDRESS_TEXT_LEN] = 0;
}

static bool has_both_cases(bytes digits)
{
    bool upper = false, lower = false;
    for (size_t i = 0; i < digits.len; i++) {
        upper |= digits.at[i] >= 'A' && digits.at[i] <= 'F';
        lower |= digits.at[i] >= 'a' && digits.at[i] <= 'f';
    }
    return upper && lower;
}

loft_err address_text_read(address *out, bytes text)
{
    address who;
    TRY(hex_read_exact(who.at, sizeof who.at, text));
    bytes digits = bytes_of(text.at + text.len - DIGITS, DIGITS);
    char right[ADDRESS_TEXT_LEN + 1];
    address_text(right, &who);
    if (has_both_cases(digits) && memcmp(digits.at, right + 2, DIGITS) != 0)
        return err_say(LOFT_ERR_FORMAT,
                       "the address's checksum is wrong: %.*s is not %s",
                       (int)DIGITS, (const char *)digits.at, right);
    *out = who;
    return LOFT_OK;
}
