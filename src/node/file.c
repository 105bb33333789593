#include "node/file.h"

#include <errno.h>
#include <fcntl.h>
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
