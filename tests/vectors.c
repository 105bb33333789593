#include "tests/vectors.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/attributes.h"

enum { SKIPPED = 77 };

static struct arena paths; /* never freed: callers keep them */
static bool data_is_absent;

NO_RETURN static void give_up(const char *what, const char *path)
{
    fprintf(stderr, "vectors: %s %s: %s\n", what, path, strerror(errno));
    exit(1);
}

static const char *join(const char *dir, const char *name)
{
    return arena_printf(&paths, "%s/%s", dir, name);
}

const char *vectors_path(const char *name)
{
    const char *dir = getenv("LOFT_VECTORS");
    const char *path = join(dir && *dir ? dir : VECTORS_DEFAULT, name);
    if (access(path, R_OK) == 0)
        return path;
    fprintf(stderr, "vectors: %s is absent: skipped\n", path);
    data_is_absent = true;
    return NULL;
}

static void make_dir(const char *path)
{
    if (mkdir(path, 0777) && errno != EEXIST)
        give_up("cannot make", path);
}

static void run_tar(const char *archive, const char *dir)
{
    pid_t child = fork();
    if (child < 0)
        give_up("cannot fork for", archive);
    if (child == 0) {
        execlp("tar", "tar", "xJf", archive, "-C", dir, (char *)NULL);
        _exit(127);
    }
    int status;
    while (waitpid(child, &status, 0) < 0)
        if (errno != EINTR)
            give_up("cannot wait for tar on", archive);
    if (!WIFEXITED(status) || WEXITSTATUS(status)) {
        errno = EIO;
        give_up("tar failed on", archive);
    }
}

/* A folder that exists is complete: it gets its name after tar is done. */
static void unpack(const char *archive, const char *dir)
{
    const char *partial = join(VECTORS_UNPACKED, "partial");
    make_dir(partial);
    partial = join(partial, strrchr(dir, '/') + 1);
    make_dir(partial);
    run_tar(archive, partial);
    if (rename(partial, dir))
        give_up("cannot rename to", dir);
}

/* A changed archive gets a folder of its own. */
static const char *unpacked_dir(const char *archive)
{
    struct stat about;
    if (stat(archive, &about))
        give_up("cannot look at", archive);
    const char *name = strrchr(archive, '/') + 1;
    return arena_printf(&paths, "%s/%.*s-%llx-%llx", VECTORS_UNPACKED,
                        (int)strcspn(name, "."), name, (long long)about.st_size,
                        (long long)about.st_mtime);
}

const char *vectors_unpack(const char *name)
{
    const char *archive = vectors_path(name);
    if (!archive)
        return NULL;
    const char *dir = unpacked_dir(archive);
    if (access(dir, R_OK) == 0)
        return dir;
    make_dir(VECTORS_UNPACKED);
    const char *lock = join(VECTORS_UNPACKED, "lock");
    int fd = open(lock, O_CREAT | O_RDWR | O_CLOEXEC, 0666);
    if (fd < 0 || flock(fd, LOCK_EX))
        give_up("cannot lock", lock);
    if (access(dir, R_OK))
        unpack(archive, dir);
    close(fd);
    return dir;
}

static bool ends_with(const char *name, const char *suffix)
{
    size_t len = strlen(name), tail = strlen(suffix);
    return len >= tail && strcmp(name + len - tail, suffix) == 0;
}

static bool is_dir(const char *path)
{
    struct stat about;
    return stat(path, &about) == 0 && S_ISDIR(about.st_mode);
}

size_t vectors_each(const char *dir, const char *suffix,
                    void (*visit)(void *context, const char *path),
                    void *context)
{
    struct dirent **entries;
    int count = scandir(dir, &entries, NULL, alphasort);
    if (count < 0)
        give_up("cannot list", dir);
    size_t visited = 0;
    for (int i = 0; i < count; i++) {
        const char *name = entries[i]->d_name;
        const char *path = join(dir, name);
        if (name[0] != '.' && is_dir(path)) {
            visited += vectors_each(path, suffix, visit, context);
        } else if (name[0] != '.' && ends_with(name, suffix)) {
            visit(context, path);
            visited++;
        }
        free(entries[i]);
    }
    free(entries);
    return visited;
}

bytes vectors_read(struct arena *arena, const char *path)
{
    struct stat about;
    FILE *file = fopen(path, "rb");
    if (!file || fstat(fileno(file), &about))
        give_up("cannot open", path);
    size_t len = (size_t)about.st_size;
    uint8_t *data = arena_alloc(arena, len);
    if (fread(data, 1, len, file) != len)
        give_up("cannot read", path);
    fclose(file);
    return bytes_of(data, len);
}

const struct json *vectors_json(struct arena *arena, const char *path)
{
    const struct json *value;
    if (json_parse(&value, arena, vectors_read(arena, path), &JSON_FROM_FILE) ==
        LOFT_OK)
        return value;
    fprintf(stderr, "vectors: %s: %s\n", path, err_sentence());
    exit(1);
}

int vectors_exit(int failed)
{
    return failed || !data_is_absent ? failed : SKIPPED;
}
