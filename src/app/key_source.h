#pragma once
/* The key that a command signs with: of a keystore file, named by its address
 * or its path, or given outright.
 *
 * Trust  the caller wipes the key with secret_fini().
 */
#include "app/command.h"
#include "crypto/secret.h"

/* For commands that use the functions below. */
#define KEYSTORE_FOLDER_OPTION                                   \
    {                                                            \
        "--keystore", "DIR",                                     \
            "where key files are (~/.local/share/loft/keystore)" \
    }
#define KEYSTORE_OPTIONS                                          \
    KEYSTORE_FOLDER_OPTION,                                       \
    {                                                             \
        "--password-file", "FILE",                                \
            "its first line is the password; - is standard input" \
    }

/* --keystore, or the usual folder. */
MUST_USE loft_err key_folder(const struct command_line *line, const char **out);

/* Opens a key file with the password that is asked for. */
MUST_USE loft_err key_unlock(const struct command_line *line, secret32 *out,
                             const char *path);

/* An address whose key is in the folder, or the path of a file. */
MUST_USE loft_err key_find(const struct command_line *line, secret32 *out,
                           const char *which);

/* The first line is a private key in hexadecimal. */
MUST_USE loft_err key_parse(secret32 *out, bytes text);

/* The same for what an option says, or for the file in "@FILE". */
MUST_USE loft_err key_read_hex(struct arena *arena, secret32 *out,
                               const char *text);
