#include "node/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

static loft_err failed(const char *path)
{
    return err_say(LOFT_ERR_IO, "reading %s: %s", path, strerror(errno));
}

static loft_err map(struct file *out, int fd, const char *path,
                    size_t bytes_max)
{
    struct stat status;
    if (fstat(fd, &status) != 0)
        return failed(path);
    if (!S_ISREG(status.st_mode))
        return err_say(LOFT_ERR_IO, "reading %s: not a plain file", path);
    if ((uint64_t)status.st_size > bytes_max)
        return err_say(LOFT_ERR_LIMIT, "%s is larger than %zu bytes", path,
                       bytes_max);
    if (status.st_size == 0)
        return LOFT_OK;
    void *at = mmap(NULL, (size_t)status.st_size, PROT_READ, MAP_PRIVATE, fd,
                    0);
    if (at == MAP_FAILED)
        return failed(path);
    out->contents = bytes_of(at, (size_t)status.st_size);
    return LOFT_OK;
}

loft_err file_open(struct file *out, const char *path, size_t bytes_max)
{
    *out = (struct file){0};
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return failed(path);
    loft_err code = map(out, fd, path, bytes_max);
    close(fd);
    return code;
}

void file_close(struct file *file)
{
    if (file->contents.len)
        munmap((void *)(uintptr_t)file->contents.at, file->contents.len);
    *file = (struct file){0};
}

/* A new file, whatever an attempt before has left there. */
static FILE *create(const char *path, mode_t mode)
{
    if (unlink(path) != 0 && errno != ENOENT)
        return NULL;
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode);
    FILE *file = fd < 0 ? NULL : fdopen(fd, "w");
    if (fd >= 0 && !file)
        close(fd);
    return file;
}

static loft_err write_text(const char *path, bytes text, mode_t mode)
{
    FILE *file = create(path, mode);
    if (!file)
        return err_say(LOFT_ERR_IO, "%s: %s", path, strerror(errno));
    bool ok = fwrite(text.at, 1, text.len, file) == text.len &&
              fflush(file) == 0 && fsync(fileno(file)) == 0;
    int why = errno;
    ok = fclose(file) == 0 && ok;
    return ok ? LOFT_OK : err_say(LOFT_ERR_IO, "%s: %s", path, strerror(why));
}

loft_err file_replace(const char *path, bytes text, mode_t mode)
{
    char beside[4096];
    if ((size_t)snprintf(beside, sizeof beside, "%s.new", path) >=
        sizeof beside)
        return err_say(LOFT_ERR_USAGE, "%s: the name is too long", path);
    TRY(write_text(beside, text, mode));
    return rename(beside, path) == 0
               ? LOFT_OK
               : err_say(LOFT_ERR_IO, "%s: %s", path, strerror(errno));
}
