/* Messages on their way: taken, validated, passed on, and our own. */
#include "base/assert.h"
#include "p2p/gossip_state.h"

static unsigned periods(const struct gossip_router *router, uint64_t now_ms)
{
    return (unsigned)(now_ms / (router->params.seen_ms / 2 + 1));
}

static struct gossip_author_key author_key(const struct gossip_router *router,
                                           unsigned topic,
                                           const struct gossip_message *message)
{
    struct gossip_author_key key;
    memset(&key, 0, sizeof key);
    key.name = router->topics[topic].name;
    key.peer.len = (uint8_t)message->from.len;
    memcpy(key.peer.at, message->from.at, message->from.len);
    return key;
}

static void move_floor(const struct gossip_router *router,
                       struct gossip_author *author, uint64_t now_ms)
{
    uint64_t period = periods(router, now_ms);
    if (period == author->period)
        return;
    author->floor = period - author->period > 1 ? author->highest
                                                : author->before;
    author->before = author->highest;
    author->period = period;
}

/* Of so long ago that its id may be forgotten. */
static bool is_replayed(struct gossip_router *router, unsigned topic,
                        const struct gossip_message *message, uint64_t now_ms)
{
    if (!router->topics[topic].seqnos_rise)
        return false;
    struct gossip_author_key key = author_key(router, topic, message);
    struct gossip_author *author = map_get(&router->authors, &key);
    if (!author)
        return false;
    move_floor(router, author, now_ms);
    return gossip_message_seqno(message) <= author->floor;
}

static void forget_author(struct gossip_router *router)
{
    uint32_t oldest = 0;
    struct gossip_author_key key;
    MAP_FOR_EACH (i, &router->authors) {
        const struct gossip_author *at = map_value_at(&router->authors, i);
        const struct gossip_author *least = map_value_at(&router->authors,
                                                         oldest);
        if (at->period < least->period)
            oldest = i;
    }
    memcpy(&key, map_key_at(&router->authors, oldest), sizeof key);
    map_remove(&router->authors, &key);
}

static void note_seqno(struct gossip_router *router, unsigned topic,
                       const struct gossip_message *message, uint64_t now_ms)
{
    bool is_new;
    uint64_t seqno = gossip_message_seqno(message);
    if (!router->topics[topic].seqnos_rise)
        return;
    struct gossip_author_key key = author_key(router, topic, message);
    if (!map_get(&router->authors, &key) &&
        router->authors.len >= router->params.authors_max)
        forget_author(router);
    struct gossip_author *author = map_put(&router->authors, &key, &is_new);
    if (is_new)
        author->period = periods(router, now_ms);
    move_floor(router, author, now_ms);
    if (seqno > author->highest)
        author->highest = seqno;
}

static bool is_author(const struct gossip_router *router, unsigned peer,
                      const struct gossip_message *message)
{
    return bytes_equal(peer_id_bytes(&router->peers[peer].id), message->from);
}

static void send_message(struct gossip_router *router, unsigned peer,
                         const struct gossip_record *record)
{
    if (gossip_record_has(record, peer) ||
        is_author(router, peer, &record->message) ||
        gossip_is_unwanted(router, peer, &record->id))
        return;
    router->counts.sent++;
    router->calls->send(router->context, peer, GOSSIP_DATA, record->frame);
}

static void send_direct(struct gossip_router *router,
                        const struct gossip_record *record)
{
    for (unsigned i = 0; router->direct.len > 0 && i < router->peers_high; i++)
        if (router->peers[i].is_used && router->peers[i].is_direct &&
            router->peers[i].topics >> record->topic & 1)
            send_message(router, i, record);
}

static void forward(struct gossip_router *router,
                    const struct gossip_record *record)
{
    const struct gossip_topic *topic = &router->topics[record->topic];
    send_direct(router, record);
    for (size_t i = 0; i < topic->mesh.len; i++)
        send_message(router, topic->mesh.at[i], record);
}

static void hold_back(struct gossip_router *router,
                      const struct gossip_record *record, uint64_t now_ms)
{
    unsigned spread_ms = router->params.spread_ms;
    if (spread_ms == 0) {
        forward(router, record);
        return;
    }
    send_direct(router, record);
    VEC_PUSH(&router->held,
             ((struct gossip_held){
                 record->id, now_ms + gossip_chance(router, spread_ms + 1)}));
}

