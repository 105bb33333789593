#include "chain/pool.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/attributes.h"
#include "crypto/keccak.h"

/* A transaction by its number, which makes its hash. */
struct plan {
    uint64_t id;
    uint8_t sender;
    uint64_t nonce, max_fee, tip, gas;
};

static hash32 hash_of(uint64_t id)
{
    uint8_t be[8];
    store_be64(be, id);
    return keccak256(bytes_of(be, sizeof be));
}

static address sender_of(uint8_t sender)
{
    return (address){{0xaa, sender}};
}

static enum pool_verdict add(struct pool *pool, const struct plan *plan,
                             uint64_t next_nonce)
{
    struct transaction tx = {.type = TX_DYNAMIC_FEE,
                             .nonce = plan->nonce,
                             .gas_limit = plan->gas,
                             .max_fee = u256_from(plan->max_fee),
                             .max_priority_fee = u256_from(plan->tip)};
    hash32 hash = hash_of(plan->id);
    address sender = sender_of(plan->sender);
    return pool_add(pool, &tx, bytes_str("raw"), &hash, &sender, next_nonce);
}

/* The same pool without any cleverness: a list, looked through each time. */
enum { SENDERS = 6, MODEL_MAX = 40, MODEL_SENDER_MAX = 9 };

struct model {
    struct plan plans[MODEL_MAX];
    uint64_t arrivals[MODEL_MAX];
    size_t count;
    uint64_t arrival;
};

static int model_find(const struct model *model, uint8_t sender, uint64_t nonce)
{
    for (size_t i = 0; i < model->count; i++)
        if (model->plans[i].sender == sender && model->plans[i].nonce == nonce)
            return (int)i;
    return -1;
}

static uint64_t model_next(const struct model *model, uint8_t sender,
                           uint64_t state_nonce)
{
    while (model_find(model, sender, state_nonce) >= 0)
        state_nonce++;
    return state_nonce;
}

static void model_drop(struct model *model, size_t i)
{
    model->count--;
    for (; i < model->count; i++) {
        model->plans[i] = model->plans[i + 1];
        model->arrivals[i] = model->arrivals[i + 1];
    }
}

static void model_push(struct model *model, const struct plan *plan)
{
    model->plans[model->count] = *plan;
    model->arrivals[model->count++] = model->arrival++;
}

static void model_set_nonce(struct model *model, uint8_t sender, uint64_t nonce)
{
    for (size_t i = model->count; i-- > 0;)
        if (model->plans[i].sender == sender && model->plans[i].nonce < nonce)
            model_drop(model, i);
}

static bool model_is_pending(const struct model *model, const uint64_t *nonces,
                             const struct plan *plan)
{
    return plan->nonce < model_next(model, plan->sender, nonces[plan->sender]);
}

/* The last of a sender that goes first. */
static int model_weakest(const struct model *model, const uint64_t *nonces)
{
    int found = -1;
    for (size_t i = 0; i < model->count; i++) {
        const struct plan *a = &model->plans[i], *b;
        bool last = true;
        for (size_t j = 0; j < model->count; j++)
            last &= model->plans[j].sender != a->sender ||
                    model->plans[j].nonce <= a->nonce;
        if (!last)
            continue;
        if (found < 0) {
            found = (int)i;
            continue;
        }
        b = &model->plans[found];
        bool a_pending = model_is_pending(model, nonces, a);
        bool b_pending = model_is_pending(model, nonces, b);
        if (a_pending != b_pending     ? b_pending
            : a->max_fee != b->max_fee ? a->max_fee < b->max_fee
            : a->tip != b->tip         ? a->tip < b->tip
                               : model->arrivals[i] > model->arrivals[found])
            found = (int)i;
    }
    return found;
}

static bool model_bumped(uint64_t fee, uint64_t old)
{
    return fee > old && fee >= old * 110 / 100;
}

static enum pool_verdict model_make_room(struct model *model,
                                         const uint64_t *nonces,
                                         const struct plan *plan)
{
    int weakest = model_weakest(model, nonces);
    const struct plan *other = &model->plans[weakest];
    bool pending = plan->nonce ==
                   model_next(model, plan->sender, nonces[plan->sender]);
    bool other_pending = model_is_pending(model, nonces, other);
    if (other->sender == plan->sender && other->nonce < plan->nonce)
        return POOL_FULL;
    if (other_pending && !pending)
        return POOL_FULL;
    bool dearer = plan->max_fee > other->max_fee ||
                  (plan->max_fee == other->max_fee && plan->tip > other->tip);
    if (other_pending == pending && !dearer)
        return POOL_FULL;
    model_drop(model, (size_t)weakest);
    return POOL_OK;
}

