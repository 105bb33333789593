/* A machine that stops at any moment loses nothing that was promised, and a
 * disk that fails at any moment neither.
 *
 * This program has fdatasync(), fsync(), pwrite() and unlink() of its own. They
 * remember what of the store's folder must be on disk, and at moments that a
 * seed draws, they write down what a machine that stops then could find: each
 * sector, each length and each removed file since the last sync as it was, or
 * as it is. Each of these folders is opened, and cut again while that is done.
 *
 * In other runs one write, sync or removal fails. After a sync or an
 * asynchronous write that failed, what it was to bring to disk may never get
 * there, though later syncs succeed: as Linux has it.
 *
 * Environment  LOFT_TEST_SEED  another seed; ROUNDS  so many from there on. */
#include <errno.h>
#include <fcntl.h>
#include <libaio.h>
#include <linux/fs.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/assert.h"
#include "base/memory.h"
#include "base/vec.h"
#include "store/redo.h"
#include "store/store.h"

#define SECTOR 512
#define CUTS_MAX 4096

static const char *const NAMES[] = {"data.mdb", "redo.0", "redo.1"};
#define FILES ARRAY_LEN(NAMES)

enum failing { FAIL_OTHER, FAIL_DATA_SYNC, FAIL_LOG_SYNC, FAIL_ASYNC };
#define FAILING_KINDS 4

static struct {
    char dir[256], prefix[256];
    unsigned rarely, count, count_max;
    uint64_t random, (*moment)(void);
    uint64_t moments[CUTS_MAX];
    enum failing fails;
    unsigned fails_after; /* so many of those operations; 0: never */
    struct disk_file {
        bool has_name; /* for good */
        struct buffer synced;
        struct buffer lost, is_lost; /* what sectors held; of each, a byte */
    } files[FILES];
} disk;
static bool is_watched; /* atomic by the lock */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

static uint64_t draw(void)
{
    disk.random ^= disk.random << 13;
    disk.random ^= disk.random >> 7;
    return disk.random ^= disk.random << 17;
}

static bool read_file(struct buffer *out, const char *path)
{
    struct stat about;
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    out->len = 0;
    if (fd < 0)
        return false;
    ASSERT(fstat(fd, &about) == 0);
    size_t len = (size_t)about.st_size, got = 0;
    uint8_t *room = buffer_extend(out, len + 1);
    while (got < len) {
        ssize_t more = pread(fd, room + got, len - got, (off_t)got);
        ASSERT(more > 0);
        got += (size_t)more;
    }
    out->len = len;
    close(fd);
    return true;
}

static const char *path_of(char room[600], size_t file)
{
    snprintf(room, 600, "%s/%s", disk.dir, NAMES[file]);
    return room;
}

/* -1: none of the watched folder's. */
static int file_of(const char *path)
{
    char room[600];
    for (size_t i = 0; i < FILES; i++)
        if (strcmp(path, path_of(room, i)) == 0)
            return (int)i;
    return -1;
}

static void path_of_fd(char out[600], int fd)
{
    char link[64];
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t len = readlink(link, out, 599);
    out[len < 0 ? 0 : len] = 0;
}

/* Is it this operation that fails? */
static bool fails(enum failing what)
{
    if (!is_watched || what != disk.fails || disk.fails_after == 0 ||
        --disk.fails_after)
        return false;
    disk.rarely = 15; /* what comes of it is looked at */
    return true;
}

static bytes sector_of(const struct buffer *from, size_t sector)
{
    size_t at = sector * SECTOR;
    if (at >= from->len)
        return BYTES_EMPTY;
    return bytes_of(from->at + at,
                    from->len - at < SECTOR ? from->len - at : SECTOR);
}

static bool is_lost(const struct disk_file *file, const struct buffer *now,
                    size_t sector)
{
    return sector < file->is_lost.len && file->is_lost.at[sector] &&
           bytes_equal(sector_of(&file->lost, sector), sector_of(now, sector));
}

