/* eth_config and eth_capabilities: what the chain's rules are, and how far
 * back the node can answer. */
#include "chain/system_contracts.h"
#include "rpc/block_ref.h"
#include "rpc/methods.h"
#include "rpc/rpc_host.h"

/* EIP-7910: the names that the fork's EIP gives, sorted. */
static const struct {
    const char *name;
    uint16_t at;
} PRECOMPILES[] = {
    {"BLAKE2F", 0x09},
    {"BLS12_G1ADD", 0x0b},
    {"BLS12_G1MSM", 0x0c},
    {"BLS12_G2ADD", 0x0d},
    {"BLS12_G2MSM", 0x0e},
    {"BLS12_MAP_FP2_TO_G2", 0x11},
    {"BLS12_MAP_FP_TO_G1", 0x10},
    {"BLS12_PAIRING_CHECK", 0x0f},
    {"BN254_ADD", 0x06},
    {"BN254_MUL", 0x07},
    {"BN254_PAIRING", 0x08},
    {"ECREC", 0x01},
    {"ID", 0x04},
    {"KZG_POINT_EVALUATION", 0x0a},
    {"MODEXP", 0x05},
    {"P256VERIFY", 0x100},
    {"RIPEMD160", 0x03},
    {"SHA256", 0x02},
};

static const struct {
    const char *name;
    enum system_contract which;
    enum chain_fork since;
} CONTRACTS[] = {
    {"BEACON_ROOTS_ADDRESS", SYSTEM_BEACON_ROOTS, FORK_CANCUN},
    {"CONSOLIDATION_REQUEST_PREDEPLOY_ADDRESS", SYSTEM_CONSOLIDATION_QUEUE,
     FORK_PRAGUE},
    {"HISTORY_STORAGE_ADDRESS", SYSTEM_BLOCK_HASHES, FORK_PRAGUE},
    {"WITHDRAWAL_REQUEST_PREDEPLOY_ADDRESS", SYSTEM_WITHDRAWAL_QUEUE,
     FORK_PRAGUE},
};

static uint32_t crc32_update(uint32_t crc, bytes data)
{
    crc = ~crc;
    for (size_t i = 0; i < data.len; i++) {
        crc ^= data.at[i];
        for (int bit = 0; bit < 8; bit++)
            crc = crc >> 1 ^ (crc & 1 ? UINT32_C(0xedb88320) : 0);
    }
    return ~crc;
}

static uint32_t add_fork(uint32_t crc, uint64_t at)
{
    uint8_t be[8];
    store_be64(be, at);
    return crc32_update(crc, bytes_of(be, sizeof be));
}

/* EIP-2124: the genesis, then every point at which a fork began, up to this
 * time. Forks of the genesis do not count, and those that begin together count
 * once. */
static uint32_t fork_id(const struct chain_config *config,
                        const hash32 *genesis, uint64_t genesis_time,
                        uint64_t time)
{
    uint32_t crc = crc32_update(0, bytes_hash(genesis));
    uint64_t before = 0;
    for (enum chain_fork fork = FORK_HOMESTEAD; fork < FORK_COUNT; fork++) {
        bool by_time = fork >= FORK_SHANGHAI;
        uint64_t at = fork == FORK_PARIS ? config->merge_netsplit_block
                                         : config->activation[fork];
        if (fork == FORK_SHANGHAI)
            before = genesis_time;
        if (at == FORK_NEVER || at <= before || (by_time && at > time))
            continue;
        crc = add_fork(crc, at);
        before = at;
    }
    return crc;
}

static void put_precompiles(struct json_writer *out, enum chain_fork fork)
{
    json_key(out, "precompiles");
    json_begin_object(out);
    for (size_t i = 0; i < ARRAY_LEN(PRECOMPILES); i++) {
        address who = u256_to_address(u256_from(PRECOMPILES[i].at));
        if (!evm_is_precompile(fork_rules(fork), &who))
            continue;
        json_key(out, PRECOMPILES[i].name);
        json_put_address(out, &who);
    }
    json_end_object(out);
}

static void put_contracts(struct json_writer *out,
                          const struct chain_config *config,
                          enum chain_fork fork)
{
    json_key(out, "systemContracts");
    json_begin_object(out);
    for (size_t i = 0; i < ARRAY_LEN(CONTRACTS); i++) {
        if (fork < CONTRACTS[i].since)
            continue;
        json_key(out, CONTRACTS[i].name);
        json_put_address(out, &SYSTEM_CONTRACTS[CONTRACTS[i].which].who);
    }
    if (fork >= FORK_PRAGUE) {
        json_key(out, "DEPOSIT_CONTRACT_ADDRESS");
        json_put_address(out, &config->deposit_contract);
    }
    json_end_object(out);
}

static void put_blobs(struct json_writer *out,
                      const struct chain_config *config, enum chain_fork fork)
{
    json_key(out, "blobSchedule");
    if (fork < FORK_CANCUN) {
        json_put_null(out);
        return;
    }
    const struct blob_parameters *blobs = chain_blobs(config, fork);
    json_begin_object(out);
    json_key(out, "target");
    json_put_u64(out, blobs->target);
    json_key(out, "max");
    json_put_u64(out, blobs->max);
    json_key(out, "baseFeeUpdateFraction");
    json_put_u64(out, blobs->base_fee_update_fraction);
    json_end_object(out);
}

