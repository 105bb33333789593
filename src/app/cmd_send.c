/* Sends transactions: payments, calls, and contracts. */
#include <string.h>

#include "app/artifact.h"
#include "app/call_data.h"
#include "app/commands.h"
#include "app/sender.h"
#include "codec/address_text.h"

static loft_err send(struct node_client *node)
{
    const struct command_line *line = node->line;
    struct sending sending = {0};
    struct abi_signature signature;
    TRY(address_text_read(&sending.to, bytes_str(line->argv[0])));
    TRY(call_data_read(node->arena, &sending.data, &signature, line->argc - 1,
                       line->argv + 1));
    return sender_send(node, &sending);
}

/* Init code, and behind it what the constructor takes. */
static loft_err read_creation(const struct command_line *line, bytes *out)
{
    const char *given = command_option(line, "--constructor");
    struct artifact artifact;
    struct abi_signature constructor;
    struct buffer data = {0};
    TRY(artifact_read(line->arena, &artifact, line->argv[0]));
    const char *text = given ? given : artifact.constructor;
    TRY(abi_signature_read(&constructor, line->arena, bytes_str(text)));
    buffer_put_bytes(&data, artifact.bytecode);
    loft_err code = call_arguments_read(line->arena, &data, constructor.inputs,
                                        line->argc - 1, line->argv + 1);
    if (code == LOFT_OK)
        *out = arena_copy(line->arena, buffer_bytes(&data));
    buffer_free(&data);
    return code;
}

static loft_err deploy(struct node_client *node)
{
    struct sending sending = {.is_creation = true};
    TRY(read_creation(node->line, &sending.data));
    return sender_send(node, &sending);
}

static int run_send(const struct command_line *line)
{
    return node_command(line, send);
}

static int run_deploy(const struct command_line *line)
{
    return node_command(line, deploy);
}

const struct command command_send = {
    .name = "send",
    .operands = "TO [SIGNATURE [ARGUMENT...]]",
    .least = 1,
    .most = COMMAND_ANY_NUMBER,
    .summary = "send a payment or a call, and wait for its receipt",
    .help = "loft send 0x7099... --value 0.5ether --account 0xf39F...\n"
            "loft send 0x5FbD... 'transfer(address,uint256)' 0x7099... 1000 "
            "--from 0xf39F...\n\n"
            "SIGNATURE may also be the bytes of the call. The exit status is "
            "1 where the\ntransaction failed.\n",
    .options =
        (const struct command_option[]){SENDER_OPTIONS, NODE_OPTIONS, {0}},
    .run = run_send,
};

const struct command command_deploy = {
    .name = "deploy",
    .operands = "CODE [ARGUMENT...]",
    .least = 1,
    .most = COMMAND_ANY_NUMBER,
    .summary = "create a contract, and wait for its receipt",
    .help = "CODE is an artifact of a compiler (.json, with its ABI and "
            "bytecode), or the init\ncode: hexadecimal, @FILE or -. ARGUMENTs "
            "are the constructor's.\n",
    .options =
        (const struct command_option[]){
            {"--constructor", "SIGNATURE",
             "\"(address,uint256)\": what it takes, where CODE does not say"},
            SENDER_OPTIONS,
            NODE_OPTIONS,
            {0}},
    .run = run_deploy,
};
