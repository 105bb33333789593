#include "rpc/log_filter.h"

#include <string.h>

#include "base/memory.h"
#include "rpc/params.h"

static bool wrong(struct rpc_call *call, unsigned at, const char *what)
{
    return rpc_fail(call, RPC_INVALID_PARAMS, "invalid argument %u: %s", at,
                    what);
}

static bool read_range(struct rpc_call *call, struct log_filter *out,
                       const struct json *object, unsigned at)
{
    const struct json *hash = json_get(object, "blockHash");
    const struct json *from = json_get(object, "fromBlock");
    const struct json *to = json_get(object, "toBlock");
    out->has_hash = !json_absent(hash);
    out->has_from = !json_absent(from);
    out->has_to = !json_absent(to);
    if (out->has_hash && (out->has_from || out->has_to))
        return wrong(call, at,
                     "cannot specify both BlockHash and FromBlock/ToBlock, "
                     "choose one or the other");
    if (out->has_hash && json_read_hash(&out->block_hash, hash) != LOFT_OK)
        return rpc_param_wrong(call, at);
    if (out->has_from && rpc_read_block_number(&out->from, from) != LOFT_OK)
        return rpc_param_wrong(call, at);
    if (out->has_to && rpc_read_block_number(&out->to, to) != LOFT_OK)
        return rpc_param_wrong(call, at);
    return true;
}

/* One address, or a list of them. */
static bool read_emitters(struct rpc_call *call, struct log_filter *out,
                          const struct json *value, unsigned at)
{
    if (json_absent(value))
        return true;
    bool is_list = json_kind(value) == JSON_IS_ARRAY;
    size_t count = is_list ? json_len(value) : 1;
    if (count > LOG_FILTER_CHOICES_MAX)
        return wrong(call, at, "exceed max addresses");
    address *emitters = ARENA_ARRAY(call->arena, address, count + 1);
    for (size_t i = 0; i < count; i++)
        if (json_read_address(&emitters[i],
                              is_list ? json_at(value, i) : value) != LOFT_OK)
            return rpc_param_wrong(call, at);
    out->emitters = emitters;
    out->emitter_count = count;
    return true;
}

/* null, one topic, or a list of choices; null among the choices is any. */
static bool read_position(struct rpc_call *call, struct log_filter *out,
                          const struct json *value, size_t position,
                          unsigned at)
{
    if (json_absent(value))
        return true;
    bool is_list = json_kind(value) == JSON_IS_ARRAY;
    size_t count = is_list ? json_len(value) : 1;
    if (count > LOG_FILTER_CHOICES_MAX)
        return wrong(call, at, "exceed max topics");
    hash32 *choices = ARENA_ARRAY(call->arena, hash32, count + 1);
    for (size_t i = 0; i < count; i++) {
        const struct json *one = is_list ? json_at(value, i) : value;
        if (json_absent(one))
            return true;
        if (json_read_hash(&choices[i], one) != LOFT_OK)
            return rpc_param_wrong(call, at);
    }
    out->topics[position].at = choices;
    out->topics[position].count = count;
    return true;
}

static bool read_topics(struct rpc_call *call, struct log_filter *out,
                        const struct json *value, unsigned at)
{
    if (json_absent(value))
        return true;
    if (json_kind(value) != JSON_IS_ARRAY)
        return wrong(call, at, "topics are not an array");
    out->topic_count = json_len(value);
    if (out->topic_count > LOG_FILTER_TOPICS_MAX)
        return wrong(call, at, "exceed max topics");
    for (size_t i = 0; i < out->topic_count; i++)
        if (!read_position(call, out, json_at(value, i), i, at))
            return false;
    return true;
}

bool rpc_param_log_filter(struct rpc_call *call, struct log_filter *out,
                          unsigned at)
{
    const struct json *object = call->params[at];
    *out = (struct log_filter){0};
    if (json_kind(object) != JSON_IS_OBJECT)
        return wrong(call, at, "a filter is an object");
    return read_range(call, out, object, at) &&
           read_emitters(call, out, json_get(object, "address"), at) &&
           read_topics(call, out, json_get(object, "topics"), at);
}

size_t log_filter_size(const struct log_filter *filter)
{
    size_t size = sizeof *filter + filter->emitter_count * sizeof(address);
    for (size_t p = 0; p < filter->topic_count; p++)
        size += filter->topics[p].count * sizeof(hash32);
    return size;
}

/* Bytes to where there is room for them; returns where they are. */
static const void *take(uint8_t **room, const void *at, size_t len)
{
    const void *taken = *room;
    if (len)
        memcpy(*room, at, len);
    *room += len;
    return taken;
}

/* `clone` has log_filter_size() of room. */
static struct log_filter *copy_to(struct log_filter *clone,
                                  const struct log_filter *filter)
{
    uint8_t *room = (uint8_t *)(clone + 1);
    *clone = *filter;
    clone->emitters = take(&room, filter->emitters,
                           filter->emitter_count * sizeof(address));
    for (size_t p = 0; p < filter->topic_count; p++)
        clone->topics[p].at = take(&room, filter->topics[p].at,
                                   filter->topics[p].count * sizeof(hash32));
    return clone;
}

struct log_filter *log_filter_clone(const struct log_filter *filter)
{
    return copy_to(memory_alloc(log_filter_size(filter)), filter);
}

struct log_filter *log_filter_copy(struct arena *arena,
                                   const struct log_filter *filter)
{
    return copy_to(arena_alloc(arena, log_filter_size(filter)), filter);
}

bool log_filter_may_match(const struct log_filter *filter, const bloom *in)
{
    bool may = filter->emitter_count == 0;
    for (size_t i = 0; i < filter->emitter_count && !may; i++)
        may = bloom_may_hold(in, bytes_address(&filter->emitters[i]));
    for (size_t p = 0; p < filter->topic_count && may; p++) {
        may = filter->topics[p].count == 0;
        for (size_t i = 0; i < filter->topics[p].count && !may; i++)
            may = bloom_may_hold(in, bytes_hash(&filter->topics[p].at[i]));
    }
    return may;
}

bool log_filter_matches(const struct log_filter *filter,
                        const struct log_entry *log)
{
    bool matches = filter->emitter_count == 0;
    for (size_t i = 0; i < filter->emitter_count && !matches; i++)
        matches = address_equal(&filter->emitters[i], &log->emitter);
    if (filter->topic_count > log->topic_count)
        return false;
    for (size_t p = 0; p < filter->topic_count && matches; p++) {
        matches = filter->topics[p].count == 0;
        for (size_t i = 0; i < filter->topics[p].count && !matches; i++)
            matches = hash32_equal(&filter->topics[p].at[i], &log->topics[p]);
    }
    return matches;
}
