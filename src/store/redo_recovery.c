#include "store/redo_recovery.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/memory.h"
#include "store/whole_io.h"

#define FILE_BYTES_MAX ((off_t)256 << 20) /* none gets near */

struct part {
    bytes file;
    enum redo_start_state state;
    struct redo_start start;
};

struct redo_recovery {
    struct arena arena;
    struct part parts[2]; /* the file with the base, and the one after it */
    int count;            /* 1 or 2 */
    int later;            /* the number of the file of the later generation */
    struct redo_base base;
};

const char *redo_path(struct arena *arena, const char *dir, int which)
{
    return arena_printf(arena, "%s/redo.%d", dir, which);
}

loft_err redo_sync_folder(const char *dir)
{
    int folder = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    bool good = folder >= 0 && fsync(folder) == 0;
    int why = errno;
    if (folder >= 0)
        close(folder);
    return good
               ? LOFT_OK
               : err_say(LOFT_ERR_IO, "cannot sync %s: %s", dir, strerror(why));
}

static loft_err read_all(struct arena *arena, bytes *out, int file,
                         const char *path)
{
    struct stat about;
    *out = BYTES_EMPTY;
    if (fstat(file, &about))
        return err_say(LOFT_ERR_IO, "cannot read %s: %s", path,
                       strerror(errno));
    if (about.st_size > FILE_BYTES_MAX)
        return err_say(LOFT_ERR_CORRUPT, "%s is damaged: %lld bytes", path,
                       (long long)about.st_size);
    uint8_t *room = arena_alloc(arena, (size_t)about.st_size + 1);
    TRY(whole_read(file, room, (size_t)about.st_size, 0));
    *out = bytes_of(room, (size_t)about.st_size);
    return LOFT_OK;
}

static loft_err read_part(struct part *part, struct arena *arena,
                          const char *path)
{
    int file = open(path, O_RDONLY | O_CLOEXEC);
    part->state = REDO_NEVER_BEGUN;
    if (file < 0 && errno == ENOENT)
        return LOFT_OK;
    if (file < 0)
        return err_say(LOFT_ERR_IO, "cannot open %s: %s", path,
                       strerror(errno));
    loft_err err = read_all(arena, &part->file, file, path);
    close(file);
    TRY(err);
    part->state = redo_read_start(&part->start, part->file);
    if (part->state == REDO_DAMAGED)
        return err_say(LOFT_ERR_CORRUPT, "%s is damaged", path);
    if (part->state == REDO_BEGUN && part->start.tables != redo_tables())
        return err_say(LOFT_ERR_CORRUPT,
                       "%s is of another version of Loft, which has to open "
                       "the store and close it",
                       path);
    return LOFT_OK;
}

static loft_err read_parts(struct part parts[2], struct arena *arena,
                           const char *dir)
{
    for (int i = 0; i < 2; i++)
        TRY(read_part(&parts[i], arena, redo_path(arena, dir, i)));
    return LOFT_OK;
}

static loft_err unlink_part(const char *dir, int which)
{
    struct arena arena;
    arena_init(&arena);
    const char *path = redo_path(&arena, dir, which);
    loft_err err = LOFT_OK;
    if (unlink(path) == 0)
        err = redo_sync_folder(dir);
    else if (errno != ENOENT)
        err = err_say(LOFT_ERR_IO, "cannot remove %s: %s", path,
                      strerror(errno));
    arena_fini(&arena);
    return err;
}

loft_err redo_remove(const char *dir, int later)
{
    TRY(unlink_part(dir, !later));
    return unlink_part(dir, later);
}

static enum redo_base_state read_base(struct redo_recovery *recovery,
                                      const struct part *part)
{
    return redo_read_base(&recovery->base, part->file, part->start.generation);
}

/* A part without a base needs the one before. Where that is gone, the log was
 * being removed, or had never begun, and all is in the data file. */
static loft_err choose_older(struct redo_recovery *recovery,
                             const struct part *older, const struct part *newer)
{
    if (older->state != REDO_BEGUN)
        return LOFT_OK;
    if (older->start.generation + 1 != newer->start.generation ||
        read_base(recovery, older) != REDO_BASE)
        return err_say(LOFT_ERR_CORRUPT, "the redo log's base is damaged");
    recovery->parts[0] = *older;
    recovery->parts[1] = *newer;
    recovery->count = 2;
    return LOFT_OK;
}

