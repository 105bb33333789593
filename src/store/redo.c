#include "store/redo.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/log.h"
#include "base/memory.h"
#include "store/redo_recovery.h"
#include "store/whole_io.h"

/* A file may get so many times as long while the data file is being synced. */
#define MOST 4

struct redo {
    MDB_env *env;
    char *dir;
    struct redo_limits limits;
    int data; /* LMDB's descriptor */
    uint32_t page_size;
    bool is_on;
    bool is_broken;   /* something did not get to disk: nothing will */
    unsigned commits; /* since it was off; since the file was begun */
    bool is_unsynced; /* the file records go to */
    struct async_writer *writer; /* NULL: commits share a sync */
    uint64_t number;             /* of the next record */
    struct redo_start start;
    struct redo_file files[2];
    unsigned now;            /* the file that records go to */
    struct redo_base base;   /* of that file */
    MDB_txn *pin, *pin_next; /* reads the base in force; the one that comes */
    bool base_comes;         /* the data file is being synced for it */
    pthread_t syncer;
    bool is_syncing;
    atomic_bool synced;
    loft_err sync_code; /* once synced */
};

struct redo *redo_new(MDB_env *env, const char *dir, bool is_prompt,
                      const struct redo_limits *limits)
{
    MDB_stat stat;
    struct redo *redo = MEMORY_NEW(struct redo);
    mdb_env_stat(env, &stat);
    mdb_env_get_fd(env, &redo->data);
    redo->env = env;
    redo->dir = memory_string(dir);
    redo->page_size = stat.ms_psize;
    redo->writer = is_prompt ? async_writer_new() : NULL;
    redo->limits = *limits;
    for (int i = 0; i < 2; i++)
        redo->files[i].fd = redo->files[i].direct = -1;
    return redo;
}

static struct redo_file *current(struct redo *redo)
{
    return &redo->files[redo->now];
}

static loft_err broken(struct redo *redo, loft_err err)
{
    redo->is_broken = true;
    return err;
}

/* What a sync has failed to write may be gone, and the next one not say so. */
static loft_err check_disk(const struct redo *redo)
{
    return redo->is_broken
               ? err_say(LOFT_ERR_IO, "the disk has failed: the store has to "
                                      "be opened again")
               : LOFT_OK;
}

/* All of the data file is on disk. */
static loft_err sync_env(struct redo *redo)
{
    int code = mdb_env_sync(redo->env, 1);
    return code ? broken(redo, err_say(LOFT_ERR_IO, "cannot sync the store: %s",
                                       mdb_strerror(code)))
                : LOFT_OK;
}

/* What was written to the file that records go to, and is not under way. */
static loft_err sync_log(struct redo *redo)
{
    loft_err err = whole_sync(current(redo)->fd);
    if (err != LOFT_OK)
        return broken(redo, err);
    redo->is_unsynced = false;
    return LOFT_OK;
}

/* The last commit: its meta page, and a transaction that keeps its pages. */
static loft_err take_base(struct redo *redo, struct redo_base *base,
                          MDB_txn **pin)
{
    int code = mdb_txn_begin(redo->env, NULL, MDB_RDONLY, pin);
    if (code) {
        *pin = NULL;
        return err_say(LOFT_ERR_IO, "cannot read the store: %s",
                       mdb_strerror(code));
    }
    base->txn_id = mdb_txn_id(*pin);
    loft_err err = meta_page_read(base->meta, redo->data, redo->page_size,
                                  base->txn_id);
    if (err != LOFT_OK) {
        mdb_txn_abort(*pin);
        *pin = NULL;
    }
    return err;
}

static void let_go(MDB_txn **pin)
{
    if (*pin)
        mdb_txn_abort(*pin);
    *pin = NULL;
}

/* The data file is known by a new name, so that this log fits no other. */
static loft_err name_store(struct redo *redo)
{
    uint8_t *id = redo->start.store_id;
    if (getrandom(id, STORE_ID_LEN, 0) != STORE_ID_LEN)
        return err_say(LOFT_ERR_IO, "no randomness: %s", strerror(errno));
    TRY(meta_page_write_id(redo->data, redo->page_size, id));
    return sync_env(redo);
}

static loft_err open_files(struct redo *redo)
{
    struct arena arena;
    arena_init(&arena);
    loft_err err = LOFT_OK;
    for (int i = 0; i < 2 && err == LOFT_OK; i++)
        err = redo_file_open(&redo->files[i], redo_path(&arena, redo->dir, i));
    arena_fini(&arena);
    return err;
}

/* The first file holds the base from the beginning. */
static loft_err begin_first(struct redo *redo)
{
    redo->now = 0;
    redo->number = 0;
    redo->start.page_size = redo->page_size;
    redo->start.tables = redo_tables();
    redo->start.generation = 1;
    redo->start.first = 0;
    TRY(take_base(redo, &redo->base, &redo->pin));
    TRY(name_store(redo));
    TRY(open_files(redo));
    TRY(redo_file_begin(current(redo), &redo->start));
    TRY(redo_file_put_base(current(redo), &redo->base));
    TRY(whole_sync(current(redo)->fd));
    return redo_sync_folder(redo->dir);
}

static loft_err turn_on(struct redo *redo)
{
    /* The last commit is the base: with STORE_GROUP its meta page may not be
     * on disk yet; name_store() syncs it. */
    loft_err err = begin_first(redo);
    if (err == LOFT_OK) {
        redo->commits = 0;
        redo->is_on = true;
        mdb_env_set_flags(redo->env, MDB_NOSYNC, 1);
        return LOFT_OK;
    }
    let_go(&redo->pin);
    for (int i = 0; i < 2; i++)
        redo_file_close(&redo->files[i]);
    /* A log that stays would take the store back to where it is now. */
    loft_err gone = redo_remove(redo->dir, 0);
    return gone == LOFT_OK ? err : broken(redo, gone);
}

