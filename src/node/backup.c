#include "node/backup.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/log.h"
#include "base/vec.h"
#include "io/loop.h"
#include "node/data_dir.h"

#define PREFIX "loft-"
#define UNFINISHED ".part"

static atomic_flag is_making = ATOMIC_FLAG_INIT;

static loft_err failed(const char *what, const char *path)
{
    return err_say(errno == ENOSPC ? LOFT_ERR_FULL : LOFT_ERR_IO, "%s %s: %s",
                   what, path, strerror(errno));
}

/* "loft-20260102T030405.678Z": sorted by name, they are sorted by time. */
static const char *name_now(struct arena *arena)
{
    uint64_t now = clock_unix_ms();
    time_t seconds = (time_t)(now / 1000);
    struct tm parts;
    char text[32];
    gmtime_r(&seconds, &parts);
    strftime(text, sizeof text, "%Y%m%dT%H%M%S", &parts);
    return arena_printf(arena, PREFIX "%s.%03uZ", text, (unsigned)(now % 1000));
}

static loft_err sync_folder(const char *path)
{
    int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    bool ok = fd >= 0 && fsync(fd) == 0;
    loft_err code = ok ? LOFT_OK : failed("syncing", path);
    if (fd >= 0)
        close(fd);
    return code;
}

static loft_err copy_store(struct arena *arena, const char *folder,
                           struct store *store, uint64_t *size)
{
    const char *path = arena_printf(arena, "%s/data.mdb", folder);
    int fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    struct stat info = {0};
    if (fd < 0)
        return failed("making", path);
    loft_err code = store_copy(store, fd);
    if (code == LOFT_OK && fstat(fd, &info) != 0)
        code = failed("reading", path);
    close(fd);
    *size = (uint64_t)info.st_size;
    return code;
}

static loft_err fill(struct arena *arena, const char *folder,
                     const struct backup_options *options, uint64_t *size)
{
    if (mkdir(folder, 0700) != 0)
        return failed("making", folder);
    TRY(copy_store(arena, folder, options->store, size));
    TRY(data_dir_copy_identity(options->data_dir, folder));
    /* After the store: what that has needs what was read by then. */
    if (options->fork)
        TRY(fork_copy(options->fork, folder));
    return sync_folder(folder);
}

static loft_err make(struct arena *arena, const char **path, uint64_t *size,
                     const struct backup_options *options)
{
    if (mkdir(options->folder, 0700) != 0 && errno != EEXIST)
        return failed("making", options->folder);
    *path = arena_printf(arena, "%s/%s", options->folder, name_now(arena));
    const char *early = arena_printf(arena, "%s" UNFINISHED, *path);
    loft_err code = fill(arena, early, options, size);
    if (code == LOFT_OK && rename(early, *path) != 0)
        code = failed("renaming", early);
    if (code != LOFT_OK)
        data_dir_remove(early);
    return code == LOFT_OK ? sync_folder(options->folder) : code;
}

static int backups_only(const struct dirent *entry)
{
    return strncmp(entry->d_name, PREFIX, strlen(PREFIX)) == 0;
}

static bool is_unfinished(const char *name)
{
    size_t len = strlen(name), end = strlen(UNFINISHED);
    return len > end && strcmp(name + len - end, UNFINISHED) == 0;
}

/* Removes what is left of broken attempts, and all but the newest. */
static void remove_old(struct arena *arena,
                       const struct backup_options *options)
{
    struct dirent **entries;
    unsigned found = 0;
    int count = scandir(options->folder, &entries, backups_only, alphasort);
    for (int i = count; i-- > 0;) {
        const char *name = entries[i]->d_name;
        bool goes = is_unfinished(name) || found >= options->kept;
        found += !is_unfinished(name);
        if (goes)
            data_dir_remove(
                arena_printf(arena, "%s/%s", options->folder, name));
        free(entries[i]);
    }
    if (count >= 0)
        free(entries);
}

loft_err backup_make(struct arena *arena, const char **path, uint64_t *size,
                     const struct backup_options *options)
{
    *size = 0;
    if (atomic_flag_test_and_set(&is_making))
        return err_say(LOFT_ERR_BUSY, "a backup is being made already");
    uint64_t began = clock_monotonic_ns();
    loft_err code = make(arena, path, size, options);
    if (code == LOFT_OK) {
        remove_old(arena, options);
        log_info("backup", "path=%s bytes=%" PRIu64 " ms=%" PRIu64, *path,
                 *size, (clock_monotonic_ns() - began) / 1000000);
    } else {
        log_error("no_backup", "why=%s", err_sentence());
    }
    atomic_flag_clear(&is_making);
    return code;
}
