#pragma once
/* A redo log: makes a commit durable with one write of one piece, where LMDB
 * needs two flushes, of pages all over its file.
 *
 * While the log is on, a commit's record goes to the log, beside which LMDB
 * commits without a sync (MDB_NOSYNC); once the record is on disk, the commit
 * is durable. A machine that stops may leave
 * the data file with any of the pages since the base: the last moment of which
 * all pages were synced. The base itself stays whole, since a read transaction
 * of that moment, held open, keeps LMDB from using its pages again. So opening
 * puts the base's meta page back, whatever else the file holds, and writes what
 * the log says once more. The same is done after a process was killed, when it
 * would not be necessary, so that the way is well trodden.
 *
 * The log is two files in turn. When one is full, records go to the other
 * while a thread syncs the data file; then the moment of the change becomes the
 * base. So no commit waits for pages, unless the disk cannot keep up.
 *
 * The log turns on when a process commits often. It turns off before a commit
 * too large for it, which LMDB syncs itself, after one that failed, and when
 * the store closes: then there is data.mdb alone.
 *
 * The system tells of a write that it failed to bring to disk once, to the next
 * sync, and forgets it. After a failed sync, whatever it was for, the store
 * accepts no commit; opening it again recovers what the log holds.
 *
 * Files    redo.0 and redo.1: store/redo_file.h.
 * Threads  whoever has the write transaction.
 * Limits   redo_limits: about twice file_bytes on disk, and the data file grows
 *          by the pages of 2 * file_commits commits; four times as much where
 *          the disk cannot keep up.
 * Errors   LOFT_ERR_IO, _FULL.
 */
#include <lmdb.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "base/vec.h"
#include "store/redo_file.h"

struct redo_limits {
    unsigned after_commits; /* the log turns on */
    unsigned file_commits;  /* a file is full */
    uint64_t file_bytes;    /* a file is full */
    size_t record_max;      /* larger commits are LMDB's */
};

static const struct redo_limits REDO_LIMITS = {4, 256, 16 << 20, 16 << 20};

struct redo;

/* `dir` is copied; the environment and its data file are borrowed. Prompt: a
 * commit's record is on its way to the disk when the commit returns; otherwise
 * it starts with redo_flush(), together with others. */
struct redo *redo_new(MDB_env *env, const char *dir, bool is_prompt,
                      const struct redo_limits *limits);

/* Turns off, which syncs the data file. NULL is fine. */
void redo_close(struct redo *redo);

/* Before LMDB commits what `record` holds (NULL: more than record_max). Where
 * it cannot, redo_release() forgets the record. */
MUST_USE loft_err redo_before_commit(struct redo *redo, struct buffer *record);

/* All commits so far are durable. */
MUST_USE loft_err redo_flush(struct redo *redo);

/* All commits so far are durable in the data file, and the log turns off: the
 * freed pages that the base holds back can be used again. */
MUST_USE loft_err redo_release(struct redo *redo);
