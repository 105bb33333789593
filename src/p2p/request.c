/* The protocol, and what both sides of it share. */
#include "p2p/request_parts.h"

static const struct tlv_rule error_rules[] = {
    {0, TLV_NUMBER, true, offsetof(struct request_error, code), 1, UINT64_MAX},
    {1, TLV_BYTES, false, offsetof(struct request_error, why), 0,
     REQUEST_SENTENCE_BYTES_MAX},
};

const struct tlv_shape request_error_shape = {
    error_rules, ARRAY_LEN(error_rules), sizeof(struct request_error), "error"};

const struct request_kind *request_find_kind(const struct requests *requests,
                                             uint16_t type)
{
    const struct request_protocol *protocol = requests->protocol;
    for (size_t i = 0; i < protocol->kind_count; i++)
        if (protocol->kinds[i].type == type)
            return &protocol->kinds[i];
    return NULL;
}

static size_t queue_bytes(const struct request_protocol *protocol)
{
    size_t most = REQUEST_ERROR_BYTES_MAX;
    for (size_t i = 0; i < protocol->kind_count; i++) {
        const struct request_kind *kind = &protocol->kinds[i];
        ASSERT(kind->type != REQUEST_ERROR);
        ASSERT(kind->ask_bytes_max + REQUEST_HEAD_BYTES_MAX <=
               PEER_STREAM_QUEUE_BYTES);
        if (kind->answer_bytes_max > most)
            most = kind->answer_bytes_max;
    }
    return most + REQUEST_HEAD_BYTES_MAX;
}

struct requests *requests_open(struct peer_host *host,
                               const struct request_protocol *protocol,
                               void *context)
{
    struct requests *requests = MEMORY_NEW(struct requests);
    ASSERT(protocol->kind_count <= REQUEST_KINDS_MAX && protocol->out_max > 0);
    requests->host = host;
    requests->protocol = protocol;
    requests->context = context;
    for (size_t i = 0; i < protocol->kind_count; i++)
        requests->asks[i] = (struct request_type){
            protocol->kinds[i].type, protocol->kinds[i].ask_bytes_max};
    map_init(&requests->out, sizeof(struct peer_id), sizeof(unsigned));
    requests->wire = (struct peer_protocol){
        .name = protocol->name,
        .calls = &request_asked_calls,
        .accept = request_asked_accept,
        .streams_per_peer_max = protocol->in_max,
        .queue_bytes_max = queue_bytes(protocol),
    };
    peer_host_handle(host, &requests->wire, requests);
    return requests;
}

void requests_close(struct requests *requests)
{
    if (!requests)
        return;
    ASSERT(requests->in == 0 && requests->streams == 0);
    ASSERT(requests->out.len == 0);
    map_fini(&requests->out);
    free(requests);
}
