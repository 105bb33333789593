#include "store/redo_file.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#include "base/assert.h"
#include "base/memory.h"
#include "store/tables.h"
#include "store/whole_io.h"

#define MAGIC "loft redo log 1\n"
#define BLOCK ASYNC_BLOCK
#define BASE_AT BLOCK
#define RECORDS_AT (2 * BLOCK)
#define STEP_BYTES \
    ((uint64_t)256 << 10) /* of zeros at a time, and more later */
#define STEP_BYTES_MAX ((uint64_t)4 << 20)

/* Start: magic, store id, page size, tables, generation, first, CRC. */
enum {
    START_ID = sizeof MAGIC - 1,
    START_PAGE_SIZE = START_ID + STORE_ID_LEN,
    START_TABLES = START_PAGE_SIZE + 4,
    START_GENERATION = START_TABLES + 4,
    START_FIRST = START_GENERATION + 8,
    START_CRC = START_FIRST + 8,
    START_LEN = START_CRC + 4,
};

/* Base: generation, transaction id, meta page, CRC. */
enum {
    BASE_TXN = 8,
    BASE_META = 16,
    BASE_CRC = BASE_META + META_PAGE_BYTES,
    BASE_LEN = BASE_CRC + 4,
};

/* Record: CRC of what follows, length of the writes, generation, number; then
 * the writes, each: kind, table, key's length, value's length, key, value. */
enum {
    RECORD_LENGTH = 4,
    RECORD_GENERATION = 8,
    RECORD_NUMBER = 16,
    RECORD_HEAD = 24,
    WRITE_HEAD = 8,
};

static uint32_t crc_of(const uint8_t *at, size_t len)
{
    return (uint32_t)crc32_z(0, at, len);
}

uint32_t redo_tables(void)
{
    static const char NAMES[] =
#define X(name, text) #name " "
        STORE_TABLES(X)
#undef X
        ;
    return crc_of((const uint8_t *)NAMES, sizeof NAMES - 1);
}

loft_err redo_file_open(struct redo_file *file, const char *path)
{
    struct stat about;
    *file = (struct redo_file){.direct = -1};
    file->fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (file->fd < 0 || fstat(file->fd, &about))
        return err_say(LOFT_ERR_IO, "cannot open %s: %s", path,
                       strerror(errno));
    file->direct = async_writer_open(path);
    file->room = (uint64_t)about.st_size;
    return LOFT_OK;
}

void redo_file_close(struct redo_file *file)
{
    if (file->fd >= 0)
        close(file->fd);
    if (file->direct >= 0)
        close(file->direct);
    file->fd = file->direct = -1;
}

static const uint8_t ZEROS[64 << 10];

static uint64_t blocks_of(uint64_t len)
{
    return (len + BLOCK - 1) / BLOCK * BLOCK;
}

loft_err redo_file_make_room(struct redo_file *file, size_t len)
{
    uint64_t needed = file->end + blocks_of(len);
    if (needed <= file->room)
        return LOFT_OK;
    uint64_t step = file->end < STEP_BYTES       ? STEP_BYTES
                    : file->end > STEP_BYTES_MAX ? STEP_BYTES_MAX
                                                 : file->end;
    uint64_t room = file->end > file->room ? file->end : file->room;
    while (room < needed + step) {
        if (whole_write(file->fd, ZEROS, sizeof ZEROS, room) != LOFT_OK)
            break;
        room += sizeof ZEROS;
    }
    TRY(whole_sync(file->fd));
    file->room = room;
    return LOFT_OK;
}

loft_err redo_file_begin(struct redo_file *file, const struct redo_start *start)
{
    uint8_t block[START_LEN] = MAGIC;
    memcpy(block + START_ID, start->store_id, STORE_ID_LEN);
    store_be32(block + START_PAGE_SIZE, start->page_size);
    store_be32(block + START_TABLES, start->tables);
    store_be64(block + START_GENERATION, start->generation);
    store_be64(block + START_FIRST, start->first);
    store_be32(block + START_CRC, crc_of(block, START_CRC));
    file->generation = start->generation;
    file->end = RECORDS_AT;
    if (file->room < RECORDS_AT)
        TRY(whole_write(file->fd, ZEROS, RECORDS_AT, 0));
    TRY(redo_file_make_room(file, BLOCK));
    return whole_write(file->fd, block, sizeof block, 0);
}

loft_err redo_file_put_base(struct redo_file *file,
                            const struct redo_base *base)
{
    uint8_t block[BASE_LEN];
    store_be64(block, file->generation);
    store_be64(block + BASE_TXN, base->txn_id);
    memcpy(block + BASE_META, base->meta, META_PAGE_BYTES);
    store_be32(block + BASE_CRC, crc_of(block, BASE_CRC));
    return whole_write(file->fd, block, sizeof block, BASE_AT);
}

void redo_record_begin(struct buffer *record)
{
    record->len = 0;
    buffer_extend(record, RECORD_HEAD);
}

bool redo_record_is_empty(const struct buffer *record)
{
    return record->len <= RECORD_HEAD;
}

