/* Why a store holds together, profile by profile.
 *
 * LMDB never overwrites a page that the last two commits can reach. A commit
 * writes new pages, and then one of two meta pages that names the new root;
 * opening takes the newer meta page. A killed process loses nothing of what it
 * gave to the kernel, so all profiles survive that. A machine that stops may
 * have written some pages and not others, in any order:
 *
 *   durable  syncs the pages, then writes the meta page through: on disk when
 *            the commit returns.
 *   group    syncs the pages, then writes the meta page and leaves it to the
 *            kernel (MDB_NOMETASYNC). Either meta page that is found names
 *            pages which are there; at worst it is an older one. MDB_NOSYNC
 *            would save that sync too, but lets a meta page arrive before the
 *            pages that it names.
 *   dev      syncs nothing (MDB_NOSYNC).
 *
 * The map is made as large as the file may ever get. That takes address space
 * only: LMDB grows the file as it writes, and a transaction never has to be
 * undone to enlarge the map. */
#include "store/store.h"

#include <errno.h>
#include <fcntl.h>
#include <lmdb.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/assert.h"
#include "base/memory.h"
#include "store/check.h"
#include "store/growth.h"

#define FORMAT_VERSION 4
#define MAP_BYTES_MOST ((uint64_t)1 << 42)
#define MAP_BYTES_LEAST ((uint64_t)1 << 30)

/* What the lock file says once the data file has been made. */
#define MADE_TEXT "loft store\n"

struct store {
    MDB_env *env;
    _Atomic(struct store_txn *) spare; /* a reader that rests, or NULL */
    struct growth growth;
    int lock;
    MDB_dbi tables[STORE_TABLE_COUNT];
    enum store_durability durability;
};

struct store_txn {
    MDB_txn *txn;
    struct store *store;
    uint64_t bytes;  /* of the entries written */
    loft_err failed; /* of the first write that failed */
    bool writes;
};

struct store_cursor {
    MDB_cursor *cursor;
    struct store_txn *txn;
};

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

static loft_err failure(int code, const char *what)
{
    /* LMDB calls a write that was cut short EIO, too. */
    return err_say(
        translate(code), "cannot %s the store: %s%s", what, mdb_strerror(code),
        code == EIO ? ", or no space was left for all of a write" : "");
}

static MDB_val val_of(bytes from)
{
    return (MDB_val){from.len, (void *)(uintptr_t)from.at};
}

static bytes bytes_of_val(MDB_val val)
{
    return bytes_of(val.mv_data, val.mv_size);
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
    mdb_env_set_maxreaders(store->env, STORE_READERS_MAX);
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
    return err_in(failure(code, "open"), "%s/data.mdb", dir);
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
            return failure(code, "open a table of");
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
    int folder = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    bool good = folder >= 0 && mdb_env_sync(store->env, 1) == 0 &&
                fsync(folder) == 0 &&
                pwrite(store->lock, MADE_TEXT, strlen(MADE_TEXT), 0) ==
                    (ssize_t)strlen(MADE_TEXT);
    int why = errno;
    if (folder >= 0)
        close(folder);
    return good ? LOFT_OK : failure(why, "make");
}

static uint64_t map_bytes(uint64_t bytes_max)
{
    if (bytes_max == 0 || bytes_max > MAP_BYTES_MOST)
        return MAP_BYTES_MOST;
    uint64_t page = (uint64_t)sysconf(_SC_PAGESIZE);
    return (bytes_max + page - 1) / page * page;
}

static loft_err open_in(struct store *store, const char *dir,
                        uint64_t bytes_max)
{
    bool made;
    if (mkdir(dir, 0700) && errno != EEXIST)
        return err_say(LOFT_ERR_IO, "cannot make %s: %s", dir, strerror(errno));
    TRY(take_lock(store, dir, &made));
    if (made)
        TRY(check_still_there(dir));
    TRY(open_env(store, dir, map_bytes(bytes_max)));
    TRY(check_whole(store->env));
    loft_err err = set_up_tables(store);
    if (err == LOFT_ERR_CORRUPT)
        return err_in(err, "%s", dir);
    TRY(err);
    return made ? LOFT_OK : remember_made(store, dir);
}

loft_err store_open(struct store **out, const char *dir,
                    const struct store_options *options)
{
    struct store *store = MEMORY_NEW(struct store);
    store->lock = -1;
    store->durability = options->durability;
    loft_err err = open_in(store, dir, options->bytes_max);
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
static void end_txn(struct store_txn *txn)
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
    end_txn(atomic_exchange(&store->spare, NULL));
    if (store->durability == STORE_GROUP)
        mdb_env_sync(store->env, 1);
    mdb_env_close(store->env);
    close(store->lock);
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
    return code ? failure(code, "copy") : LOFT_OK;
}

static loft_err begin(struct store *store, struct store_txn **out, bool writes)
{
    MDB_txn *txn;
    int code = mdb_txn_begin(store->env, NULL, writes ? 0 : MDB_RDONLY, &txn);
    *out = NULL;
    if (code)
        return failure(code, writes ? "write to" : "read");
    *out = MEMORY_NEW(struct store_txn);
    **out = (struct store_txn){.txn = txn, .store = store, .writes = writes};
    return LOFT_OK;
}

loft_err store_begin_read(struct store *store, struct store_txn **out)
{
    struct store_txn *txn = atomic_exchange(&store->spare, NULL);
    if (txn && mdb_txn_renew(txn->txn) == 0) {
        *out = txn;
        return LOFT_OK;
    }
    end_txn(txn);
    return begin(store, out, false);
}

loft_err store_begin_write(struct store *store, struct store_txn **out)
{
    return begin(store, out, true);
}