static void put_fork(struct rpc_call *call, enum chain_fork fork,
                     uint64_t genesis_time)
{
    struct json_writer *out = call->out;
    const struct chain_config *config = chain_config(call->host->chain);
    uint64_t at = config->activation[fork];
    uint8_t id[4];
    store_be32(id, fork_id(config, chain_genesis_hash(call->host->chain),
                           genesis_time, at));
    json_begin_object(out);
    json_key(out, "activationTime");
    json_put_u64(out, at <= genesis_time ? 0 : at);
    put_blobs(out, config, fork);
    json_key(out, "chainId");
    json_put_quantity(out, config->chain_id);
    json_key(out, "forkId");
    json_put_data(out, bytes_of(id, sizeof id));
    put_precompiles(out, fork);
    put_contracts(out, config, fork);
    json_end_object(out);
}

/* The forks by time around one: the newest that has begun, the first that has
 * not, the last of all. FORK_COUNT: there is none. */
struct horizon {
    enum chain_fork current, next, last;
};

static struct horizon horizon_at(const struct chain_config *config,
                                 uint64_t time)
{
    struct horizon horizon = {FORK_COUNT, FORK_COUNT, FORK_COUNT};
    for (enum chain_fork fork = FORK_SHANGHAI; fork < FORK_COUNT; fork++) {
        uint64_t at = config->activation[fork];
        if (at == FORK_NEVER)
            continue;
        if (at <= time) {
            horizon.current = fork;
            continue;
        }
        if (horizon.next == FORK_COUNT)
            horizon.next = fork;
        horizon.last = fork;
    }
    return horizon;
}

bool eth_config(struct rpc_call *call)
{
    struct rpc_block genesis;
    struct chain_view *view = NULL;
    if (!rpc_find_number(call, &genesis, 0) || !rpc_view(call, &view))
        return false;
    uint64_t now = chain_view_head(view)->header.timestamp;
    struct horizon horizon = horizon_at(chain_config(call->host->chain), now);
    const struct {
        const char *name;
        enum chain_fork fork;
    } parts[] = {{"current", horizon.current},
                 {"next", horizon.next},
                 {"last", horizon.last}};
    json_begin_object(call->out);
    for (size_t i = 0; i < ARRAY_LEN(parts); i++) {
        json_key(call->out, parts[i].name);
        if (parts[i].fork == FORK_COUNT)
            json_put_null(call->out);
        else
            put_fork(call, parts[i].fork, genesis.header.timestamp);
    }
    json_end_object(call->out);
    return true;
}

/* window: how many of the newest blocks it is kept for; 0: all. */
static void put_resource(struct json_writer *out, const char *name,
                         uint64_t oldest, uint64_t window)
{
    json_key(out, name);
    json_begin_object(out);
    json_key(out, "disabled");
    json_put_bool(out, false);
    json_key(out, "oldestBlock");
    json_put_quantity(out, oldest);
    if (window) {
        json_key(out, "deleteStrategy");
        json_begin_object(out);
        json_key(out, "type");
        json_put_text(out, "window");
        json_key(out, "retentionBlocks");
        json_put_quantity(out, window);
        json_end_object(out);
    }
    json_end_object(out);
}

/* The first block whose state can be read: it is there, and so are all after
 * it. */
static bool oldest_state(struct rpc_call *call, uint64_t *oldest)
{
    struct chain_view *view = NULL;
    struct state_view *state;
    if (!rpc_view(call, &view))
        return false;
    uint64_t low = 0, high = chain_view_head(view)->number;
    while (low < high) {
        uint64_t middle = low + (high - low) / 2;
        if (chain_view_state(view, &state, middle) == LOFT_OK)
            high = middle;
        else
            low = middle + 1;
    }
    *oldest = low;
    return true;
}

bool eth_capabilities(struct rpc_call *call)
{
    struct json_writer *out = call->out;
    struct chain_view *view = NULL;
    uint64_t state;
    if (!rpc_view(call, &view) || !oldest_state(call, &state))
        return false;
    const struct chain_head *head = chain_view_head(view);
    uint64_t proofs = head->number > STATE_PROOF_BLOCKS_MAX
                          ? head->number - STATE_PROOF_BLOCKS_MAX
                          : 0;
    json_begin_object(out);
    json_key(out, "head");
    json_begin_object(out);
    json_key(out, "number");
    json_put_quantity(out, head->number);
    json_key(out, "hash");
    json_put_hash(out, &head->hash);
    json_end_object(out);
    put_resource(out, "state", state, 0);
    put_resource(out, "tx", 0, 0);
    put_resource(out, "logs", 0, 0);
    put_resource(out, "receipts", 0, 0);
    put_resource(out, "blocks", 0, 0);
    put_resource(out, "stateproofs", proofs > state ? proofs : state,
                 STATE_PROOF_BLOCKS_MAX + 1);
    json_end_object(out);
    return true;
}