void redo_record_put(struct buffer *record, const struct redo_write *write)
{
    uint8_t *head = buffer_extend(record, WRITE_HEAD);
    head[0] = (uint8_t)write->kind;
    head[1] = write->table;
    store_be16(head + 2, (uint16_t)write->key.len);
    store_be32(head + 4, (uint32_t)write->value.len);
    buffer_put_bytes(record, write->key);
    buffer_put_bytes(record, write->value);
}

static loft_err put_record(struct redo_file *file, struct async_writer *writer,
                           bytes record, bool *is_under_way)
{
    bool has_room = file->end + blocks_of(record.len) <= file->room;
    *is_under_way = writer && file->direct >= 0 && has_room &&
                    async_writer_begin(writer, file->direct, record.at,
                                       record.len, file->end) == LOFT_OK;
    return *is_under_way
               ? LOFT_OK
               : whole_write(file->fd, record.at, record.len, file->end);
}

loft_err redo_file_append(struct redo_file *file, struct async_writer *writer,
                          struct buffer *record, uint64_t number,
                          bool *is_under_way)
{
    uint8_t *head = record->at;
    store_be32(head + RECORD_LENGTH, (uint32_t)(record->len - RECORD_HEAD));
    store_be64(head + RECORD_GENERATION, file->generation);
    store_be64(head + RECORD_NUMBER, number);
    store_be32(head, crc_of(head + 4, record->len - 4));
    TRY(put_record(file, writer, buffer_bytes(record), is_under_way));
    file->end += blocks_of(record->len);
    return LOFT_OK;
}

static bool is_zero(bytes block)
{
    for (size_t i = 0; i < block.len; i++)
        if (block.at[i])
            return false;
    return true;
}

enum redo_start_state redo_read_start(struct redo_start *out, bytes file)
{
    bytes block = bytes_of(file.at,
                           file.len < START_LEN ? file.len : START_LEN);
    if (is_zero(block))
        return REDO_NEVER_BEGUN;
    if (block.len < START_LEN || memcmp(block.at, MAGIC, START_ID) != 0 ||
        load_be32(block.at + START_CRC) != crc_of(block.at, START_CRC))
        return REDO_DAMAGED;
    memcpy(out->store_id, block.at + START_ID, STORE_ID_LEN);
    out->page_size = load_be32(block.at + START_PAGE_SIZE);
    out->tables = load_be32(block.at + START_TABLES);
    out->generation = load_be64(block.at + START_GENERATION);
    out->first = load_be64(block.at + START_FIRST);
    bool is_power = (out->page_size & (out->page_size - 1)) == 0;
    return is_power && out->page_size >= META_PAGE_BYTES + STORE_ID_LEN &&
                   out->page_size <= META_PAGE_SIZE_MAX
               ? REDO_BEGUN
               : REDO_DAMAGED;
}

enum redo_base_state redo_read_base(struct redo_base *out, bytes file,
                                    uint64_t generation)
{
    if (file.len < BASE_AT + BASE_LEN)
        return REDO_NO_BASE;
    const uint8_t *block = file.at + BASE_AT;
    if (is_zero(bytes_of(block, BASE_LEN)))
        return REDO_NO_BASE;
    if (load_be32(block + BASE_CRC) != crc_of(block, BASE_CRC))
        return REDO_BASE_DAMAGED;
    if (load_be64(block) != generation)
        return REDO_NO_BASE;
    out->txn_id = load_be64(block + BASE_TXN);
    memcpy(out->meta, block + BASE_META, META_PAGE_BYTES);
    return REDO_BASE;
}

bytes redo_records(bytes file)
{
    return file.len <= RECORDS_AT
               ? BYTES_EMPTY
               : bytes_of(file.at + RECORDS_AT, file.len - RECORDS_AT);
}

bool redo_read_record(bytes *writes, bytes *rest, uint64_t generation,
                      uint64_t number)
{
    if (rest->len < RECORD_HEAD)
        return false;
    const uint8_t *head = rest->at;
    size_t len = load_be32(head + RECORD_LENGTH);
    if (len > rest->len - RECORD_HEAD ||
        load_be64(head + RECORD_GENERATION) != generation ||
        load_be64(head + RECORD_NUMBER) != number ||
        load_be32(head) != crc_of(head + 4, len + RECORD_HEAD - 4))
        return false;
    *writes = bytes_of(head + RECORD_HEAD, len);
    size_t taken = blocks_of(RECORD_HEAD + len);
    *rest = taken >= rest->len ? BYTES_EMPTY
                               : bytes_of(rest->at + taken, rest->len - taken);
    return true;
}

static bool take(bytes *out, bytes *from, size_t len)
{
    if (len > from->len)
        return false;
    *out = bytes_of(from->at, len);
    *from = bytes_of(from->at + len, from->len - len);
    return true;
}

loft_err redo_read_write(struct redo_write *out, bytes *writes)
{
    bytes head;
    if (take(&head, writes, WRITE_HEAD) && head.at[0] <= REDO_DELETE &&
        head.at[1] < STORE_TABLE_COUNT) {
        out->kind = (enum redo_kind)head.at[0];
        out->table = head.at[1];
        size_t key = load_be16(head.at + 2), value = load_be32(head.at + 4);
        if (key >= 1 && key <= 511 && take(&out->key, writes, key) &&
            take(&out->value, writes, value))
            return LOFT_OK;
    }
    return err_say(LOFT_ERR_CORRUPT, "the redo log holds a write that is none");
}
