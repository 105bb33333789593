#pragma once
/* Frames of requests and replies as they come over a stream: a length, a type
 * of two bytes and a payload.
 *
 * Source   BOLT-1, "Lightning Message Format": a frame of an odd type that is
 *          not known is skipped, one of an even type refuses the stream. The
 *          length is a BigSize of what follows it.
 * Limits   of each type as the table says, known before the frame is held;
 *          REQUEST_SKIPPED_BYTES_MAX of what is skipped between two frames.
 * Errors   LOFT_ERR_FORMAT, LOFT_ERR_LIMIT. LOFT_ERR_REFUSED: an even type
 *          that is not known. The reader is of no use then.
 */
#include "base/bytes.h"
#include "base/err.h"
#include "base/vec.h"

#define REQUEST_TYPE_BYTES 2
#define REQUEST_HEAD_BYTES_MAX (9 + REQUEST_TYPE_BYTES)
#define REQUEST_SKIPPED_BYTES_MAX ((size_t)64 << 10)

struct request_type {
    uint16_t type;
    size_t bytes_max; /* of its payload */
};

struct request_frame {
    uint16_t type;
    bytes payload; /* until the reader is used again */
};

/* Fields are request_frame.c's. */
struct request_reader {
    const struct request_type *types;
    size_t type_count;
    uint8_t head[REQUEST_HEAD_BYTES_MAX];
    size_t head_len;
    bool has_head, is_skipping;
    uint16_t type;
    size_t left; /* of the payload */
    size_t skipped;
    struct buffer payload;
};

/* types is borrowed for as long as the reader is used. */
void request_reader_init(struct request_reader *reader,
                         const struct request_type *types, size_t type_count);
void request_reader_fini(struct request_reader *reader);

/* Takes from *data up to the end of a frame. False in *is_whole: it goes on in
 * bytes that are not there yet, and *data is empty. */
MUST_USE loft_err request_reader_take(struct request_reader *reader,
                                      struct request_frame *out, bool *is_whole,
                                      bytes *data);

/* Whether it is between frames: an end here cuts none. */
bool request_reader_is_between(const struct request_reader *reader);

void request_frame_put(struct buffer *out, uint16_t type, bytes payload);
