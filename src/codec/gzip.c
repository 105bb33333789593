#include "codec/gzip.h"

#include <zlib.h>

#define WINDOW_BITS 15
#define GZIP_FORM 16 /* zlib's word for: with gzip's head and tail */
#define MEMORY_LEVEL 8
#define STEP_BYTES ((size_t)64 << 10)

bool gzip_is(bytes packed)
{
    return packed.len >= 2 && packed.at[0] == 0x1f && packed.at[1] == 0x8b;
}

/* Input is given whole: its length fits zlib's counters. */
static loft_err begin(z_stream *stream, bytes in)
{
    if (in.len > UINT32_MAX)
        return err_say(LOFT_ERR_LIMIT, "%zu bytes are too many for gzip",
                       in.len);
    stream->next_in = (Bytef *)(uintptr_t)in.at;
    stream->avail_in = (uInt)in.len;
    return LOFT_OK;
}

loft_err gzip_pack(struct buffer *out, bytes plain)
{
    z_stream stream = {0};
    int code = Z_OK;
    TRY(begin(&stream, plain));
    if (deflateInit2(&stream, Z_BEST_SPEED, Z_DEFLATED, WINDOW_BITS + GZIP_FORM,
                     MEMORY_LEVEL, Z_DEFAULT_STRATEGY) != Z_OK)
        return err_say(LOFT_ERR_LIMIT, "no memory for gzip");
    while (code == Z_OK) {
        stream.next_out = buffer_extend(out, STEP_BYTES);
        stream.avail_out = STEP_BYTES;
        code = deflate(&stream, Z_FINISH);
        out->len -= stream.avail_out;
    }
    deflateEnd(&stream);
    return code == Z_STREAM_END ? LOFT_OK
                                : err_say(LOFT_ERR_IO, "gzip failed: %d", code);
}

static loft_err unpack(z_stream *stream, struct buffer *out, size_t bytes_max)
{
    size_t room = bytes_max, step;
    for (int code = Z_OK; code != Z_STREAM_END; room -= step) {
        step = room < STEP_BYTES ? room : STEP_BYTES;
        if (step == 0)
            return err_say(LOFT_ERR_LIMIT,
                           "gzip unfolds to more than %zu bytes", bytes_max);
        stream->next_out = buffer_extend(out, step);
        stream->avail_out = (uInt)step;
        code = inflate(stream, Z_NO_FLUSH);
        out->len -= stream->avail_out;
        step -= stream->avail_out;
        if (code != Z_OK && code != Z_STREAM_END)
            return err_say(LOFT_ERR_FORMAT, "no gzip: %s",
                           stream->msg ? stream->msg : "it is cut");
    }
    return LOFT_OK;
}

loft_err gzip_unpack(struct buffer *out, bytes packed, size_t bytes_max)
{
    z_stream stream = {0};
    TRY(begin(&stream, packed));
    if (inflateInit2(&stream, WINDOW_BITS + GZIP_FORM) != Z_OK)
        return err_say(LOFT_ERR_LIMIT, "no memory for gzip");
    loft_err code = unpack(&stream, out, bytes_max);
    inflateEnd(&stream);
    return code;
}