/* What is on disk of the file once all is that can be. */
static void read_whole(struct buffer *out, struct disk_file *file,
                       const char *path)
{
    read_file(out, path);
    for (size_t i = 0; i * SECTOR < out->len; i++) {
        if (!is_lost(file, out, i))
            continue;
        bytes old = sector_of(&file->synced, i);
        size_t len = sector_of(out, i).len;
        memset(out->at + i * SECTOR, 0, len);
        if (old.len)
            memcpy(out->at + i * SECTOR, old.at, old.len < len ? old.len : len);
    }
}

static void sync_file(size_t number)
{
    char room[600];
    struct buffer whole = {0};
    struct disk_file *file = &disk.files[number];
    read_whole(&whole, file, path_of(room, number));
    buffer_free(&file->synced);
    file->synced = whole;
}

/* Of what is not on disk, some never gets there unless written again. */
static void lose(size_t number, size_t from, size_t to)
{
    char room[600];
    struct buffer now = {0};
    struct disk_file *file = &disk.files[number];
    read_file(&now, path_of(room, number));
    size_t sectors = (now.len + SECTOR - 1) / SECTOR;
    if (file->is_lost.len < sectors) {
        size_t more = sectors - file->is_lost.len;
        memset(buffer_extend(&file->is_lost, more), 0, more);
    }
    for (size_t i = 0; i < sectors; i++) {
        bool was = is_lost(file, &now, i);
        bool is_in = i * SECTOR >= from && i * SECTOR < to;
        bytes old = sector_of(&file->synced, i);
        file->is_lost.at[i] = was || (is_in && draw() % 4 &&
                                      !bytes_equal(old, sector_of(&now, i)));
    }
    buffer_free(&file->lost);
    file->lost = now;
}

static void write_mix(const char *path, bytes old, bytes new, unsigned bias)
{
    uint8_t sector[SECTOR];
    size_t len = draw() % 2 ? old.len : new.len;
    FILE *out = fopen(path, "we");
    ASSERT(out);
    for (size_t at = 0; at < len; at += SECTOR) {
        bytes from = draw() % 8 < bias ? new : old;
        size_t part = len - at < SECTOR ? len - at : SECTOR;
        size_t has = from.len <= at ? 0 : from.len - at;
        memset(sector, 0, sizeof sector);
        if (has)
            memcpy(sector, from.at + at, has < part ? has : part);
        ASSERT(fwrite(sector, 1, part, out) == part);
    }
    ASSERT(fclose(out) == 0);
}

static void cut_file(size_t file, const char *dir, unsigned bias)
{
    char room[600];
    struct buffer now = {0};
    struct disk_file *known = &disk.files[file];
    bool is_there = access(path_of(room, file), F_OK) == 0;
    if (is_there)
        read_whole(&now, known, room);
    bool both = is_there && known->has_name;
    if (both || ((is_there || known->has_name) && draw() % 2)) {
        bytes old = buffer_bytes(&known->synced);
        bytes new = is_there ? buffer_bytes(&now) : old;
        snprintf(room, sizeof room, "%s/%s", dir, NAMES[file]);
        write_mix(room, old, new, bias);
    }
    buffer_free(&now);
}

static void cut(unsigned bias)
{
    char dir[300], room[600];
    snprintf(dir, sizeof dir, "%s%u", disk.prefix, disk.count);
    ASSERT(mkdir(dir, 0700) == 0);
    for (size_t i = 0; i < FILES; i++)
        cut_file(i, dir, bias);
    snprintf(room, sizeof room, "%s/lock", dir);
    write_mix(room, bytes_str("loft store\n"), bytes_str("loft store\n"), 0);
    disk.moments[disk.count++] = disk.moment();
}

static void maybe_cut(void)
{
    if (disk.rarely && draw() % disk.rarely == 0 && disk.count < disk.count_max)
        cut((unsigned)(draw() % 9));
}

