#pragma once
/* One file of the redo log (store/redo.h): what the commits since some moment
 * have written to the tables, so that it can be written again.
 *
 * File     block 0      the start: whose log, and which part of it
 *          block 1      the base: LMDB's meta page of that moment, once all
 *                       that it leads to is on disk
 *          from 8192 on records, one a commit, in order, each from the
 *                       beginning of a block
 *          Blocks of 4,096 bytes, integers big-endian. Each of the three has a
 *          CRC-32, and the first two fit into a sector, which a disk writes
 *          whole or not at all; what a file's earlier use has left behind
 * carries another generation. Zeros are written ahead of the records, so that a
 * flush finds the file as long as it was. Threads  one.
 */
#include <stdbool.h>
#include <stdint.h>

#include "base/bytes.h"
#include "base/err.h"
#include "base/vec.h"
#include "store/async_writer.h"
#include "store/meta_page.h"

struct redo_start {
    uint8_t store_id[STORE_ID_LEN];
    uint32_t page_size;  /* of the data file */
    uint32_t tables;     /* redo_tables() of whoever wrote it */
    uint64_t generation; /* one more with each use of a file */
    uint64_t first;      /* the number of the first record */
};

struct redo_base {
    uint64_t txn_id;
    uint8_t meta[META_PAGE_BYTES];
};

enum redo_kind { REDO_PUT, REDO_APPEND, REDO_DELETE };

struct redo_write {
    enum redo_kind kind;
    uint8_t table;
    bytes key, value; /* no value where it deletes */
};

struct redo_file {
    int fd;     /* -1: closed */
    int direct; /* past the page cache; -1: there is none */
    uint64_t generation;
    uint64_t end;  /* of the last record */
    uint64_t room; /* that there are blocks for */
};

/* What numbers of tables mean: differs where a table was added or renamed. */
uint32_t redo_tables(void);

/* Opens or makes the file. */
MUST_USE loft_err redo_file_open(struct redo_file *file, const char *path);
void redo_file_close(struct redo_file *file);

/* Forgets what the file holds, and begins. On disk with the next sync. */
MUST_USE loft_err redo_file_begin(struct redo_file *file,
                                  const struct redo_start *start);
MUST_USE loft_err redo_file_put_base(struct redo_file *file,
                                     const struct redo_base *base);

/* A record is a buffer that redo_record_begin() has begun and that writes were
 * put to. */
void redo_record_begin(struct buffer *record);
bool redo_record_is_empty(const struct buffer *record);
void redo_record_put(struct buffer *record, const struct redo_write *write);

/* Zeros for a record of so many bytes, and more. Where there is no space for
 * them, flushes take longer, and that is all. An error is a failed sync, which
 * may be of any record that is not under way. */
MUST_USE loft_err redo_file_make_room(struct redo_file *file, size_t len);

/* The record is under way where the writer can take it (NULL: there is none),
 * and to be synced where not. */
MUST_USE loft_err redo_file_append(struct redo_file *file,
                                   struct async_writer *writer,
                                   struct buffer *record, uint64_t number,
                                   bool *is_under_way);

/* Reading what may be anything. The bytes are a whole file. */
enum redo_start_state { REDO_NEVER_BEGUN, REDO_BEGUN, REDO_DAMAGED };
enum redo_start_state redo_read_start(struct redo_start *out, bytes file);
enum redo_base_state { REDO_NO_BASE, REDO_BASE, REDO_BASE_DAMAGED };
enum redo_base_state redo_read_base(struct redo_base *out, bytes file,
                                    uint64_t generation);
bytes redo_records(bytes file);
/* Takes the record `number` off the front; false: it is not there. */
bool redo_read_record(bytes *writes, bytes *rest, uint64_t generation,
                      uint64_t number);
/* Takes one write off the front; LOFT_ERR_CORRUPT: that is none. */
MUST_USE loft_err redo_read_write(struct redo_write *out, bytes *writes);
