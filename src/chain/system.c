#include "chain/system.h"

#include "base/vec.h"
#include "chain/overlay_host.h"
#include "chain/system_contracts.h"
#include "chain/verdict.h"
#include "crypto/digest.h"

/* keccak256 of "DepositEvent(bytes,bytes,bytes,bytes,bytes)". */
static const hash32 DEPOSIT_EVENT = {
    {0x64, 0x9b, 0xbc, 0x62, 0xd0, 0xe3, 0x13, 0x42, 0xaf, 0xea, 0x4e,
     0x5c, 0xd8, 0x2d, 0x40, 0x49, 0xe7, 0xe1, 0xee, 0x91, 0x2f, 0xc0,
     0x88, 0x9a, 0xa7, 0x90, 0x80, 0x3b, 0xe3, 0x90, 0x38, 0xc5}};

enum request_type {
    REQUEST_DEPOSIT = 0,
    REQUEST_WITHDRAWAL = 1,
    REQUEST_CONSOLIDATION = 2,
};

/* A contract that is not there is passed over (EIP-4788, EIP-2935). */
static void record(struct executor *executor, struct overlay *overlay,
                   struct block_context *context, enum system_contract which,
                   const hash32 *value)
{
    const address *contract = &SYSTEM_CONTRACTS[which].who;
    if (overlay_code(overlay, contract).len)
        (void)execute_system_call(executor, overlay, context, contract,
                                  bytes_hash(value));
}

static bool is_dao_block(const struct block_context *context)
{
    const struct chain_config *config = context->config;
    return config->dao_support &&
           config->activation[FORK_DAO] == context->environment.number;
}

void system_begin_block(struct executor *executor, struct overlay *overlay,
                        struct block_context *context,
                        const struct header *header)
{
    if (is_dao_block(context)) {
        overlay_begin(overlay, overlay_rules_of(fork_rules(context->fork)));
        dao_drain(overlay);
        overlay_end(overlay);
    }
    if (context->fork >= FORK_CANCUN)
        record(executor, overlay, context, SYSTEM_BEACON_ROOTS,
               &header->parent_beacon_root);
    if (context->fork >= FORK_PRAGUE)
        record(executor, overlay, context, SYSTEM_BLOCK_HASHES,
               &header->parent_hash);
}

/* The requests of one type, and the hash of those before it. */
struct requests {
    struct buffer data;   /* type, then the requests */
    struct buffer hashes; /* sha256 of each type's data */
    struct arena *arena;  /* where the outcome's are kept */
    struct block_outcome *outcome;
};

static void requests_begin(struct requests *requests, enum request_type type)
{
    requests->data.len = 0;
    buffer_put_byte(&requests->data, (uint8_t)type);
}

/* EIP-7685: "Requests with empty request_data must be excluded". */
static void requests_end(struct requests *requests)
{
    if (requests->data.len <= 1)
        return;
    bytes data = arena_copy(requests->arena, buffer_bytes(&requests->data));
    requests->outcome->requests[requests->outcome->request_count++] = data;
    hash32 hash = sha256(data);
    buffer_put_bytes(&requests->hashes, bytes_hash(&hash));
}

/* EIP-6110's event: five byte strings, each where its offset says, with sizes
 * that never vary. */
static const struct {
    uint64_t at, len;
} DEPOSIT_FIELDS[] = {
    {160, 48}, /* pubkey */
    {256, 32}, /* withdrawal credentials */
    {320, 8},  /* amount */
    {384, 96}, /* signature */
    {512, 8},  /* index */
};
#define DEPOSIT_EVENT_BYTES 576

static bool word_is(const uint8_t *at, uint64_t value)
{
    return u256_equal(u256_load_be(at), u256_from(value));
}

static bool is_deposit_layout(bytes data)
{
    if (data.len != DEPOSIT_EVENT_BYTES)
        return false;
    for (size_t i = 0; i < ARRAY_LEN(DEPOSIT_FIELDS); i++)
        if (!word_is(data.at + 32 * i, DEPOSIT_FIELDS[i].at) ||
            !word_is(data.at + DEPOSIT_FIELDS[i].at, DEPOSIT_FIELDS[i].len))
            return false;
    return true;
}