static void cut_disk_watch(const char *dir, const char *prefix, unsigned rarely,
                           uint64_t seed, uint64_t (*moment)(void))
{
    char room[600];
    pthread_mutex_lock(&lock);
    snprintf(disk.dir, sizeof disk.dir, "%s", dir);
    snprintf(disk.prefix, sizeof disk.prefix, "%s", prefix);
    disk.rarely = rarely;
    disk.count = 0;
    disk.random = seed * 2 + 1;
    disk.moment = moment;
    disk.fails_after = 0;
    disk.count_max = CUTS_MAX;
    for (size_t i = 0; i < FILES; i++)
        disk.files[i].has_name = read_file(&disk.files[i].synced,
                                           path_of(room, i));
    is_watched = true;
    pthread_mutex_unlock(&lock);
}

static void free_file(struct disk_file *file)
{
    buffer_free(&file->synced);
    buffer_free(&file->lost);
    buffer_free(&file->is_lost);
}

static void cut_disk_stop(void)
{
    pthread_mutex_lock(&lock);
    is_watched = false;
    for (size_t i = 0; i < FILES; i++)
        free_file(&disk.files[i]);
    pthread_mutex_unlock(&lock);
}

/* A folder's sync settles which files there are, and not what they hold. */
static void sync_names(void)
{
    char room[600];
    for (size_t i = 0; i < FILES; i++) {
        bool is_there = access(path_of(room, i), F_OK) == 0;
        if (!is_there)
            disk.files[i].synced.len = 0;
        disk.files[i].has_name = is_there;
    }
}

static int sync_fd(int fd)
{
    char path[600];
    pthread_mutex_lock(&lock);
    bool failed = false;
    if (is_watched) {
        path_of_fd(path, fd);
        maybe_cut();
        int file = file_of(path);
        failed = fails(file < 0    ? FAIL_OTHER
                       : file == 0 ? FAIL_DATA_SYNC
                                   : FAIL_LOG_SYNC);
        if (file >= 0 && failed)
            lose((size_t)file, 0, SIZE_MAX);
        else if (file >= 0)
            sync_file((size_t)file);
        else if (strcmp(path, disk.dir) == 0 && !failed)
            sync_names();
        maybe_cut();
    }
    pthread_mutex_unlock(&lock);
    errno = EIO;
    return failed ? -1 : 0;
}

int fdatasync(int fd)
{
    return sync_fd(fd);
}

int fsync(int fd)
{
    return sync_fd(fd);
}

int unlink(const char *path)
{
    pthread_mutex_lock(&lock);
    bool failed = false;
    if (is_watched && file_of(path) >= 0) {
        maybe_cut();
        failed = fails(FAIL_OTHER);
    }
    int result = failed ? -1 : (int)syscall(SYS_unlink, path);
    pthread_mutex_unlock(&lock);
    if (failed)
        errno = EIO;
    return result;
}

/* Through a descriptor with O_DSYNC, or with RWF_DSYNC: that much is on disk.
 */
static void wrote_through(int fd, const void *from, size_t len, off_t at)
{
    char path[600];
    path_of_fd(path, fd);
    int file = file_of(path);
    if (file < 0)
        return;
    struct buffer *synced = &disk.files[file].synced;
    if (synced->len < (size_t)at + len) {
        size_t had = synced->len, more = (size_t)at + len - had;
        memset(buffer_extend(synced, more), 0, more);
    }
    memcpy(synced->at + at, from, len);
}

/* What is written again can get to disk, be it what was there before. */
static void wrote(int fd, size_t len, off_t at)
{
    char path[600];
    path_of_fd(path, fd);
    int number = file_of(path);
    if (number < 0)
        return;
    struct buffer *is_lost = &disk.files[number].is_lost;
    size_t end = (size_t)at + len;
    for (size_t i = (size_t)at / SECTOR; i * SECTOR < end; i++)
        if (i < is_lost->len)
            is_lost->at[i] = false;
}