static enum pool_verdict model_add(struct model *model, const uint64_t *nonces,
                                   const struct plan *plan)
{
    size_t of_sender = 0;
    int old = model_find(model, plan->sender, plan->nonce);
    for (size_t i = 0; i < model->count; i++) {
        if (model->plans[i].id == plan->id)
            return POOL_KNOWN;
        of_sender += model->plans[i].sender == plan->sender;
    }
    if (plan->nonce < nonces[plan->sender])
        return POOL_NONCE_TOO_LOW;
    if (old >= 0) {
        if (!model_bumped(plan->max_fee, model->plans[old].max_fee) ||
            !model_bumped(plan->tip, model->plans[old].tip))
            return POOL_UNDERPRICED;
        model_drop(model, (size_t)old);
    } else if (of_sender >= MODEL_SENDER_MAX) {
        return POOL_SENDER_FULL;
    } else if (model->count == MODEL_MAX) {
        enum pool_verdict verdict = model_make_room(model, nonces, plan);
        if (verdict != POOL_OK)
            return verdict;
    }
    model_push(model, plan);
    return POOL_OK;
}

static uint64_t model_tip(const struct plan *plan, uint64_t base_fee)
{
    uint64_t above = plan->max_fee - base_fee;
    return above < plan->tip ? above : plan->tip;
}

static size_t model_select(const struct model *model, const uint64_t *nonces,
                           uint64_t *ids, size_t max, uint64_t base_fee,
                           uint64_t gas)
{
    uint64_t next[SENDERS];
    size_t count = 0;
    memcpy(next, nonces, sizeof next);
    while (count < max) {
        int best = -1;
        for (size_t i = 0; i < model->count; i++) {
            const struct plan *a = &model->plans[i];
            if (a->nonce != next[a->sender] || a->max_fee < base_fee)
                continue;
            if (best < 0) {
                best = (int)i;
                continue;
            }
            uint64_t mine = model_tip(a, base_fee);
            uint64_t others = model_tip(&model->plans[best], base_fee);
            if (mine != others ? mine > others
                               : model->arrivals[i] < model->arrivals[best])
                best = (int)i;
        }
        if (best < 0)
            break;
        const struct plan *taken = &model->plans[best];
        if (taken->gas > gas) {
            next[taken->sender] = UINT64_MAX;
            continue;
        }
        gas -= taken->gas;
        ids[count++] = taken->id;
        next[taken->sender]++;
    }
    return count;
}

struct seen {
    const struct model *model;
    const uint64_t *nonces;
    size_t count;
};

static void check_visited(void *context, const struct pool_entry *entry,
                          bool pending)
{
    struct seen *seen = context;
    uint8_t sender = entry->sender.at[1];
    int at = model_find(seen->model, sender, entry->tx.nonce);
    assert_true(at >= 0);
    hash32 hash = hash_of(seen->model->plans[at].id);
    assert_true(hash32_equal(&hash, &entry->hash));
    assert_int_equal(pending, model_is_pending(seen->model, seen->nonces,
                                               &seen->model->plans[at]));
    seen->count++;
}

static void compare_selections(struct pool *pool, const struct model *model,
                               const uint64_t *nonces, uint64_t base_fee,
                               uint64_t gas)
{
    const struct pool_entry *got[MODEL_MAX];
    uint64_t expected[MODEL_MAX];
    size_t max = 1 + gas % MODEL_MAX;
    size_t count = pool_select(pool, got, max, u256_from(base_fee), gas);
    assert_int_equal(count,
                     model_select(model, nonces, expected, max, base_fee, gas));
    for (size_t i = 0; i < count; i++) {
        hash32 hash = hash_of(expected[i]);
        assert_true(hash32_equal(&got[i]->hash, &hash));
    }
}

static void compare(struct pool *pool, const struct model *model,
                    const uint64_t *nonces)
{
    struct seen seen = {model, nonces, 0};
    size_t pending = 0;
    pool_each(pool, check_visited, &seen);
    assert_int_equal(seen.count, model->count);
    for (size_t i = 0; i < model->count; i++) {
        hash32 hash = hash_of(model->plans[i].id);
        assert_non_null(pool_find(pool, &hash));
        pending += model_is_pending(model, nonces, &model->plans[i]);
    }
    assert_int_equal(pool_pending_count(pool), pending);
    assert_int_equal(pool_queued_count(pool), model->count - pending);
    for (uint8_t sender = 0; sender < SENDERS; sender++) {
        address who = sender_of(sender);
        assert_int_equal(pool_next_nonce(pool, &who, nonces[sender]),
                         model_next(model, sender, nonces[sender]));
    }
}

