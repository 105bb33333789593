#include "net/websocket.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <wslay/wslay.h>

#include "base/assert.h"
#include "base/memory.h"
#include "base/vec.h"
#include "crypto/digest.h"
#include "io/stream.h"

#define GUID "258EAFA5-E914-47DA-95CA-C5AB0DC85B11" /* RFC 6455, 1.3 */
#define CODE_TRY_AGAIN_LATER 1013                   /* registered by IANA */
#define KEY_CHARS 24
#define ENDING_MS 2000 /* for the other side's close */

/* Frame heads, RFC 6455 5.2. */
#define FINAL_TEXT 0x81
#define LEN_IN_2_BYTES 126
#define LEN_IN_8_BYTES 127

struct websocket {
    struct text_link link; /* first */
    struct text_link_options options;
    struct stream *stream;
    struct loop_timer *timer;
    wslay_event_context_ptr frames;
    bytes input;           /* not read by wslay yet */
    struct buffer message; /* whose end has not come */
    bool in_message, in_control;
    uint64_t heard_ns, message_ns; /* last byte; first frame */
    bool has_pinged;
    bool in_frames; /* wslay is at work: it must not lose its context */
    bool is_doomed; /* closed meanwhile */
    bool is_ending; /* our close is sent: waits for the other side's end */
    bool is_over;
    const char *why;
};