/* Half of it is written, or nothing, for want of space. */
static ssize_t write_at(int fd, const void *from, size_t len, off_t at)
{
    pthread_mutex_lock(&lock);
    if (is_watched)
        maybe_cut();
    if (fails(FAIL_OTHER)) {
        ssize_t half = draw() % 2 ? syscall(SYS_pwrite64, fd, from, len / 2, at)
                                  : -1;
        pthread_mutex_unlock(&lock);
        errno = ENOSPC;
        return half;
    }
    ssize_t put = syscall(SYS_pwrite64, fd, from, len, at);
    if (is_watched && put > 0)
        wrote(fd, (size_t)put, at);
    if (is_watched && put > 0 && (fcntl(fd, F_GETFL) & O_DSYNC))
        wrote_through(fd, from, (size_t)put, at);
    pthread_mutex_unlock(&lock);
    return put;
}

static void lost(int fd, size_t len, off_t at)
{
    char path[600];
    path_of_fd(path, fd);
    int file = file_of(path);
    if (file >= 0)
        lose((size_t)file, (size_t)at, (size_t)at + len);
}

ssize_t writev(int fd, const struct iovec *from, int count)
{
    pthread_mutex_lock(&lock);
    if (is_watched)
        maybe_cut();
    ssize_t put = fails(FAIL_OTHER) ? -1 : syscall(SYS_writev, fd, from, count);
    if (is_watched && put > 0)
        wrote(fd, (size_t)put, lseek(fd, 0, SEEK_CUR) - put);
    pthread_mutex_unlock(&lock);
    return put;
}

/* A write under way is a write; that it is on disk shows when it has been
 * waited for, here as late as that may be. */
int io_submit(io_context_t context, long count, struct iocb **requests)
{
    pthread_mutex_lock(&lock);
    if (is_watched)
        maybe_cut();
    bool failed = fails(FAIL_OTHER);
    int begun = failed ? -EAGAIN
                       : (int)syscall(SYS_io_submit, context, count, requests);
    assert_true(failed || begun == count);
    pthread_mutex_unlock(&lock);
    return begun;
}

int io_getevents(io_context_t context, long least, long most,
                 struct io_event *events, struct timespec *timeout)
{
    int got = (int)syscall(SYS_io_getevents, context, least, most, events,
                           timeout);
    pthread_mutex_lock(&lock);
    if (is_watched)
        maybe_cut();
    for (int i = 0; i < got; i++) {
        struct iocb *request = events[i].obj;
        assert_true(request->aio_rw_flags & RWF_DSYNC);
        if (fails(FAIL_ASYNC)) {
            events[i].res = (unsigned long)-EIO;
            lost(request->aio_fildes, request->u.c.nbytes,
                 (off_t)request->u.c.offset);
        } else if (is_watched)
            wrote_through(request->aio_fildes, request->u.c.buf,
                          request->u.c.nbytes, (off_t)request->u.c.offset);
    }
    pthread_mutex_unlock(&lock);
    return got;
}

ssize_t pwrite(int fd, const void *from, size_t len, off_t at)
{
    return write_at(fd, from, len, at);
}

ssize_t pwrite64(int fd, const void *from, size_t len, off_t at)
{
    return write_at(fd, from, len, at);
}

/* What commit number n does: the same for whoever asks. */

#define KEYS 150
#define VALUE_MAX 6000
#define TABLES 3
#define COMMITS 120

struct model {
    struct buffer values[TABLES][KEYS];
    bool has[TABLES][KEYS];
};

static const enum store_table IN_USE[TABLES] = {STORE_META, STORE_TRIE,
                                                STORE_BLOCK};

struct numbers {
    uint64_t at;
};

static uint64_t next(struct numbers *numbers)
{
    uint64_t z = numbers->at += 0x9e3779b97f4a7c15;
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
    z = (z ^ z >> 27) * 0x94d049bb133111eb;
    return z ^ z >> 31;
}

struct change {
    unsigned table, key;
    bool deletes;
    bytes value;
};

static struct change draw_change(struct numbers *numbers,
                                 uint8_t value[VALUE_MAX])
{
    uint64_t n = next(numbers);
    size_t len = n >> 40 & 15 ? (n >> 20) % 200 : (n >> 20) % VALUE_MAX;
    memset(value, (int)(n >> 50), len);
    return (struct change){.table = (unsigned)(n % TABLES),
                           .key = (unsigned)((n >> 8) % KEYS),
                           .deletes = (n >> 16) % 4 == 0,
                           .value = bytes_of(value, len)};
}

