/* Why a store holds together, profile by profile.
 *
 * LMDB never overwrites a page that the last two commits can reach. A commit
 * writes new pages, and then one of two meta pages that names the new root;
 * opening takes the newer meta page. A killed process loses nothing of what it
 * gave to the kernel, so all profiles survive that. A machine that stops may
 * have written some pages and not others, in any order:
 *
 *   durable  a commit's record is on its way to the redo log when it returns,
 *            and there after store_sync() (store/redo.h). Where the log is off:
 *            LMDB syncs the pages, then writes the meta page through.
 *   group    the same log, to which store_sync() brings what many commits have
 *            written. Where it is off: LMDB syncs the pages, then writes the
 *            meta page and leaves it to the kernel (MDB_NOMETASYNC). Either
 *            meta page that is found names pages which are there; at worst it
 *            is an older one.
 *   dev      syncs nothing (MDB_NOSYNC).
 *
 * The map is made as large as the file may ever get. That takes address space
 * only: LMDB grows the file as it writes, and a transaction never has to be
 * undone to enlarge the map. */
#include "store/store.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <lmdb.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/assert.h"
#include "base/log.h"
#include "base/memory.h"
#include "store/check.h"
#include "store/redo_recovery.h"
#include "store/store_core.h"
#include "store/whole_io.h"

#define FORMAT_VERSION 5
#define RECORD_ROOM_MAX ((size_t)1 << 20)
#define PLACES_MORE 4 /* for the redo log, and a reader that rests */
#define MAP_BYTES_MOST ((uint64_t)1 << 42)
#define MAP_BYTES_LEAST ((uint64_t)1 << 30)

/* What the lock file says once the data file has been made. */
#define MADE_TEXT "loft store\n"

static const char *const NAMES[STORE_TABLE_COUNT] = {
#define X(name, text) text,
    STORE_TABLES(X)
#undef X
};

static const unsigned SYNC_FLAGS[] = {
    [STORE_DURABLE] = 0,
    [STORE_GROUP] = MDB_NOMETASYNC,
    [STORE_DEV] = MDB_NOSYNC,
};

/* LMDB's codes and the system's, where they mean more than "it failed". */
static const struct {
    int code;
    loft_err err;
} CODES[] = {
    {MDB_NOTFOUND, LOFT_ERR_NOT_FOUND},
    {MDB_MAP_FULL, LOFT_ERR_FULL},
    {ENOSPC, LOFT_ERR_FULL},
    {EFBIG, LOFT_ERR_FULL},
    {EDQUOT, LOFT_ERR_FULL},
    {MDB_READERS_FULL, LOFT_ERR_LIMIT},
    {MDB_CORRUPTED, LOFT_ERR_CORRUPT},
    {MDB_PAGE_NOTFOUND, LOFT_ERR_CORRUPT},
    {MDB_INVALID, LOFT_ERR_CORRUPT},
    {MDB_VERSION_MISMATCH, LOFT_ERR_CORRUPT},
    {MDB_INCOMPATIBLE, LOFT_ERR_CORRUPT},
};

static loft_err translate(int code)
{
    for (size_t i = 0; i < ARRAY_LEN(CODES); i++)
        if (CODES[i].code == code)
            return CODES[i].err;
    return LOFT_ERR_IO;
}

loft_err store_failure(int code, const char *what)
{
    /* LMDB calls a write that was cut short EIO, too. */
    return err_say(
        translate(code), "cannot %s the store: %s%s", what, mdb_strerror(code),
        code == EIO ? ", or no space was left for all of a write" : "");
}

static loft_err take_lock(struct store *store, const char *dir, bool *made)
{
    struct arena arena;
    arena_init(&arena);
    const char *path = arena_printf(&arena, "%s/lock", dir);
    loft_err err = LOFT_OK;
    store->lock = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (store->lock < 0)
        err = err_say(LOFT_ERR_IO, "cannot open %s: %s", path, strerror(errno));
    else if (flock(store->lock, LOCK_EX | LOCK_NB))
        err = errno == EWOULDBLOCK
                  ? err_say(LOFT_ERR_BUSY, "%s is in use by another process",
                            dir)
                  : err_say(LOFT_ERR_IO, "cannot lock %s: %s", path,
                            strerror(errno));
    char text[sizeof MADE_TEXT] = "";
    *made = err == LOFT_OK &&
            pread(store->lock, text, sizeof text - 1, 0) > 0 &&
            strcmp(text, MADE_TEXT) == 0;
    arena_fini(&arena);
    return err;
}

