#include <stdio.h>
#include <string.h>

#include "app/commands.h"
#include "base/hex.h"
#include "crypto/keccak.h"

static loft_err read_data(struct arena *arena, bytes *out, const char *operand)
{
    if (strncmp(operand, "0x", 2) == 0 || operand[0] == '@' ||
        strcmp(operand, "-") == 0)
        return command_read_bytes(arena, out, operand);
    *out = bytes_str(operand);
    return LOFT_OK;
}

static int run(const struct command_line *line)
{
    bytes data;
    loft_err code = read_data(line->arena, &data, line->argv[0]);
    if (code == LOFT_OK) {
        hash32 hash = keccak256(data);
        printf("%s\n", hex_string(line->arena, bytes_hash(&hash)));
    }
    return command_status(line->self, code);
}

const struct command command_keccak = {
    .name = "keccak",
    .operands = "DATA",
    .least = 1,
    .most = 1,
    .summary = "Keccak-256 of data",
    .help = "DATA is 0x and hexadecimal digits, or @FILE, or - for standard "
            "input;\nanything else is hashed as text.\n",
    .run = run,
};
