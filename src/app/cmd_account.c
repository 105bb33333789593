/* Keys in files under a password: make, list, import, export, sign with. */
#include <stdio.h>
#include <string.h>

#include "app/commands.h"
#include "app/key_source.h"
#include "app/keystore_folder.h"
#include "app/password.h"
#include "base/hex.h"
#include "base/memory.h"
#include "codec/address_text.h"
#include "codec/keystore.h"
#include "codec/signed_message.h"
#include "crypto/ecdsa.h"

static void print_account(const address *who, const char *path)
{
    char text[ADDRESS_TEXT_LEN + 1];
    address_text(text, who);
    printf("%s  %s\n", text, path);
}

/* Locks the key up under a new password and keeps it. */
static loft_err keep(const struct command_line *line, const secret32 *key)
{
    struct password password;
    struct keystore_lock lock;
    struct buffer text = {0};
    address who;
    const char *path, *folder;
    TRY(ecdsa_address(&who, key));
    TRY(key_folder(line, &folder));
    TRY(password_read(&password, command_option(line, "--password-file"),
                      true));
    keystore_lock_init(&lock);
    loft_err code = keystore_write(&text, key, password_bytes(&password),
                                   &lock);
    password_fini(&password);
    if (code == LOFT_OK)
        code = keystore_folder_add(line->arena, &path, folder, &who,
                                   buffer_bytes(&text));
    buffer_free(&text);
    if (code == LOFT_OK)
        print_account(&who, path);
    return code;
}

static int run_new(const struct command_line *line)
{
    secret32 key;
    address who;
    do
        secret_random(&key);
    while (ecdsa_address(&who, &key) != LOFT_OK);
    loft_err code = keep(line, &key);
    secret_fini(&key);
    return command_status(line->self, code);
}

static void list_one(void *context, const address *who, const char *path)
{
    (void)context;
    print_account(who, path);
}

static int run_list(const struct command_line *line)
{
    const char *folder;
    loft_err code = key_folder(line, &folder);
    if (code == LOFT_OK)
        code = keystore_folder_each(folder, list_one, NULL);
    return command_status(line->self, code);
}

/* A keystore file, which is re-locked, or a private key in hexadecimal. */
static loft_err read_foreign_key(const struct command_line *line, secret32 *key,
                                 const char *path)
{
    bytes text;
    TRY(command_read_file(line->arena, &text, path));
    bool is_locked = text.len && text.at[0] == '{';
    loft_err code = is_locked ? key_unlock(line, key, path)
                              : key_parse(key, text);
    memory_wipe((void *)(uintptr_t)text.at, text.len);
    return code;
}

static int run_import(const struct command_line *line)
{
    secret32 key;
    loft_err code = read_foreign_key(line, &key, line->argv[0]);
    if (code == LOFT_OK) {
        code = keep(line, &key);
        secret_fini(&key);
    }
    return command_status(line->self, code);
}

static loft_err export_raw(const struct command_line *line)
{
    secret32 key;
    char digits[2 * sizeof key.at];
    TRY(key_find(line, &key, line->argv[0]));
    hex_write(digits, bytes_of(key.at, sizeof key.at));
    printf("0x%.*s\n", (int)sizeof digits, digits);
    memory_wipe(digits, sizeof digits);
    secret_fini(&key);
    return LOFT_OK;
}

static loft_err export_file(const struct command_line *line)
{
    address who;
    const char *path, *folder;
    bytes text;
    TRY(address_text_read(&who, bytes_str(line->argv[0])));
    TRY(key_folder(line, &folder));
    TRY(keystore_folder_find(line->arena, &path, folder, &who));
    TRY(command_read_file(line->arena, &text, path));
    printf("%.*s\n", (int)text.len, (const char *)text.at);
    return LOFT_OK;
}

static int run_export(const struct command_line *line)
{
    return command_status(line->self, command_option(line, "--raw")
                                          ? export_raw(line)
                                          : export_file(line));
}

static loft_err digest_of(const struct command_line *line, hash32 *out,
                          const char *operand)
{
    if (command_option(line, "--digest"))
        return hex_read_exact(out->at, sizeof out->at, bytes_str(operand));
    bytes message = bytes_str(operand);
    if (strncmp(operand, "0x", 2) == 0 || operand[0] == '@' ||
        strcmp(operand, "-") == 0)
        TRY(command_read_bytes(line->arena, &message, operand));
    *out = signed_message_digest(message);
    return LOFT_OK;
}

static loft_err sign(const struct command_line *line)
{
    secret32 key;
    hash32 digest;
    struct ecdsa_signature signature;
    uint8_t text[65];
    TRY(digest_of(line, &digest, line->argv[1]));
    TRY(key_find(line, &key, line->argv[0]));
    loft_err code = ecdsa_sign(&signature, &digest, &key);
    secret_fini(&key);
    TRY(code);
    u256_store_be(text, signature.r);
    u256_store_be(text + 32, signature.s);
    text[64] = (uint8_t)(27 + signature.parity);
    printf("%s\n", hex_string(line->arena, bytes_of(text, sizeof text)));
    return LOFT_OK;
}

static int run_sign(const struct command_line *line)
{
    return command_status(line->self, sign(line));
}

const struct command command_account_new = {
    .name = "account new",
    .operands = "",
    .summary = "make a key and keep it under a password",
    .options = (const struct command_option[]){KEYSTORE_OPTIONS, {0}},
    .run = run_new,
};

const struct command command_account_list = {
    .name = "account list",
    .operands = "",
    .summary = "list the keys that are kept",
    .options = (const struct command_option[]){KEYSTORE_FOLDER_OPTION, {0}},
    .run = run_list,
};

const struct command command_account_import = {
    .name = "account import",
    .operands = "FILE",
    .least = 1,
    .most = 1,
    .summary = "keep a key that another program made",
    .help = "FILE is a keystore file (version 3), or a private key in "
            "hexadecimal.\n",
    .options = (const struct command_option[]){KEYSTORE_OPTIONS, {0}},
    .run = run_import,
};

const struct command command_account_export = {
    .name = "account export",
    .operands = "ADDRESS",
    .least = 1,
    .most = 1,
    .summary = "show a key's file, or the key itself",
    .options = (const struct command_option[]){{"--raw", NULL,
                                                "the private key, not locked "
                                                "up"},
                                               KEYSTORE_OPTIONS,
                                               {0}},
    .run = run_export,
};

const struct command command_account_sign = {
    .name = "account sign",
    .operands = "ACCOUNT MESSAGE",
    .least = 2,
    .most = 2,
    .summary = "sign a message (EIP-191)",
    .help = "ACCOUNT is an address or a key file; MESSAGE is text, or 0x and "
            "hexadecimal\ndigits, or @FILE, or -.\n",
    .options = (const struct command_option[]){{"--digest", NULL,
                                                "MESSAGE is 32 bytes to sign "
                                                "as they are"},
                                               KEYSTORE_OPTIONS,
                                               {0}},
    .run = run_sign,
};
