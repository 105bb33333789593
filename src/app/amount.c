#include "app/amount.h"

#include <string.h>

#include "app/command.h"

struct unit {
    const char *name;
    unsigned digits; /* that ten is raised to */
};

static const struct unit units[] = {{"ether", 18}, {"gwei", 9}, {"wei", 0}};

static u256 power_of_ten(unsigned digits)
{
    return u256_exp(u256_from(10), u256_from(digits));
}

static const struct unit *find_unit(const char *name)
{
    for (size_t i = 0; i < ARRAY_LEN(units); i++)
        if (strcmp(units[i].name, name) == 0)
            return &units[i];
    return NULL;
}

/* The digits of "12.345" with zeros up to the unit's, as one number. */
static bool read_scaled(u256 *out, bytes number, unsigned digits)
{
    char text[U256_DECIMAL_MAX];
    size_t used = 0, point = number.len, i;
    for (i = 0; i < number.len && used < sizeof text; i++) {
        if (number.at[i] == '.' && point == number.len && i)
            point = i;
        else
            text[used++] = (char)number.at[i];
    }
    size_t fraction = point < number.len ? number.len - point - 1 : 0;
    if (i < number.len || fraction > digits ||
        (point < number.len && fraction == 0))
        return false;
    u256 value;
    return u256_read_decimal(&value, bytes_of(text, used)) &&
           !u256_mul_overflow(out, value,
                              power_of_ten(digits - (unsigned)fraction));
}

loft_err amount_read(u256 *wei, const char *text)
{
    size_t len = strspn(text, "0123456789.");
    const char *name = text + len;
    while (*name == ' ')
        name++;
    const struct unit *unit = find_unit(*name ? name : "wei");
    if (strncmp(text, "0x", 2) == 0)
        return command_read_number(wei, text);
    if (unit && read_scaled(wei, bytes_of(text, len), unit->digits))
        return LOFT_OK;
    return err_say(LOFT_ERR_USAGE,
                   "%s: not an amount like 1.5ether, 20gwei or 1000", text);
}

/* The number of units, exact. */
static const char *in_unit(struct arena *arena, u256 wei, unsigned digits)
{
    char whole[U256_DECIMAL_MAX + 1], rest[U256_DECIMAL_MAX + 1];
    u256 scale = power_of_ten(digits);
    whole[u256_decimal(whole, u256_div(wei, scale))] = 0;
    u256 fraction = u256_mod(wei, scale);
    if (u256_is_zero(fraction))
        return arena_string(arena, bytes_str(whole));
    size_t len = u256_decimal(rest, fraction);
    size_t zeros = digits - len;
    while (len && rest[len - 1] == '0')
        len--;
    return arena_printf(arena, "%s.%.*s%.*s", whole, (int)zeros,
                        "000000000000000000", (int)len, rest);
}

const char *amount_ether(struct arena *arena, u256 wei)
{
    return in_unit(arena, wei, 18);
}

const char *amount_text(struct arena *arena, u256 wei)
{
    if (u256_is_zero(wei))
        return "0 ether";
    for (size_t i = 0; i < ARRAY_LEN(units); i++) {
        unsigned digits = units[i].digits;
        u256 least = power_of_ten(digits > 3 ? digits - 3 : 0);
        if (u256_compare(wei, least) >= 0)
            return arena_printf(arena, "%s %s", in_unit(arena, wei, digits),
                                units[i].name);
    }
    return "0 ether";
}
