#include "p2p/identify_message.h"

#include "codec/uvarint.h"
#include "p2p/envelope.h"
#include "p2p/multiaddr.h"

#define KEY_BYTES_MAX 2048 /* of other kinds than ours, too */

#define FIELD(member) offsetof(struct identify_message, member)

static const struct protobuf_rule rules[] = {
    {1, PROTOBUF_BYTES, false, FIELD(public_key), KEY_BYTES_MAX, 0},
    {2, PROTOBUF_LIST, false, FIELD(listen_addrs), MULTIADDR_BYTES_MAX,
     IDENTIFY_ADDRS_MAX},
    {3, PROTOBUF_LIST, false, FIELD(protocols), IDENTIFY_NAME_BYTES_MAX,
     IDENTIFY_PROTOCOLS_MAX},
    {4, PROTOBUF_BYTES, false, FIELD(observed_addr), MULTIADDR_BYTES_MAX, 0},
    {5, PROTOBUF_BYTES, false, FIELD(protocol_version), IDENTIFY_NAME_BYTES_MAX,
     0},
    {6, PROTOBUF_BYTES, false, FIELD(agent_version), IDENTIFY_NAME_BYTES_MAX,
     0},
    {8, PROTOBUF_BYTES, false, FIELD(signed_record), ENVELOPE_BYTES_MAX, 0},
};

static const struct protobuf_shape shape = {rules, sizeof rules / sizeof *rules,
                                            sizeof(struct identify_message),
                                            "identify message"};

static void merge_bytes(bytes *into, bytes more)
{
    if (more.at)
        *into = more;
}

static loft_err merge_list(struct arena *arena, struct protobuf_list *into,
                           const struct protobuf_list *more, size_t max)
{
    if (more->len == 0)
        return LOFT_OK;
    if (into->len + more->len > max)
        return err_say(LOFT_ERR_LIMIT,
                       "identify messages with more than %zu of a list", max);
    bytes *all = ARENA_ARRAY(arena, bytes, into->len + more->len);
    if (into->len)
        memcpy(all, into->at, into->len * sizeof *all);
    memcpy(all + into->len, more->at, more->len * sizeof *all);
    *into = (struct protobuf_list){all, into->len + more->len};
    return LOFT_OK;
}

static loft_err merge(struct arena *arena, struct identify_message *into,
                      const struct identify_message *more)
{
    merge_bytes(&into->public_key, more->public_key);
    merge_bytes(&into->observed_addr, more->observed_addr);
    merge_bytes(&into->protocol_version, more->protocol_version);
    merge_bytes(&into->agent_version, more->agent_version);
    merge_bytes(&into->signed_record, more->signed_record);
    TRY(merge_list(arena, &into->listen_addrs, &more->listen_addrs,
                   IDENTIFY_ADDRS_MAX));
    return merge_list(arena, &into->protocols, &more->protocols,
                      IDENTIFY_PROTOCOLS_MAX);
}

loft_err identify_read(struct arena *arena, struct identify_message *out,
                       bytes from)
{
    *out = (struct identify_message){0};
    if (from.len == 0 || from.len > IDENTIFY_BYTES_MAX)
        return err_say(LOFT_ERR_LIMIT, "identify messages of %zu bytes",
                       from.len);
    for (int i = 0; from.len; i++) {
        struct identify_message one;
        uint64_t len;
        TRY(uvarint_read(&len, &from));
        if (len > from.len || i == IDENTIFY_MESSAGES_MAX)
            return err_say(LOFT_ERR_FORMAT,
                           "identify messages that are cut short, or too many");
        TRY(protobuf_read(arena, &one, &shape, bytes_of(from.at, (size_t)len)));
        TRY(merge(arena, out, &one));
        from = bytes_of(from.at + len, from.len - (size_t)len);
    }
    return LOFT_OK;
}

void identify_put(struct buffer *out, const struct identify_message *message)
{
    struct buffer body = {0};
    protobuf_put(&body, message, &shape);
    uvarint_put(out, body.len);
    buffer_put_bytes(out, buffer_bytes(&body));
    buffer_free(&body);
}
