#include "evm/operations.h"

#include "crypto/keccak.h"
#include "evm/gas.h"
#include "evm/sstore.h"

static uint64_t words_of(const u256 *len)
{
    return (len->limb[0] + 31) / 32;
}

/* Memory for len bytes at offset, and a price for each word of them. */
static bool reach_words(struct frame *frame, const u256 *offset,
                        const u256 *len, uint64_t gas_word)
{
    return frame_reach(frame, offset, len) &&
           frame_charge(frame, words_of(len) * gas_word);
}

static enum evm_exception reach_at(struct frame *frame, uint64_t offset,
                                   uint64_t len)
{
    if (offset > EVM_MEMORY_BYTES_MAX)
        return EVM_OUT_OF_GAS;
    uint64_t size = (offset + len + 31) & ~UINT64_C(31);
    return size <= frame->memory_size || frame_grow(frame, size)
               ? EVM_NONE
               : EVM_OUT_OF_GAS;
}

enum evm_exception operation_reach_word(struct frame *frame, const u256 *offset)
{
    return reach_at(frame, u256_clamp_u64(*offset), 32);
}

enum evm_exception operation_reach_word_at(struct frame *frame, uint64_t offset)
{
    return reach_at(frame, offset, 32);
}

enum evm_exception operation_reach_byte(struct frame *frame, const u256 *offset)
{
    return reach_at(frame, u256_clamp_u64(*offset), 1);
}

enum evm_exception operation_exp(struct frame *frame, u256 *sp)
{
    /* EIP-160 */
    uint64_t gas_byte = frame->evm->rules >= EVM_SPURIOUS ? 50 : 10;
    uint64_t exponent_bytes = (u256_bits(sp[-1]) + 7) / 8;
    if (!frame_charge(frame, gas_byte * exponent_bytes))
        return EVM_OUT_OF_GAS;
    sp[-1] = u256_exp(sp[0], sp[-1]);
    return EVM_NONE;
}

static hash32 hash_memory(struct frame *frame, const uint8_t *at, size_t len)
{
    return len == PAIR_BYTES ? pair_hashes_find(&frame->evm->pair_hashes, at)
                             : keccak256(bytes_of(at, len));
}

enum evm_exception operation_keccak256(struct frame *frame, u256 *sp)
{
    if (!reach_words(frame, &sp[0], &sp[-1], GAS_KECCAK_WORD))
        return EVM_OUT_OF_GAS;
    const uint8_t *at = frame_memory(frame, &sp[0], &sp[-1]);
    hash32 hash = hash_memory(frame, at, sp[-1].limb[0]);
    if (evm_must_end(frame->evm))
        return EVM_OUT_OF_GAS;
    sp[-1] = u256_from_hash(&hash);
    return EVM_NONE;
}

enum evm_exception operation_balance(struct frame *frame, u256 *sp)
{
    struct evm_host *host = frame->evm->host;
    address who = u256_to_address(sp[0]);
    if (!frame_access_account(frame, &who))
        return EVM_OUT_OF_GAS;
    sp[0] = host->ops->balance(host, &who);
    return EVM_NONE;
}

enum evm_exception operation_selfbalance(struct frame *frame, u256 *sp)
{
    struct evm_host *host = frame->evm->host;
    sp[1] = host->ops->balance(host, &frame->message.target);
    return EVM_NONE;
}

/* Copies what `from` has from offset on, and zeros beyond its end. */
static void copy_padded(uint8_t *to, bytes from, const u256 *offset, size_t len)
{
    size_t skip = u256_clamp_u64(*offset);
    size_t have = skip < from.len ? from.len - skip : 0;
    if (have > len)
        have = len;
    if (have)
        memcpy(to, from.at + skip, have);
    if (len > have)
        memset(to + have, 0, len - have);
}

void operation_calldataload_end(const struct frame *frame, u256 *sp)
{
    uint8_t at[32];
    copy_padded(at, frame->input, sp, sizeof at);
    *sp = u256_load_be(at);
}

/* sp: to, from, length, as all the copying instructions have it. */
static enum evm_exception copy_to_memory(struct frame *frame, u256 *sp,
                                         bytes from)
{
    if (!reach_words(frame, &sp[0], &sp[-2], GAS_COPY_WORD))
        return EVM_OUT_OF_GAS;
    copy_padded(frame_memory(frame, &sp[0], &sp[-2]), from, &sp[-1],
                sp[-2].limb[0]);
    return EVM_NONE;
}

enum evm_exception operation_calldatacopy(struct frame *frame, u256 *sp)
{
    return copy_to_memory(frame, sp, frame->input);
}

enum evm_exception operation_codecopy(struct frame *frame, u256 *sp)
{
    return copy_to_memory(frame, sp, frame->code);
}