static struct numbers numbers_of(uint64_t seed, uint64_t commit)
{
    struct numbers numbers = {seed * 1000003 + commit};
    next(&numbers);
    return numbers;
}

static unsigned changes_of(struct numbers *numbers)
{
    uint64_t n = next(numbers);
    return n % 16 ? (unsigned)(n % 12)
                  : 60; /* the last do not fit into a record */
}

static bytes key_of(char room[16], unsigned key)
{
    snprintf(room, 16, "key %03u", key);
    return bytes_str(room);
}

static void model_commit(struct model *model, uint64_t seed, uint64_t commit)
{
    uint8_t value[VALUE_MAX];
    struct numbers numbers = numbers_of(seed, commit);
    for (unsigned left = changes_of(&numbers); left; left--) {
        struct change change = draw_change(&numbers, value);
        struct buffer *to = &model->values[change.table][change.key];
        model->has[change.table][change.key] = !change.deletes;
        to->len = 0;
        buffer_put_bytes(to, change.value);
    }
}

static loft_err put_changes(struct store_txn *txn, uint64_t seed,
                            uint64_t commit)
{
    uint8_t value[VALUE_MAX], count[8];
    char room[16];
    struct numbers numbers = numbers_of(seed, commit);
    for (unsigned left = changes_of(&numbers); left; left--) {
        struct change change = draw_change(&numbers, value);
        enum store_table table = IN_USE[change.table];
        bytes key = key_of(room, change.key);
        TRY(change.deletes ? store_delete(txn, table, key)
                           : store_put(txn, table, key, change.value));
    }
    store_be64(count, commit + 1);
    return store_put(txn, STORE_META, bytes_str("commits"),
                     bytes_of(count, sizeof count));
}

static _Atomic uint64_t promised;

static uint64_t what_is_promised(void)
{
    return promised;
}

static void commit_one(struct store *store, uint64_t seed, uint64_t commit)
{
    struct store_txn *txn;
    assert_int_equal(store_begin_write(store, &txn), LOFT_OK);
    assert_int_equal(put_changes(txn, seed, commit), LOFT_OK);
    assert_int_equal(store_commit(txn), LOFT_OK);
}

static uint64_t commits_in(struct store_txn *txn)
{
    bytes value;
    loft_err err = store_get(txn, &value, STORE_META, bytes_str("commits"));
    return err == LOFT_OK ? load_be64(value.at) : 0;
}

static bool has_failed[COMMITS + 10]; /* the commit of that number */

/* All that the store holds is what the first so many commits left. */
static void check_against_model(struct store_txn *txn, uint64_t seed,
                                uint64_t commits)
{
    char room[16];
    bytes value;
    struct model *model = MEMORY_NEW(struct model);
    for (uint64_t i = 0; i < commits; i++)
        if (!has_failed[i])
            model_commit(model, seed, i);
    for (unsigned t = 0; t < TABLES; t++)
        for (unsigned k = 0; k < KEYS; k++) {
            loft_err err = store_get(txn, &value, IN_USE[t], key_of(room, k));
            assert_int_equal(err,
                             model->has[t][k] ? LOFT_OK : LOFT_ERR_NOT_FOUND);
            if (err == LOFT_OK)
                assert_true(
                    bytes_equal(value, buffer_bytes(&model->values[t][k])));
            buffer_free(&model->values[t][k]);
        }
    free(model);
}

static const struct redo_limits SMALL = {2, 9, 20000, 12000};

static struct store *open_store(const char *dir, enum store_durability how)
{
    struct store *store;
    struct store_options options = {.durability = how, .redo = &SMALL};
    loft_err err = store_open(&store, dir, &options);
    if (err != LOFT_OK)
        fail_msg("%s: %s", dir, err_sentence());
    return store;
}

/* After the machine stopped: at least what was promised, and at most what was
 * begun. */
