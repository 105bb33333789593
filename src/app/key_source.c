#include "app/key_source.h"

#include <string.h>

#include "app/keystore_folder.h"
#include "app/password.h"
#include "base/hex.h"
#include "base/memory.h"
#include "codec/address_text.h"
#include "codec/keystore.h"

loft_err key_folder(const struct command_line *line, const char **out)
{
    *out = command_option(line, "--keystore");
    return *out ? LOFT_OK : keystore_folder_default(line->arena, out);
}

loft_err key_unlock(const struct command_line *line, secret32 *out,
                    const char *path)
{
    struct password password;
    bytes text;
    TRY(command_read_file(line->arena, &text, path));
    TRY(password_read(&password, command_option(line, "--password-file"),
                      false));
    loft_err code = keystore_read(out, text, password_bytes(&password));
    password_fini(&password);
    return code;
}

loft_err key_find(const struct command_line *line, secret32 *out,
                  const char *which)
{
    address who;
    const char *folder, *path = which;
    if (address_text_read(&who, bytes_str(which)) == LOFT_OK) {
        TRY(key_folder(line, &folder));
        TRY(keystore_folder_find(line->arena, &path, folder, &who));
    }
    return key_unlock(line, out, path);
}

static bytes first_line(bytes text)
{
    const uint8_t *end = memchr(text.at, '\n', text.len);
    return end ? bytes_of(text.at, (size_t)(end - text.at)) : text;
}

loft_err key_parse(secret32 *out, bytes text)
{
    /* Nothing of a key is said in the sentence. */
    if (hex_read_exact(out->at, sizeof out->at, first_line(text)) == LOFT_OK)
        return LOFT_OK;
    return err_say(LOFT_ERR_FORMAT, "a private key is 64 hexadecimal digits");
}

loft_err key_read_hex(struct arena *arena, secret32 *out, const char *text)
{
    bytes content;
    if (*text != '@')
        return key_parse(out, bytes_str(text));
    TRY(command_read_file(arena, &content, text + 1));
    loft_err code = key_parse(out, content);
    memory_wipe((void *)(uintptr_t)content.at, content.len);
    return code;
}