/* A data file that is gone or empty would be made anew, and what it held be
 * forgotten without a word. */
static loft_err check_still_there(const char *dir)
{
    struct arena arena;
    arena_init(&arena);
    struct stat about;
    const char *path = arena_printf(&arena, "%s/data.mdb", dir);
    loft_err err = LOFT_OK;
    if (stat(path, &about) || about.st_size == 0)
        err = err_say(LOFT_ERR_CORRUPT,
                      "%s is missing or empty, but the "
                      "store was in use before",
                      path);
    arena_fini(&arena);
    return err;
}

static loft_err open_env(struct store *store, const char *dir, uint64_t map)
{
    int code = mdb_env_create(&store->env);
    ASSERT(code == 0);
    mdb_env_set_maxdbs(store->env, STORE_TABLE_COUNT);
    mdb_env_set_maxreaders(store->env, STORE_READERS_MAX + PLACES_MORE);
    mdb_env_set_mapsize(store->env, map);
    code = mdb_env_open(
        store->env, dir,
        MDB_NOTLS | MDB_NORDAHEAD | SYNC_FLAGS[store->durability], 0600);
    if (code == 0)
        return LOFT_OK;
    mdb_env_close(store->env);
    store->env = NULL;
    /* Address space may be bounded, under valgrind for one. */
    if ((code == ENOMEM || code == EINVAL) && map > MAP_BYTES_LEAST)
        return open_env(store, dir, map / 2);
    return err_in(store_failure(code, "open"), "%s/data.mdb", dir);
}

static loft_err check_format(struct store_txn *txn, uint64_t entries_before)
{
    static const char KEY[] = "format";
    bytes value;
    loft_err err = store_get(txn, &value, STORE_META, bytes_str(KEY));
    if (err == LOFT_ERR_NOT_FOUND && entries_before == 0) {
        uint8_t version[4];
        store_be32(version, FORMAT_VERSION);
        return store_put(txn, STORE_META, bytes_str(KEY),
                         bytes_of(version, sizeof version));
    }
    if (err == LOFT_ERR_NOT_FOUND || (err == LOFT_OK && value.len != 4))
        return err_say(LOFT_ERR_CORRUPT, "the file is not a loft store");
    TRY(err);
    uint32_t version = load_be32(value.at);
    if (version != FORMAT_VERSION)
        return err_say(LOFT_ERR_CORRUPT,
                       "the store has format %u, of %s version of Loft; this "
                       "one reads %u",
                       version,
                       version > FORMAT_VERSION ? "a later" : "an earlier",
                       FORMAT_VERSION);
    return LOFT_OK;
}

static loft_err open_tables(struct store *store, struct store_txn *txn)
{
    uint64_t entries_before;
    for (int i = 0; i < STORE_TABLE_COUNT; i++) {
        int code = mdb_dbi_open(txn->txn, NAMES[i], NAMES[i] ? MDB_CREATE : 0,
                                &store->tables[i]);
        if (code)
            return store_failure(code, "open a table of");
        if (i == STORE_META)
            TRY(store_count(txn, &entries_before, STORE_META));
    }
    return check_format(txn, entries_before);
}

static loft_err set_up_tables(struct store *store)
{
    struct store_txn *txn;
    TRY(store_begin_write(store, &txn));
    loft_err err = open_tables(store, txn);
    if (err == LOFT_OK)
        return store_commit(txn);
    store_abort(txn);
    return err;
}

/* The new file's name is durable, and the lock file remembers it. */
static loft_err remember_made(struct store *store, const char *dir)
{
    int code = mdb_env_sync(store->env, 1);
    if (code)
        return store_failure(code, "make");
    TRY(redo_sync_folder(dir));
    return whole_write(store->lock, MADE_TEXT, strlen(MADE_TEXT), 0);
}

static uint64_t map_bytes(uint64_t bytes_max)
{
    if (bytes_max == 0 || bytes_max > MAP_BYTES_MOST)
        return MAP_BYTES_MOST;
    uint64_t page = (uint64_t)sysconf(_SC_PAGESIZE);
    return (bytes_max + page - 1) / page * page;
}