static void check_folder(const char *dir, enum store_durability how,
                         uint64_t seed, uint64_t least, uint64_t most)
{
    struct store_txn *txn;
    struct store *store = open_store(dir, how);
    assert_int_equal(store_begin_read(store, &txn), LOFT_OK);
    uint64_t commits = commits_in(txn);
    if (commits < least || commits > most)
        fail_msg("%s: %llu commits, promised were %llu, begun %llu", dir,
                 (unsigned long long)commits, (unsigned long long)least,
                 (unsigned long long)most);
    /* The machine may have stopped before the last of them was said to have
     * failed; those that come next are others. */
    bool had_failed[sizeof has_failed];
    memcpy(had_failed, has_failed, sizeof had_failed);
    size_t last = commits ? commits - 1 : 0;
    memset(has_failed + last, 0, sizeof has_failed - last);
    check_against_model(txn, seed, commits);
    store_abort(txn);
    /* What comes next finds its place. */
    for (uint64_t i = 0; i < 6; i++)
        commit_one(store, seed, commits + i);
    store_close(store);
    store = open_store(dir, how);
    assert_int_equal(store_begin_read(store, &txn), LOFT_OK);
    check_against_model(txn, seed, commits + 6);
    memcpy(has_failed, had_failed, sizeof had_failed);
    store_abort(txn);
    store_close(store);
}

static char top[64];

static void remove_folder(const char *dir)
{
    char command[700];
    snprintf(command, sizeof command, "rm -rf '%s'", dir);
    assert_int_equal(system(command), 0);
}

/* Opening is cut, too. */
static void check_cut(const char *dir, enum store_durability how, uint64_t seed,
                      uint64_t least, uint64_t most)
{
    char again[200], prefix[160], copy[700];
    snprintf(copy, sizeof copy, "cp -r '%s' '%s.copy'", dir, dir);
    assert_int_equal(system(copy), 0);
    snprintf(prefix, sizeof prefix, "%s.again", dir);
    snprintf(again, sizeof again, "%s.copy", dir);
    cut_disk_watch(again, prefix, 3, seed, what_is_promised);
    store_close(open_store(again, how));
    cut_disk_stop();
    remove_folder(again);
    unsigned count = disk.count;
    for (unsigned i = 0; i < count; i++) {
        snprintf(again, sizeof again, "%s%u", prefix, i);
        check_folder(again, how, seed, least, most);
        remove_folder(again);
    }
    check_folder(dir, how, seed, least, most);
    remove_folder(dir);
}

static void cut_and_check(enum store_durability how, uint64_t seed)
{
    char dir[100], prefix[100], cut[128];
    snprintf(dir, sizeof dir, "%s/store", top);
    snprintf(prefix, sizeof prefix, "%s/cut", top);
    promised = 0;
    store_close(open_store(dir, how));
    cut_disk_watch(dir, prefix, 25, seed, what_is_promised);
    struct store *store = open_store(dir, how);
    for (uint64_t i = 0; i < COMMITS; i++) {
        commit_one(store, seed, i);
        if (i % 5 != 4 && (how == STORE_GROUP || i % 3))
            continue;
        assert_int_equal(store_sync(store), LOFT_OK);
        promised = i + 1;
        if (i % 50 == 30) {
            store_close(store);
            store = open_store(dir, how);
        }
    }
    store_close(store);
    cut_disk_stop();
    uint64_t moments[CUTS_MAX];
    unsigned count = disk.count;
    memcpy(moments, disk.moments, sizeof moments);
    for (unsigned i = 0; i < count; i++) {
        snprintf(cut, sizeof cut, "%s%u", prefix, i);
        check_cut(cut, how, seed, moments[i], moments[i] + 5);
    }
    check_folder(dir, how, seed, COMMITS, COMMITS);
    remove_folder(dir);
    assert_true(count > 5);
}

static uint64_t number_from(const char *name, uint64_t otherwise)
{
    const char *text = getenv(name);
    return text ? strtoull(text, NULL, 10) : otherwise;
}

