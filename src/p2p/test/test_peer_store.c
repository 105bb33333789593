#include "p2p/peer_store.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/vec.h"
#include "io/loop.h"
#include "p2p/multiaddr.h"

static char path[64];

static int make_folder(void **state)
{
    (void)state;
    strcpy(path, "/tmp/peer-store-XXXXXX");
    assert_non_null(mkdtemp(path));
    strcat(path, "/peers");
    return 0;
}

static int remove_folder(void **state)
{
    (void)state;
    unlink(path);
    *strrchr(path, '/') = 0;
    return rmdir(path);
}

static struct peer_id id_of(unsigned n)
{
    struct peer_public_key key = {.type = PEER_KEY_ED25519};
    store_be32(key.at, n);
    return peer_id_of(&key);
}

static bytes addr_of(struct buffer *room, const char *text)
{
    room->len = 0;
    assert_int_equal(multiaddr_read_text(room, bytes_str(text)), LOFT_OK);
    return buffer_bytes(room);
}

static struct peer_store *reopen(struct peer_store *store)
{
    struct peer_store *again;
    assert_int_equal(peer_store_save(store), LOFT_OK);
    peer_store_close(store);
    assert_int_equal(peer_store_open(&again, path), LOFT_OK);
    return again;
}

static struct peer_store *opened(void)
{
    struct peer_store *store;
    assert_int_equal(peer_store_open(&store, path), LOFT_OK);
    return store;
}

static void write_file(const char *text)
{
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    assert_true(fputs(text, file) >= 0);
    assert_int_equal(fclose(file), 0);
}

static void what_is_saved_is_there_again(void **state)
{
    static const char *const protocols[] = {"/a/1", "/b/2", "not plain, this"};
    struct peer_store *store = opened();
    struct buffer one = {0}, two = {0};
    struct peer_id id = id_of(1);
    struct peer_entry entry;
    struct stat is;
    (void)state;
    peer_store_saw(store, &id, addr_of(&one, "/ip4/192.0.2.1/tcp/1"), 77);
    bytes more[] = {addr_of(&two, "/dns/example.org/tcp/2"),
                    buffer_bytes(&one)};
    peer_store_learn(store, &id, more, 2, protocols, 3);
    peer_store_ban(store, &id, 99, "a\tfault\n");
    store = reopen(store);
    assert_int_equal(peer_store_count(store), 1);
    assert_true(peer_store_find(store, &id, &entry));
    assert_int_equal(entry.seen_ms, 77);
    assert_int_equal(entry.banned_until_ms, 99);
    assert_string_equal(entry.banned_why, "a?fault?");
    assert_int_equal(entry.addr_count, 2);
    assert_true(bytes_equal(entry.addrs[0], buffer_bytes(&one)));
    assert_true(bytes_equal(entry.addrs[1], buffer_bytes(&two)));
    assert_int_equal(entry.protocol_count, 2);
    assert_string_equal(entry.protocols[1], "/b/2");
    assert_int_equal(stat(path, &is), 0);
    assert_int_equal(is.st_mode & 0777, 0600);
    peer_store_close(store);
    buffer_free(&one);
    buffer_free(&two);
}

static void a_ban_ends_with_its_time_or_when_it_is_lifted(void **state)
{
    struct peer_store *store = opened();
    struct peer_id a = id_of(1), b = id_of(2);
    (void)state;
    peer_store_ban(store, &a, 100, "why");
    peer_store_ban(store, &b, UINT64_MAX, "why");
    assert_true(peer_store_is_banned(store, &a, 99));
    assert_false(peer_store_is_banned(store, &a, 100));
    assert_true(peer_store_is_banned(store, &b, UINT64_MAX - 1));
    peer_store_ban(store, &b, 0, "");
    assert_false(peer_store_is_banned(store, &b, 1));
    peer_store_close(store);
}

