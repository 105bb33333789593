#include "store/whole_io.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>
#include <unistd.h>

static loft_err failed(const char *what)
{
    bool full = errno == ENOSPC || errno == EDQUOT || errno == EFBIG;
    return err_say(full ? LOFT_ERR_FULL : LOFT_ERR_IO, "cannot %s: %s", what,
                   strerror(errno));
}

loft_err whole_read(int file, void *out, size_t len, uint64_t at)
{
    uint8_t *to = out;
    while (len) {
        ssize_t got = pread(file, to, len, (off_t)at);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return failed("read");
        if (got == 0)
            return err_say(LOFT_ERR_FORMAT, "the file ends too early");
        to += got;
        at += (uint64_t)got;
        len -= (size_t)got;
    }
    return LOFT_OK;
}

loft_err whole_write(int file, const void *from, size_t len, uint64_t at)
{
    const uint8_t *next = from;
    while (len) {
        ssize_t put = pwrite(file, next, len, (off_t)at);
        if (put < 0 && errno == EINTR)
            continue;
        if (put < 0)
            return failed("write");
        next += put;
        at += (uint64_t)put;
        len -= (size_t)put;
    }
    return LOFT_OK;
}

loft_err whole_sync(int file)
{
    return fdatasync(file) ? failed("sync") : LOFT_OK;
}
