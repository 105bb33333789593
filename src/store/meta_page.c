#include "store/meta_page.h"

#include <string.h>

#include "store/whole_io.h"

loft_err meta_page_read(uint8_t out[META_PAGE_BYTES], int file,
                        uint32_t page_size, uint64_t txn_id)
{
    return whole_read(file, out, META_PAGE_BYTES, txn_id % 2 * page_size);
}

loft_err meta_page_restore(int file, uint32_t page_size,
                           const uint8_t meta[META_PAGE_BYTES])
{
    uint8_t page[META_PAGE_BYTES];
    memcpy(page, meta, sizeof page);
    for (uint64_t number = 0; number < 2; number++) {
        memcpy(page, &number, sizeof number); /* as LMDB: the machine's order */
        TRY(whole_write(file, page, sizeof page, number * page_size));
    }
    return LOFT_OK;
}

static uint64_t id_at(uint32_t page_size)
{
    return page_size - STORE_ID_LEN;
}

loft_err meta_page_read_id(uint8_t id[STORE_ID_LEN], int file,
                           uint32_t page_size)
{
    return whole_read(file, id, STORE_ID_LEN, id_at(page_size));
}

loft_err meta_page_write_id(int file, uint32_t page_size,
                            const uint8_t id[STORE_ID_LEN])
{
    return whole_write(file, id, STORE_ID_LEN, id_at(page_size));
}
