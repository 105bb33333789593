/* Calls and results of contracts, to bytes and back. */
#include <stdio.h>

#include "app/commands.h"
#include "base/hex.h"
#include "codec/abi.h"
#include "codec/abi_text.h"

static loft_err encode(struct arena *arena, int argc, char **argv)
{
    struct abi_signature signature;
    struct abi_value arguments;
    struct buffer out = {0};
    TRY(abi_signature_read(&signature, arena, bytes_str(argv[0])));
    bytes *texts = ARENA_ARRAY(arena, bytes, (size_t)argc);
    for (int i = 1; i < argc; i++)
        texts[i - 1] = bytes_str(argv[i]);
    TRY(abi_read_texts(&arguments, arena, signature.inputs, texts,
                       (size_t)argc - 1));
    if (signature.name.len)
        abi_selector(buffer_extend(&out, 4), &signature);
    abi_encode(&out, &arguments);
    printf("%s\n", hex_string(arena, buffer_bytes(&out)));
    buffer_free(&out);
    return LOFT_OK;
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

static loft_err decode(struct arena *arena, char **argv, bool as_json)
{
    struct abi_value value;
    struct buffer out = {0};
    bytes data;
    TRY(command_read_bytes(arena, &data, argv[1]));
    TRY(decode_as(arena, &value, argv[0], data));
    struct json_writer json = {.out = &out};
    if (as_json)
        abi_put_json(&json, &value);
    for (size_t i = 0; i < value.count && !as_json; i++) {
        if (i)
            buffer_put_byte(&out, '\n');
        abi_put_text(&out, &value.items[i]);
    }
    printf("%.*s\n", (int)out.len, (const char *)out.at);
    buffer_free(&out);
    return LOFT_OK;
}

static int run_encode(const struct command *self, int argc, char **argv)
{
    if (argc < 1)
        return command_misused(self, "a signature is needed");
    struct arena arena;
    arena_init(&arena);
    loft_err err = encode(&arena, argc, argv);
    arena_fini(&arena);
    return err == LOFT_OK ? EXIT_OK : command_failed(self->name);
}

static int run_decode(const struct command *self, int argc, char **argv)
{
    const char *json = NULL;
    const struct command_flag flags[] = {{"--json", true, &json}};
    if (!command_flags(self, &argc, argv, flags, ARRAY_LEN(flags)))
        return EXIT_WRONG_USAGE;
    if (argc != 2)
        return command_misused(self, "a signature and data are needed");
    struct arena arena;
    arena_init(&arena);
    loft_err err = decode(&arena, argv, json != NULL);
    arena_fini(&arena);
    return err == LOFT_OK ? EXIT_OK : command_failed(self->name);
}

const struct command command_abi_encode = {
    .name = "abi encode",
    .usage = "SIGNATURE [ARGUMENT...]",
    .summary = "encode a contract call",
    .help = "loft abi encode 'transfer(address,uint256)' 0x5aAe... 1000\n"
            "A signature without a name, '(uint256)', gives the arguments "
            "alone.\n",
    .run = run_encode,
};

const struct command command_abi_decode = {
    .name = "abi decode",
    .usage = "[--json] SIGNATURE DATA",
    .summary = "decode a contract call, or its results",
    .help = "'transfer(address,uint256)' decodes a call, '(uint256)' or\n"
            "'balanceOf(address)(uint256)' results. DATA is hexadecimal, "
            "@FILE or -.\n",
    .run = run_decode,
};
