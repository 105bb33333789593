#include "store/async_writer.h"

#include <errno.h>
#include <fcntl.h>
#include <libaio.h>
#include <linux/fs.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"

#define ROOM_KEPT ((size_t)1 << 20)

struct async_writer {
    io_context_t context;
    unsigned begun;
    int failure; /* the system's code, of a write; 0: none has failed */
    struct under_way {
        struct iocb request;
        uint8_t *room;
        size_t cap;
    } writes[ASYNC_WRITES_MAX];
};

struct async_writer *async_writer_new(void)
{
    struct async_writer *writer = MEMORY_NEW(struct async_writer);
    if (io_setup(ASYNC_WRITES_MAX, &writer->context) == 0)
        return writer;
    free(writer);
    return NULL;
}

void async_writer_free(struct async_writer *writer)
{
    if (!writer)
        return;
    io_destroy(writer->context); /* which waits */
    for (int i = 0; i < ASYNC_WRITES_MAX; i++)
        free(writer->writes[i].room);
    free(writer);
}

int async_writer_open(const char *path)
{
    return open(path, O_WRONLY | O_DIRECT | O_CLOEXEC);
}

static void reserve(struct under_way *write, size_t len)
{
    if (write->cap >= len && (write->cap <= ROOM_KEPT || len > ROOM_KEPT))
        return;
    free(write->room);
    write->room = memory_alloc_aligned(ASYNC_BLOCK, len);
    write->cap = len;
}

loft_err async_writer_begin(struct async_writer *writer, int file,
                            const void *from, size_t len, uint64_t at)
{
    if (writer->begun == ASYNC_WRITES_MAX)
        TRY(async_writer_wait(writer));
    struct under_way *write = &writer->writes[writer->begun];
    size_t padded = (len + ASYNC_BLOCK - 1) / ASYNC_BLOCK * ASYNC_BLOCK;
    reserve(write, padded);
    memcpy(write->room, from, len);
    memset(write->room + len, 0, padded - len);
    struct iocb *request = &write->request;
    io_prep_pwrite(request, file, write->room, padded, (long long)at);
    request->aio_rw_flags = RWF_DSYNC;
    int begun = io_submit(writer->context, 1, &request);
    if (begun != 1)
        return err_say(LOFT_ERR_IO, "cannot begin to write: %s",
                       strerror(begun < 0 ? -begun : EAGAIN));
    writer->begun++;
    return LOFT_OK;
}

static void check_result(struct async_writer *writer,
                         const struct io_event *event)
{
    long result = (long)event->res;
    if (result == (long)event->obj->u.c.nbytes)
        return;
    writer->failure = result < 0 ? (int)-result : EIO; /* cut short */
}

loft_err async_writer_wait(struct async_writer *writer)
{
    struct io_event events[ASYNC_WRITES_MAX];
    while (writer->begun) {
        int got = io_getevents(writer->context, 1, (long)writer->begun, events,
                               NULL);
        if (got == -EINTR)
            continue;
        if (got < 0)
            return err_say(LOFT_ERR_IO, "cannot wait for a write: %s",
                           strerror(-got));
        for (int i = 0; i < got; i++)
            check_result(writer, &events[i]);
        writer->begun -= (unsigned)got;
    }
    return writer->failure ? err_say(LOFT_ERR_IO, "cannot write: %s",
                                     strerror(writer->failure))
                           : LOFT_OK;
}