static bool is_deposit(const struct chain_config *config,
                       const struct log_entry *log)
{
    return address_equal(&log->emitter, &config->deposit_contract) &&
           log->topic_count && hash32_equal(&log->topics[0], &DEPOSIT_EVENT);
}

static enum block_verdict put_deposit(struct buffer *out, bytes data)
{
    if (!is_deposit_layout(data))
        return block_refuse(BLOCK_BAD_REQUESTS,
                            "a deposit event is not laid out as EIP-6110 says");
    for (size_t i = 0; i < ARRAY_LEN(DEPOSIT_FIELDS); i++)
        buffer_put(out, data.at + DEPOSIT_FIELDS[i].at + 32,
                   DEPOSIT_FIELDS[i].len);
    return BLOCK_OK;
}

static enum block_verdict gather_deposits(struct requests *requests,
                                          const struct chain_config *config,
                                          const struct block_outcome *outcome)
{
    requests_begin(requests, REQUEST_DEPOSIT);
    for (size_t i = 0; i < outcome->count; i++) {
        const struct receipt *receipt = &outcome->receipts[i];
        for (size_t k = 0; k < receipt->log_count; k++)
            if (is_deposit(config, &receipt->logs[k]))
                JUDGE(put_deposit(&requests->data, receipt->logs[k].data));
    }
    requests_end(requests);
    return BLOCK_OK;
}

/* EIP-7002: "if there is no code at WITHDRAWAL_REQUEST_PREDEPLOY_ADDRESS, the
 * corresponding block MUST be marked invalid", and so if the call fails;
 * EIP-7251 alike. */
static enum block_verdict
drain_queue(struct requests *requests, struct executor *executor,
            struct overlay *overlay, struct block_context *context,
            enum request_type type, enum system_contract which)
{
    const address *contract = &SYSTEM_CONTRACTS[which].who;
    static const char *const NAMES[] = {
        [REQUEST_WITHDRAWAL] = "withdrawal requests (EIP-7002)",
        [REQUEST_CONSOLIDATION] = "consolidation requests (EIP-7251)",
    };
    if (!overlay_code(overlay, contract).len)
        return block_refuse(BLOCK_SYSTEM_CONTRACT_FAILED,
                            "no contract for %s in the state", NAMES[type]);
    struct evm_result result = execute_system_call(executor, overlay, context,
                                                   contract, BYTES_EMPTY);
    if (result.status != EVM_STOPPED)
        return block_refuse(BLOCK_SYSTEM_CONTRACT_FAILED,
                            "the contract for %s failed: %s", NAMES[type],
                            result.status == EVM_REVERTED
                                ? "it reverted"
                                : evm_exception_text(result.why));
    requests_begin(requests, type);
    buffer_put_bytes(&requests->data, result.output);
    requests_end(requests);
    return BLOCK_OK;
}

static enum block_verdict gather(struct requests *requests,
                                 struct executor *executor,
                                 struct overlay *overlay,
                                 struct block_context *context,
                                 const struct block_outcome *outcome)
{
    JUDGE(gather_deposits(requests, context->config, outcome));
    JUDGE(drain_queue(requests, executor, overlay, context, REQUEST_WITHDRAWAL,
                      SYSTEM_WITHDRAWAL_QUEUE));
    return drain_queue(requests, executor, overlay, context,
                       REQUEST_CONSOLIDATION, SYSTEM_CONSOLIDATION_QUEUE);
}

enum block_verdict system_end_block(struct executor *executor,
                                    struct overlay *overlay,
                                    struct block_context *context,
                                    struct arena *arena,
                                    struct block_outcome *outcome)
{
    if (context->fork < FORK_PRAGUE)
        return BLOCK_OK;
    struct requests requests = {.arena = arena, .outcome = outcome};
    enum block_verdict verdict = gather(&requests, executor, overlay, context,
                                        outcome);
    if (verdict == BLOCK_OK)
        outcome->requests_hash = sha256(buffer_bytes(&requests.hashes));
    buffer_free(&requests.data);
    buffer_free(&requests.hashes);
    return verdict;
}