static void those_not_seen_for_longest_go_and_the_banned_last(void **state)
{
    struct peer_store *store = opened();
    struct peer_entry entry;
    struct peer_id banned = id_of(0);
    (void)state;
    peer_store_saw(store, &banned, BYTES_EMPTY, 1);
    peer_store_ban(store, &banned, 1000, "why");
    for (unsigned i = 1; i < PEER_STORE_PEERS_MAX + 10; i++) {
        struct peer_id id = id_of(i);
        peer_store_saw(store, &id, BYTES_EMPTY, i + 1);
    }
    assert_int_equal(peer_store_count(store), PEER_STORE_PEERS_MAX);
    struct peer_id oldest = id_of(1), first_left = id_of(11);
    assert_true(peer_store_find(store, &banned, &entry));
    assert_false(peer_store_find(store, &oldest, &entry));
    assert_true(peer_store_find(store, &first_left, &entry));
    store = reopen(store);
    assert_int_equal(peer_store_count(store), PEER_STORE_PEERS_MAX);
    peer_store_close(store);
}

static void addresses_of_one_peer_are_bounded(void **state)
{
    struct peer_store *store = opened();
    struct buffer room = {0};
    struct peer_id id = id_of(1);
    struct peer_entry entry;
    (void)state;
    for (int i = 0; i < 100; i++) {
        char text[40];
        snprintf(text, sizeof text, "/ip4/192.0.2.1/tcp/%d", i);
        peer_store_saw(store, &id, addr_of(&room, text), 1);
    }
    assert_true(peer_store_find(store, &id, &entry));
    assert_int_equal(entry.addr_count, PEER_STORE_ADDRS_MAX);
    assert_int_equal(load_be16(entry.addrs[0].at + 6), 99);
    peer_store_close(store);
    buffer_free(&room);
}

#define GOOD "12D3KooWD3eckifWpRn9wQpMG9R9hX3sD158z7EqHWmweQAJU5SA"

static void lines_that_cannot_be_read_are_left_out(void **state)
{
    struct peer_entry entry;
    (void)state;
    write_file("something else\n"
               "\n"
               "no id\t1\t0\t\t\t\n" GOOD "\t-1\t0\t\t\t\n" GOOD
               "\t1\t99999999999999999999\t\t\t\n" GOOD "\t1\t2\n" GOOD
               "\t5\t0\t\t/ip4/192.0.2.1/tcp/1,/ip4/rubbish,,/x\t/a/1,b c\n"
               "" GOOD "\t6\t0\t\t\t\n" GOOD "\t7\t0\t\t\t\textra");
    struct peer_store *store = opened();
    assert_int_equal(peer_store_count(store), 1);
    peer_store_at(store, 0, &entry);
    assert_int_equal(entry.seen_ms, 5);
    assert_int_equal(entry.addr_count, 1);
    assert_int_equal(entry.protocol_count, 1);
    /* What was read is written anew. */
    store = reopen(store);
    assert_int_equal(peer_store_count(store), 1);
    peer_store_close(store);
}

static void a_folder_is_no_file(void **state)
{
    struct peer_store *store;
    (void)state;
    assert_int_equal(peer_store_open(&store, "/tmp"), LOFT_ERR_IO);
}

static void what_cannot_be_written_is_told_and_kept(void **state)
{
    struct peer_store *store;
    struct peer_id id = id_of(1);
    (void)state;
    assert_int_equal(peer_store_open(&store, "/nowhere/at/all"), LOFT_OK);
    assert_int_equal(peer_store_save(store), LOFT_OK);
    peer_store_saw(store, &id, BYTES_EMPTY, 1);
    assert_int_equal(peer_store_save(store), LOFT_ERR_IO);
    assert_int_equal(peer_store_save(store), LOFT_ERR_IO);
    peer_store_close(store);
}

static void a_store_without_a_file_forgets(void **state)
{
    struct peer_store *store;
    struct peer_id id = id_of(1);
    (void)state;
    assert_int_equal(peer_store_open(&store, NULL), LOFT_OK);
    peer_store_saw(store, &id, BYTES_EMPTY, 1);
    peer_store_forget(store, &id);
    peer_store_forget(store, &id);
    assert_int_equal(peer_store_count(store), 0);
    assert_int_equal(peer_store_save(store), LOFT_OK);
    peer_store_close(store);
}

