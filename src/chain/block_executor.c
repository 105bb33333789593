#include "chain/block_executor.h"

#include "base/assert.h"
#include "chain/overlay_host.h"
#include "chain/system.h"
#include "chain/verdict.h"
#include "state/trie.h"

#define WEI_PER_GWEI UINT64_C(1000000000)
#define UNCLE_REACH 8 /* an uncle's reward falls to zero so many blocks on */

static enum evm_rules rules_of(const struct block_run *run)
{
    return fork_rules(run->context.fork);
}

void block_run_begin(struct block_run *run, const struct header *header,
                     size_t count_max)
{
    run->outcome = (struct block_outcome){
        .receipts = ARENA_ARRAY(run->arena, struct receipt, count_max),
        .executions = ARENA_ARRAY(run->arena, struct execution, count_max),
    };
    run->err = LOFT_OK;
    run->scratch->len = 0;
    system_begin_block(run->executor, run->overlay, &run->context, header);
}

static const struct log_entry *keep_logs(struct block_run *run, size_t *count)
{
    const struct overlay_log *logs = overlay_logs(run->overlay, count);
    if (!*count)
        return NULL;
    struct log_entry *kept = ARENA_ARRAY(run->arena, struct log_entry, *count);
    for (size_t i = 0; i < *count; i++) {
        bytes topics = bytes_of(logs[i].topics,
                                sizeof(hash32) * logs[i].topic_count);
        kept[i] = (struct log_entry){
            .emitter = logs[i].emitter,
            .topics = (const hash32 *)arena_copy(run->arena, topics).at,
            .topic_count = logs[i].topic_count,
            .data = arena_copy(run->arena, logs[i].data),
        };
    }
    return kept;
}

static void make_receipt(struct block_run *run, struct receipt *receipt,
                         const struct transaction *tx,
                         const struct execution *execution)
{
    struct block_outcome *outcome = &run->outcome;
    *receipt = (struct receipt){
        .type = tx->type,
        .has_root = rules_of(run) < EVM_BYZANTIUM,
        .succeeded = execution->status == EVM_STOPPED,
        .cumulative_gas_used = outcome->gas_used,
    };
    receipt->logs = keep_logs(run, &receipt->log_count);
    if (receipt->has_root && run->err == LOFT_OK)
        run->err = run->settle(run->keeper, &receipt->root);
}

enum transaction_verdict block_run_transaction(struct block_run *run,
                                               const struct transaction *tx,
                                               const address *sender,
                                               struct evm_tracer *tracer)
{
    struct block_outcome *outcome = &run->outcome;
    address unsigned_sender;
    struct execution_options options = run->options;
    options.tracer = tracer;
    options.skip_eoa_check |= transaction_is_impersonated(&unsigned_sender, tx);
    struct execution execution = execute_transaction(
        run->executor, run->overlay, &run->context, tx, sender, &options);
    if (execution.verdict != TX_OK)
        return execution.verdict;
    run->last = execution;
    execution.output = execution.status == EVM_REVERTED
                           ? arena_copy(run->arena, execution.output)
                           : BYTES_EMPTY;
    outcome->gas_used += execution.gas_used;
    outcome->blob_gas_used += execution.blob_gas_used;
    outcome->executions[outcome->count] = execution;
    make_receipt(run, &outcome->receipts[outcome->count], tx, &execution);
    outcome->count++;
    return TX_OK;
}

static u256 ether(uint64_t count)
{
    return u256_mul(u256_from(count), u256_from(UINT64_C(1000000000000000000)));
}

/* EIP-649 and EIP-1234 lowered the miner's reward, EIP-3675 ended it. */
static u256 block_reward(enum chain_fork fork)
{
    if (fork >= FORK_PARIS)
        return U256_ZERO;
    if (fork >= FORK_CONSTANTINOPLE)
        return ether(2);
    return ether(fork >= FORK_BYZANTIUM ? 3 : 5);
}

void block_rewards_find(struct block_rewards *out, enum chain_fork fork,
                        size_t uncle_count)
{
    u256 base = block_reward(fork);
    u256 for_uncles = u256_mul(u256_shr(base, 5), u256_from(uncle_count));
    *out = (struct block_rewards){base, u256_add(base, for_uncles)};
}

/* Yellow Paper 11.3: an uncle's miner has (8 + uncle - block) / 8 of the
 * reward, who includes it 1 / 32. */
u256 block_reward_of_uncle(const struct block_rewards *rewards,
                           uint64_t block_number, uint64_t uncle_number)
{
    uint64_t share = UNCLE_REACH - (block_number - uncle_number);
    return u256_shr(u256_mul(rewards->base, u256_from(share)), 3);
}

static void pay_rewards(struct block_run *run, const struct block_ends *ends)
{
    struct block_rewards rewards;
    uint64_t number = ends->header->number;
    block_rewards_find(&rewards, run->context.fork, ends->uncle_count);
    if (u256_is_zero(rewards.base))
        return;
    overlay_begin(run->overlay, overlay_rules_of(rules_of(run)));
    for (size_t i = 0; i < ends->uncle_count; i++) {
        const struct header *uncle = &ends->uncles[i];
        overlay_add_balance(
            run->overlay, &uncle->coinbase,
            block_reward_of_uncle(&rewards, number, uncle->number));
    }
    overlay_add_balance(run->overlay, &ends->header->coinbase, rewards.miner);
    overlay_end(run->overlay);
}

/* EIP-4895: "increase the balance of the given address by the amount". */
static void pay_withdrawals(struct block_run *run,
                            const struct block_ends *ends)
{
    if (!ends->withdrawal_count)
        return;
    overlay_begin(run->overlay, overlay_rules_of(rules_of(run)));
    for (size_t i = 0; i < ends->withdrawal_count; i++) {
        const struct withdrawal *one = &ends->withdrawals[i];
        u256 amount = u256_mul(u256_from(one->amount_gwei),
                               u256_from(WEI_PER_GWEI));
        overlay_add_balance(run->overlay, &one->to, amount);
    }
    overlay_end(run->overlay);
}

/* Each receipt is encoded once: for the root here, and for the disk. */
static void encode_receipts(struct block_run *run)
{
    struct block_outcome *outcome = &run->outcome;
    bloom_add_receipts(&outcome->logs_bloom, outcome->receipts, outcome->count);
    size_t *begins = ARENA_ARRAY(run->arena, size_t, outcome->count + 1);
    bytes *encoded = ARENA_ARRAY(run->arena, bytes, outcome->count + 1);
    for (size_t i = 0; i < outcome->count; i++) {
        begins[i] = run->scratch->len;
        receipt_encode(run->scratch, &outcome->receipts[i]);
    }
    begins[outcome->count] = run->scratch->len;
    for (size_t i = 0; i < outcome->count; i++)
        encoded[i] = bytes_of(run->scratch->at + begins[i],
                              begins[i + 1] - begins[i]);
    run->encoded_receipts = encoded;
    outcome->receipts_root = trie_root_of_list(encoded, outcome->count);
}

enum block_verdict block_run_end(struct block_run *run,
                                 const struct block_ends *ends)
{
    pay_withdrawals(run, ends);
    enum block_verdict verdict = system_end_block(
        run->executor, run->overlay, &run->context, run->arena, &run->outcome);
    if (verdict != BLOCK_OK)
        return verdict;
    pay_rewards(run, ends);
    encode_receipts(run);
    return BLOCK_OK;
}
