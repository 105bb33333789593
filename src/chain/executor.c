#include "chain/executor.h"

#include "base/memory.h"
#include "chain/admission.h"
#include "chain/delegation.h"
#include "chain/fees.h"
#include "chain/overlay_host.h"

/* The part of the gas used that refunds may give back: 1/2, and 1/5 since
 * EIP-3529. */
#define REFUND_QUOTIENT 2
#define REFUND_QUOTIENT_LONDON 5

#define SYSTEM_CALL_GAS 30000000 /* EIP-4788 */

static const address SYSTEM_ADDRESS = {
    {0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
     0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xfe}};

struct executor {
    struct evm *evm;
};

struct executor *executor_new(void)
{
    struct executor *executor = MEMORY_NEW(struct executor);
    executor->evm = evm_new();
    return executor;
}

void executor_free(struct executor *executor)
{
    if (!executor)
        return;
    evm_free(executor->evm);
    free(executor);
}

void block_context_init(struct block_context *context,
                        const struct chain_config *config, enum chain_fork fork,
                        const struct header *header)
{
    *context = (struct block_context){
        .config = config,
        .fork = fork,
        .gas_left = header->gas_limit,
        .environment = {
            .number = header->number,
            .timestamp = header->timestamp,
            .gas_limit = header->gas_limit,
            .coinbase = header->coinbase,
            .prev_randao = fork >= FORK_PARIS
                               ? header->mix_hash
                               : u256_to_hash(header->difficulty),
            .base_fee = header->base_fee,
            .chain_id = u256_from(config->chain_id),
            .code_bytes_max = config->code_bytes_max,
        }};
    if (fork < FORK_CANCUN)
        return;
    const struct blob_parameters *blobs = chain_blobs(config, fork);
    context->blob_gas_left = blobs->max * BLOB_GAS_PER_BLOB;
    context->environment.blob_base_fee = blob_base_fee(blobs,
                                                       header->excess_blob_gas);
}

/* One transaction on its way through. */
struct passage {
    struct executor *executor;
    struct overlay *overlay;
    struct block_context *context;
    const struct transaction *tx;
    const address *sender;
    const struct execution_options *options;
    enum evm_rules rules;
    struct admission admission;
    struct evm_environment environment;
    uint64_t delegation_refund;
};

/* EIP-2929, 2930 and 3651. Precompiles are warm by themselves: the host says
 * so. */
static void warm_up(struct passage *p)
{
    if (p->rules < EVM_BERLIN)
        return;
    overlay_access(p->overlay, p->sender);
    if (!p->tx->is_creation)
        overlay_access(p->overlay, &p->tx->to);
    if (p->rules >= EVM_SHANGHAI)
        overlay_access(p->overlay, &p->environment.coinbase);
    for (size_t i = 0; i < p->tx->access_count; i++) {
        const struct access_entry *entry = &p->tx->access_list[i];
        overlay_access(p->overlay, &entry->who);
        for (size_t k = 0; k < entry->key_count; k++) {
            u256 key = u256_from_hash(&entry->keys[k]);
            overlay_access_slot(p->overlay, &entry->who, &key);
        }
    }
}

static void set_environment(struct passage *p)
{
    p->environment = p->context->environment;
    p->environment.origin = *p->sender;
    p->environment.gas_price = p->admission.gas_price;
    p->environment.blob_hashes = p->tx->blob_hashes;
    p->environment.blob_hash_count = p->tx->blob_hash_count;
    if (p->options->shows_base_fee)
        return;
    if (p->admission.is_free)
        p->environment.base_fee = U256_ZERO;
    if (p->admission.is_blob_free)
        p->environment.blob_base_fee = U256_ZERO;
}

static void buy_gas(struct passage *p)
{
    u256 balance = overlay_balance(p->overlay, p->sender);
    overlay_set_balance(p->overlay, p->sender,
                        u256_sub(balance, p->admission.purchase));
}

static void count_nonce(struct passage *p)
{
    overlay_set_nonce(p->overlay, p->sender,
                      overlay_nonce(p->overlay, p->sender) + 1);
}

static void delegate(struct passage *p)
{
    p->delegation_refund = apply_authorizations(
        p->overlay, p->context->config->chain_id, p->tx);
}

static struct evm_result run(struct passage *p)
{
    struct overlay_host host;
    overlay_host_init(&host, p->overlay, p->context);
    const struct evm_run setting = {
        .host = &host.host,
        .environment = &p->environment,
        .rules = p->rules,
        .tracer = p->options->tracer,
        .stop = p->options->stop,
        .is_trial = p->options->is_trial,
        .refund = (int64_t)p->delegation_refund,
        .relocations = p->context->relocations,
        .relocation_count = p->context->relocation_count};
    const struct evm_message message = {
        .kind = p->tx->is_creation ? EVM_CREATE : EVM_CALL,
        .gas = (int64_t)(p->tx->gas_limit - p->admission.intrinsic.gas),
        .caller = *p->sender,
        .target = p->tx->to,
        .code_of = p->tx->to,
        .value = p->tx->value,
        .input = p->tx->data,
    };
    return evm_execute(p->executor->evm, &setting, &message);
}

