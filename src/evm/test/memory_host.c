#include "evm/test/memory_host.h"

#include <stdlib.h>

#include "base/assert.h"
#include "base/memory.h"
#include "crypto/keccak.h"

struct memory_undo {
    enum { UNDO_ACCOUNT, UNDO_SLOT, UNDO_LOGS } kind;
    uint32_t index; /* in its map */
    union {
        struct memory_account account;
        struct memory_slot slot;
        size_t logs_len;
    } was;
};

struct slot_key {
    address who;
    u256 key;
};

static struct memory_host *of(struct evm_host *host)
{
    return (struct memory_host *)(void *)host;
}

/* Borrowed until the next account is made. */
static struct memory_account *find(struct memory_host *host, const address *who)
{
    return map_get(&host->accounts, who);
}

struct memory_account *memory_host_account(struct memory_host *host,
                                           const address *who)
{
    bool is_new;
    struct memory_account *account = map_put(&host->accounts, who, &is_new);
    if (is_new)
        account->code_hash = KECCAK_EMPTY;
    return account;
}

static uint32_t index_of(const struct map *map, const void *value)
{
    return (uint32_t)((size_t)((const uint8_t *)value - map->entries) /
                      map->entry_len);
}

/* The account, about to change. */
static struct memory_account *change(struct memory_host *host,
                                     const address *who)
{
    struct memory_account *account = memory_host_account(host, who);
    struct memory_undo undo = {.kind = UNDO_ACCOUNT,
                               .index = index_of(&host->accounts, account)};
    undo.was.account = *account;
    VEC_PUSH(&host->journal, undo);
    return account;
}

static struct memory_slot *slot_of(struct memory_host *host, const address *who,
                                   const u256 *key)
{
    struct slot_key full = {*who, *key};
    uint8_t packed[sizeof full.who + sizeof full.key];
    memcpy(packed, &full.who, sizeof full.who);
    memcpy(packed + sizeof full.who, &full.key, sizeof full.key);
    return map_put(&host->slots, packed, NULL);
}

static void keep_slot(struct memory_host *host, const struct memory_slot *slot)
{
    struct memory_undo undo = {.kind = UNDO_SLOT,
                               .index = index_of(&host->slots, slot)};
    undo.was.slot = *slot;
    VEC_PUSH(&host->journal, undo);
}

static bool host_access_account(struct evm_host *host, const address *who)
{
    struct memory_account *account = memory_host_account(of(host), who);
    bool warm = account->warm;
    if (!warm)
        change(of(host), who)->warm = true;
    return warm;
}

static bool host_exists(struct evm_host *host, const address *who)
{
    struct memory_account *account = find(of(host), who);
    return account && account->exists;
}

static bool host_is_empty(struct evm_host *host, const address *who)
{
    struct memory_account *account = find(of(host), who);
    return !account || (account->code.len == 0 && account->nonce == 0 &&
                        u256_is_zero(account->balance));
}

static u256 host_balance(struct evm_host *host, const address *who)
{
    struct memory_account *account = find(of(host), who);
    return account ? account->balance : U256_ZERO;
}

static uint64_t host_nonce(struct evm_host *host, const address *who)
{
    struct memory_account *account = find(of(host), who);
    return account ? account->nonce : 0;
}

static hash32 host_code_hash(struct evm_host *host, const address *who)
{
    struct memory_account *account = find(of(host), who);
    return account && account->exists ? account->code_hash : (hash32){{0}};
}

static bytes host_code(struct evm_host *host, const address *who)
{
    struct memory_account *account = find(of(host), who);
    return account ? account->code : BYTES_EMPTY;
}

static bool host_has_storage(struct evm_host *host, const address *who)
{
    struct memory_account *account = find(of(host), who);
    return account && account->slots_set > 0;
}

static void host_set_nonce(struct evm_host *host, const address *who,
                           uint64_t nonce)
{
    struct memory_account *account = change(of(host), who);
    account->exists = true;
    account->nonce = nonce;
}

