#pragma once
/* How fast two peers move bytes: one uploads as many as it likes, the other
 * sends back as many as it was asked for.
 *
 *     perf_serve(&server, host, &PERF_LIMITS);
 *     perf_start(&run, host, &peer, &order, done, context);
 *
 * Any peer may have a server work for it, so a node serves this only where
 * its operator asks for that. What the bounds below cut is reset.
 *
 * Source   libp2p/specs, perf/perf.md: "/perf/1.0.0".
 * Units    bytes; milliseconds, but for what is measured: microseconds, as
 *          fine as the transport's clock is.
 * Threads  the loop's.
 */
#include "p2p/peer_host.h"

struct perf_server;
struct perf_run;

struct perf_limits {
    unsigned streams_per_peer_max, streams_max;
    uint64_t bytes_max; /* of a stream, each way */
    unsigned ms_max;    /* of a stream */
};

extern const struct perf_limits PERF_LIMITS;

/* The host asks it for as long as the host lives. */
struct perf_server *perf_serve(struct peer_host *host,
                               const struct perf_limits *limits);
/* After its host. NULL is fine. */
void perf_server_free(struct perf_server *server);

struct perf_order {
    uint64_t upload_bytes, download_bytes;
    unsigned ms_max;
};

struct perf_result {
    enum peer_stream_end end;
    bool is_complete;                      /* all that was ordered has passed */
    uint64_t upload_bytes, download_bytes; /* upload: handed to the stream */
    /* Until the other side has taken the upload, as its first byte or its end
     * tells; from then on. */
    uint64_t upload_us, download_us;
};

typedef void perf_done(void *context, const struct perf_result *result);

/* done() is called once, later, unless perf_cancel() is. LOFT_ERR_NOT_FOUND:
 * the peer is not connected, or takes no more streams. */
MUST_USE loft_err perf_start(struct perf_run **out, struct peer_host *host,
                             const struct peer_id *peer,
                             const struct perf_order *order, perf_done *done,
                             void *context);
void perf_cancel(struct perf_run *run);
