/* Calls and results of contracts, to bytes and back. */
#include <stdio.h>

#include "app/call_data.h"
#include "app/commands.h"
#include "base/hex.h"
#include "codec/abi.h"

static loft_err encode(const struct command_line *line)
{
    struct abi_signature signature;
    struct buffer out = {0};
    TRY(abi_signature_read(&signature, line->arena, bytes_str(line->argv[0])));
    if (signature.name.len)
        abi_selector(buffer_extend(&out, 4), &signature);
    loft_err code = call_arguments_read(line->arena, &out, signature.inputs,
                                        line->argc - 1, line->argv + 1);
    if (code == LOFT_OK)
        printf("%s\n", hex_string(line->arena, buffer_bytes(&out)));
    buffer_free(&out);
    return code;
}

/* "(uint256)" is results; "transfer(address,uint256)" is a call, whose first
 * four bytes must be the selector. */
static loft_err decode_as(struct arena *arena, struct abi_value *out,
                          const char *text, bytes data)
{
    struct abi_signature signature;
    uint8_t selector[4];
    TRY(abi_signature_read(&signature, arena, bytes_str(text)));
    if (signature.name.len == 0)
        return abi_decode(out, arena, signature.inputs, data);
    if (signature.outputs)
        return abi_decode(out, arena, signature.outputs, data);
    abi_selector(selector, &signature);
    if (data.len < 4 || memcmp(data.at, selector, 4) != 0)
        return err_say(LOFT_ERR_FORMAT, "the data is no call of %s",
                       signature.text);
    return abi_decode(out, arena, signature.inputs,
                      bytes_of(data.at + 4, data.len - 4));
}

static loft_err decode(const struct command_line *line)
{
    struct abi_value value;
    bytes data;
    TRY(command_read_bytes(line->arena, &data, line->argv[1]));
    TRY(decode_as(line->arena, &value, line->argv[0], data));
    call_values_show(&value, command_option(line, "--json"));
    return LOFT_OK;
}

static int run_encode(const struct command_line *line)
{
    return command_status(line->self, encode(line));
}

static int run_decode(const struct command_line *line)
{
    return command_status(line->self, decode(line));
}

const struct command command_abi_encode = {
    .name = "abi encode",
    .operands = "SIGNATURE [ARGUMENT...]",
    .least = 1,
    .most = COMMAND_ANY_NUMBER,
    .summary = "encode a contract call",
    .help = "loft abi encode 'transfer(address,uint256)' 0x5aAe... 1000\n"
            "A signature without a name, '(uint256)', gives the arguments "
            "alone.\n",
    .run = run_encode,
};

const struct command command_abi_decode = {
    .name = "abi decode",
    .operands = "SIGNATURE DATA",
    .least = 2,
    .most = 2,
    .summary = "decode a contract call, or its results",
    .help = "'transfer(address,uint256)' decodes a call, '(uint256)' or\n"
            "'balanceOf(address)(uint256)' results. DATA is hexadecimal, "
            "@FILE or -.\n",
    .options = (const struct command_option[]){{"--json", NULL,
                                                "values as JSON"},
                                               {0}},
    .run = run_decode,
};
