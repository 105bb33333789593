#include "rpc/blobs.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#include "crypto/kzg_blob.h"

static struct blobs blobs;

/* One transaction's blob, all of it this byte, as is its hash. */
static void keep(uint8_t byte)
{
    static uint8_t content[KZG_BLOB_LEN];
    bytes blob = bytes_of(content, sizeof content);
    hash32 name;
    memset(content, byte, sizeof content);
    memset(&name, byte, sizeof name);
    struct transaction tx = {.blob_hashes = &name, .blob_hash_count = 1};
    blobs_keep(&blobs, &name, &tx,
               &(struct blob_sidecar){.count = 1, .blobs = &blob});
}

static void assert_at(size_t age, uint8_t byte)
{
    const struct kept_blob *kept = blobs_at(&blobs, age);
    assert_non_null(kept);
    assert_int_equal(kept->transaction.at[0], byte);
    assert_int_equal(kept->versioned_hash.at[31], byte);
    assert_int_equal(kept->blob[KZG_BLOB_LEN - 1], byte);
}

static void the_newest_are_kept_in_their_order(void **state)
{
    (void)state;
    assert_null(blobs_at(&blobs, 0));
    keep(1);
    keep(2);
    assert_at(0, 1);
    assert_at(1, 2);
    assert_null(blobs_at(&blobs, 2));
    for (size_t i = 2; i < BLOBS_KEPT_MAX + 3; i++)
        keep((uint8_t)(i + 1));
    assert_at(0, 4);
    assert_at(BLOBS_KEPT_MAX - 1, (uint8_t)(BLOBS_KEPT_MAX + 3));
    assert_null(blobs_at(&blobs, BLOBS_KEPT_MAX));
    blobs_fini(&blobs);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_newest_are_kept_in_their_order),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
