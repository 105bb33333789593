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

static int run(const struct command *self, int argc, char **argv)
{
    if (argc != 1)
        return command_misused(self, "one operand is needed");
    struct arena arena;
    bytes data;
    arena_init(&arena);
    loft_err err = read_data(&arena, &data, argv[0]);
    if (err == LOFT_OK) {
        hash32 hash = keccak256(data);
        printf("%s\n", hex_string(&arena, bytes_hash(&hash)));
    }
    arena_fini(&arena);
    return err == LOFT_OK ? EXIT_OK : command_failed("keccak");
}

const struct command command_keccak = {
    .name = "keccak",
    .usage = "DATA",
    .summary = "Keccak-256 of data",
    .help = "DATA is 0x and hexadecimal digits, or @FILE, or - for standard "
            "input;\nanything else is hashed as text.\n",
    .run = run,
};
