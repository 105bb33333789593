#include "rpc/development.h"

#include <stdlib.h>

#include "base/memory.h"
#include "crypto/secret.h"

void development_init(struct development *dev)
{
    *dev = (struct development){.are_calls_logged = true};
    map_init(&dev->impersonated, sizeof(address), 0);
    error_names_init(&dev->errors);
    random_bytes(dev->instance.at, sizeof dev->instance.at);
}

void development_fini(struct development *dev)
{
    map_fini(&dev->impersonated);
    error_names_fini(&dev->errors);
    blobs_fini(&dev->blobs);
    development_drop_snapshots(dev, 0);
    VEC_FREE(&dev->snapshots);
}

struct waiting_list *waiting_list_new(void)
{
    struct waiting_list *list = MEMORY_NEW(struct waiting_list);
    arena_init(&list->arena);
    return list;
}

void waiting_list_free(struct waiting_list *list)
{
    if (!list)
        return;
    arena_fini(&list->arena);
    VEC_FREE(&list->all);
    free(list);
}

void waiting_list_add(struct waiting_list *list, bytes raw, const hash32 *hash,
                      const address *sender)
{
    VEC_PUSH(&list->all,
             ((struct waiting){arena_copy(&list->arena, raw), *hash, *sender}));
    list->bytes += raw.len + sizeof(struct waiting);
}

loft_err development_impersonate(struct development *dev, const address *who)
{
    if (dev->impersonated.len >= DEVELOPMENT_ACCOUNTS_MAX)
        return err_say(LOFT_ERR_LIMIT, "%d accounts are impersonated already",
                       DEVELOPMENT_ACCOUNTS_MAX);
    map_put(&dev->impersonated, who, NULL);
    return LOFT_OK;
}

void development_stop_impersonating(struct development *dev, const address *who)
{
    map_remove(&dev->impersonated, who);
}

bool development_impersonates(const struct development *dev, const address *who)
{
    return dev->auto_impersonate ||
           (dev->impersonated.len && map_get(&dev->impersonated, who));
}

loft_err development_snapshot(struct development *dev,
                              struct snapshot *snapshot)
{
    if (dev->snapshots.len >= DEVELOPMENT_SNAPSHOTS_MAX)
        return err_say(LOFT_ERR_LIMIT, "%d snapshots are kept already",
                       DEVELOPMENT_SNAPSHOTS_MAX);
    size_t more = snapshot->waiting ? snapshot->waiting->bytes : 0;
    if (more > DEVELOPMENT_WAITING_BYTES_MAX - dev->waiting_bytes)
        return err_say(LOFT_ERR_LIMIT,
                       "what waits in all snapshots takes more than %zu MiB",
                       DEVELOPMENT_WAITING_BYTES_MAX >> 20);
    dev->waiting_bytes += more;
    snapshot->id = ++dev->snapshot_count;
    VEC_PUSH(&dev->snapshots, *snapshot);
    return LOFT_OK;
}

/* Ids grow along the list. */
static struct snapshot *find_snapshot(const struct development *dev,
                                      uint64_t id)
{
    size_t low = 0, high = dev->snapshots.len;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (dev->snapshots.at[middle].id < id)
            low = middle + 1;
        else
            high = middle;
    }
    bool found = low < dev->snapshots.len && dev->snapshots.at[low].id == id;
    return found ? &dev->snapshots.at[low] : NULL;
}

const struct snapshot *development_find_snapshot(const struct development *dev,
                                                 uint64_t id)
{
    return find_snapshot(dev, id);
}

static struct waiting_list *take_waiting(struct development *dev,
                                         struct snapshot *snapshot)
{
    struct waiting_list *list = snapshot->waiting;
    snapshot->waiting = NULL;
    if (list)
        dev->waiting_bytes -= list->bytes;
    return list;
}

struct waiting_list *development_take_waiting(struct development *dev,
                                              uint64_t id)
{
    struct snapshot *snapshot = find_snapshot(dev, id);
    return snapshot ? take_waiting(dev, snapshot) : NULL;
}

void development_drop_snapshots(struct development *dev, uint64_t id)
{
    while (dev->snapshots.len &&
           dev->snapshots.at[dev->snapshots.len - 1].id >= id) {
        struct snapshot *last = &dev->snapshots.at[dev->snapshots.len - 1];
        waiting_list_free(take_waiting(dev, last));
        dev->snapshots.len--;
    }
}