static loft_err write_again(void *context, const struct redo_write *write)
{
    struct store_txn *txn = context;
    enum store_table table = (enum store_table)write->table;
    switch (write->kind) {
    case REDO_PUT:
        return store_put(txn, table, write->key, write->value);
    case REDO_APPEND:
        return store_append(txn, table, write->key, write->value);
    case REDO_DELETE:
        return store_delete(txn, table, write->key);
    }
    return LOFT_OK;
}

/* In one transaction: the base's pages stay as they are until all is synced. */
static loft_err replay(struct store *store,
                       const struct redo_recovery *recovery, const char *dir)
{
    struct store_txn *txn;
    uint64_t commits;
    TRY(store_begin_write(store, &txn));
    loft_err err = redo_recovery_replay(recovery, write_again, txn, &commits);
    if (err != LOFT_OK) {
        store_abort(txn);
        return err;
    }
    TRY(store_commit(txn));
    int code = mdb_env_sync(store->env, 1);
    if (code)
        return store_failure(code, "sync");
    TRY(redo_remove(dir, redo_recovery_later(recovery)));
    log_info("store_recovered", "dir=%s commits=%" PRIu64, dir, commits);
    return LOFT_OK;
}

static loft_err check_base(const struct store *store,
                           const struct redo_recovery *recovery)
{
    MDB_envinfo info;
    mdb_env_info(store->env, &info);
    return info.me_last_txnid == redo_recovery_txn_id(recovery)
               ? LOFT_OK
               : err_say(LOFT_ERR_CORRUPT, "the store's base was not found");
}

static loft_err open_recovering(struct store *store, const char *dir,
                                uint64_t bytes_max,
                                const struct redo_recovery *recovery)
{
    TRY(open_env(store, dir, map_bytes(bytes_max)));
    if (recovery)
        TRY(check_base(store, recovery));
    TRY(check_whole(store->env));
    TRY(set_up_tables(store));
    return recovery ? replay(store, recovery, dir) : LOFT_OK;
}

static void open_redo(struct store *store, const char *dir,
                      const struct redo_limits *limits)
{
    store->limits = limits ? *limits : REDO_LIMITS;
    if (store->durability != STORE_DEV)
        store->redo = redo_new(store->env, dir,
                               store->durability == STORE_DURABLE,
                               &store->limits);
}

static loft_err open_in(struct store *store, const char *dir,
                        const struct store_options *options)
{
    bool made;
    if (mkdir(dir, 0700) && errno != EEXIST)
        return err_say(LOFT_ERR_IO, "cannot make %s: %s", dir, strerror(errno));
    TRY(take_lock(store, dir, &made));
    if (made)
        TRY(check_still_there(dir));
    struct redo_recovery *recovery;
    TRY(redo_recovery_begin(&recovery, dir));
    loft_err err = open_recovering(store, dir, options->bytes_max, recovery);
    redo_recovery_free(recovery);
    if (err == LOFT_ERR_CORRUPT)
        return err_in(err, "%s", dir);
    TRY(err);
    open_redo(store, dir, options->redo);
    return made ? LOFT_OK : remember_made(store, dir);
}

loft_err store_open(struct store **out, const char *dir,
                    const struct store_options *options)
{
    struct store *store = MEMORY_NEW(struct store);
    store->lock = -1;
    store->durability = options->durability;
    loft_err err = open_in(store, dir, options);
    if (err == LOFT_OK) {
        *out = store;
        return LOFT_OK;
    }
    *out = NULL;
    if (store->env)
        mdb_env_close(store->env);
    if (store->lock >= 0)
        close(store->lock);
    free(store);
    return err;
}

/* A reader that rests holds a reader's place and no page. */
static void free_txn(struct store_txn *txn)
{
    if (!txn)
        return;
    mdb_txn_abort(txn->txn);
    free(txn);
}

void store_close(struct store *store)
{
    if (!store)
        return;
    free_txn(atomic_exchange(&store->spare, NULL));
    redo_close(store->redo);
    mdb_env_close(store->env);
    close(store->lock);
    buffer_free(&store->record);
    free(store);
}

loft_err store_copy(struct store *store, int fd)
{
    /* Without the pages that are free; not where some page is neither free nor
     * used, which harms nothing else. */
    int code = mdb_env_copyfd2(store->env, fd, MDB_CP_COMPACT);
    if (code == MDB_INCOMPATIBLE) {
        code = lseek(fd, 0, SEEK_SET) || ftruncate(fd, 0) ? errno : 0;
        if (code == 0)
            code = mdb_env_copyfd(store->env, fd);
    }
    if (code == 0 && fsync(fd))
        code = errno;
    return code ? store_failure(code, "copy") : LOFT_OK;
}