static void nothing(void *context)
{
    (void)context;
}

/* A turn of the loop, and what has come from other threads. */
static void turn(struct loop *loop)
{
    struct loop_timer *timer = loop_timer_open(loop, nothing, NULL);
    loop_timer_start(timer, 1);
    loop_run(loop);
    loop_timer_close(timer);
}

/* Until the file holds as many peers, which a store of its own reads. */
static void wait_for_peers(struct loop *loop, size_t count)
{
    for (bool is_there = false; !is_there;) {
        struct peer_store *store;
        turn(loop);
        assert_int_equal(peer_store_open(&store, path), LOFT_OK);
        is_there = peer_store_count(store) == count;
        peer_store_close(store);
    }
}

static void what_is_written_apart_is_all_there_at_the_end(void **state)
{
    struct peer_store *store = opened();
    struct loop *loop;
    (void)state;
    assert_int_equal(loop_open(&loop), LOFT_OK);
    assert_int_equal(peer_store_write_apart(store, loop), LOFT_OK);
    for (unsigned i = 0; i < 100; i++) {
        struct peer_id id = id_of(i);
        peer_store_saw(store, &id, BYTES_EMPTY, i + 1);
        assert_int_equal(peer_store_save(store), LOFT_OK);
    }
    peer_store_close(store);
    store = opened();
    assert_int_equal(peer_store_count(store), 100);
    peer_store_close(store);
    loop_close(loop);
}

static void what_comes_while_it_is_written_is_written_after_it(void **state)
{
    struct peer_store *store = opened();
    struct peer_id first = id_of(1), second = id_of(2);
    struct loop *loop;
    (void)state;
    assert_int_equal(loop_open(&loop), LOFT_OK);
    assert_int_equal(peer_store_write_apart(store, loop), LOFT_OK);
    peer_store_saw(store, &first, BYTES_EMPTY, 1);
    assert_int_equal(peer_store_save(store), LOFT_OK);
    peer_store_saw(store, &second, BYTES_EMPTY, 1);
    assert_int_equal(peer_store_save(store), LOFT_OK);
    wait_for_peers(loop, 2);
    peer_store_close(store);
    loop_close(loop);
}

static void what_cannot_be_written_apart_is_written_later(void **state)
{
    struct peer_store *store;
    struct peer_id id = id_of(1);
    struct loop *loop;
    char folder[80], file[96];
    (void)state;
    snprintf(folder, sizeof folder, "%s.folder", path);
    snprintf(file, sizeof file, "%s/peers", folder);
    assert_int_equal(loop_open(&loop), LOFT_OK);
    assert_int_equal(peer_store_open(&store, file), LOFT_OK);
    assert_int_equal(peer_store_write_apart(store, loop), LOFT_OK);
    peer_store_saw(store, &id, BYTES_EMPTY, 1);
    assert_int_equal(peer_store_save(store), LOFT_OK);
    usleep(1000);
    assert_int_equal(mkdir(folder, 0700), 0);
    while (access(file, F_OK) != 0) {
        turn(loop);
        assert_int_equal(peer_store_save(store), LOFT_OK);
    }
    peer_store_close(store);
    loop_close(loop);
    assert_int_equal(unlink(file), 0);
    assert_int_equal(rmdir(folder), 0);
}

#define FACT(fact) \
    cmocka_unit_test_setup_teardown(fact, make_folder, remove_folder)

int main(void)
{
    const struct CMUnitTest tests[] = {
        FACT(what_is_saved_is_there_again),
        FACT(a_ban_ends_with_its_time_or_when_it_is_lifted),
        FACT(those_not_seen_for_longest_go_and_the_banned_last),
        FACT(addresses_of_one_peer_are_bounded),
        FACT(lines_that_cannot_be_read_are_left_out),
        FACT(what_is_written_apart_is_all_there_at_the_end),
        FACT(what_comes_while_it_is_written_is_written_after_it),
        FACT(what_cannot_be_written_apart_is_written_later),
        FACT(a_folder_is_no_file),
        FACT(what_cannot_be_written_is_told_and_kept),
        FACT(a_store_without_a_file_forgets),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