uint64_t gossip_router_due(const struct gossip_router *router)
{
    uint64_t due_ms = UINT64_MAX;
    for (size_t i = 0; i < router->held.len; i++)
        if (router->held.at[i].due_ms < due_ms)
            due_ms = router->held.at[i].due_ms;
    return due_ms;
}

/* One that fell out of the cache by now is left to gossip. */
void gossip_router_pass_on(struct gossip_router *router, uint64_t now_ms)
{
    size_t kept = 0;
    for (size_t i = 0; i < router->held.len; i++) {
        const struct gossip_held held = router->held.at[i];
        if (held.due_ms > now_ms) {
            router->held.at[kept++] = held;
            continue;
        }
        const struct gossip_seen *seen = gossip_cache_find(router->cache,
                                                           &held.id);
        if (seen && seen->record && seen->record->topic != GOSSIP_NOBODY)
            forward(router, seen->record);
    }
    router->held.len = kept;
}

/* Large messages are not sent twice where saying so is quicker. */
static void tell_unwanted(struct gossip_router *router, unsigned index,
                          unsigned from, const struct gossip_record *record)
{
    const struct gossip_topic *topic = &router->topics[index];
    const bytes id = gossip_id_bytes(&record->id);
    const struct gossip_ids ids = {BYTES_EMPTY, &id, 1};
    const struct gossip_rpc rpc = {.idontwant = &ids, .idontwant_count = 1};
    if (record->message.data.len < router->params.unwanted_bytes)
        return;
    struct gossip_frame *frame = gossip_frame_new(&rpc);
    for (size_t i = 0; i < topic->mesh.len; i++)
        if (topic->mesh.at[i] != from &&
            router->peers[topic->mesh.at[i]].is_v12)
            router->calls->send(router->context, topic->mesh.at[i],
                                GOSSIP_CONTROL, frame);
    gossip_frame_drop(frame);
}

static void fulfil(struct gossip_router *router, const struct gossip_id *id)
{
    if (router->promises.len == 0)
        return;
    uint64_t name = gossip_name(router, gossip_id_bytes(id));
    for (size_t i = router->promises.len; i-- > 0;)
        if (router->promises.at[i].name == name)
            router->promises.at[i] =
                router->promises.at[--router->promises.len];
}

static void invalid(struct gossip_router *router, unsigned peer, unsigned topic,
                    const char *why)
{
    gossip_score_invalid(router->score, router->peers[peer].scored, topic);
    router->calls->blame(router->context, peer, false, why);
}

static void accept(struct gossip_router *router, struct gossip_record *record,
                   uint64_t now_ms)
{
    const struct gossip_topic *topic = &router->topics[record->topic];
    uint64_t name = topic->name;
    router->counts.delivered++;
    record->valid_ms = now_ms;
    note_seqno(router, record->topic, &record->message, now_ms);
    for (unsigned i = 0; i < router->peers_high; i++) {
        if (!gossip_record_has(record, i))
            continue;
        if (i == record->first)
            gossip_score_first(router->score, router->peers[i].scored,
                               record->topic);
        else
            gossip_score_again(router->score, router->peers[i].scored,
                               record->topic, 0);
    }
    hold_back(router, record, now_ms);
    router->nested++;
    router->calls->deliver(router->context, topic->context, &record->message);
    router->nested--;
    if (!topic->is_used || topic->name != name) /* left meanwhile */
        record->topic = GOSSIP_NOBODY;
    gossip_cache_keep(router->cache, record);
}

static void reject(struct gossip_router *router,
                   const struct gossip_record *record)
{
    router->counts.rejected++;
    for (unsigned i = 0; i < router->peers_high; i++)
        if (gossip_record_has(record, i))
            invalid(router, i, record->topic,
                    "sends messages that are invalid");
}

static const enum gossip_fate fates[] = {
    [GOSSIP_ACCEPT] = GOSSIP_VALID,
    [GOSSIP_REJECT] = GOSSIP_INVALID,
    [GOSSIP_IGNORE] = GOSSIP_DROPPED,
};

