#include "app/keystore_folder.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/hex.h"

#define ADDRESS_DIGITS 40

loft_err keystore_folder_default(struct arena *arena, const char **out)
{
    const char *data = getenv("XDG_DATA_HOME"), *home = getenv("HOME");
    if (data && *data)
        *out = arena_printf(arena, "%s/loft/keystore", data);
    else if (home && *home)
        *out = arena_printf(arena, "%s/.local/share/loft/keystore", home);
    else
        return err_say(LOFT_ERR_USAGE, "HOME is not set: name a --keystore");
    return LOFT_OK;
}

/* The address at the end of a key file's name. */
static bool address_in_name(address *out, const char *name)
{
    size_t len = strlen(name);
    if (strncmp(name, "UTC--", 5) != 0 || len < ADDRESS_DIGITS + 2)
        return false;
    const char *digits = name + len - ADDRESS_DIGITS;
    return strncmp(digits - 2, "--", 2) == 0 &&
           hex_read_exact(out->at, sizeof out->at,
                          bytes_of(digits, ADDRESS_DIGITS)) == LOFT_OK;
}

loft_err keystore_folder_each(const char *folder, keystore_visit *visit,
                              void *context)
{
    struct dirent **entries;
    int count = scandir(folder, &entries, NULL, alphasort);
    if (count < 0 && errno == ENOENT)
        return LOFT_OK;
    if (count < 0)
        return err_say(LOFT_ERR_IO, "%s: %s", folder, strerror(errno));
    for (int i = 0; i < count; i++) {
        address who;
        char path[4096];
        snprintf(path, sizeof path, "%s/%s", folder, entries[i]->d_name);
        if (address_in_name(&who, entries[i]->d_name))
            visit(context, &who, path);
        free(entries[i]);
    }
    free(entries);
    return LOFT_OK;
}

struct search {
    struct arena *arena;
    const address *who;
    const char *path;
};

static void look(void *context, const address *who, const char *path)
{
    struct search *search = context;
    if (!search->path && address_equal(who, search->who))
        search->path = arena_string(search->arena, bytes_str(path));
}

loft_err keystore_folder_find(struct arena *arena, const char **path,
                              const char *folder, const address *who)
{
    struct search search = {.arena = arena, .who = who};
    TRY(keystore_folder_each(folder, look, &search));
    if (!search.path)
        return err_say(LOFT_ERR_NOT_FOUND, "%s holds no key of %s", folder,
                       hex_string(arena, bytes_address(who)));
    *path = search.path;
    return LOFT_OK;
}

static loft_err make_folders(struct arena *arena, const char *folder)
{
    char *path = arena_string(arena, bytes_str(folder));
    for (char *at = path + 1;; at++) {
        if (*at != '/' && *at != 0)
            continue;
        char end = *at;
        *at = 0;
        if (mkdir(path, 0700) != 0 && errno != EEXIST)
            return err_say(LOFT_ERR_IO, "%s: %s", path, strerror(errno));
        if (end == 0)
            return LOFT_OK;
        *at = end;
    }
}

static loft_err write_whole(int fd, bytes text, const char *path)
{
    while (text.len) {
        ssize_t wrote = write(fd, text.at, text.len);
        if (wrote < 0 && errno == EINTR)
            continue;
        if (wrote < 0)
            return err_say(LOFT_ERR_IO, "%s: %s", path, strerror(errno));
        text = bytes_of(text.at + wrote, text.len - (size_t)wrote);
    }
    if (fsync(fd) != 0)
        return err_say(LOFT_ERR_IO, "%s: %s", path, strerror(errno));
    return LOFT_OK;
}

static loft_err sync_folder(const char *folder)
{
    int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    bool good = fd >= 0 && fsync(fd) == 0;
    int why = errno;
    if (fd >= 0)
        close(fd);
    return good ? LOFT_OK
                : err_say(LOFT_ERR_IO, "%s: %s", folder, strerror(why));
}

/* Under another name until it is whole and on disk. */
static loft_err write_durably(struct arena *arena, const char *folder,
                              const char *path, bytes text)
{
    const char *partial = arena_printf(arena, "%s/.new-%ld", folder,
                                       (long)getpid());
    int fd = open(partial, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (fd < 0)
        return err_say(LOFT_ERR_IO, "%s: %s", partial, strerror(errno));
    loft_err err = write_whole(fd, text, partial);
    close(fd);
    if (err == LOFT_OK && rename(partial, path) != 0)
        err = err_say(LOFT_ERR_IO, "%s: %s", path, strerror(errno));
    if (err != LOFT_OK) {
        unlink(partial);
        return err;
    }
    return sync_folder(folder);
}

static const char *new_name(struct arena *arena, const char *folder,
                            const address *who)
{
    struct timespec now;
    struct tm parts;
    char whole[32], digits[ADDRESS_DIGITS + 1];
    clock_gettime(CLOCK_REALTIME, &now);
    gmtime_r(&now.tv_sec, &parts);
    strftime(whole, sizeof whole, "%Y-%m-%dT%H-%M-%S", &parts);
    hex_write(digits, bytes_address(who));
    digits[ADDRESS_DIGITS] = 0;
    return arena_printf(arena, "%s/UTC--%s.%09ldZ--%s", folder, whole,
                        now.tv_nsec, digits);
}

loft_err keystore_folder_add(struct arena *arena, const char **path,
                             const char *folder, const address *who, bytes text)
{
    TRY(make_folders(arena, folder));
    const char *present;
    loft_err err = keystore_folder_find(arena, &present, folder, who);
    if (err == LOFT_OK)
        return err_say(LOFT_ERR_EXISTS, "%s holds this key already", present);
    if (err != LOFT_ERR_NOT_FOUND)
        return err;
    *path = new_name(arena, folder, who);
    return write_durably(arena, folder, *path, text);
}