/* Which parts count: from the last that has a base on. */
static loft_err choose(struct redo_recovery *recovery,
                       const struct part found[2])
{
    bool second_newer = found[1].state == REDO_BEGUN &&
                        (found[0].state != REDO_BEGUN ||
                         found[1].start.generation > found[0].start.generation);
    const struct part *newer = &found[second_newer];
    recovery->count = 0;
    recovery->later = second_newer;
    if (newer->state != REDO_BEGUN)
        return LOFT_OK;
    switch (read_base(recovery, newer)) {
    case REDO_BASE:
        recovery->parts[0] = *newer;
        recovery->count = 1;
        return LOFT_OK;
    case REDO_NO_BASE:
        return choose_older(recovery, &found[!second_newer], newer);
    case REDO_BASE_DAMAGED:
        break;
    }
    return err_say(LOFT_ERR_CORRUPT, "the redo log's base is damaged");
}

static loft_err check_owner(const struct redo_start *start, int data,
                            const char *dir)
{
    uint8_t id[STORE_ID_LEN];
    TRY(meta_page_read_id(id, data, start->page_size));
    if (memcmp(id, start->store_id, sizeof id) == 0)
        return LOFT_OK;
    return err_say(LOFT_ERR_CORRUPT,
                   "redo.0 and redo.1 in %s belong to another data.mdb, which "
                   "was not closed; move them away to go on without",
                   dir);
}

static loft_err restore(struct redo_recovery *recovery, const char *dir)
{
    const struct redo_start *start = &recovery->parts[0].start;
    const char *path = arena_printf(&recovery->arena, "%s/data.mdb", dir);
    int data = open(path, O_RDWR | O_CLOEXEC);
    if (data < 0)
        return err_say(LOFT_ERR_IO, "cannot open %s: %s", path,
                       strerror(errno));
    loft_err err = check_owner(start, data, dir);
    if (err == LOFT_OK)
        err = meta_page_restore(data, start->page_size, recovery->base.meta);
    if (err == LOFT_OK)
        err = whole_sync(data);
    close(data);
    return err;
}

loft_err redo_recovery_begin(struct redo_recovery **out, const char *dir)
{
    struct part found[2];
    struct redo_recovery *recovery = MEMORY_NEW(struct redo_recovery);
    *out = NULL;
    arena_init(&recovery->arena);
    loft_err err = read_parts(found, &recovery->arena, dir);
    if (err == LOFT_OK)
        err = choose(recovery, found);
    if (err == LOFT_OK && recovery->count)
        err = restore(recovery, dir);
    if (err == LOFT_OK && recovery->count) {
        *out = recovery;
        return LOFT_OK;
    }
    if (err == LOFT_OK)
        err = redo_remove(dir, recovery->later);
    redo_recovery_free(recovery);
    return err;
}

void redo_recovery_free(struct redo_recovery *recovery)
{
    if (!recovery)
        return;
    arena_fini(&recovery->arena);
    free(recovery);
}

uint64_t redo_recovery_txn_id(const struct redo_recovery *recovery)
{
    return recovery->base.txn_id;
}

int redo_recovery_later(const struct redo_recovery *recovery)
{
    return recovery->later;
}

static loft_err replay_record(bytes writes, redo_replay *replay, void *context)
{
    struct redo_write write;
    while (writes.len) {
        TRY(redo_read_write(&write, &writes));
        TRY(replay(context, &write));
    }
    return LOFT_OK;
}

loft_err redo_recovery_replay(const struct redo_recovery *recovery,
                              redo_replay *replay, void *context,
                              uint64_t *commits)
{
    uint64_t number = recovery->parts[0].start.first;
    for (int i = 0; i < recovery->count; i++) {
        const struct part *part = &recovery->parts[i];
        bytes rest = redo_records(part->file), writes;
        if (part->start.first != number)
            return err_say(LOFT_ERR_CORRUPT,
                           "the redo log lacks commits between its files");
        while (
            redo_read_record(&writes, &rest, part->start.generation, number)) {
            TRY(replay_record(writes, replay, context));
            number++;
        }
    }
    *commits = number - recovery->parts[0].start.first;
    return LOFT_OK;
}