static void host_set_code(struct evm_host *host, const address *who, bytes code)
{
    change(of(host), who);
    memory_host_set_code(of(host), who, code);
}

static void host_transfer(struct evm_host *host, const address *from,
                          const address *to, u256 value)
{
    struct memory_account *account;
    if (!u256_is_zero(value)) {
        account = change(of(host), from);
        ASSERT(!u256_less(account->balance, value));
        account->balance = u256_sub(account->balance, value);
    }
    account = change(of(host), to);
    account->exists = true;
    account->balance = u256_add(account->balance, value);
}

static void host_create(struct evm_host *host, const address *who)
{
    struct memory_account *account = change(of(host), who);
    account->exists = account->created = true;
}

static bool host_selfdestruct(struct evm_host *host, const address *who,
                              const address *heir)
{
    struct memory_account *account = change(of(host), who);
    bool again = account->destroyed;
    bool dies = of(host)->destroys_old || account->created;
    if (dies)
        account->destroyed = true;
    u256 balance = account->balance;
    if (dies || !address_equal(who, heir))
        account->balance = U256_ZERO;
    account = change(of(host), heir);
    account->exists = true;
    if (!address_equal(who, heir))
        account->balance = u256_add(account->balance, balance);
    return again;
}

static u256 host_load(struct evm_host *host, const address *who,
                      const u256 *key, bool *warm)
{
    struct memory_slot *slot = slot_of(of(host), who, key);
    *warm = slot->warm;
    if (!slot->warm) {
        keep_slot(of(host), slot);
        slot->warm = true;
    }
    return slot->current;
}

static struct evm_slot host_store(struct evm_host *host, const address *who,
                                  const u256 *key, const u256 *value)
{
    struct memory_slot *slot = slot_of(of(host), who, key);
    struct evm_slot was = {slot->original, slot->current, slot->warm};
    bool was_set = !u256_is_zero(slot->current);
    bool is_set = !u256_is_zero(*value);
    keep_slot(of(host), slot);
    if (was_set != is_set)
        change(of(host), who)->slots_set += is_set ? 1u : -1u;
    slot->warm = true;
    slot->current = *value;
    return was;
}

static u256 host_load_transient(struct evm_host *host, const address *who,
                                const u256 *key)
{
    return slot_of(of(host), who, key)->transient;
}

static void host_store_transient(struct evm_host *host, const address *who,
                                 const u256 *key, const u256 *value)
{
    struct memory_slot *slot = slot_of(of(host), who, key);
    keep_slot(of(host), slot);
    slot->transient = *value;
}

static void host_log(struct evm_host *host, const struct evm_log *log)
{
    struct buffer *logs = &of(host)->logs;
    struct memory_undo undo = {.kind = UNDO_LOGS};
    undo.was.logs_len = logs->len;
    VEC_PUSH(&of(host)->journal, undo);
    buffer_put_bytes(logs, bytes_address(log->emitter));
    buffer_put_byte(logs, (uint8_t)log->topic_count);
    for (unsigned i = 0; i < log->topic_count; i++)
        buffer_put_bytes(logs, bytes_hash(&log->topics[i]));
    buffer_put_bytes(logs, log->data);
}

static hash32 host_block_hash(struct evm_host *host, uint64_t number)
{
    uint8_t text[8];
    (void)host;
    store_be64(text, number);
    return keccak256(bytes_of(text, sizeof text));
}

static uint32_t host_snapshot(struct evm_host *host)
{
    return (uint32_t)of(host)->journal.len;
}

static void undo_one(struct memory_host *host, const struct memory_undo *undo)
{
    switch (undo->kind) {
    case UNDO_ACCOUNT:
        *(struct memory_account *)map_value_at(&host->accounts,
                                               undo->index) = undo->was.account;
        break;
    case UNDO_SLOT:
        *(struct memory_slot *)map_value_at(&host->slots,
                                            undo->index) = undo->was.slot;
        break;
    case UNDO_LOGS:
        host->logs.len = undo->was.logs_len;
        break;
    }
}

