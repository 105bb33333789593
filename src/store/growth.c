#include "store/growth.h"

#include <fcntl.h>
#include <stdbool.h>
#include <sys/stat.h>
#include <unistd.h>

/* The kernel reads ahead at least so much when told to. */
#define STEP_BYTES ((uint64_t)128 << 10)
#define AHEAD_BYTES_MAX ((uint64_t)64 << 20)

static void read_holes(int file, uint64_t from, uint64_t to)
{
    for (; from < to; from += STEP_BYTES)
        if (posix_fadvise(file, (off_t)from, (off_t)STEP_BYTES,
                          POSIX_FADV_WILLNEED))
            return;
}

static bool make_longer(int file, uint64_t bytes)
{
    struct stat about;
    if (fstat(file, &about))
        return false;
    return (uint64_t)about.st_size >= bytes ||
           ftruncate(file, (off_t)bytes) == 0;
}

void growth_prepare(struct growth *growth, MDB_env *env, uint64_t entry_bytes)
{
    MDB_envinfo info;
    MDB_stat stat;
    int file;
    mdb_env_info(env, &info);
    mdb_env_stat(env, &stat);
    uint64_t used = (info.me_last_pgno + 1) * (uint64_t)stat.ms_psize;
    uint64_t ahead = used / 2 < AHEAD_BYTES_MAX ? used / 2 : AHEAD_BYTES_MAX;
    uint64_t needed = used + ahead / 4 + 2 * entry_bytes;
    if (needed <= growth->bytes)
        return;
    uint64_t from = growth->bytes ? growth->bytes : used;
    uint64_t to = (needed + ahead) / STEP_BYTES * STEP_BYTES + STEP_BYTES;
    if (to > info.me_mapsize || mdb_env_get_fd(env, &file))
        return;
    growth->bytes = to;
    if (make_longer(file, to))
        read_holes(file, from / STEP_BYTES * STEP_BYTES, to);
}
