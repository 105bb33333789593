#include "codec/json_stream.h"

static bool is_space(uint8_t c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

/* The character that follows; true: it ends the value. */
static bool step(struct json_stream *stream, uint8_t c)
{
    if (stream->in_string) {
        if (stream->is_escaped)
            stream->is_escaped = false;
        else if (c == '\\')
            stream->is_escaped = true;
        else if (c == '"')
            stream->in_string = false;
        return false;
    }
    if (c == '"')
        stream->in_string = true;
    else if (c == '{' || c == '[')
        stream->depth++;
    else if (c == '}' || c == ']')
        return --stream->depth == 0;
    return false;
}

enum json_stream_found json_stream_next(struct json_stream *stream,
                                        size_t *skip, size_t *used, bytes data)
{
    size_t at = 0;
    if (stream->depth == 0)
        while (at < data.len && is_space(data.at[at]))
            at++;
    *skip = *used = at;
    if (at == data.len)
        return stream->depth ? JSON_STREAM_PART : JSON_STREAM_NOTHING;
    if (stream->depth == 0 && data.at[at] != '{' && data.at[at] != '[')
        return JSON_STREAM_WRONG;
    while (at < data.len) {
        if (step(stream, data.at[at++])) {
            *used = at;
            return JSON_STREAM_END;
        }
    }
    *used = at;
    return JSON_STREAM_PART;
}
