#include "node/data_dir.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#define IDENTITY_BYTES_MAX 512
#define PATH_BYTES_MAX 4096

static loft_err failed(const char *what, const char *path)
{
    return err_say(errno == ENOSPC || errno == EDQUOT ? LOFT_ERR_FULL
                                                      : LOFT_ERR_IO,
                   "%s %s: %s", what, path, strerror(errno));
}

/* Makes a folder and those above it; only its owner may look inside. */
static loft_err make_all(const char *dir)
{
    char path[PATH_BYTES_MAX];
    if (strlen(dir) >= sizeof path)
        return err_say(LOFT_ERR_USAGE, "--data-dir: longer than %d bytes",
                       PATH_BYTES_MAX - 1);
    strcpy(path, dir);
    for (char *slash = path + 1; (slash = strchr(slash, '/')); slash++) {
        *slash = 0;
        if (mkdir(path, 0700) != 0 && errno != EEXIST)
            return failed("making", path);
        *slash = '/';
    }
    if (mkdir(path, 0700) != 0 && errno != EEXIST)
        return failed("making", path);
    return LOFT_OK;
}

const char *data_dir_default(struct arena *arena)
{
    const char *data = getenv("XDG_DATA_HOME"), *home = getenv("HOME");
    if (data && *data)
        return arena_printf(arena, "%s/loft", data);
    return home && *home ? arena_printf(arena, "%s/.local/share/loft", home)
                         : NULL;
}

static loft_err make_temporary(struct arena *arena, const char **out)
{
    const char *base = getenv("TMPDIR");
    char *dir = arena_printf(arena, "%s/loft-XXXXXX",
                             base && *base ? base : "/tmp");
    *out = dir;
    return mkdtemp(dir) ? LOFT_OK : failed("making", dir);
}

loft_err data_dir_open(struct arena *arena, const char **out,
                       const char *wanted, bool temporary)
{
    if (temporary)
        return make_temporary(arena, out);
    *out = *wanted ? wanted : data_dir_default(arena);
    if (!*out)
        return err_say(LOFT_ERR_USAGE, "neither --data-dir nor $HOME is set");
    return make_all(*out);
}

/* The files in a folder, and the folder. */
static void remove_flat(const char *dir)
{
    DIR *open = opendir(dir);
    if (!open)
        return;
    for (struct dirent *entry; (entry = readdir(open));)
        (void)unlinkat(dirfd(open), entry->d_name, 0);
    closedir(open);
    (void)rmdir(dir);
}

void data_dir_remove(const char *dir)
{
    char inner[PATH_BYTES_MAX];
    if ((size_t)snprintf(inner, sizeof inner, "%s/fork", dir) < sizeof inner)
        remove_flat(inner);
    remove_flat(dir);
}

/* LOFT_ERR_NOT_FOUND: there is none yet. */
static loft_err read_identity(char text[IDENTITY_BYTES_MAX], const char *path)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return errno == ENOENT ? LOFT_ERR_NOT_FOUND : failed("reading", path);
    ssize_t len = read(fd, text, IDENTITY_BYTES_MAX - 1);
    close(fd);
    if (len < 0)
        return failed("reading", path);
    text[len] = 0;
    return LOFT_OK;
}

static loft_err sync_dir(const char *dir)
{
    int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    bool ok = fd >= 0 && fsync(fd) == 0;
    if (fd >= 0)
        close(fd);
    return ok ? LOFT_OK : failed("syncing", dir);
}

/* Whole or not at all: under another name first. */
static loft_err write_identity(const char *dir, const char *path,
                               const char *text)
{
    char early[PATH_BYTES_MAX + 16];
    snprintf(early, sizeof early, "%s.new", path);
    int fd = open(early, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (fd < 0)
        return failed("writing", early);
    bool ok = write(fd, text, strlen(text)) == (ssize_t)strlen(text) &&
              fsync(fd) == 0;
    if (close(fd) != 0 || !ok || rename(early, path) != 0)
        return failed("writing", path);
    return sync_dir(dir);
}

/* "TIMESTAMP IDENTITY\n" */
static loft_err parse_identity(const char *dir, char *text,
                               const char **identity, uint64_t *timestamp)
{
    char *rest = NULL;
    *timestamp = strtoull(text, &rest, 10);
    char *end = strchr(rest, '\n');
    if (rest == text || *rest != ' ' || !end)
        return err_say(LOFT_ERR_CORRUPT, "%s/identity is damaged", dir);
    *end = 0;
    *identity = rest + 1;
    return LOFT_OK;
}

loft_err data_dir_identify(const char *dir, const char *identity,
                           uint64_t *timestamp)
{
    char path[PATH_BYTES_MAX], text[IDENTITY_BYTES_MAX];
    const char *stored;
    snprintf(path, sizeof path, "%s/identity", dir);
    loft_err code = read_identity(text, path);
    if (code == LOFT_ERR_NOT_FOUND) {
        snprintf(text, sizeof text, "%" PRIu64 " %s\n", *timestamp, identity);
        return write_identity(dir, path, text);
    }
    TRY(code);
    TRY(parse_identity(dir, text, &stored, timestamp));
    if (strcmp(stored, identity) == 0)
        return LOFT_OK;
    return err_say(LOFT_ERR_REFUSED,
                   "%s holds a chain with %s, not with %s; --data-dir names "
                   "another folder, --temporary takes a fresh one",
                   dir, stored, identity);
}

loft_err data_dir_copy_identity(const char *from, const char *to)
{
    char path[PATH_BYTES_MAX], text[IDENTITY_BYTES_MAX];
    snprintf(path, sizeof path, "%s/identity", from);
    TRY(read_identity(text, path));
    snprintf(path, sizeof path, "%s/identity", to);
    return write_identity(to, path, text);
}

/* A line of /proc/locks of a whole-file lock on that inode (proc(5)):
 * "1: FLOCK  ADVISORY  WRITE 708 08:01:13548 0 EOF". */
static pid_t holder_in_line(const char *line, const struct stat *info)
{
    int pid;
    unsigned major_number, minor_number;
    unsigned long inode;
    if (sscanf(line, "%*[^:]: FLOCK %*s %*s %d %x:%x:%lu", &pid, &major_number,
               &minor_number, &inode) != 4)
        return 0;
    return inode == info->st_ino && major_number == major(info->st_dev) &&
                   minor_number == minor(info->st_dev)
               ? (pid_t)pid
               : 0;
}

loft_err data_dir_holder(pid_t *out, const char *dir)
{
    char path[PATH_BYTES_MAX], line[256];
    struct stat info;
    *out = 0;
    snprintf(path, sizeof path, "%s/lock", dir);
    if (stat(path, &info) != 0)
        return errno == ENOENT ? LOFT_OK : failed("reading", path);
    FILE *locks = fopen("/proc/locks", "re");
    if (!locks)
        return failed("reading", "/proc/locks");
    while (!*out && fgets(line, sizeof line, locks))
        *out = holder_in_line(line, &info);
    fclose(locks);
    return LOFT_OK;
}
