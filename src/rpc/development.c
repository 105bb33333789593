#include "rpc/development.h"

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
    VEC_FREE(&dev->snapshots);
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
    snapshot->id = ++dev->snapshot_count;
    VEC_PUSH(&dev->snapshots, *snapshot);
    return LOFT_OK;
}

/* Ids grow along the list. */
const struct snapshot *development_find_snapshot(const struct development *dev,
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

void development_drop_snapshots(struct development *dev, uint64_t id)
{
    while (dev->snapshots.len &&
           dev->snapshots.at[dev->snapshots.len - 1].id >= id)
        dev->snapshots.len--;
}
