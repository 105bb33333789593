#pragma once
/* What the parts of p2p/peer_store.h share: peer_store.c (records),
 * peer_store_text.c (as they stand in the file) and peer_store_file.c (the
 * disk). */
#include "base/map.h"
#include "base/vec.h"
#include "p2p/peer_store.h"

struct peer_store_record {
    uint64_t seen_ms, banned_until_ms;
    char why[PEER_STORE_WHY_BYTES_MAX + 1];
    bytes addrs[PEER_STORE_ADDRS_MAX]; /* owned, the one that worked first */
    size_t addr_count;
    char *protocols[PEER_STORE_PROTOCOLS_MAX]; /* owned */
    size_t protocol_count;
    struct buffer line; /* as it stands in the file: made when it changes, so
                         * that saving all of them takes a copy */
};

struct peer_store {
    char *path;         /* NULL: in memory alone */
    struct map records; /* struct peer_id -> struct peer_store_record * */
    bool changed;
    /* Where it is written apart: */
    struct workers *writer; /* NULL: it is not */
    struct peer_store_job *job;
    bool is_writing;
    bool is_due; /* again, as it was to be saved meanwhile */
    bool is_closing;
};

/* NULL: nothing is known of the peer. */
struct peer_store_record *peer_store_record(const struct peer_store *store,
                                            const struct peer_id *id);
struct peer_store_record *peer_store_make(struct peer_store *store,
                                          const struct peer_id *id);
void peer_store_clear(struct peer_store *store);

/* What does not fit, or cannot be, is left out. */
void peer_record_add_addr(struct peer_store_record *record, bytes addr);
void peer_record_add_protocol(struct peer_store_record *record, bytes name);
void peer_record_set_why(struct peer_store_record *record, bytes why);
/* Printable, and nothing that the file has a meaning for. */
bool peer_record_is_plain(bytes text);

/* After each change. */
void peer_record_write_line(struct peer_store_record *record,
                            const struct peer_id *id);
void peer_store_put_text(struct buffer *out, const struct peer_store *store);
/* Lines that cannot be read are left out, and named in the log. */
void peer_store_read_text(struct peer_store *store, bytes text);