static void stop_and_start(enum store_durability how)
{
    uint64_t first = number_from("LOFT_TEST_SEED", 1);
    uint64_t rounds = number_from("ROUNDS", 1);
    for (uint64_t seed = first; seed < first + rounds; seed++) {
        snprintf(top, sizeof top, "/tmp/loft-redo-XXXXXX");
        assert_non_null(mkdtemp(top));
        print_message("seed %llu\n", (unsigned long long)seed);
        cut_and_check(how, seed);
        remove_folder(top);
    }
}

static void a_stopped_machine_loses_nothing_promised(void **state)
{
    (void)state;
    stop_and_start(STORE_DURABLE);
}

static void a_stopped_machine_loses_whole_commits_of_a_group(void **state)
{
    (void)state;
    stop_and_start(STORE_GROUP);
}

static loft_err try_commit(struct store *store, uint64_t seed, uint64_t commit)
{
    struct store_txn *txn;
    TRY(store_begin_write(store, &txn));
    loft_err err = put_changes(txn, seed, commit);
    if (err == LOFT_OK)
        return store_commit(txn);
    store_abort(txn);
    return err;
}

/* Goes on after what fails, as far as the store lets it. */
static void commit_and_sync(struct store *store, uint64_t seed)
{
    uint64_t commits = 0;
    for (uint64_t i = 0; i < COMMITS; i++) {
        has_failed[i] = try_commit(store, seed, i) != LOFT_OK;
        if (!has_failed[i])
            commits = i + 1;
        if (i % 12 > 9 && store_sync(store) == LOFT_OK)
            promised = commits;
    }
}

static void cut_now(unsigned bias)
{
    pthread_mutex_lock(&lock);
    cut(bias);
    pthread_mutex_unlock(&lock);
}

static void fail_and_check(enum store_durability how, uint64_t seed)
{
    static const unsigned OPERATIONS[FAILING_KINDS] = {500, 40, 40, 90};
    char dir[100], prefix[100], cut_dir[128];
    struct store *store;
    struct store_options options = {.durability = how, .redo = &SMALL};
    snprintf(dir, sizeof dir, "%s/store", top);
    snprintf(prefix, sizeof prefix, "%s/cut", top);
    promised = 0;
    memset(has_failed, 0, sizeof has_failed);
    store_close(open_store(dir, how));
    cut_disk_watch(dir, prefix, 0, seed, what_is_promised);
    disk.count_max = 6;
    disk.fails = (enum failing)(seed / 2 % FAILING_KINDS);
    disk.fails_after = 1 + (unsigned)(seed * 7919 % OPERATIONS[disk.fails]);
    while (store_open(&store, dir, &options) != LOFT_OK)
        assert_int_equal(disk.fails_after, 0);
    commit_and_sync(store, seed);
    cut_now(4);
    if (disk.fails_after) /* the next one that can */
        disk.fails_after = 1;
    store_close(store);
    cut_now(0);
    cut_disk_stop();
    for (unsigned i = 0; i < disk.count; i++) {
        snprintf(cut_dir, sizeof cut_dir, "%s%u", prefix, i);
        check_folder(cut_dir, how, seed, disk.moments[i], COMMITS);
        remove_folder(cut_dir);
    }
    check_folder(dir, how, seed, promised, COMMITS);
    remove_folder(dir);
}

static void a_disk_that_fails_loses_nothing_promised(void **state)
{
    (void)state;
    uint64_t first = number_from("LOFT_TEST_SEED", 1);
    uint64_t rounds = number_from("ROUNDS", 1) * 8;
    for (uint64_t seed = first; seed < first + rounds; seed++) {
        snprintf(top, sizeof top, "/tmp/loft-redo-XXXXXX");
        assert_non_null(mkdtemp(top));
        fail_and_check(seed % 2 ? STORE_DURABLE : STORE_GROUP, seed);
        remove_folder(top);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_stopped_machine_loses_nothing_promised),
        cmocka_unit_test(a_stopped_machine_loses_whole_commits_of_a_group),
        cmocka_unit_test(a_disk_that_fails_loses_nothing_promised),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