static uint64_t random_state;

static uint64_t dice(uint64_t sides)
{
    random_state = random_state * 6364136223846793005u + 1442695040888963407u;
    return (random_state >> 33) % sides;
}

static struct plan random_plan(uint64_t id, const uint64_t *nonces)
{
    struct plan plan = {
        .id = dice(8) ? id : dice(id + 1),
        .sender = (uint8_t)dice(SENDERS),
        .max_fee = 10 + dice(40),
        .gas = 1 + dice(20),
    };
    plan.tip = dice(plan.max_fee + 1);
    plan.nonce = nonces[plan.sender] + dice(12);
    if (plan.nonce && dice(10) == 0)
        plan.nonce--;
    return plan;
}

static void step(struct pool *pool, struct model *model, uint64_t *nonces,
                 uint64_t id)
{
    struct plan plan = random_plan(id, nonces);
    address who = sender_of(plan.sender);
    switch (dice(12)) {
    case 0:
        nonces[plan.sender] += dice(5);
        pool_set_nonce(pool, &who, nonces[plan.sender]);
        model_set_nonce(model, plan.sender, nonces[plan.sender]);
        return;
    case 1:
        if (model->count) {
            size_t at = dice(model->count);
            hash32 hash = hash_of(model->plans[at].id);
            assert_true(pool_remove(pool, &hash));
            assert_false(pool_remove(pool, &hash));
            model_drop(model, at);
        }
        return;
    case 2: /* the chain has gone back */
        nonces[plan.sender] -= nonces[plan.sender] ? dice(2) : 0;
        pool_set_nonce(pool, &who, nonces[plan.sender]);
        return;
    default:
        assert_int_equal(add(pool, &plan, nonces[plan.sender]),
                         model_add(model, nonces, &plan));
    }
}

static void it_does_what_the_model_does(void **state)
{
    (void)state;
    static const struct pool_limits limits = {
        .transactions_max = MODEL_MAX,
        .sender_max = MODEL_SENDER_MAX,
        .bytes_max = 1 << 20,
    };
    const char *given = getenv("LOFT_TEST_SEED");
    uint64_t seed = given ? strtoull(given, NULL, 10) : 1;
    print_message("seed %ju\n", (uintmax_t)seed);
    random_state = seed;
    for (int round = 0; round < 20; round++) {
        struct pool *pool = pool_new_limited(&limits);
        struct model model = {.count = 0};
        uint64_t nonces[SENDERS] = {0};
        for (uint64_t id = 0; id < 1000; id++) {
            step(pool, &model, nonces, id);
            compare(pool, &model, nonces);
            compare_selections(pool, &model, nonces, dice(60), dice(200));
        }
        pool_free(pool);
    }
}

static void a_burst_from_one_sender_is_bounded(void **state)
{
    (void)state;
    for (int backwards = 0; backwards < 2; backwards++) {
        struct pool *pool = pool_new();
        size_t accepted = 0, refused = 0;
        address who = sender_of(1);
        for (uint64_t i = 0; i < 20000; i++) {
            uint64_t nonce = backwards ? POOL_SENDER_MAX - 1 - i : i;
            if (backwards && i >= POOL_SENDER_MAX)
                nonce = i;
            struct plan plan = {i, 1, nonce, 10, 1, 21000};
            enum pool_verdict verdict = add(pool, &plan, 0);
            accepted += verdict == POOL_OK;
            refused += verdict == POOL_SENDER_FULL;
        }
        assert_int_equal(accepted, POOL_SENDER_MAX);
        assert_int_equal(refused, 20000 - POOL_SENDER_MAX);
        assert_int_equal(pool_pending_count(pool), POOL_SENDER_MAX);
        assert_int_equal(pool_next_nonce(pool, &who, 0), POOL_SENDER_MAX);
        const struct pool_entry **out = calloc(20000, sizeof *out);
        assert_int_equal(pool_select(pool, out, 20000, U256_ZERO, UINT64_MAX),
                         POOL_SENDER_MAX);
        for (size_t i = 0; i < POOL_SENDER_MAX; i++)
            assert_int_equal(out[i]->tx.nonce, i);
        free(out);
        pool_set_nonce(pool, &who, POOL_SENDER_MAX);
        assert_int_equal(pool_pending_count(pool), 0);
        pool_free(pool);
    }
}

