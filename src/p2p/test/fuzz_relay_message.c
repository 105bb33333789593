/* Messages as they come over a stream, read as both kinds: what is read is
 * what it is written as. */
#include "base/assert.h"
#include "p2p/relay_message.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static bytes unwrap(struct relay_reader *reader, const struct buffer *out)
{
    bytes message, data = buffer_bytes(out);
    ASSERT(relay_reader_take(reader, &message, &data) == LOFT_OK);
    ASSERT(message.len > 0 && data.len == 0);
    return message;
}

static void check_hop(struct arena *arena, bytes from)
{
    struct relay_message message, again;
    struct relay_reader reader = {0};
    struct buffer out = {0};
    if (relay_hop_read(arena, &message, from) != LOFT_OK)
        return;
    relay_hop_put(&out, &message);
    ASSERT(relay_hop_read(arena, &again, unwrap(&reader, &out)) == LOFT_OK);
    ASSERT(again.type == message.type);
    ASSERT(again.has_reservation == message.has_reservation);
    ASSERT(again.reservation.addr_count == message.reservation.addr_count);
    ASSERT(again.limit.data_bytes == message.limit.data_bytes);
    relay_reader_fini(&reader);
    buffer_free(&out);
}

static void check_stop(bytes from)
{
    struct relay_message message, again;
    struct relay_reader reader = {0};
    struct buffer out = {0};
    if (relay_stop_read(&message, from) != LOFT_OK)
        return;
    ASSERT(message.type != RELAY_RESERVE);
    relay_stop_put(&out, &message);
    ASSERT(relay_stop_read(&again, unwrap(&reader, &out)) == LOFT_OK);
    ASSERT(again.has_peer == message.has_peer);
    ASSERT(again.limit.duration_s == message.limit.duration_s);
    relay_reader_fini(&reader);
    buffer_free(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    struct arena arena;
    struct relay_reader reader = {0};
    struct relay_voucher voucher;
    bytes message, rest = bytes_of(data, len);
    arena_init(&arena);
    while (rest.len > 0 &&
           relay_reader_take(&reader, &message, &rest) == LOFT_OK &&
           message.len > 0 && message.len < RELAY_MESSAGE_BYTES_MAX - 64) {
        check_hop(&arena, message);
        check_stop(message);
        if (relay_voucher_open(&voucher, message) == LOFT_OK)
            ASSERT(voucher.peer.len > 0);
    }
    relay_reader_fini(&reader);
    arena_fini(&arena);
    return 0;
}