enum evm_exception operation_returndatacopy(struct frame *frame, u256 *sp)
{
    bytes data = buffer_bytes(&frame->evm->return_data);
    u256 end;
    if (u256_add_overflow(&end, sp[-1], sp[-2]) ||
        u256_clamp_u64(end) > data.len)
        return EVM_RETURNDATA_BOUNDS;
    return copy_to_memory(frame, sp, data);
}

enum evm_exception operation_mcopy(struct frame *frame, u256 *sp)
{
    const u256 *farther = u256_less(sp[0], sp[-1]) ? &sp[-1] : &sp[0];
    if (!reach_words(frame, farther, &sp[-2], GAS_COPY_WORD))
        return EVM_OUT_OF_GAS;
    memmove(frame_memory(frame, &sp[0], &sp[-2]),
            frame_memory(frame, &sp[-1], &sp[-2]), sp[-2].limb[0]);
    return EVM_NONE;
}

enum evm_exception operation_extcodesize(struct frame *frame, u256 *sp)
{
    struct evm_host *host = frame->evm->host;
    address who = u256_to_address(sp[0]);
    if (!frame_access_account(frame, &who))
        return EVM_OUT_OF_GAS;
    sp[0] = u256_from(host->ops->code(host, &who).len);
    return EVM_NONE;
}

enum evm_exception operation_extcodecopy(struct frame *frame, u256 *sp)
{
    struct evm_host *host = frame->evm->host;
    address who = u256_to_address(sp[0]);
    if (!reach_words(frame, &sp[-1], &sp[-3], GAS_COPY_WORD) ||
        !frame_access_account(frame, &who))
        return EVM_OUT_OF_GAS;
    copy_padded(frame_memory(frame, &sp[-1], &sp[-3]),
                host->ops->code(host, &who), &sp[-2], sp[-3].limb[0]);
    return EVM_NONE;
}

enum evm_exception operation_extcodehash(struct frame *frame, u256 *sp)
{
    struct evm_host *host = frame->evm->host;
    address who = u256_to_address(sp[0]);
    if (!frame_access_account(frame, &who))
        return EVM_OUT_OF_GAS;
    /* EIP-1052: "In case the account does not exist or is empty (as defined
     * by EIP-161) 0 is pushed to the stack." */
    hash32 hash = {{0}};
    if (!host->ops->is_empty(host, &who))
        hash = host->ops->code_hash(host, &who);
    sp[0] = u256_from_hash(&hash);
    return EVM_NONE;
}

enum evm_exception operation_blockhash(struct frame *frame, u256 *sp)
{
    struct evm *evm = frame->evm;
    uint64_t current = evm->environment->number;
    uint64_t wanted = u256_clamp_u64(sp[0]);
    hash32 hash = {{0}};
    if (wanted < current && current - wanted <= 256)
        hash = evm->host->ops->block_hash(evm->host, wanted);
    sp[0] = u256_from_hash(&hash);
    return EVM_NONE;
}

enum evm_exception operation_blobhash(struct frame *frame, u256 *sp)
{
    const struct evm_environment *environment = frame->evm->environment;
    uint64_t index = u256_clamp_u64(sp[0]);
    sp[0] = index < environment->blob_hash_count
                ? u256_from_hash(&environment->blob_hashes[index])
                : U256_ZERO;
    return EVM_NONE;
}

enum evm_exception operation_sload(struct frame *frame, u256 *sp)
{
    struct evm *evm = frame->evm;
    bool warm = true;
    const u256 key = sp[0];
    if (evm_must_end(evm))
        return EVM_OUT_OF_GAS;
    u256 value = evm->host->ops->load(evm->host, &frame->message.target, &key,
                                      &warm);
    if (!warm && evm->rules >= EVM_BERLIN &&
        !frame_charge(frame, GAS_COLD_SLOT - GAS_WARM))
        return EVM_OUT_OF_GAS;
    if (UNLIKELY(evm->tracer && evm->tracer->load))
        evm->tracer->load(evm->tracer, &frame->message.target, &key, &value);
    sp[0] = value;
    return EVM_NONE;
}

enum evm_exception operation_sstore(struct frame *frame, u256 *sp)
{
    struct evm *evm = frame->evm;
    if (frame->message.is_static)
        return EVM_STATIC_VIOLATION;
    if (evm_must_end(evm))
        return EVM_OUT_OF_GAS;
    /* EIP-2200: "If gasleft is less than or equal to gas stipend, fail the
     * current call frame with 'out of gas' exception." */
    if (evm->rules >= EVM_ISTANBUL && frame->gas <= GAS_CALL_STIPEND)
        return EVM_OUT_OF_GAS;
    struct evm_slot slot = evm->host->ops->store(
        evm->host, &frame->message.target, &sp[0], &sp[-1]);
    struct sstore_price price = sstore_price(evm->rules, &slot, &sp[-1]);
    if (!frame_charge(frame, price.gas))
        return EVM_OUT_OF_GAS;
    frame->refund += price.refund;
    if (UNLIKELY(evm->tracer && evm->tracer->store))
        evm->tracer->store(evm->tracer, &frame->message.target, &sp[0],
                           &sp[-1]);
    return EVM_NONE;
}