static void *sync_data(void *context)
{
    struct redo *redo = context;
    redo->sync_code = whole_sync(redo->data);
    atomic_store(&redo->synced, true);
    return NULL;
}

static void wait_for_sync(struct redo *redo)
{
    if (redo->is_syncing)
        pthread_join(redo->syncer, NULL);
    redo->is_syncing = false;
}

/* The system says once that it failed to write: a later sync would not. */
static loft_err check_sync(struct redo *redo)
{
    wait_for_sync(redo);
    return redo->sync_code == LOFT_OK
               ? LOFT_OK
               : broken(redo, err_say(redo->sync_code,
                                      "cannot sync the store's data file"));
}

/* The data file is synced: the base of this file is whole. */
static loft_err end_sync(struct redo *redo)
{
    TRY(check_sync(redo));
    TRY(redo_file_put_base(current(redo), &redo->base));
    TRY(sync_log(redo));
    let_go(&redo->pin);
    redo->pin = redo->pin_next;
    redo->pin_next = NULL;
    redo->base_comes = false;
    return LOFT_OK;
}

static void start_sync(struct redo *redo)
{
    atomic_store(&redo->synced, false);
    redo->is_syncing = pthread_create(&redo->syncer, NULL, sync_data, redo) ==
                       0;
    if (!redo->is_syncing) /* no thread is to be had */
        sync_data(redo);
}

/* Records go to the other file, and the last commit becomes the base. */
static loft_err change_files(struct redo *redo)
{
    /* So that no record is missing in front of those that follow. */
    TRY(redo_flush(redo));
    TRY(take_base(redo, &redo->base, &redo->pin_next));
    redo->start.generation++;
    redo->start.first = redo->number;
    /* Until it has begun, this file is the later one, which is removed last. */
    TRY(redo_file_begin(&redo->files[!redo->now], &redo->start));
    redo->now ^= 1;
    redo->commits = 0;
    redo->base_comes = true;
    TRY(sync_log(redo));
    start_sync(redo);
    return LOFT_OK;
}

static bool is_full(struct redo *redo, unsigned times)
{
    return redo->commits >= redo->limits.file_commits * times ||
           current(redo)->end >= redo->limits.file_bytes * times;
}

static loft_err keep_files(struct redo *redo)
{
    if (redo->base_comes && (atomic_load(&redo->synced) || is_full(redo, MOST)))
        TRY(end_sync(redo));
    return !redo->base_comes && is_full(redo, 1) ? change_files(redo) : LOFT_OK;
}

static loft_err append(struct redo *redo, struct buffer *record)
{
    bool is_under_way;
    TRY(keep_files(redo));
    loft_err err = redo_file_make_room(current(redo), record->len);
    if (err != LOFT_OK)
        return broken(redo, err);
    TRY(redo_file_append(current(redo), redo->writer, record, redo->number,
                         &is_under_way));
    redo->is_unsynced |= !is_under_way;
    redo->number++;
    redo->commits++;
    return LOFT_OK;
}

loft_err redo_before_commit(struct redo *redo, struct buffer *record)
{
    if (!redo->is_on && record && redo->commits >= redo->limits.after_commits &&
        turn_on(redo) != LOFT_OK)
        redo->commits = 0; /* LMDB syncs; another try later */
    TRY(check_disk(redo));
    /* Where the disk has no room for a log, LMDB does without. */
    if (redo->is_on && (!record || append(redo, record) != LOFT_OK))
        TRY(redo_release(redo));
    if (redo->is_on)
        return LOFT_OK;
    redo->commits++;
    /* A meta page that was left to the kernel (MDB_NOMETASYNC): were it lost
     * when LMDB syncs, only this commit would be told. */
    return redo->writer ? LOFT_OK : sync_env(redo);
}

static void end(struct redo *redo)
{
    wait_for_sync(redo);
    redo->base_comes = redo->is_unsynced = redo->is_on = false;
    redo->commits = 0;
    for (int i = 0; i < 2; i++)
        redo_file_close(&redo->files[i]);
    let_go(&redo->pin);
    let_go(&redo->pin_next);
    mdb_env_set_flags(redo->env, MDB_NOSYNC, 0);
}

/* What the log holds is not needed: the data file is on disk as it is. */
static loft_err turn_off(struct redo *redo)
{
    end(redo);
    loft_err err = redo_remove(redo->dir, (int)redo->now);
    return err == LOFT_OK ? err : broken(redo, err);
}

loft_err redo_flush(struct redo *redo)
{
    TRY(check_disk(redo));
    if (!redo->is_on)
        return sync_env(redo);
    loft_err err = redo->writer ? async_writer_wait(redo->writer) : LOFT_OK;
    if (err != LOFT_OK)
        return broken(redo, err);
    return redo->is_unsynced ? sync_log(redo) : LOFT_OK;
}

loft_err redo_release(struct redo *redo)
{
    if (!redo->is_on)
        return LOFT_OK;
    TRY(check_disk(redo));
    TRY(check_sync(redo));
    TRY(sync_env(redo));
    return turn_off(redo);
}

void redo_close(struct redo *redo)
{
    if (!redo)
        return;
    loft_err err = redo->is_on ? redo_release(redo) : redo_flush(redo);
    if (err != LOFT_OK) {
        /* The log stays, and opening recovers what it holds. */
        log_error("store_not_synced", "why=%s", err_sentence());
        end(redo);
    }
    async_writer_free(redo->writer);
    free(redo->dir);
    free(redo);
}