/* What is taken pays the most of those that come next, one a sender. */
static void long_queues_are_merged_by_their_tips(void **state)
{
    (void)state;
    enum { EACH = 200 };
    static uint64_t tips[SENDERS][EACH];
    static const struct pool_entry *out[SENDERS * EACH];
    size_t at[SENDERS] = {0};
    struct pool *pool = pool_new();
    for (uint64_t i = 0; i < SENDERS * EACH; i++) {
        uint8_t sender = (uint8_t)(i % SENDERS);
        uint64_t nonce = i / SENDERS;
        tips[sender][nonce] = 1 + load_be64(hash_of(i).at) % 1000;
        struct plan plan = {i, sender, nonce, 5000, tips[sender][nonce], 21000};
        assert_int_equal(add(pool, &plan, 0), POOL_OK);
    }
    assert_int_equal(
        pool_select(pool, out, SENDERS * EACH, U256_ZERO, UINT64_MAX),
        SENDERS * EACH);
    for (size_t i = 0; i < SENDERS * EACH; i++) {
        const struct transaction *tx = &out[i]->tx;
        uint8_t sender = out[i]->sender.at[1];
        assert_int_equal(tx->nonce, at[sender]);
        for (uint8_t j = 0; j < SENDERS; j++)
            assert_true(at[j] == EACH ||
                        tips[j][at[j]] <= tx->max_priority_fee.limb[0]);
        at[sender]++;
    }
    pool_free(pool);
}

static void memory_is_bounded(void **state)
{
    (void)state;
    static const struct pool_limits limits = {
        .transactions_max = 1000, .sender_max = 1000, .bytes_max = 100000};
    static uint8_t raw[30000];
    struct pool *pool = pool_new_limited(&limits);
    struct transaction tx = {.type = TX_LEGACY};
    for (uint8_t i = 0; i < 10; i++) {
        hash32 hash = hash_of(i);
        address who = sender_of(i);
        tx.max_fee = u256_from(10 + i);
        assert_int_equal(
            pool_add(pool, &tx, bytes_of(raw, sizeof raw), &hash, &who, 0),
            POOL_OK);
        assert_int_equal(pool_pending_count(pool), i < 3 ? i + 1 : 3);
    }
    /* Two of the three cheapest would have to go, one of them is dearer: all
     * three stay. */
    hash32 hash = hash_of(99);
    address who = sender_of(99);
    static uint8_t large[60000];
    tx.max_fee = u256_from(18);
    assert_int_equal(
        pool_add(pool, &tx, bytes_of(large, sizeof large), &hash, &who, 0),
        POOL_FULL);
    assert_int_equal(pool_pending_count(pool), 3);
    tx.max_fee = u256_from(19);
    assert_int_equal(
        pool_add(pool, &tx, bytes_of(large, sizeof large), &hash, &who, 0),
        POOL_OK);
    assert_int_equal(pool_pending_count(pool), 2);
    static uint8_t huge[POOL_TRANSACTION_BYTES_MAX + 1];
    assert_int_equal(
        pool_add(pool, &tx, bytes_of(huge, sizeof huge), &hash, &who, 0),
        POOL_TOO_LARGE);
    pool_free(pool);
}

static void entries_own_what_they_point_to(void **state)
{
    (void)state;
    struct pool *pool = pool_new();
    hash32 keys[2] = {{{1}}, {{2}}}, blob_hashes[1] = {{{1}}};
    struct access_entry entries[2] = {
        {.who = {{0xaa}}, .keys = keys, .key_count = 2}, {.who = {{0xbb}}}};
    struct authorization authorizations[1] = {{.nonce = 5}};
    uint8_t data[40] = "input";
    struct buffer raw = {0}, back = {0};
    for (enum transaction_type type = TX_LEGACY; type <= TX_SET_CODE; type++) {
        struct transaction tx = {
            .type = type, .nonce = (uint64_t)type, .data = {data, sizeof data}};
        if (type > TX_LEGACY)
            tx.access_list = entries, tx.access_count = 2;
        if (type == TX_BLOB)
            tx.blob_hashes = blob_hashes, tx.blob_hash_count = 1;
        if (type == TX_SET_CODE)
            tx.authorizations = authorizations, tx.authorization_count = 1;
        raw.len = 0;
        transaction_encode(&raw, &tx);
        if (type & 1) /* as a decoded one has it: within raw */
            tx.data.at = memmem(raw.at, raw.len, data, sizeof data);
        hash32 hash = transaction_hash(&tx);
        address who = sender_of(1);
        assert_int_equal(
            pool_add(pool, &tx, buffer_bytes(&raw), &hash, &who, 0), POOL_OK);
        memset(raw.at, 0xee, raw.len);
        const struct pool_entry *entry = pool_find(pool, &hash);
        assert_ptr_not_equal(entry->tx.access_list, entries);
        assert_ptr_not_equal(entry->tx.data.at, data);
        back.len = 0;
        transaction_encode(&back, &entry->tx);
        assert_int_equal(back.len, entry->raw.len);
        assert_memory_equal(back.at, entry->raw.at, back.len);
    }
    buffer_free(&raw);
    buffer_free(&back);
    pool_free(pool);
}