/* Ends a record's validation, and the record unless it is accepted. */
static void settle(struct gossip_router *router, struct gossip_record *record,
                   enum gossip_verdict verdict, uint64_t now_ms)
{
    bool is_ours = record->topic != GOSSIP_NOBODY;
    struct gossip_seen *seen = gossip_cache_find(router->cache, &record->id);
    if (seen && seen->record == record)
        seen->fate = fates[verdict];
    if (is_ours && verdict == GOSSIP_ACCEPT) {
        accept(router, record, now_ms);
        return;
    }
    if (is_ours && verdict == GOSSIP_REJECT)
        reject(router, record);
    router->counts.ignored += verdict == GOSSIP_IGNORE;
    gossip_record_drop(router->cache, record);
}

void gossip_router_judge(struct gossip_router *router, uint64_t ticket,
                         enum gossip_verdict verdict, uint64_t now_ms)
{
    struct gossip_record **at = map_get(&router->pending, &ticket);
    ASSERT(verdict != GOSSIP_LATER);
    if (!at)
        return;
    struct gossip_record *record = *at;
    map_remove(&router->pending, &ticket);
    router->pending_bytes -= record->frame->len;
    settle(router, record, verdict, now_ms);
}

/* Whether another message of the peer can wait for its verdict. */
static bool has_room(const struct gossip_router *router, unsigned from,
                     size_t len)
{
    size_t count = 0, size = len;
    if (router->pending.len >= router->params.pending_max ||
        router->pending_bytes + len > router->params.pending_bytes_max)
        return false;
    MAP_FOR_EACH (i, &router->pending) {
        const struct gossip_record *record = gossip_pending_at(router, i);
        if (record->first != from)
            continue;
        count++;
        size += record->frame->len;
    }
    return count < router->params.pending_max / 4 + 1 &&
           size <= router->params.pending_bytes_max / 4 + len;
}

static void validate(struct gossip_router *router, unsigned from,
                     struct gossip_record *record, uint64_t now_ms)
{
    uint64_t ticket = ++router->ticket;
    if (!has_room(router, from, record->frame->len)) {
        router->counts.throttled++;
        gossip_cache_unsee(router->cache, &record->id);
        gossip_record_drop(router->cache, record);
        return;
    }
    *(struct gossip_record **)map_put(&router->pending, &ticket, NULL) = record;
    router->pending_bytes += record->frame->len;
    router->nested++;
    enum gossip_verdict verdict = router->calls->validate(
        router->context, router->topics[record->topic].context,
        &record->message, ticket);
    router->nested--;
    if (verdict != GOSSIP_LATER)
        gossip_router_judge(router, ticket, verdict, now_ms);
}

static void take_new(struct gossip_router *router, unsigned from,
                     unsigned topic, const struct gossip_message *message,
                     const struct gossip_id *id, uint64_t now_ms)
{
    struct gossip_seen *seen = gossip_cache_see(router->cache, id,
                                                GOSSIP_PENDING, now_ms);
    struct gossip_record *record = gossip_record_new(router->cache, id,
                                                     message->raw);
    seen->record = record;
    record->topic = topic;
    record->first = from;
    gossip_record_mark(record, from);
    fulfil(router, id);
    tell_unwanted(router, topic, from, record);
    validate(router, from, record, now_ms);
}

/* Counted once a message and peer. */
static void take_again(struct gossip_router *router, unsigned from,
                       unsigned topic, const struct gossip_seen *seen,
                       uint64_t now_ms)
{
    struct gossip_record *record = seen->record;
    router->counts.duplicates++;
    if (seen->fate == GOSSIP_INVALID)
        invalid(router, from, topic, "sends messages that are invalid");
    if (!record || gossip_record_has(record, from))
        return;
    gossip_record_mark(record, from);
    router->calls->unsend(router->context, from, record->frame);
    if (seen->fate == GOSSIP_VALID)
        gossip_score_again(router->score, router->peers[from].scored, topic,
                           now_ms - record->valid_ms);
}

/* What cannot be judged before its signature is verified, is not remembered
 * before: a forgery does not take the place of the message that it is made
 * after. */
