/* Keys in files under a password: make, list, import, export, sign with. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app/commands.h"
#include "app/keystore_folder.h"
#include "app/password.h"
#include "base/hex.h"
#include "base/memory.h"
#include "codec/address_text.h"
#include "codec/keystore.h"
#include "codec/signed_message.h"
#include "crypto/ecdsa.h"

/* What the commands have in common. */
struct account_job {
    struct arena arena;
    const char *folder, *password_file;
    const char *raw, *digest; /* switches */
};

static bool job_begin(struct account_job *job, const struct command *self,
                      int *argc, char **argv)
{
    *job = (struct account_job){0};
    const struct command_flag flags[] = {
        {"--keystore", false, &job->folder},
        {"--password-file", false, &job->password_file},
        {"--raw", true, &job->raw},
        {"--digest", true, &job->digest},
    };
    arena_init(&job->arena);
    return command_flags(self, argc, argv, flags, ARRAY_LEN(flags));
}

static int job_end(struct account_job *job, const struct command *self,
                   loft_err err)
{
    arena_fini(&job->arena);
    return err == LOFT_OK ? EXIT_OK : command_failed(self->name);
}

static loft_err find_folder(struct account_job *job)
{
    return job->folder ? LOFT_OK
                       : keystore_folder_default(&job->arena, &job->folder);
}

static void print_account(const address *who, const char *path)
{
    char text[ADDRESS_TEXT_LEN + 1];
    address_text(text, who);
    printf("%s  %s\n", text, path);
}

/* Locks the key up under a new password and keeps it. */
static loft_err keep(struct account_job *job, const secret32 *key)
{
    struct password password;
    struct keystore_lock lock;
    struct buffer text = {0};
    address who;
    const char *path;
    TRY(ecdsa_address(&who, key));
    TRY(find_folder(job));
    TRY(password_read(&password, job->password_file, true));
    keystore_lock_init(&lock);
    loft_err err = keystore_write(&text, key, password_bytes(&password), &lock);
    password_fini(&password);
    if (err == LOFT_OK)
        err = keystore_folder_add(&job->arena, &path, job->folder, &who,
                                  buffer_bytes(&text));
    buffer_free(&text);
    if (err == LOFT_OK)
        print_account(&who, path);
    return err;
}

/* Opens the file with the password that is asked for. */
static loft_err unlock(struct account_job *job, secret32 *key, const char *path)
{
    struct password password;
    bytes text;
    TRY(command_read_file(&job->arena, &text, path));
    TRY(password_read(&password, job->password_file, false));
    loft_err err = keystore_read(key, text, password_bytes(&password));
    password_fini(&password);
    return err;
}

/* An address whose key is in the folder, or the path of a file. */
static loft_err find_key(struct account_job *job, secret32 *key,
                         const char *which)
{
    address who;
    const char *path = which;
    if (address_text_read(&who, bytes_str(which)) == LOFT_OK) {
        TRY(find_folder(job));
        TRY(keystore_folder_find(&job->arena, &path, job->folder, &who));
    }
    return unlock(job, key, path);
}

static loft_err make_key(struct account_job *job)
{
    secret32 key;
    address who;
    do
        secret_random(&key);
    while (ecdsa_address(&who, &key) != LOFT_OK);
    loft_err err = keep(job, &key);
    secret_fini(&key);
    return err;
}

static int run_new(const struct command *self, int argc, char **argv)
{
    struct account_job job;
    if (!job_begin(&job, self, &argc, argv) || argc != 0)
        return command_misused(self, "no operand is taken");
    return job_end(&job, self, make_key(&job));
}

static void list_one(void *context, const address *who, const char *path)
{
    (void)context;
    print_account(who, path);
}

static loft_err list(struct account_job *job)
{
    TRY(find_folder(job));
    return keystore_folder_each(job->folder, list_one, NULL);
}

static int run_list(const struct command *self, int argc, char **argv)
{
    struct account_job job;
    if (!job_begin(&job, self, &argc, argv) || argc != 0)
        return command_misused(self, "no operand is taken");
    return job_end(&job, self, list(&job));
}

static bytes first_line(bytes text)
{
    const uint8_t *end = memchr(text.at, '\n', text.len);
    return end ? bytes_of(text.at, (size_t)(end - text.at)) : text;
}

/* A keystore file, which is re-locked, or a private key in hexadecimal. */
static loft_err read_foreign_key(struct account_job *job, secret32 *key,
                                 const char *path)
{
    bytes text;
    TRY(command_read_file(&job->arena, &text, path));
    loft_err err = hex_read_exact(key->at, sizeof key->at, first_line(text));
    if (text.len && text.at[0] == '{')
        err = unlock(job, key, path);
    memory_wipe((void *)(uintptr_t)text.at, text.len);
    return err;
}

static loft_err import(struct account_job *job, const char *path)
{
    secret32 key;
    TRY(read_foreign_key(job, &key, path));
    loft_err err = keep(job, &key);
    secret_fini(&key);
    return err;
}

