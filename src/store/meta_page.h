#pragma once
/* The two pages at the front of LMDB's data file, which name the root of a
 * commit each.
 *
 * What is relied on here, beyond LMDB's documentation (0.9): they are pages 0
 * and 1; each begins with its own number, 8 bytes; the commit with transaction
 * id t writes page t % 2, and of that only the first META_PAGE_BYTES; opening
 * takes the one of the later commit. Whoever restores looks whether it did. */
#include <stdbool.h>
#include <stdint.h>

#include "base/bytes.h"
#include "base/err.h"

#define META_PAGE_BYTES 256 /* LMDB uses 152 */
#define META_PAGE_SIZE_MAX 65536
#define STORE_ID_LEN 16

/* Reads what the commit `txn_id` has written, one of the last two. */
MUST_USE loft_err meta_page_read(uint8_t out[META_PAGE_BYTES], int file,
                                 uint32_t page_size, uint64_t txn_id);

/* Makes that commit the one that opening finds. */
MUST_USE loft_err meta_page_restore(int file, uint32_t page_size,
                                    const uint8_t meta[META_PAGE_BYTES]);

/* A name for the file, kept where LMDB writes nothing once the file is made:
 * at the end of page 0. Zeros: it has none. */
MUST_USE loft_err meta_page_read_id(uint8_t id[STORE_ID_LEN], int file,
                                    uint32_t page_size);
MUST_USE loft_err meta_page_write_id(int file, uint32_t page_size,
                                     const uint8_t id[STORE_ID_LEN]);