void gossip_message_take(struct gossip_router *router, unsigned from, bytes raw,
                         uint64_t now_ms)
{
    struct gossip_message message;
    if (gossip_message_read(&message, raw) != LOFT_OK) {
        router->counts.malformed++;
        gossip_score_breach(router->peers[from].scored, 1);
        router->calls->blame(router->context, from, false, err_sentence());
        return;
    }
    unsigned topic = gossip_find_topic(router, message.topic);
    if (topic == GOSSIP_TOPICS_MAX || !router->topics[topic].is_subscribed)
        return;
    router->counts.received++;
    struct gossip_id id = router->id_rule(&message);
    const struct gossip_seen *seen = gossip_cache_find(router->cache, &id);
    if (seen) {
        take_again(router, from, topic, seen, now_ms);
        return;
    }
    enum gossip_signature signature = gossip_message_verify(&message);
    if (signature == GOSSIP_FORGED) {
        router->counts.forged++;
        invalid(router, from, topic, "sends messages that nobody signed");
        return;
    }
    if (signature == GOSSIP_UNJUDGED ||
        bytes_equal(message.from, peer_id_bytes(&router->self))) {
        router->counts.ignored++;
        return;
    }
    if (is_replayed(router, topic, &message, now_ms)) {
        router->counts.replayed++;
        return;
    }
    take_new(router, from, topic, &message, &id, now_ms);
}

/* A mesh of which half brought us messages is no eclipse. */
static bool is_proven(const struct gossip_router *router, unsigned index)
{
    const struct gossip_topic *topic = &router->topics[index];
    size_t proven = 0;
    for (size_t i = 0; i < topic->mesh.len; i++)
        proven += gossip_score_is_proven(
            router->score, router->peers[topic->mesh.at[i]].scored, index);
    return topic->mesh.len > 0 && 2 * proven >= topic->mesh.len;
}

/* "A peer's own messages will always be published to all known peers in the
 * topic", "to counter eclipse attacks". To all of them where there may be such
 * an attack; where there is none, flood_max of them save most of the copies
 * that cross. */
static unsigned publish(struct gossip_router *router,
                        const struct gossip_record *record)
{
    const struct gossip_topic *topic = &router->topics[record->topic];
    uint64_t before = router->counts.sent;
    unsigned left = is_proven(router, record->topic) ? router->params.flood_max
                                                     : router->params.peers_max;
    unsigned *order = ARENA_ARRAY(&router->arena, unsigned,
                                  router->peers_high + 1);
    forward(router, record);
    for (unsigned i = 0; i < router->peers_high; i++)
        order[i] = i;
    gossip_shuffle(router, order, router->peers_high);
    for (unsigned i = 0; i < router->peers_high && left > 0; i++) {
        const struct gossip_peer *peer = &router->peers[order[i]];
        if (!peer->is_used || peer->is_direct ||
            !(peer->topics >> record->topic & 1) ||
            gossip_in_mesh(topic, order[i]) ||
            gossip_score_now(router, order[i]) < router->thresholds.publish)
            continue;
        send_message(router, order[i], record);
        left--;
    }
    return (unsigned)(router->counts.sent - before);
}

loft_err gossip_router_publish(struct gossip_router *router, unsigned *peers,
                               bytes topic, bytes data, uint64_t now_ms)
{
    unsigned index, reached;
    struct buffer raw = {0};
    struct gossip_message message;
    if (data.len > GOSSIP_MESSAGE_BYTES_MAX - 1024)
        return err_say(LOFT_ERR_LIMIT, "a message of %zu bytes", data.len);
    TRY(gossip_topic_use(router, &index, topic));
    gossip_begin(router);
    gossip_message_seal(&raw, router->identity, topic, data, ++router->seqno);
    loft_err err = gossip_message_read(&message, buffer_bytes(&raw));
    ASSERT(err == LOFT_OK);
    struct gossip_id id = router->id_rule(&message);
    if (gossip_cache_find(router->cache, &id)) {
        buffer_free(&raw);
        return err_say(LOFT_ERR_EXISTS, "a message that was sent already");
    }
    struct gossip_record *record = gossip_record_new(router->cache, &id,
                                                     message.raw);
    buffer_free(&raw);
    gossip_cache_see(router->cache, &id, GOSSIP_VALID, now_ms)->record = record;
    record->topic = index;
    record->valid_ms = now_ms;
    router->topics[index].published_ms = now_ms;
    if (!router->topics[index].is_subscribed)
        gossip_mesh_fanout(router, index);
    reached = publish(router, record);
    gossip_cache_keep(router->cache, record);
    router->counts.published++;
    if (peers)
        *peers = reached;
    return LOFT_OK;
}
