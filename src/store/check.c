/* A file may rightly be shorter than its meta page says: a transaction can
 * take pages at the end and give them back before it writes them. Those pages
 * are in LMDB's list of free ones. So a short file is made as long as it is
 * said to be, which lets the list be read safely; when a missing page is not
 * on it, the file is torn, and gets its old length back. */
#include "store/check.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/vec.h"

#define FREE_LIST ((MDB_dbi)0) /* LMDB keeps it in its first table */

/* Counts the pages from `first` on that one record of the list names. */
static size_t count_from(const MDB_val *record, size_t first)
{
    size_t words = record->mv_size / sizeof(size_t), len, count = 0, page;
    const uint8_t *at = record->mv_data;
    if (words == 0)
        return 0;
    memcpy(&len, at, sizeof len);
    for (size_t i = 1; i <= len && i < words; i++) {
        memcpy(&page, at + i * sizeof page, sizeof page);
        count += page >= first;
    }
    return count;
}

static int count_free(MDB_env *env, size_t first, size_t *count)
{
    MDB_txn *txn;
    MDB_cursor *cursor;
    int code = mdb_txn_begin(env, NULL, MDB_RDONLY, &txn);
    if (code)
        return code;
    code = mdb_cursor_open(txn, FREE_LIST, &cursor);
    if (code == 0) {
        MDB_val key, record;
        while (!(code = mdb_cursor_get(cursor, &key, &record, MDB_NEXT)))
            *count += count_from(&record, first);
        mdb_cursor_close(cursor);
    }
    mdb_txn_abort(txn);
    return code == MDB_NOTFOUND ? 0 : code;
}

static loft_err torn(int file, off_t had, off_t needed)
{
    if (ftruncate(file, had))
        return err_say(LOFT_ERR_IO, "cannot restore the store's length: %s",
                       strerror(errno));
    return err_say(LOFT_ERR_CORRUPT,
                   "the store is torn: %lld bytes of %lld are there",
                   (long long)had, (long long)needed);
}

loft_err check_whole(MDB_env *env)
{
    MDB_envinfo info;
    MDB_stat stat;
    struct stat about;
    int file;
    mdb_env_info(env, &info);
    mdb_env_stat(env, &stat);
    mdb_env_get_fd(env, &file);
    if (fstat(file, &about))
        return err_say(LOFT_ERR_IO, "cannot ask for the store's length: %s",
                       strerror(errno));
    if (stat.ms_psize == 0 || (stat.ms_psize & (stat.ms_psize - 1)) != 0 ||
        info.me_last_pgno >= info.me_mapsize / stat.ms_psize)
        return err_say(LOFT_ERR_CORRUPT, "the store's first page is damaged");
    off_t needed = (off_t)((info.me_last_pgno + 1) * stat.ms_psize);
    if (about.st_size >= needed)
        return LOFT_OK;
    size_t first = (size_t)about.st_size / stat.ms_psize, count = 0;
    if (ftruncate(file, needed))
        return err_say(LOFT_ERR_IO, "cannot lengthen the store: %s",
                       strerror(errno));
    int code = count_free(env, first, &count);
    if (code || count != info.me_last_pgno + 1 - first)
        return torn(file, about.st_size, needed);
    return LOFT_OK;
}