static int run_import(const struct command *self, int argc, char **argv)
{
    struct account_job job;
    if (!job_begin(&job, self, &argc, argv) || argc != 1)
        return command_misused(self, "one file is needed");
    return job_end(&job, self, import(&job, argv[0]));
}

static loft_err export_raw(struct account_job *job, const char *which)
{
    secret32 key;
    char digits[2 * sizeof key.at];
    TRY(find_key(job, &key, which));
    hex_write(digits, bytes_of(key.at, sizeof key.at));
    printf("0x%.*s\n", (int)sizeof digits, digits);
    memory_wipe(digits, sizeof digits);
    secret_fini(&key);
    return LOFT_OK;
}

static loft_err export_file(struct account_job *job, const char *which)
{
    address who;
    const char *path;
    bytes text;
    TRY(address_text_read(&who, bytes_str(which)));
    TRY(find_folder(job));
    TRY(keystore_folder_find(&job->arena, &path, job->folder, &who));
    TRY(command_read_file(&job->arena, &text, path));
    printf("%.*s\n", (int)text.len, (const char *)text.at);
    return LOFT_OK;
}

static int run_export(const struct command *self, int argc, char **argv)
{
    struct account_job job;
    if (!job_begin(&job, self, &argc, argv) || argc != 1)
        return command_misused(self, "one address is needed");
    loft_err err = job.raw ? export_raw(&job, argv[0])
                           : export_file(&job, argv[0]);
    return job_end(&job, self, err);
}

static loft_err digest_of(struct account_job *job, hash32 *out,
                          const char *operand)
{
    if (job->digest)
        return hex_read_exact(out->at, sizeof out->at, bytes_str(operand));
    bytes message = bytes_str(operand);
    if (strncmp(operand, "0x", 2) == 0 || operand[0] == '@' ||
        strcmp(operand, "-") == 0)
        TRY(command_read_bytes(&job->arena, &message, operand));
    *out = signed_message_digest(message);
    return LOFT_OK;
}

static loft_err sign(struct account_job *job, const char *which,
                     const char *operand)
{
    secret32 key;
    hash32 digest;
    struct ecdsa_signature signature;
    uint8_t text[65];
    TRY(digest_of(job, &digest, operand));
    TRY(find_key(job, &key, which));
    loft_err err = ecdsa_sign(&signature, &digest, &key);
    secret_fini(&key);
    TRY(err);
    u256_store_be(text, signature.r);
    u256_store_be(text + 32, signature.s);
    text[64] = (uint8_t)(27 + signature.parity);
    printf("%s\n", hex_string(&job->arena, bytes_of(text, sizeof text)));
    return LOFT_OK;
}

static int run_sign(const struct command *self, int argc, char **argv)
{
    struct account_job job;
    if (!job_begin(&job, self, &argc, argv) || argc != 2)
        return command_misused(self, "an account and a message are needed");
    return job_end(&job, self, sign(&job, argv[0], argv[1]));
}

#define KEYSTORE_HELP                                                    \
    "  --keystore DIR        where key files are "                       \
    "(~/.local/share/loft/keystore)\n"                                   \
    "  --password-file FILE  first line is the password; - is standard " \
    "input\n"

const struct command command_account_new = {
    .name = "account new",
    .usage = "[--keystore DIR] [--password-file FILE]",
    .summary = "make a key and keep it under a password",
    .help = KEYSTORE_HELP,
    .run = run_new,
};

const struct command command_account_list = {
    .name = "account list",
    .usage = "[--keystore DIR]",
    .summary = "list the keys that are kept",
    .help = KEYSTORE_HELP,
    .run = run_list,
};

const struct command command_account_import = {
    .name = "account import",
    .usage = "[--keystore DIR] [--password-file FILE] FILE",
    .summary = "keep a key that another program made",
    .help = "FILE is a keystore file (version 3), or a private key in "
            "hexadecimal.\n\n" KEYSTORE_HELP,
    .run = run_import,
};

const struct command command_account_export = {
    .name = "account export",
    .usage = "[--keystore DIR] [--raw [--password-file FILE]] ADDRESS",
    .summary = "show a key's file, or the key itself",
    .help = "  --raw                 the private key, not locked "
            "up\n" KEYSTORE_HELP,
    .run = run_export,
};

const struct command command_account_sign = {
    .name = "account sign",
    .usage = "[--keystore DIR] [--password-file FILE] [--digest] ACCOUNT "
             "MESSAGE",
    .summary = "sign a message (EIP-191)",
    .help = "ACCOUNT is an address or a key file; MESSAGE is text, or 0x and "
            "hexadecimal\ndigits, or @FILE, or -.\n\n"
            "  --digest              MESSAGE is 32 bytes to sign as they "
            "are\n" KEYSTORE_HELP,
    .run = run_sign,
};
