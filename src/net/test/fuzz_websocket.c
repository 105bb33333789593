/* A WebSocket that is sent any bytes, whole and in pieces: the same texts come
 * out, each of them UTF-8 and within its bound, and no memory is left. */
#include "net/websocket.h"

#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/assert.h"
#include "base/vec.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

#define MESSAGE_BYTES_MAX 4096

struct trial {
    struct text_link *link;
    struct buffer texts; /* each with a 0xff behind it, which is no UTF-8 */
    bool closed;
};

static struct loop *loop;

/* A sequence's length by its first byte; 0: it is none. */
static size_t sequence_len(uint8_t first)
{
    return first < 0x80                     ? 1
           : first >= 0xc2 && first <= 0xdf ? 2
           : first >= 0xe0 && first <= 0xef ? 3
           : first >= 0xf0 && first <= 0xf4 ? 4
                                            : 0;
}

static void check_utf8(bytes text)
{
    for (size_t at = 0; at < text.len;) {
        size_t len = sequence_len(text.at[at]);
        ASSERT(len > 0);
        ASSERT(len <= text.len - at);
        for (size_t i = 1; i < len; i++)
            ASSERT((text.at[at + i] & 0xc0) == 0x80);
        at += len;
    }
}

static void on_text(void *context, bytes text)
{
    struct trial *trial = context;
    ASSERT(text.len <= MESSAGE_BYTES_MAX);
    check_utf8(text);
    buffer_put_bytes(&trial->texts, text);
    buffer_put_byte(&trial->texts, 0xff);
    trial->link->ops->send(trial->link, text);
    /* Some owners close while they are told. */
    if (text.len == 5 && memcmp(text.at, "close", 5) == 0)
        trial->link->ops->close(trial->link), trial->closed = true;
}

static void on_closed(void *context, const char *why)
{
    struct trial *trial = context;
    ASSERT(why);
    trial->link->ops->close(trial->link);
    trial->closed = true;
}

static void run(struct trial *trial, bytes data, size_t piece)
{
    struct stream_budget budget = {.bytes_max = 3 * MESSAGE_BYTES_MAX};
    int ends[2];
    ASSERT(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, ends) == 0);
    ASSERT(
        websocket_open(&trial->link, &(struct text_link_options){
                                         .loop = loop,
                                         .fd = ends[0],
                                         .message_bytes_max = MESSAGE_BYTES_MAX,
                                         .queue_bytes_max = MESSAGE_BYTES_MAX,
                                         .idle_ms = 60000,
                                         .budget = &budget,
                                     }) == LOFT_OK);
    trial->link->text = on_text;
    trial->link->closed = on_closed;
    trial->link->context = trial;
    while (data.len && !trial->closed) {
        size_t len = data.len < piece ? data.len : piece;
        trial->link->ops->begin(trial->link, bytes_of(data.at, len));
        data = bytes_of(data.at + len, data.len - len);
    }
    if (!trial->closed)
        trial->link->ops->close(trial->link);
    ASSERT(budget.used == 0);
    close(ends[1]);
    loop_run(loop); /* ends what was closed */
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    struct trial whole = {0}, pieces = {0};
    if (!loop)
        ASSERT(loop_open(&loop) == LOFT_OK);
    run(&whole, bytes_of(data, len), len ? len : 1);
    run(&pieces, bytes_of(data, len), 1 + len % 5);
    ASSERT(
        bytes_equal(buffer_bytes(&whole.texts), buffer_bytes(&pieces.texts)));
    buffer_free(&whole.texts);
    buffer_free(&pieces.texts);
    return 0;
}