static void a_blob_replacement_pays_more_for_blobs_too(void **state)
{
    (void)state;
    struct pool *pool = pool_new();
    hash32 blob_hashes[1] = {{{1}}}, first = hash_of(1), second = hash_of(2);
    address who = sender_of(1);
    struct transaction tx = {.type = TX_BLOB,
                             .max_fee = u256_from(100),
                             .max_priority_fee = u256_from(100),
                             .max_blob_fee = u256_from(100),
                             .blob_hashes = blob_hashes,
                             .blob_hash_count = 1};
    assert_int_equal(pool_add(pool, &tx, bytes_str("a"), &first, &who, 0),
                     POOL_OK);
    tx.max_fee = tx.max_priority_fee = u256_from(200);
    tx.max_blob_fee = u256_from(199);
    assert_int_equal(pool_add(pool, &tx, bytes_str("b"), &second, &who, 0),
                     POOL_UNDERPRICED);
    tx.max_blob_fee = u256_from(200);
    assert_int_equal(pool_add(pool, &tx, bytes_str("b"), &second, &who, 0),
                     POOL_OK);
    assert_null(pool_find(pool, &first));
    assert_non_null(pool_find(pool, &second));
    pool_free(pool);
}

static void the_order_may_be_that_of_arrival(void **state)
{
    (void)state;
    struct pool *pool = pool_new();
    const struct pool_entry *out[3];
    for (uint8_t i = 1; i <= 3; i++) {
        hash32 hash = hash_of(i);
        address who = sender_of(i);
        struct transaction tx = {.type = TX_DYNAMIC_FEE,
                                 .max_fee = u256_from(10u * i),
                                 .max_priority_fee = u256_from(10u * i)};
        assert_int_equal(pool_add(pool, &tx, bytes_str("a"), &hash, &who, 0),
                         POOL_OK);
    }
    uint64_t version = pool_version(pool);
    assert_int_equal(pool_select(pool, out, 3, U256_ZERO, UINT64_MAX), 3);
    hash32 dearest = hash_of(3), oldest = hash_of(1);
    assert_true(hash32_equal(&out[0]->hash, &dearest));
    pool_set_order(pool, POOL_BY_ARRIVAL);
    assert_int_equal(pool_select(pool, out, 3, U256_ZERO, UINT64_MAX), 3);
    assert_true(hash32_equal(&out[0]->hash, &oldest));
    assert_true(hash32_equal(&out[2]->hash, &dearest));
    assert_true(pool_version(pool) != version);
    address first = sender_of(1);
    assert_true(pool_at(pool, &first, 0) == out[0]);
    assert_null(pool_at(pool, &first, 1));
    pool_free(pool);
}

static void fees_of_256_bits_do_not_overflow(void **state)
{
    (void)state;
    struct pool *pool = pool_new();
    hash32 first = hash_of(1), second = hash_of(2);
    address who = sender_of(1);
    struct transaction tx = {.max_fee = u256_sub(U256_MAX, U256_ONE),
                             .max_priority_fee = U256_MAX};
    const struct pool_entry *out;
    assert_int_equal(pool_add(pool, &tx, bytes_str("a"), &first, &who, 0),
                     POOL_OK);
    tx.max_fee = U256_MAX;
    assert_int_equal(pool_add(pool, &tx, bytes_str("b"), &second, &who, 0),
                     POOL_UNDERPRICED);
    assert_int_equal(pool_select(pool, &out, 1, U256_MAX, 1), 0);
    assert_int_equal(pool_select(pool, &out, 1, U256_ONE, 1), 1);
    pool_free(pool);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_does_what_the_model_does),
        cmocka_unit_test(a_burst_from_one_sender_is_bounded),
        cmocka_unit_test(long_queues_are_merged_by_their_tips),
        cmocka_unit_test(memory_is_bounded),
        cmocka_unit_test(entries_own_what_they_point_to),
        cmocka_unit_test(the_order_may_be_that_of_arrival),
        cmocka_unit_test(a_blob_replacement_pays_more_for_blobs_too),
        cmocka_unit_test(fees_of_256_bits_do_not_overflow),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
