#include "p2p/test/link_pair.h"

#include <stdio.h>

#include "base/assert.h"

const struct peer_link_limits PAIR_LIMITS = {
    .streams_in_max = 32,
    .streams_out_max = 32,
    .handshake_ms = 5000,
    .negotiate_ms = 3000,
    .opens_per_s_max = 200,
    .pings_per_s_max = 10,
    .window_bytes_max = (size_t)32 << 20,
};

uint32_t pair_random(struct link_pair *pair)
{
    pair->seed = pair->seed * 1664525 + 1013904223;
    return pair->seed >> 8;
}

static void random_secret(struct link_pair *pair, secret32 *out)
{
    for (size_t i = 0; i < sizeof out->at; i++)
        out->at[i] = (uint8_t)pair_random(pair);
}

static void secured(void *context)
{
    struct link_end *end = context;
    end->is_secured = true;
}

static const struct peer_protocol *find(void *context, bytes name,
                                        void **protocol_context)
{
    struct link_end *end = context;
    for (size_t i = 0; i < PAIR_PROTOCOLS_MAX && end->protocols[i]; i++)
        if (bytes_equal(name, bytes_str(end->protocols[i]->name))) {
            *protocol_context = end->contexts[i];
            return end->protocols[i];
        }
    return NULL;
}

static void output(void *context)
{
    struct link_end *end = context;
    ASSERT(!end->is_woken);
    end->is_woken = true;
}

static const struct peer_link_calls calls = {secured, find, output, NULL};

static void begin(struct link_pair *pair, int index,
                  const struct peer_link_limits *limits,
                  const struct peer_id *expected)
{
    struct link_end *end = &pair->ends[index];
    secret32 identity, static_key, ephemeral_key;
    random_secret(pair, &identity);
    random_secret(pair, &static_key);
    random_secret(pair, &ephemeral_key);
    ASSERT(peer_private_key_init(&pair->keys[index], PEER_KEY_ED25519,
                                 &identity) == LOFT_OK);
    const struct peer_link_config config = {
        .is_dialer = index == 0,
        .identity = &pair->keys[index],
        .expected = expected,
        .static_key = &static_key,
        .ephemeral_key = &ephemeral_key,
        .limits = limits,
        .calls = &calls,
        .context = end,
        .now_ms = pair->now_ms,
    };
    end->pair = pair;
    end->link = peer_link_new(&config);
    end->is_woken = index == 0;
}

void pair_begin(struct link_pair *pair, uint32_t seed,
                const struct peer_link_limits *limits,
                const struct peer_id *expected)
{
    *pair = (struct link_pair){
        .seed = seed, .now_ms = 1000, .piece_bytes_max = 5000};
    begin(pair, 0, limits, expected);
    begin(pair, 1, limits, NULL);
}

void pair_end(struct link_pair *pair)
{
    for (int i = 0; i < 2; i++) {
        peer_link_free(pair->ends[i].link);
        buffer_free(&pair->ends[i].wire);
        peer_private_key_fini(&pair->keys[i]);
    }
}

void pair_serve(struct link_end *end, const struct peer_protocol *protocol,
                void *context)
{
    size_t i = 0;
    while (end->protocols[i])
        i++;
    ASSERT(i < PAIR_PROTOCOLS_MAX);
    end->protocols[i] = protocol;
    end->contexts[i] = context;
}

static void keep_error(struct link_end *end, loft_err err)
{
    if (err == LOFT_OK || end->err != LOFT_OK)
        return;
    end->err = err;
    snprintf(end->why, sizeof end->why, "%s", err_sentence());
}

void pair_take(struct link_end *end)
{
    end->is_woken = false;
    keep_error(end,
               peer_link_tick(end->link, end->pair->now_ms, &end->next_ms));
    while (peer_link_take(end->link, &end->wire, 100000))
        ;
}

static struct link_end *other_of(struct link_end *end)
{
    return &end->pair->ends[end == &end->pair->ends[0]];
}

loft_err pair_inject(struct link_end *end, bytes data)
{
    struct buffer exact = {0};
    buffer_put_bytes(&exact, data);
    loft_err err = peer_link_receive(end->link, buffer_bytes(&exact),
                                     end->pair->now_ms);
    buffer_free(&exact);
    keep_error(end, err);
    return err;
}

bool pair_carry(struct link_end *end)
{
    struct link_end *other = other_of(end);
    size_t left = end->wire.len - end->read;
    size_t len = 1 + pair_random(end->pair) % end->pair->piece_bytes_max;
    if (left == 0 || other->err != LOFT_OK)
        return false;
    if (len > left)
        len = left;
    end->read += len;
    (void)!pair_inject(other, bytes_of(end->wire.at + end->read - len, len));
    if (end->read == end->wire.len)
        end->read = end->wire.len = 0;
    return true;
}

void pair_run(struct link_pair *pair)
{
    for (bool moved = true; moved;) {
        moved = false;
        for (int i = 0; i < 2; i++) {
            struct link_end *end = &pair->ends[i];
            if (end->is_woken || end->err != LOFT_OK)
                pair_take(end);
            for (uint32_t n = 1 + pair_random(pair) % 4; n > 0; n--)
                moved |= pair_carry(end);
            moved |= end->is_woken;
        }
    }
}

void pair_wait(struct link_pair *pair, uint64_t ms)
{
    pair->now_ms += ms;
    pair_take(&pair->ends[0]);
    pair_take(&pair->ends[1]);
    pair_run(pair);
}
