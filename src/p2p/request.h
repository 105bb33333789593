#pragma once
/* Requests between peers, and their answers: the frame of Loft's own
 * protocols, which say in a table what may be asked.
 *
 *     requests = requests_open(host, &protocol, context);
 *     request_send(&call, requests, &peer, TYPE, payload, 1000, done, context);
 *
 * A request has a stream to itself: a frame goes, a frame comes back. So
 * requests overtake each other, none waits for another's bytes, and giving one
 * up is a reset. A stream whose request is answered serves the next one: it
 * costs no opening, of which peers allow just so many a second. Who asks ends
 * streams that are idle.
 *
 * What cannot be answered is refused in a frame of type REQUEST_ERROR with
 * TLV fields: 0, a code, and 1, a sentence for people.
 *
 * Source   the frames of p2p/request_frame.h; payloads are codec/tlv.h's.
 * Limits   requests in flight with one peer, each way; bytes of each type;
 *          milliseconds. Frames that break the rules are the peer's fault, and
 *          it is blamed for them.
 * Threads  the loop's.
 */
#include "p2p/peer_host.h"

#define REQUEST_ERROR 0 /* the type of an answer that refuses */
#define REQUEST_SENTENCE_BYTES_MAX 200
#define REQUEST_KINDS_MAX 64

/* What a request is refused for. From REQUEST_CODES_OWN on they are the
 * protocol's. */
enum request_code {
    REQUEST_MALFORMED = 1,
    REQUEST_UNKNOWN = 2, /* a type, or a field, of a later version */
    REQUEST_TOO_LARGE = 3,
    REQUEST_BUSY = 4,
    REQUEST_FAILED = 5,
    REQUEST_CODES_OWN = 256,
};

struct requests;
struct request;      /* of theirs, that we answer */
struct request_call; /* of ours */

struct request_kind {
    uint16_t type; /* not REQUEST_ERROR; its answer has the same */
    size_t ask_bytes_max, answer_bytes_max; /* of the payloads */
    /* Each is ended by request_answer() or request_refuse(), now or later.
     * payload is good until it returns. NULL: refused as unknown. */
    void (*asked)(void *context, struct request *request, bytes payload);
};

struct request_protocol {
    const char *name; /* "/loft/channel/1" */
    const struct request_kind *kinds;
    size_t kind_count;
    unsigned in_max, out_max; /* in flight with one peer */
    unsigned answer_ms;       /* until a request of theirs must be over */
};

/* protocol is borrowed. */
struct requests *requests_open(struct peer_host *host,
                               const struct request_protocol *protocol,
                               void *context);
/* After its host, and after each struct request is answered. NULL is fine. */
void requests_close(struct requests *requests);

/* The peer may be gone: then the answer is dropped. */
void request_answer(struct request *request, bytes payload);
/* LOFT_ERR_REFUSED, of an even field that is not known, and the like, tell
 * which code. why may be NULL. */
void request_refuse(struct request *request, uint64_t code, const char *why);
void request_refuse_err(struct request *request, loft_err err);

const struct peer_id *request_peer(const struct request *request);
bool request_is_gone(const struct request *request);

enum request_status {
    REQUEST_ANSWERED,
    REQUEST_REFUSED,     /* with a code */
    REQUEST_UNSUPPORTED, /* the peer does not speak the protocol */
    REQUEST_TIMED_OUT,
    REQUEST_LOST,   /* with the stream */
    REQUEST_BROKEN, /* an answer that breaks the rules */
};

struct request_result {
    enum request_status status;
    bytes payload; /* until done() returns */
    uint64_t code; /* of REQUEST_REFUSED */
    bytes why;     /* its sentence: text from outside */
};

typedef void request_done(void *context, const struct request_result *result);

/* done() is called once, later, unless request_cancel() is. LOFT_ERR_LIMIT:
 * out_max. LOFT_ERR_NOT_FOUND: not connected, or no more streams. */
MUST_USE loft_err request_send(struct request_call **out,
                               struct requests *requests,
                               const struct peer_id *peer, uint16_t type,
                               bytes payload, unsigned ms_max,
                               request_done *done, void *context);
/* Before done() was called. */
void request_cancel(struct request_call *call);
