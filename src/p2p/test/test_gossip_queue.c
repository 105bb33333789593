#include "p2p/gossip_queue.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static struct gossip_queue queue;

static struct gossip_frame *frame_of(size_t len)
{
    static uint8_t zeros[100000];
    const bytes message = bytes_of(zeros, len);
    const struct gossip_rpc rpc = {.messages = &message, .message_count = 1};
    return gossip_frame_new(&rpc);
}

static bool put(enum gossip_class class, size_t len)
{
    struct gossip_frame *frame = frame_of(len);
    bool taken = gossip_queue_put(&queue, class, frame);
    gossip_frame_drop(frame);
    return taken;
}

static size_t take_next(void)
{
    bytes next = gossip_queue_next(&queue);
    if (next.len > 0)
        gossip_queue_took(&queue, next.len);
    return next.len;
}

static void control_leaves_first_and_offers_last(void **state)
{
    (void)state;
    put(GOSSIP_OFFER, 10);
    put(GOSSIP_DATA, 20);
    put(GOSSIP_DATA, 21);
    put(GOSSIP_CONTROL, 30);
    assert_int_equal(take_next(), 33);
    assert_int_equal(take_next(), 23);
    put(GOSSIP_CONTROL, 31);
    assert_int_equal(take_next(), 34);
    assert_int_equal(take_next(), 24);
    assert_int_equal(take_next(), 13);
    assert_int_equal(take_next(), 0);
}

static void a_frame_that_began_to_leave_leaves_whole(void **state)
{
    (void)state;
    put(GOSSIP_DATA, 50);
    assert_int_equal(gossip_queue_next(&queue).len, 53);
    gossip_queue_took(&queue, 10);
    put(GOSSIP_CONTROL, 5);
    assert_int_equal(gossip_queue_next(&queue).len, 43);
    gossip_queue_took(&queue, 43);
    assert_int_equal(take_next(), 8);
}

static void a_message_may_be_withdrawn_until_it_leaves(void **state)
{
    (void)state;
    struct gossip_frame *frames[3];
    for (size_t i = 0; i < ARRAY_LEN(frames); i++) {
        frames[i] = frame_of(50 + i);
        assert_true(gossip_queue_put(&queue, GOSSIP_DATA, frames[i]));
    }
    assert_int_equal(gossip_queue_next(&queue).len, 53);
    assert_false(gossip_queue_withdraw(&queue, frames[0]));
    assert_true(gossip_queue_withdraw(&queue, frames[1]));
    assert_false(gossip_queue_withdraw(&queue, frames[1]));
    assert_int_equal(gossip_queue_bytes(&queue), 53 + 55);
    assert_int_equal(take_next(), 53);
    assert_int_equal(take_next(), 55);
    assert_int_equal(take_next(), 0);
    assert_int_equal(gossip_queue_bytes(&queue), 0);
    for (size_t i = 0; i < ARRAY_LEN(frames); i++)
        gossip_frame_drop(frames[i]);
}

static void each_class_has_its_room(void **state)
{
    (void)state;
    unsigned taken = 0;
    while (put(GOSSIP_DATA, 90000))
        taken++;
    assert_int_equal(taken, GOSSIP_QUEUE_DATA_BYTES / 90006);
    assert_true(put(GOSSIP_CONTROL, 90000));
    assert_true(put(GOSSIP_OFFER, 90000));
    assert_false(put(GOSSIP_OFFER, 90000));
    assert_int_equal(queue.classes[GOSSIP_DATA].dropped, 1);
    assert_true(gossip_queue_bytes(&queue) <= GOSSIP_QUEUE_DATA_BYTES +
                                                  GOSSIP_QUEUE_CONTROL_BYTES +
                                                  GOSSIP_QUEUE_OFFER_BYTES);
    while (take_next() > 0)
        ;
    assert_int_equal(gossip_queue_bytes(&queue), 0);
    assert_true(put(GOSSIP_DATA, 90000));
}

static void a_frame_in_many_queues_is_there_once(void **state)
{
    (void)state;
    struct gossip_queue other = {0};
    struct gossip_frame *frame = frame_of(100);
    assert_true(gossip_queue_put(&queue, GOSSIP_DATA, frame));
    assert_true(gossip_queue_put(&other, GOSSIP_DATA, frame));
    assert_int_equal(frame->holds, 3);
    assert_ptr_equal(gossip_queue_next(&queue).at,
                     gossip_queue_next(&other).at);
    gossip_queue_fini(&other);
    assert_int_equal(frame->holds, 2);
    gossip_frame_drop(frame);
}

static int end(void **state)
{
    (void)state;
    gossip_queue_fini(&queue);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(control_leaves_first_and_offers_last, end),
        cmocka_unit_test_teardown(a_frame_that_began_to_leave_leaves_whole,
                                  end),
        cmocka_unit_test_teardown(a_message_may_be_withdrawn_until_it_leaves,
                                  end),
        cmocka_unit_test_teardown(each_class_has_its_room, end),
        cmocka_unit_test_teardown(a_frame_in_many_queues_is_there_once, end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