static void host_revert(struct evm_host *host, uint32_t snapshot)
{
    struct memory_host *memory = of(host);
    ASSERT(snapshot <= memory->journal.len);
    while (memory->journal.len > snapshot)
        undo_one(memory, &memory->journal.at[--memory->journal.len]);
}

static const struct evm_host_ops ops = {
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

void memory_host_init(struct memory_host *host)
{
    *host = (struct memory_host){.host = {.ops = &ops}};
    map_init(&host->accounts, sizeof(address), sizeof(struct memory_account));
    map_init(&host->slots, sizeof(address) + sizeof(u256),
             sizeof(struct memory_slot));
}

void memory_host_fini(struct memory_host *host)
{
    VEC_FOR_EACH (code, &host->codes)
        free(*code);
    VEC_FREE(&host->codes);
    VEC_FREE(&host->journal);
    buffer_free(&host->logs);
    map_fini(&host->accounts);
    map_fini(&host->slots);
}

void memory_host_set_code(struct memory_host *host, const address *who,
                          bytes code)
{
    struct memory_account *account = memory_host_account(host, who);
    uint8_t *copy = memory_alloc(code.len + 1);
    if (code.len)
        memcpy(copy, code.at, code.len);
    VEC_PUSH(&host->codes, copy);
    account->exists = true;
    account->code = bytes_of(copy, code.len);
    account->code_hash = keccak256(code);
}

void memory_host_set_slot(struct memory_host *host, const address *who,
                          const u256 *key, const u256 *value)
{
    host_store(&host->host, who, key, value);
    memory_host_settle(host);
}

u256 memory_host_slot(struct memory_host *host, const address *who,
                      const u256 *key)
{
    return slot_of(host, who, key)->current;
}

void memory_host_settle(struct memory_host *host)
{
    MAP_FOR_EACH (i, &host->accounts) {
        struct memory_account *account = map_value_at(&host->accounts, i);
        if (account->destroyed)
            *account = (struct memory_account){.code_hash = KECCAK_EMPTY};
        account->warm = account->created = false;
    }
    MAP_FOR_EACH (i, &host->slots) {
        struct memory_slot *slot = map_value_at(&host->slots, i);
        slot->original = slot->current;
        slot->transient = U256_ZERO;
        slot->warm = false;
    }
    host->journal.len = 0;
    host->logs.len = 0;
}

static void put_u256(struct buffer *text, const u256 *value)
{
    hash32 be = u256_to_hash(*value);
    buffer_put(text, be.at, sizeof be.at);
}

static void put_account(struct buffer *text, const struct map *map, uint32_t i)
{
    const struct memory_account *account = map_value_at(map, i);
    uint8_t nonce[8];
    store_be64(nonce, account->nonce);
    buffer_put(text, map_key_at(map, i), sizeof(address));
    buffer_put_byte(text, (uint8_t)(account->exists | account->destroyed << 1 |
                                    account->warm << 2));
    buffer_put(text, nonce, sizeof nonce);
    put_u256(text, &account->balance);
    buffer_put(text, account->code_hash.at, sizeof account->code_hash.at);
}

hash32 memory_host_digest(const struct memory_host *host)
{
    struct buffer text = {0};
    MAP_FOR_EACH (i, &host->accounts)
        put_account(&text, &host->accounts, i);
    MAP_FOR_EACH (i, &host->slots) {
        const struct memory_slot *slot = map_value_at(&host->slots, i);
        buffer_put(&text, map_key_at(&host->slots, i), 52);
        put_u256(&text, &slot->current);
        put_u256(&text, &slot->transient);
        buffer_put_byte(&text, slot->warm);
    }
    buffer_put_bytes(&text, buffer_bytes(&host->logs));
    hash32 digest = keccak256(buffer_bytes(&text));
    buffer_free(&text);
    return digest;
}
