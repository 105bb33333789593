/* The file: read at the start, and written whole beside the old one, here or
 * on a thread. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/assert.h"
#include "base/log.h"
#include "base/memory.h"
#include "io/workers.h"
#include "p2p/peer_store_parts.h"

#define FILE_BYTES_MAX ((size_t)32 << 20)

/* What is to be on disk. */
struct peer_store_job {
    const char *path;
    struct buffer text;
    loft_err err;
    char why[ERR_SENTENCE_MAX + 1];
};

static loft_err fail(const char *path)
{
    return err_say(LOFT_ERR_IO, "%s: %s", path, strerror(errno));
}

static loft_err write_synced(const char *path, bytes contents)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (fd < 0)
        return fail(path);
    while (contents.len) {
        ssize_t written = write(fd, contents.at, contents.len);
        if (written < 0 && errno == EINTR)
            continue;
        if (written < 0)
            break;
        contents = bytes_of(contents.at + written,
                            contents.len - (size_t)written);
    }
    bool ok = contents.len == 0 && fdatasync(fd) == 0;
    loft_err code = ok ? LOFT_OK : fail(path);
    close(fd);
    return code;
}

/* A rename lasts once its folder is on disk. */
static void sync_folder(const char *path)
{
    const char *end = strrchr(path, '/');
    struct buffer folder = {0};
    buffer_put_bytes(
        &folder, end ? bytes_of((const uint8_t *)path, (size_t)(end - path) + 1)
                     : bytes_str("."));
    buffer_put_byte(&folder, 0);
    int fd = open((const char *)folder.at, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd >= 0) {
        (void)!fsync(fd);
        close(fd);
    }
    buffer_free(&folder);
}

static loft_err write_file(const char *path, bytes text)
{
    struct buffer beside = {0};
    buffer_printf(&beside, "%s.new", path);
    buffer_put_byte(&beside, 0);
    const char *name = (const char *)beside.at;
    loft_err err = write_synced(name, text);
    if (err == LOFT_OK && rename(name, path) != 0)
        err = fail(path);
    if (err == LOFT_OK)
        sync_folder(path);
    buffer_free(&beside);
    return err;
}

/* On the thread: nothing of the store is read but the job. */
static void run_job(void *context, unsigned worker, void *given)
{
    struct peer_store_job *job = given;
    (void)context, (void)worker;
    job->err = write_file(job->path, buffer_bytes(&job->text));
    if (job->err != LOFT_OK)
        snprintf(job->why, sizeof job->why, "%s", err_sentence());
}

static loft_err save_here(struct peer_store *store)
{
    struct buffer text = {0};
    peer_store_put_text(&text, store);
    loft_err err = write_file(store->path, buffer_bytes(&text));
    store->changed = err != LOFT_OK;
    buffer_free(&text);
    return err;
}

static void save_apart(struct peer_store *store)
{
    struct peer_store_job *job = store->job;
    job->path = store->path;
    job->text.len = 0;
    peer_store_put_text(&job->text, store);
    store->changed = store->is_due = false;
    store->is_writing = true;
    workers_give(store->writer, job);
}

loft_err peer_store_save(struct peer_store *store)
{
    if (!store->path || !store->changed)
        return LOFT_OK;
    if (!store->writer)
        return save_here(store);
    if (store->is_writing)
        store->is_due = true;
    else
        save_apart(store);
    return LOFT_OK;
}

static void say_unsaved(const char *why)
{
    log_warn("peers_unsaved", "why=%s", why);
}

static void on_written(void *context, void *given)
{
    struct peer_store *store = context;
    const struct peer_store_job *job = given;
    store->is_writing = false;
    if (job->err != LOFT_OK) {
        store->changed = true;
        say_unsaved(job->why);
    } else if (store->is_due && !store->is_closing) {
        save_apart(store);
    }
}

loft_err peer_store_write_apart(struct peer_store *store, struct loop *loop)
{
    ASSERT(!store->writer);
    if (!store->path)
        return LOFT_OK;
    store->job = MEMORY_NEW(struct peer_store_job);
    store->writer = workers_start(1, 1, run_job, store);
    return workers_return_to(store->writer, loop, on_written);
}

static loft_err read_file(struct buffer *out, int fd, const char *path)
{
    ssize_t got = 1;
    while (got > 0) {
        VEC_RESERVE(out, (size_t)64 << 10);
        got = read(fd, out->at + out->len, out->cap - out->len);
        if (got > 0)
            out->len += (size_t)got;
        if (out->len > FILE_BYTES_MAX)
            return err_say(LOFT_ERR_LIMIT, "%s: more than %zu bytes", path,
                           FILE_BYTES_MAX);
    }
    return got == 0 ? LOFT_OK : fail(path);
}

static loft_err load(struct peer_store *store)
{
    struct buffer text = {0};
    int fd = open(store->path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return errno == ENOENT ? LOFT_OK : fail(store->path);
    loft_err code = read_file(&text, fd, store->path);
    if (code == LOFT_OK && text.len)
        peer_store_read_text(store, buffer_bytes(&text));
    buffer_free(&text);
    close(fd);
    return code;
}

loft_err peer_store_open(struct peer_store **out, const char *path)
{
    struct peer_store *store = MEMORY_NEW(struct peer_store);
    map_init(&store->records, sizeof(struct peer_id),
             sizeof(struct peer_store_record *));
    if (path) {
        store->path = memory_string(path);
        loft_err code = load(store);
        if (code != LOFT_OK) {
            peer_store_close(store);
            return code;
        }
    }
    *out = store;
    return LOFT_OK;
}

static void end_writer(struct peer_store *store)
{
    if (!store->writer)
        return;
    store->is_closing = true;
    workers_finish(store->writer);
    if (store->is_due && save_here(store) != LOFT_OK)
        say_unsaved(err_sentence());
    buffer_free(&store->job->text);
    free(store->job);
}

void peer_store_close(struct peer_store *store)
{
    if (!store)
        return;
    end_writer(store);
    peer_store_clear(store);
    free(store->path);
    free(store);
}