enum evm_exception operation_tload(struct frame *frame, u256 *sp)
{
    struct evm_host *host = frame->evm->host;
    sp[0] = host->ops->load_transient(host, &frame->message.target, &sp[0]);
    return EVM_NONE;
}

enum evm_exception operation_tstore(struct frame *frame, u256 *sp)
{
    struct evm_host *host = frame->evm->host;
    if (frame->message.is_static)
        return EVM_STATIC_VIOLATION;
    host->ops->store_transient(host, &frame->message.target, &sp[0], &sp[-1]);
    return EVM_NONE;
}

static enum evm_exception log_with(struct frame *frame, u256 *sp,
                                   unsigned topic_count)
{
    struct evm_host *host = frame->evm->host;
    hash32 topics[4];
    if (frame->message.is_static)
        return EVM_STATIC_VIOLATION;
    if (!frame_reach(frame, &sp[0], &sp[-1]) ||
        !frame_charge(frame, sp[-1].limb[0] * GAS_LOG_BYTE))
        return EVM_OUT_OF_GAS;
    for (unsigned i = 0; i < topic_count; i++)
        topics[i] = u256_to_hash(*(sp - 2 - i));
    const struct evm_log log = {
        .emitter = &frame->message.target,
        .topics = topics,
        .topic_count = topic_count,
        .data = {frame_memory(frame, &sp[0], &sp[-1]), sp[-1].limb[0]},
    };
    host->ops->log(host, &log);
    struct evm_tracer *tracer = frame->evm->tracer;
    if (UNLIKELY(tracer && tracer->log))
        tracer->log(tracer, &log);
    return EVM_NONE;
}

enum evm_exception operation_log0(struct frame *frame, u256 *sp)
{
    return log_with(frame, sp, 0);
}

enum evm_exception operation_log1(struct frame *frame, u256 *sp)
{
    return log_with(frame, sp, 1);
}

enum evm_exception operation_log2(struct frame *frame, u256 *sp)
{
    return log_with(frame, sp, 2);
}

enum evm_exception operation_log3(struct frame *frame, u256 *sp)
{
    return log_with(frame, sp, 3);
}

enum evm_exception operation_log4(struct frame *frame, u256 *sp)
{
    return log_with(frame, sp, 4);
}

enum evm_exception operation_return(struct frame *frame, u256 *sp)
{
    if (!frame_reach(frame, &sp[0], &sp[-1]))
        return EVM_OUT_OF_GAS;
    frame->output = bytes_of(frame_memory(frame, &sp[0], &sp[-1]),
                             sp[-1].limb[0]);
    return EVM_NONE;
}

/* EIP-150 charges for an heir that does not exist, EIP-161 for one that is
 * not alive and gets something. */
static bool heir_is_new(struct frame *frame, const address *heir)
{
    struct evm *evm = frame->evm;
    struct evm_host *host = evm->host;
    if (evm->rules < EVM_TANGERINE)
        return false;
    if (evm->rules < EVM_SPURIOUS)
        return !host->ops->exists(host, heir);
    return host->ops->is_empty(host, heir) &&
           !u256_is_zero(host->ops->balance(host, &frame->message.target));
}

static void tell_selfdestruct(const struct frame *frame, const address *heir)
{
    struct evm *evm = frame->evm;
    const address *who = &frame->message.target;
    if (LIKELY(!evm->tracer || !evm->tracer->selfdestruct))
        return;
    u256 balance = evm->host->ops->balance(evm->host, who);
    evm->tracer->selfdestruct(evm->tracer, who, heir, &balance);
}

enum evm_exception operation_selfdestruct(struct frame *frame, u256 *sp)
{
    struct evm *evm = frame->evm;
    address heir = u256_to_address(sp[0]);
    if (frame->message.is_static)
        return EVM_STATIC_VIOLATION;
    /* EIP-2929 charges the whole price here, there being no warm one. */
    if (evm->rules >= EVM_BERLIN &&
        !evm->host->ops->access_account(evm->host, &heir) &&
        !frame_charge(frame, GAS_COLD_ACCOUNT))
        return EVM_OUT_OF_GAS;
    if (heir_is_new(frame, &heir) && !frame_charge(frame, GAS_NEW_ACCOUNT))
        return EVM_OUT_OF_GAS;
    tell_selfdestruct(frame, &heir);
    bool again = evm->host->ops->selfdestruct(evm->host, &frame->message.target,
                                              &heir);
    if (!again && evm->rules < EVM_LONDON) /* EIP-3529 */
        frame->refund += GAS_SELFDESTRUCT_REFUND;
    return EVM_NONE;
}
