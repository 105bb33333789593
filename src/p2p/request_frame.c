#include "p2p/request_frame.h"

#include "codec/bigsize.h"

void request_reader_init(struct request_reader *reader,
                         const struct request_type *types, size_t type_count)
{
    *reader = (struct request_reader){.types = types, .type_count = type_count};
}

void request_reader_fini(struct request_reader *reader)
{
    buffer_free(&reader->payload);
}

bool request_reader_is_between(const struct request_reader *reader)
{
    return !reader->has_head && reader->head_len == 0;
}

static size_t head_bytes(const struct request_reader *reader)
{
    return bigsize_bytes(reader->head[0]) + REQUEST_TYPE_BYTES;
}

/* Whether the head is all there. */
static bool take_head(struct request_reader *reader, bytes *data)
{
    while (data->len > 0 &&
           (reader->head_len == 0 || reader->head_len < head_bytes(reader))) {
        reader->head[reader->head_len++] = data->at[0];
        *data = bytes_of(data->at + 1, data->len - 1);
    }
    return reader->head_len > 0 && reader->head_len == head_bytes(reader);
}

static const struct request_type *find_type(const struct request_reader *reader,
                                            uint16_t type)
{
    for (size_t i = 0; i < reader->type_count; i++)
        if (reader->types[i].type == type)
            return &reader->types[i];
    return NULL;
}

static loft_err begin_skipping(struct request_reader *reader, uint64_t len)
{
    if (reader->type % 2 == 0)
        return err_say(LOFT_ERR_REFUSED, "a frame of type %u, not known here",
                       (unsigned)reader->type);
    /* Its head counts, so that empty frames come to an end as well. */
    if (len + reader->head_len > REQUEST_SKIPPED_BYTES_MAX - reader->skipped)
        return err_say(LOFT_ERR_LIMIT,
                       "more than %zu bytes of frames that "
                       "are not known here",
                       REQUEST_SKIPPED_BYTES_MAX);
    reader->skipped += (size_t)len + reader->head_len;
    reader->is_skipping = true;
    reader->left = (size_t)len;
    return LOFT_OK;
}

static loft_err begin_payload(struct request_reader *reader)
{
    uint64_t len = 0;
    bytes head = bytes_of(reader->head, reader->head_len);
    TRY(bigsize_read(&len, &head));
    if (len < REQUEST_TYPE_BYTES)
        return err_say(LOFT_ERR_FORMAT, "a frame too short for its type");
    len -= REQUEST_TYPE_BYTES;
    reader->type = load_be16(head.at);
    const struct request_type *type = find_type(reader, reader->type);
    if (!type && len > REQUEST_SKIPPED_BYTES_MAX)
        len = REQUEST_SKIPPED_BYTES_MAX;
    reader->has_head = true;
    reader->payload.len = 0;
    if (!type)
        return begin_skipping(reader, len);
    if (len > type->bytes_max)
        return err_say(LOFT_ERR_LIMIT, "a frame of type %u of %llu bytes",
                       (unsigned)reader->type, (unsigned long long)len);
    reader->left = (size_t)len;
    return LOFT_OK;
}

static void take_payload(struct request_reader *reader, bytes *data)
{
    size_t len = data->len < reader->left ? data->len : reader->left;
    if (!reader->is_skipping)
        buffer_put(&reader->payload, data->at, len);
    reader->left -= len;
    *data = bytes_of(data->at + len, data->len - len);
}

/* A frame is over. Whether it is one to be answered. */
static bool end_frame(struct request_reader *reader, struct request_frame *out)
{
    bool is_known = !reader->is_skipping;
    reader->has_head = reader->is_skipping = false;
    reader->head_len = 0;
    if (is_known)
        reader->skipped = 0;
    *out = (struct request_frame){reader->type, buffer_bytes(&reader->payload)};
    return is_known;
}

loft_err request_reader_take(struct request_reader *reader,
                             struct request_frame *out, bool *is_whole,
                             bytes *data)
{
    *is_whole = false;
    while (!*is_whole && (data->len > 0 || reader->has_head)) {
        if (!reader->has_head) {
            if (!take_head(reader, data))
                return LOFT_OK;
            TRY(begin_payload(reader));
        }
        take_payload(reader, data);
        if (reader->left > 0)
            return LOFT_OK;
        *is_whole = end_frame(reader, out);
    }
    return LOFT_OK;
}

void request_frame_put(struct buffer *out, uint16_t type, bytes payload)
{
    uint8_t at[REQUEST_TYPE_BYTES];
    store_be16(at, type);
    bigsize_put(out, sizeof at + payload.len);
    buffer_put(out, at, sizeof at);
    buffer_put_bytes(out, payload);
}