static loft_err begin(struct store *store, struct store_txn **out, bool writes)
{
    MDB_txn *txn;
    int code = mdb_txn_begin(store->env, NULL, writes ? 0 : MDB_RDONLY, &txn);
    *out = NULL;
    if (code)
        return store_failure(code, writes ? "write to" : "read");
    *out = MEMORY_NEW(struct store_txn);
    **out = (struct store_txn){.txn = txn, .store = store, .writes = writes};
    return LOFT_OK;
}

/* The one that rests, or another one. */
static loft_err begin_read(struct store *store, struct store_txn **out)
{
    struct store_txn *txn = atomic_exchange(&store->spare, NULL);
    if (txn && mdb_txn_renew(txn->txn) == 0) {
        *out = txn;
        return LOFT_OK;
    }
    free_txn(txn);
    return begin(store, out, false);
}

loft_err store_begin_read(struct store *store, struct store_txn **out)
{
    *out = NULL;
    loft_err err = LOFT_ERR_LIMIT;
    if (atomic_fetch_add(&store->readers, 1) >= STORE_READERS_MAX)
        err_keep("cannot read the store: %d transactions do so already",
                 STORE_READERS_MAX);
    else
        err = begin_read(store, out);
    if (err != LOFT_OK)
        atomic_fetch_sub(&store->readers, 1);
    return err;
}

loft_err store_begin_write(struct store *store, struct store_txn **out)
{
    TRY(begin(store, out, true));
    if (!store->redo)
        return LOFT_OK;
    (*out)->record = &store->record;
    redo_record_begin(&store->record);
    return LOFT_OK;
}

/* A transaction that wrote a lot leaves no room behind. */
static void end_record(struct store *store)
{
    if (store->record.cap > RECORD_ROOM_MAX)
        buffer_free(&store->record);
}

/* LMDB's transaction has ended. */
static void end_txn(struct store_txn *txn)
{
    if (!txn->writes)
        atomic_fetch_sub(&txn->store->readers, 1);
    free(txn);
}

/* After a transaction that has failed. */
static void release_log(struct store *store)
{
    if (redo_release(store->redo) != LOFT_OK)
        log_error("store_not_synced", "why=%s", err_sentence());
}

static loft_err commit_logged(struct store *store, struct store_txn *txn)
{
    loft_err err = redo_before_commit(store->redo, txn->record);
    if (err != LOFT_OK) {
        mdb_txn_abort(txn->txn);
        return err;
    }
    int code = mdb_txn_commit(txn->txn);
    if (code == 0)
        return LOFT_OK;
    /* The log has what LMDB has not; and it may hold back what is missing. */
    release_log(store);
    return store_failure(code, "commit to");
}

static bool is_logged(const struct store_txn *txn)
{
    return txn->writes && txn->store->redo &&
           !(txn->record && redo_record_is_empty(txn->record));
}

loft_err store_commit(struct store_txn *txn)
{
    loft_err err = txn->failed;
    if (err != LOFT_OK) {
        store_abort(txn);
        return err;
    }
    struct store *store = txn->store;
    if (txn->writes)
        growth_prepare(&store->growth, store->env, txn->bytes);
    if (is_logged(txn)) {
        err = commit_logged(store, txn);
        end_record(store);
    } else {
        int code = mdb_txn_commit(txn->txn);
        err = code ? store_failure(code, "commit to") : LOFT_OK;
    }
    end_txn(txn);
    return err;
}

static void abort_write(struct store_txn *txn)
{
    struct store *store = txn->store;
    mdb_txn_abort(txn->txn);
    /* The log holds pages back that may be what is missing. */
    if (txn->failed == LOFT_ERR_FULL && store->redo)
        release_log(store);
    free(txn);
}

void store_abort(struct store_txn *txn)
{
    if (!txn)
        return;
    if (txn->writes) {
        abort_write(txn);
        return;
    }
    struct store *store = txn->store;
    mdb_txn_reset(txn->txn);
    free_txn(atomic_exchange(&store->spare, txn));
    atomic_fetch_sub(&store->readers, 1);
}

loft_err store_sync(struct store *store)
{
    if (store->redo)
        return redo_flush(store->redo);
    if (store->durability == STORE_DEV)
        return LOFT_OK;
    int code = mdb_env_sync(store->env, 1);
    return code ? store_failure(code, "sync") : LOFT_OK;
}
