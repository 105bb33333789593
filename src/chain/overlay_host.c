#include "chain/overlay_host.h"

static struct overlay *overlay_of(struct evm_host *host)
{
    return ((struct overlay_host *)host)->overlay;
}

/* Precompiles are warm from the start (EIP-2929). */
static bool host_access_account(struct evm_host *host, const address *who)
{
    if (evm_is_precompile(((struct overlay_host *)host)->rules, who))
        return true;
    return overlay_access(overlay_of(host), who);
}

static bool host_exists(struct evm_host *host, const address *who)
{
    return overlay_exists(overlay_of(host), who);
}

static bool host_is_empty(struct evm_host *host, const address *who)
{
    return overlay_is_empty(overlay_of(host), who);
}

static u256 host_balance(struct evm_host *host, const address *who)
{
    return overlay_balance(overlay_of(host), who);
}

static uint64_t host_nonce(struct evm_host *host, const address *who)
{
    return overlay_nonce(overlay_of(host), who);
}

static hash32 host_code_hash(struct evm_host *host, const address *who)
{
    return overlay_code_hash(overlay_of(host), who);
}

static bytes host_code(struct evm_host *host, const address *who)
{
    return overlay_code(overlay_of(host), who);
}

static bool host_has_storage(struct evm_host *host, const address *who)
{
    return overlay_has_storage(overlay_of(host), who);
}

static void host_set_nonce(struct evm_host *host, const address *who,
                           uint64_t nonce)
{
    overlay_set_nonce(overlay_of(host), who, nonce);
}

static void host_set_code(struct evm_host *host, const address *who, bytes code)
{
    overlay_set_code(overlay_of(host), who, code);
}

static void host_transfer(struct evm_host *host, const address *from,
                          const address *to, u256 value)
{
    overlay_transfer(overlay_of(host), from, to, value);
}

static void host_create(struct evm_host *host, const address *who)
{
    overlay_create(overlay_of(host), who);
}

static bool host_selfdestruct(struct evm_host *host, const address *who,
                              const address *heir)
{
    return overlay_selfdestruct(overlay_of(host), who, heir);
}

static u256 host_load(struct evm_host *host, const address *who,
                      const u256 *key, bool *warm)
{
    return overlay_load(overlay_of(host), who, key, warm);
}

static struct evm_slot host_store(struct evm_host *host, const address *who,
                                  const u256 *key, const u256 *value)
{
    struct overlay_slot was = overlay_store(overlay_of(host), who, key, value);
    return (struct evm_slot){
        .original = was.original, .current = was.current, .warm = was.warm};
}

static u256 host_load_transient(struct evm_host *host, const address *who,
                                const u256 *key)
{
    return overlay_load_transient(overlay_of(host), who, key);
}

static void host_store_transient(struct evm_host *host, const address *who,
                                 const u256 *key, const u256 *value)
{
    overlay_store_transient(overlay_of(host), who, key, value);
}

static void host_log(struct evm_host *host, const struct evm_log *log)
{
    struct overlay_log entry = {.emitter = *log->emitter,
                                .topic_count = log->topic_count,
                                .data = log->data};
    for (unsigned i = 0; i < log->topic_count; i++)
        entry.topics[i] = log->topics[i];
    overlay_log(overlay_of(host), &entry);
}

static hash32 host_block_hash(struct evm_host *host, uint64_t number)
{
    const struct block_context *context =
        ((struct overlay_host *)host)->context;
    hash32 hash = {0};
    if (!context->block_hash)
        return hash;
    loft_err err = context->block_hash(context->chain, &hash, number);
    if (err == LOFT_OK)
        return hash;
    overlay_fail(overlay_of(host), err);
    return (hash32){0};
}

static uint32_t host_snapshot(struct evm_host *host)
{
    return overlay_snapshot(overlay_of(host));
}

static void host_revert(struct evm_host *host, uint32_t snapshot)
{
    overlay_revert(overlay_of(host), snapshot);
}

static const struct evm_host_ops OVERLAY_HOST_OPS = {
    .access_account = host_access_account,
    .exists = host_exists,
    .is_empty = host_is_empty,
    .balance = host_balance,
    .nonce = host_nonce,
    .code_hash = host_code_hash,
    .code = host_code,
    .has_storage = host_has_storage,
    .set_nonce = host_set_nonce,
    .set_code = host_set_code,
    .transfer = host_transfer,
    .create = host_create,
    .selfdestruct = host_selfdestruct,
    .load = host_load,
    .store = host_store,
    .load_transient = host_load_transient,
    .store_transient = host_store_transient,
    .log = host_log,
    .block_hash = host_block_hash,
    .snapshot = host_snapshot,
    .revert = host_revert,
};

void overlay_host_init(struct overlay_host *host, struct overlay *overlay,
                       const struct block_context *context)
{
    *host = (struct overlay_host){.host.ops = &OVERLAY_HOST_OPS,
                                  .overlay = overlay,
                                  .context = context,
                                  .rules = fork_rules(context->fork)};
}

struct overlay_rules overlay_rules_of(enum evm_rules rules)
{
    return (struct overlay_rules){.delete_empty = rules >= EVM_SPURIOUS,
                                  .destroy_only_new = rules >= EVM_CANCUN};
}