loft_err store_commit(struct store_txn *txn)
{
    loft_err err = txn->failed;
    if (err != LOFT_OK) {
        store_abort(txn);
        return err;
    }
    if (txn->writes)
        growth_prepare(&txn->store->growth, txn->store->env, txn->bytes);
    int code = mdb_txn_commit(txn->txn);
    free(txn);
    return code ? failure(code, "commit to") : LOFT_OK;
}

void store_abort(struct store_txn *txn)
{
    if (txn && !txn->writes) {
        mdb_txn_reset(txn->txn);
        txn = atomic_exchange(&txn->store->spare, txn);
    }
    end_txn(txn);
}

loft_err store_sync(struct store *store)
{
    if (store->durability == STORE_DEV)
        return LOFT_OK;
    int code = mdb_env_sync(store->env, 1);
    return code ? failure(code, "sync") : LOFT_OK;
}

static MDB_dbi table_of(const struct store_txn *txn, enum store_table table)
{
    return txn->store->tables[table];
}

/* What reading came to: entries point into the map. */
static loft_err was_read(int code, bytes *value, MDB_val data)
{
    *value = code ? BYTES_EMPTY : bytes_of_val(data);
    if (LIKELY(code == 0))
        return LOFT_OK;
    return code == MDB_NOTFOUND ? LOFT_ERR_NOT_FOUND : failure(code, "read");
}

/* LMDB refuses a transaction after a failed write; the commit says why. */
static loft_err was_written(struct store_txn *txn, int code)
{
    if (LIKELY(code == 0))
        return LOFT_OK;
    loft_err err = failure(code, "write to");
    if (txn->failed == LOFT_OK)
        txn->failed = err;
    return err;
}

static MDB_val key_of(bytes key)
{
    ASSERT(key.len >= 1);
    ASSERT(key.len <= 511);
    return val_of(key);
}

loft_err store_get(struct store_txn *txn, bytes *value, enum store_table table,
                   bytes key)
{
    MDB_val at = key_of(key), data;
    int code = mdb_get(txn->txn, table_of(txn, table), &at, &data);
    return was_read(code, value, data);
}

static int put(struct store_txn *txn, enum store_table table, bytes key,
               bytes value, unsigned flags)
{
    ASSERT(txn->writes);
    MDB_val at = key_of(key), data = val_of(value);
    txn->bytes += key.len + value.len;
    return mdb_put(txn->txn, table_of(txn, table), &at, &data, flags);
}

loft_err store_put(struct store_txn *txn, enum store_table table, bytes key,
                   bytes value)
{
    return was_written(txn, put(txn, table, key, value, 0));
}

loft_err store_append(struct store_txn *txn, enum store_table table, bytes key,
                      bytes value)
{
    int code = put(txn, table, key, value, MDB_APPEND);
    if (code == MDB_KEYEXIST) /* LMDB's word for: not above all others */
        code = put(txn, table, key, value, 0);
    return was_written(txn, code);
}

loft_err store_delete(struct store_txn *txn, enum store_table table, bytes key)
{
    ASSERT(txn->writes);
    MDB_val at = key_of(key);
    int code = mdb_del(txn->txn, table_of(txn, table), &at, NULL);
    return code == MDB_NOTFOUND ? LOFT_OK : was_written(txn, code);
}

loft_err store_count(struct store_txn *txn, uint64_t *out,
                     enum store_table table)
{
    MDB_stat stat;
    int code = mdb_stat(txn->txn, table_of(txn, table), &stat);
    *out = code ? 0 : stat.ms_entries;
    return code ? failure(code, "read") : LOFT_OK;
}

loft_err store_cursor_open(struct store_cursor **out, struct store_txn *txn,
                           enum store_table table)
{
    MDB_cursor *cursor;
    int code = mdb_cursor_open(txn->txn, table_of(txn, table), &cursor);
    *out = NULL;
    if (code)
        return failure(code, "read");
    *out = MEMORY_NEW(struct store_cursor);
    **out = (struct store_cursor){cursor, txn};
    return LOFT_OK;
}

void store_cursor_close(struct store_cursor *cursor)
{
    if (!cursor)
        return;
    mdb_cursor_close(cursor->cursor);
    free(cursor);
}

static loft_err move(struct store_cursor *cursor, bytes *key, bytes *value,
                     bytes from, MDB_cursor_op how)
{
    MDB_val at = val_of(from), data;
    int code = mdb_cursor_get(cursor->cursor, &at, &data, how);
    *key = code ? BYTES_EMPTY : bytes_of_val(at);
    return was_read(code, value, data);
}

loft_err store_seek(struct store_cursor *cursor, bytes *key, bytes *value,
                    bytes from)
{
    ASSERT(from.len <= 511);
    return move(cursor, key, value, from, from.len ? MDB_SET_RANGE : MDB_FIRST);
}

loft_err store_next(struct store_cursor *cursor, bytes *key, bytes *value)
{
    return move(cursor, key, value, BYTES_EMPTY, MDB_NEXT);
}

loft_err store_last(struct store_cursor *cursor, bytes *key, bytes *value)
{
    return move(cursor, key, value, BYTES_EMPTY, MDB_LAST);
}

loft_err store_find(struct store_cursor *cursor, bytes *value, bytes key)
{
    MDB_val at = key_of(key), data;
    int code = mdb_cursor_get(cursor->cursor, &at, &data, MDB_SET);
    return was_read(code, value, data);
}

loft_err store_cursor_put(struct store_cursor *cursor, bytes key, bytes value)
{
    ASSERT(cursor->txn->writes);
    MDB_val at = key_of(key), data = val_of(value);
    cursor->txn->bytes += key.len + value.len;
    return was_written(cursor->txn,
                       mdb_cursor_put(cursor->cursor, &at, &data, 0));
}