static void base64_20(char out[WEBSOCKET_ACCEPT_CHARS + 1],
                      const uint8_t digest[20])
{
    static const char digits[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    uint8_t padded[21] = {0};
    memcpy(padded, digest, 20);
    for (unsigned i = 0; i < 7; i++) {
        const uint8_t *from = padded + 3 * i;
        uint32_t bits = (uint32_t)from[0] << 16 | (uint32_t)from[1] << 8 |
                        from[2];
        for (unsigned k = 0; k < 4; k++)
            out[4 * i + k] = digits[bits >> (18 - 6 * k) & 63];
    }
    out[WEBSOCKET_ACCEPT_CHARS - 1] = '=';
    out[WEBSOCKET_ACCEPT_CHARS] = 0;
}

static bool is_base64(char c)
{
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
           (c >= '0' && c <= '9') || c == '+' || c == '/';
}

/* 22 digits and two marks of what is missing. */
static bool is_key(const char *key)
{
    if (strlen(key) != KEY_CHARS || strcmp(key + KEY_CHARS - 2, "==") != 0)
        return false;
    for (unsigned i = 0; i < KEY_CHARS - 2; i++)
        if (!is_base64(key[i]))
            return false;
    return true;
}

bool websocket_accept(char out[WEBSOCKET_ACCEPT_CHARS + 1], const char *key)
{
    char text[KEY_CHARS + sizeof GUID];
    uint8_t digest[20];
    if (!is_key(key))
        return false;
    memcpy(text, key, KEY_CHARS);
    memcpy(text + KEY_CHARS, GUID, sizeof GUID);
    sha1(digest, bytes_str(text));
    base64_20(out, digest);
    return true;
}

bool websocket_is_asked_for(const struct http_request *request)
{
    const char *upgrade = http_request_header(request, "Upgrade");
    return request->method == HTTP_GET && upgrade &&
           strcasecmp(upgrade, "websocket") == 0;
}

void websocket_accept_request(struct http_request *request, http_taken *taken,
                              void *context)
{
    static const struct http_header version_13 = {"Sec-WebSocket-Version",
                                                  "13"};
    const char *version = http_request_header(request, version_13.name);
    const char *key = http_request_header(request, "Sec-WebSocket-Key");
    char accept[WEBSOCKET_ACCEPT_CHARS + 1];
    const struct http_header headers[] = {
        {"Upgrade", "websocket"},
        {"Sec-WebSocket-Accept", accept},
    };
    if (!version || strcmp(version, version_13.value) != 0)
        http_respond_static(request, 426, &version_13, 1,
                            bytes_str("WebSocket version 13 is spoken here\n"));
    else if (!key || !websocket_accept(accept, key))
        http_respond_text(request, 400,
                          "Sec-WebSocket-Key is missing or wrong");
    else
        http_respond_switch(request, headers, ARRAY_LEN(headers), taken,
                            context);
}

static struct websocket *of(struct text_link *link)
{
    return (struct websocket *)link;
}

/* wslay's side: where its bytes come from and go to. */

static ssize_t take_input(wslay_event_context_ptr frames, uint8_t *room,
                          size_t len, int flags, void *context)
{
    struct websocket *ws = context;
    (void)flags;
    if (ws->input.len == 0) {
        wslay_event_set_error(frames, WSLAY_ERR_WOULDBLOCK);
        return -1;
    }
    if (len > ws->input.len)
        len = ws->input.len;
    memcpy(room, ws->input.at, len);
    ws->input.at += len;
    ws->input.len -= len;
    return (ssize_t)len;
}

/* Control frames: pong and close. */
static ssize_t put_output(wslay_event_context_ptr frames, const uint8_t *at,
                          size_t len, int flags, void *context)
{
    struct websocket *ws = context;
    (void)flags;
    if (stream_send(ws->stream, bytes_of(at, len), BYTES_EMPTY))
        return (ssize_t)len;
    wslay_event_set_error(frames, WSLAY_ERR_CALLBACK_FAILURE);
    return -1;
}

static void drop_message(struct websocket *ws)
{
    ws->options.budget->used -= ws->message.len;
    ws->in_message = false;
    /* A long message's memory is not kept for the next. */
    if (ws->message.cap > STREAM_READ_BYTES)
        buffer_free(&ws->message);
    ws->message.len = 0;
}

/* What has come of the message is dropped, and no more is looked at. */
static void refuse(struct websocket *ws, uint16_t code, const char *why)
{
    if (!ws->why)
        ws->why = why;
    wslay_event_queue_close(ws->frames, code, (const uint8_t *)why,
                            strlen(why));
    wslay_event_shutdown_read(ws->frames);
    drop_message(ws);
}

static void on_frame(wslay_event_context_ptr frames,
                     const struct wslay_event_on_frame_recv_start_arg *frame,
                     void *context)
{
    struct websocket *ws = context;
    ws->in_control = wslay_is_ctrl_frame(frame->opcode);
    if (ws->in_control)
        return;
    if (!ws->in_message)
        ws->message_ns = clock_monotonic_ns();
    ws->in_message = true;
    if (frame->payload_length > ws->options.message_bytes_max - ws->message.len)
        refuse(ws, WSLAY_CODE_MESSAGE_TOO_BIG,
               "message too large (--body-bytes-max)");
    (void)frames;
}

/* Of data frames and control frames alike. */
static void on_chunk(wslay_event_context_ptr frames,
                     const struct wslay_event_on_frame_recv_chunk_arg *chunk,
                     void *context)
{
    struct websocket *ws = context;
    struct stream_budget *budget = ws->options.budget;
    (void)frames;
    if (!ws->in_message || ws->in_control)
        return;
    if (chunk->data_length > budget->bytes_max - budget->used) {
        refuse(ws, CODE_TRY_AGAIN_LATER,
               "all peers together take too much (PEERS_BYTES_MAX)");
        return;
    }
    buffer_put(&ws->message, chunk->data, chunk->data_length);
    budget->used += chunk->data_length;
}

static void on_message(wslay_event_context_ptr frames,
                       const struct wslay_event_on_msg_recv_arg *message,
                       void *context)
{
    struct websocket *ws = context;
    (void)frames;
    if (wslay_is_ctrl_frame(message->opcode) || !ws->in_message)
        return;
    if (message->opcode != WSLAY_TEXT_FRAME)
        refuse(ws, WSLAY_CODE_UNSUPPORTED_DATA, "JSON-RPC is text");
    else if (!ws->is_doomed)
        ws->link.text(ws->link.context, buffer_bytes(&ws->message));
    drop_message(ws);
}

static const struct wslay_event_callbacks callbacks = {
    .recv_callback = take_input,
    .send_callback = put_output,
    .on_frame_recv_start_callback = on_frame,
    .on_frame_recv_chunk_callback = on_chunk,
    .on_msg_recv_callback = on_message,
};

/* The link's side. */

static const char *reason_of_end(const struct websocket *ws)
{
    return stream_has_overflowed(ws->stream)
               ? "it does not read (--peer-queue-bytes-max)"
           : ws->is_ending ? "closed"
                           : "the other side has gone";
}

static void destroy(struct websocket *ws)
{
    drop_message(ws);
    buffer_free(&ws->message);
    wslay_event_context_free(ws->frames);
    stream_close(ws->stream);
    loop_timer_close(ws->timer);
    free(ws);
}

/* The owner may close the link meanwhile: nothing of it is used after this. */
static void finish(struct websocket *ws, const char *why)
{
    if (ws->is_over)
        return;
    ws->is_over = true;
    loop_timer_stop(ws->timer);
    ws->link.closed(ws->link.context, ws->why ? ws->why : why);
}

/* The close is sent: what the other side still sends is read and dropped, for
 * a socket that is closed with bytes unread takes back what it sent last. */
static void begin_end(struct websocket *ws)
{
    ws->is_ending = true;
    stream_pause(ws->stream, false);
    stream_shut(ws->stream);
    loop_timer_start(ws->timer, ENDING_MS);
}

static bool has_ended(struct websocket *ws)
{
    return !wslay_event_want_read(ws->frames) &&
           !wslay_event_want_write(ws->frames);
}

static void read_input(struct websocket *ws, bytes data)
{
    if (ws->is_ending || ws->is_over)
        return;
    ws->in_frames = true;
    ws->input = data;
    ws->heard_ns = clock_monotonic_ns();
    ws->has_pinged = false;
    bool failed = wslay_event_recv(ws->frames) != 0 ||
                  wslay_event_send(ws->frames) != 0;
    ws->in_frames = false;
    ws->input = BYTES_EMPTY;
    if (ws->is_doomed)
        destroy(ws);
    else if (failed)
        finish(ws, reason_of_end(ws));
    else if (has_ended(ws))
        begin_end(ws);
}

static void on_data(void *context, bytes data)
{
    read_input(context, data);
}

static void on_end(void *context)
{
    struct websocket *ws = context;
    finish(ws, reason_of_end(ws));
}

static void ping(struct websocket *ws)
{
    static const struct wslay_event_msg message = {.opcode = WSLAY_PING};
    ws->has_pinged = true;
    if (wslay_event_queue_msg(ws->frames, &message) == 0)
        wslay_event_send(ws->frames);
}

static void on_timer(void *context)
{
    struct websocket *ws = context;
    uint64_t now = clock_monotonic_ns();
    if (ws->is_ending) {
        finish(ws, "closed");
        return;
    }
    uint64_t idle_ns = ws->options.idle_ms * 1000000;
    if (now - ws->heard_ns >= idle_ns) {
        finish(ws, "silent (--idle-seconds-max)");
        return;
    }
    if (ws->in_message && now - ws->message_ns >= idle_ns) {
        finish(ws, "a message takes too long (--idle-seconds-max)");
        return;
    }
    if (!ws->has_pinged && now - ws->heard_ns >= idle_ns / 2)
        ping(ws);
    loop_timer_start(ws->timer, ws->options.idle_ms / 4 + 1);
}

static bool send_text(struct text_link *link, bytes text)
{
    struct websocket *ws = of(link);
    uint8_t head[10] = {FINAL_TEXT};
    size_t head_len = 2;
    if (ws->is_over || ws->is_ending || ws->is_doomed)
        return false;
    if (text.len < LEN_IN_2_BYTES) {
        head[1] = (uint8_t)text.len;
    } else if (text.len <= UINT16_MAX) {
        head[1] = LEN_IN_2_BYTES;
        store_be16(head + 2, (uint16_t)text.len);
        head_len = 4;
    } else {
        head[1] = LEN_IN_8_BYTES;
        store_be64(head + 2, text.len);
        head_len = 10;
    }
    return stream_send(ws->stream, bytes_of(head, head_len), text);
}

static void pause_reading(struct text_link *link, bool paused)
{
    stream_pause(of(link)->stream, paused);
}

static void close_link(struct text_link *link)
{
    struct websocket *ws = of(link);
    if (ws->in_frames) {
        ws->is_doomed = true;
        wslay_event_shutdown_read(ws->frames);
        return;
    }
    if (!ws->is_over && !ws->is_ending) {
        wslay_event_queue_close(ws->frames, WSLAY_CODE_GOING_AWAY, NULL, 0);
        wslay_event_send(ws->frames);
    }
    destroy(ws);
}

static void begin(struct text_link *link, bytes early)
{
    if (early.len)
        read_input(of(link), early);
}

static const struct text_link_ops ops = {
    .begin = begin,
    .send = send_text,
    .pause = pause_reading,
    .close = close_link,
};

loft_err websocket_open(struct text_link **out,
                        const struct text_link_options *options)
{
    struct websocket *ws = MEMORY_NEW(struct websocket);
    const struct stream_options stream = {
        .loop = options->loop,
        .fd = options->fd,
        .queue_bytes_max = options->queue_bytes_max,
        .budget = options->budget,
        .got = on_data,
        .ended = on_end,
        .context = ws,
        .close = options->close,
        .close_context = options->close_context,
    };
    ws->link.ops = &ops;
    ws->options = *options;
    loft_err code = stream_open(&ws->stream, &stream);
    if (code != LOFT_OK) {
        free(ws);
        return code;
    }
    ASSERT(wslay_event_context_server_init(&ws->frames, &callbacks, ws) == 0);
    wslay_event_config_set_no_buffering(ws->frames, 1);
    ws->heard_ns = clock_monotonic_ns();
    ws->timer = loop_timer_open(options->loop, on_timer, ws);
    loop_timer_start(ws->timer, options->idle_ms / 4 + 1);
    *out = &ws->link;
    return LOFT_OK;
}