/* Gas that the sender pays for: after refunds, but not below EIP-7623's
 * floor. */
static uint64_t gas_paid(const struct passage *p, uint64_t spent,
                         int64_t counter)
{
    uint64_t most = spent / (p->rules >= EVM_LONDON ? REFUND_QUOTIENT_LONDON
                                                    : REFUND_QUOTIENT);
    uint64_t refund = counter > 0 ? (uint64_t)counter : 0;
    refund += p->delegation_refund;
    uint64_t paid = spent - (refund < most ? refund : most);
    uint64_t floor = p->admission.intrinsic.floor;
    return paid < floor ? floor : paid;
}

/* Gives unused gas back and pays the coinbase, which a transaction touches
 * even where it gets nothing; the base fee is burnt. */
static void settle(struct passage *p, uint64_t used)
{
    u256 price = p->admission.gas_price;
    u256 back = u256_mul(price, u256_from(p->tx->gas_limit - used));
    overlay_add_balance(p->overlay, p->sender, back);

    if (p->admission.is_free)
        return;
    u256 tip = u256_sub(price, p->environment.base_fee);
    overlay_add_balance(p->overlay, &p->environment.coinbase,
                        u256_mul(tip, u256_from(used)));
}

static struct execution execution_of(const struct passage *p,
                                     const struct evm_result *result)
{
    uint64_t spent = p->tx->gas_limit - (uint64_t)result->gas_left;
    uint64_t paid = gas_paid(p, spent, result->gas_refund);
    return (struct execution){
        .verdict = TX_OK,
        .status = result->status,
        .why = result->why,
        .gas_used = paid,
        .gas_spent_max = spent > paid ? spent : paid,
        .blob_gas_used = p->admission.blob_gas,
        .gas_price = p->admission.gas_price,
        .output = result->output,
        .created = result->created,
    };
}

static struct execution pass(struct passage *p)
{
    overlay_begin(p->overlay, overlay_rules_of(p->rules));
    set_environment(p);
    warm_up(p);
    buy_gas(p);
    count_nonce(p);
    delegate(p);
    struct evm_result result = run(p);
    struct execution execution = execution_of(p, &result);
    settle(p, execution.gas_used);
    overlay_end(p->overlay);
    p->context->gas_left -= execution.gas_used;
    p->context->blob_gas_left -= execution.blob_gas_used;
    if (overlay_error(p->overlay) != LOFT_OK)
        execution.status = EVM_HOST_FAILED;
    return execution;
}

struct execution execute_transaction(struct executor *executor,
                                     struct overlay *overlay,
                                     struct block_context *context,
                                     const struct transaction *tx,
                                     const address *sender,
                                     const struct execution_options *options)
{
    static const struct execution_options STRICT;
    struct passage passage = {
        .executor = executor,
        .overlay = overlay,
        .context = context,
        .tx = tx,
        .sender = sender,
        .options = options ? options : &STRICT,
        .rules = fork_rules(context->fork),
    };
    enum transaction_verdict verdict = transaction_admit(
        &passage.admission, overlay, context, tx, sender, passage.options);
    if (verdict != TX_OK)
        return (struct execution){.verdict = verdict};
    return pass(&passage);
}

struct evm_result execute_system_call(struct executor *executor,
                                      struct overlay *overlay,
                                      struct block_context *context,
                                      const address *to, bytes input)
{
    enum evm_rules rules = fork_rules(context->fork);
    struct evm_environment environment = context->environment;
    environment.origin = SYSTEM_ADDRESS;
    environment.gas_price = environment.base_fee;
    struct overlay_host host;
    overlay_host_init(&host, overlay, context);
    const struct evm_run setting = {
        .host = &host.host,
        .environment = &environment,
        .rules = rules,
        .relocations = context->relocations,
        .relocation_count = context->relocation_count,
    };
    const struct evm_message message = {
        .kind = EVM_CALL,
        .gas = SYSTEM_CALL_GAS,
        .caller = SYSTEM_ADDRESS,
        .target = *to,
        .code_of = *to,
        .input = input,
    };
    overlay_begin(overlay, overlay_rules_of(rules));
    struct evm_result result = evm_execute(executor->evm, &setting, &message);
    overlay_end(overlay);
    return result;
}
