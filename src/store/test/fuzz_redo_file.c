/* A file of a redo log that may be anything. */
#include <stddef.h>
#include <stdint.h>

#include "base/assert.h"
#include "store/redo_file.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void read_writes(bytes writes)
{
    struct redo_write write;
    while (writes.len && redo_read_write(&write, &writes) == LOFT_OK)
        ASSERT(write.key.len >= 1 && write.key.len <= 511);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct redo_start start;
    struct redo_base base;
    bytes file = bytes_of(data, size), rest = redo_records(file), writes;
    read_writes(file); /* checksums keep most from getting there */
    read_writes(rest);
    if (redo_read_start(&start, file) != REDO_BEGUN)
        return 0;
    redo_read_base(&base, file, start.generation);
    for (uint64_t n = start.first;
         redo_read_record(&writes, &rest, start.generation, n); n++)
        read_writes(writes);
    return 0;
}
