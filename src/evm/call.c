#include "evm/call.h"

#include "evm/creation.h"
#include "evm/gas.h"
#include "evm/interpreter.h"
#include "evm/precompile.h"

/* The code that runs when `who` is called. */
struct callee {
    address who; /* whose code it is in the end */
    bytes code;
    bool delegated; /* EIP-7702 */
};

static struct callee find_callee(struct evm *evm, const address *who)
{
    struct evm_host *host = evm->host;
    struct callee callee = {.who = *who, .code = host->ops->code(host, who)};
    if (evm->rules >= EVM_PRAGUE &&
        evm_read_delegation(&callee.who, callee.code)) {
        callee.delegated = true;
        callee.code = host->ops->code(host, &callee.who);
    }
    return callee;
}

static struct evm_result result_of(const struct frame *frame)
{
    return (struct evm_result){
        .status = frame->status,
        .why = frame->why,
        .gas_left = frame->gas,
        .gas_refund = frame->refund,
        .output = buffer_bytes(&frame->evm->return_data),
        .created = frame->message.target,
        .offered_len = frame->output.len,
    };
}

static void set_return_data(struct evm *evm, bytes data)
{
    evm->return_data.len = 0;
    buffer_put_bytes(&evm->return_data, data);
}

static void tell_end(struct frame *frame)
{
    struct evm_tracer *tracer = frame->evm->tracer;
    if (LIKELY(!tracer || !tracer->leave))
        return;
    struct evm_result result = result_of(frame);
    tracer->leave(tracer, &frame->message, &result);
}

/* All but the machine's own parts of a frame, made new. */
static struct frame *begin_frame(struct evm *evm,
                                 const struct evm_message *message)
{
    struct frame *frame = &evm->frames[message->depth];
    frame->message = *message;
    frame->gas = message->gas;
    frame->refund = 0;
    frame->status = EVM_STOPPED;
    frame->why = EVM_NONE;
    frame->output = BYTES_EMPTY;
    frame->analysed = NULL;
    frame->jumpdests = NULL;
    frame->evm = evm;
    evm->return_data.len = 0;
    if (UNLIKELY(evm->tracer && evm->tracer->enter))
        evm->tracer->enter(evm->tracer, &frame->message);
    return frame;
}

static void prepare_to_run(struct frame *frame, bytes code, bytes input)
{
    struct evm *evm = frame->evm;
    const struct frame *below = frame - 1;
    frame->code = code;
    frame->input = input;
    frame->memory = frame->message.depth == 0
                        ? evm->memory
                        : below->memory + below->memory_size;
    frame->memory_size = 0;
    frame->memory_words = 0;
    frame->stack = (u256 *)(void *)(evm->stacks +
                                    EVM_STACK_STRIDE * frame->message.depth);
    frame->sp = frame->stack;
    interpreter_begin(frame);
}

static void fail(struct frame *frame, enum evm_exception why)
{
    frame->status = EVM_EXCEPTION;
    frame->why = why;
    frame->gas = 0;
}

static void undo(struct frame *frame)
{
    struct evm_host *host = frame->evm->host;
    host->ops->revert(host, frame->snapshot);
}

static bool moves_value(enum evm_kind kind)
{
    return kind != EVM_DELEGATECALL && kind != EVM_CALLCODE;
}

/* Also touches the target, which creates it before EIP-161. */
static void move_value(struct frame *frame)
{
    struct evm_host *host = frame->evm->host;
    const struct evm_message *message = &frame->message;
    if (moves_value(message->kind))
        host->ops->transfer(host, &message->caller, &message->target,
                            message->value);
}

/* *which is the address at which the rules have the precompile that is found
 * at `who`. */
static bool find_precompile(const struct evm *evm, address *which,
                            const address *who)
{
    bool is_gone = false;
    for (size_t i = evm->relocation_count; i-- > 0;) {
        const struct evm_relocation *one = &evm->relocations[i];
        is_gone |= address_equal(&one->from, who);
        if (one->has_to && address_equal(&one->to, who)) {
            *which = one->from;
            return true;
        }
    }
    *which = *who;
    return !is_gone && evm_is_precompile(evm->rules, who);
}

static void run_precompile(struct frame *frame, const address *which)
{
    struct evm *evm = frame->evm;
    struct precompile_result result = precompile_run(
        evm->rules, which, frame->gas, frame->message.input, &evm->return_data);
    frame->gas = result.gas_left;
    if (result.why != EVM_NONE) {
        evm->return_data.len = 0;
        fail(frame, result.why);
        undo(frame);
    }
}

static bool begin_call(struct evm *evm, const struct evm_message *message,
                       const struct callee *callee)
{
    struct evm_host *host = evm->host;
    struct frame *frame = begin_frame(evm, message);
    address which;
    bool precompile = !callee->delegated &&
                      find_precompile(evm, &which, &message->code_of);
    if (precompile || callee->code.len > 0)
        frame->snapshot = host->ops->snapshot(host);
    move_value(frame);
    if (precompile) {
        run_precompile(frame, &which);
    } else if (callee->code.len > 0) {
        hash32 hash = host->ops->code_hash(host, &callee->who);
        frame->analysed = code_cache_take(&evm->cache, &hash, evm->rules);
        frame->jumpdests = frame->analysed->jumpdests;
        prepare_to_run(frame, callee->code, message->input);
        return true;
    }
    tell_end(frame);
    return false;
}

static bool begin_create(struct evm *evm, const struct evm_message *message)
{
    struct evm_host *host = evm->host;
    struct frame *frame = begin_frame(evm, message);
    const address *created = &frame->message.target;
    if (evm->rules >= EVM_BERLIN)
        host->ops->access_account(host, created);
    if (creation_collides(host, created)) {
        fail(frame, EVM_ADDRESS_COLLISION);
        tell_end(frame);
        return false;
    }
    frame->snapshot = host->ops->snapshot(host);
    host->ops->create(host, created);
    if (evm->rules >= EVM_SPURIOUS) /* EIP-161 */
        host->ops->set_nonce(host, created, 1);
    move_value(frame);
    prepare_to_run(frame, message->input, BYTES_EMPTY);
    return true;
}

static bool creates(enum evm_kind kind)
{
    return kind == EVM_CREATE || kind == EVM_CREATE2;
}

/* A message from outside: its sender's nonce has moved on already. */
static bool begin_create_outside(struct evm *evm,
                                 const struct evm_message *message)
{
    struct evm_message create = *message;
    uint64_t nonce = evm->host->ops->nonce(evm->host, &message->caller);
    create.target = creation_address(&create, nonce ? nonce - 1 : 0);
    return begin_create(evm, &create);
}

bool call_begin(struct evm *evm, const struct evm_message *message)
{
    struct evm_host *host = evm->host;
    if (moves_value(message->kind) &&
        u256_less(host->ops->balance(host, &message->caller), message->value)) {
        struct frame *frame = begin_frame(evm, message);
        fail(frame, EVM_INSUFFICIENT_BALANCE);
        tell_end(frame);
        return false;
    }
    if (creates(message->kind))
        return begin_create_outside(evm, message);
    struct callee callee = find_callee(evm, &message->code_of);
    if (callee.delegated)
        host->ops->access_account(host, &callee.who);
    return begin_call(evm, message, &callee);
}

/* Keeps the code that init code has returned. */
static uint64_t code_bytes_max(const struct evm *evm)
{
    uint64_t chosen = evm->environment->code_bytes_max;
    return chosen ? chosen : EVM_CODE_BYTES_MAX;
}

static enum evm_exception deposit_code(struct frame *frame)
{
    struct evm *evm = frame->evm;
    bytes code = frame->output;
    if (evm->rules >= EVM_LONDON && code.len && code.at[0] == 0xef)
        return EVM_CODE_BEGINS_WITH_EF; /* EIP-3541 */
    if (!frame_charge(frame, code.len * GAS_CODE_BYTE)) {
        /* Until EIP-2 the creation succeeded all the same, without code. */
        return evm->rules >= EVM_HOMESTEAD ? EVM_CODE_DEPOSIT : EVM_NONE;
    }
    if (evm->rules >= EVM_SPURIOUS && code.len > code_bytes_max(evm))
        return EVM_CODE_TOO_LARGE; /* EIP-170 */
    evm->host->ops->set_code(evm->host, &frame->message.target, code);
    return EVM_NONE;
}

void call_end(struct frame *frame)
{
    struct evm *evm = frame->evm;
    if (frame->status == EVM_STOPPED && creates(frame->message.kind)) {
        enum evm_exception why = deposit_code(frame);
        if (why != EVM_NONE)
            fail(frame, why);
    }
    if (frame->status == EVM_EXCEPTION)
        frame->gas = 0;
    if (frame->status != EVM_STOPPED) {
        frame->refund = 0;
        undo(frame);
    }
    interpreter_end(frame);
    if (frame->analysed)
        code_cache_release(&evm->cache, frame->analysed);
    set_return_data(evm, frame->status == EVM_EXCEPTION ? BYTES_EMPTY
                                                        : frame->output);
    if (evm->memory_clean > frame->memory)
        evm->memory_clean = frame->memory;
    tell_end(frame);
}

void call_deliver(struct frame *frame)
{
    struct evm *evm = frame->evm;
    struct frame *parent = frame - 1;
    bool stopped = frame->status == EVM_STOPPED;
    parent->gas += frame->gas;
    parent->heated_at -= frame->message.gas - frame->gas; /* not its own */
    parent->refund += frame->refund;
    if (creates(frame->message.kind)) {
        *parent->answer = stopped ? u256_from_address(&frame->message.target)
                                  : U256_ZERO;
        if (frame->status != EVM_REVERTED)
            evm->return_data.len = 0;
        return;
    }
    *parent->answer = u256_from(stopped);
    bytes data = buffer_bytes(&evm->return_data);
    size_t len = data.len < frame->answer_len ? data.len : frame->answer_len;
    if (len)
        memcpy(parent->memory + frame->answer_at, data.at, len);
}

static void tell_refusal(struct evm *evm, const struct evm_message *message,
                         enum evm_exception why)
{
    struct evm_tracer *tracer = evm->tracer;
    const struct evm_result result = {
        .status = EVM_EXCEPTION, .why = why, .gas_left = message->gas};
    if (tracer && tracer->enter)
        tracer->enter(tracer, message);
    if (tracer && tracer->leave)
        tracer->leave(tracer, message, &result);
}

/* A message that does not begin. The instruction is over and has moved
 * nothing: the result is zero, and the gas given along comes back. */
static enum call_exit refuse(struct frame *frame,
                             const struct evm_message *message,
                             enum evm_exception why)
{
    struct evm *evm = frame->evm;
    evm->return_data.len = 0;
    *frame->answer = U256_ZERO;
    if (UNLIKELY(evm->tracer))
        tell_refusal(evm, message, why);
    frame->gas += message->gas;
    return CALL_ENDED;
}

/* Why a message with this value cannot be sent at all. */
static enum evm_exception obstacle(const struct frame *frame, const u256 *value)
{
    struct evm_host *host = frame->evm->host;
    if (frame->message.depth == EVM_DEPTH_MAX)
        return EVM_CALL_DEPTH;
    bool can_pay = u256_is_zero(*value) ||
                   !u256_less(host->ops->balance(host, &frame->message.target),
                              *value);
    return can_pay ? EVM_NONE : EVM_INSUFFICIENT_BALANCE;
}

static enum call_exit throw(struct frame * frame, enum evm_exception why) {
    frame->why = why; return CALL_FAILED;
}

static enum call_exit entered_or_ended(struct frame *frame, bool entered)
{
    if (entered)
        return CALL_ENTERED;
    call_deliver(frame + 1);
    return CALL_ENDED;
}

struct call_operands {
    u256 gas, value;
    address to;
    const u256 *input_at, *input_len, *answer_at, *answer_len;
};

static struct call_operands read_operands(const u256 *sp, enum evm_kind kind)
{
    bool has_value = kind == EVM_CALL || kind == EVM_CALLCODE;
    const u256 *rest = has_value ? sp - 3 : sp - 2;
    return (struct call_operands){
        .gas = sp[0],
        .to = u256_to_address(sp[-1]),
        .value = has_value ? sp[-2] : U256_ZERO,
        .input_at = rest,
        .input_len = rest - 1,
        .answer_at = rest - 2,
        .answer_len = rest - 3,
    };
}

/* EIP-161: an account that is not alive and gets something; before it, one
 * that does not exist. */
static bool makes_account(struct evm *evm, const struct call_operands *call)
{
    struct evm_host *host = evm->host;
    if (evm->rules < EVM_SPURIOUS)
        return !host->ops->exists(host, &call->to);
    return !u256_is_zero(call->value) && host->ops->is_empty(host, &call->to);
}

static bool charge_access(struct frame *frame, const struct call_operands *call,
                          struct callee *callee)
{
    if (!frame_access_account(frame, &call->to))
        return false;
    *callee = find_callee(frame->evm, &call->to);
    /* EIP-7702: the delegation's target is paid for as well. */
    return !callee->delegated || (frame_charge(frame, GAS_WARM) &&
                                  frame_access_account(frame, &callee->who));
}

/* What the call itself costs, beyond what it gives along. */
static bool charge_call(struct frame *frame, const struct call_operands *call,
                        enum evm_kind kind, struct callee *callee)
{
    if (!frame_reach(frame, call->input_at, call->input_len) ||
        !frame_reach(frame, call->answer_at, call->answer_len) ||
        !charge_access(frame, call, callee))
        return false;
    if (kind == EVM_CALL && makes_account(frame->evm, call) &&
        !frame_charge(frame, GAS_NEW_ACCOUNT))
        return false;
    return u256_is_zero(call->value) || frame_charge(frame, GAS_CALL_VALUE);
}

bool call_pay(struct frame *frame, const u256 *sp, enum evm_kind kind)
{
    struct call_operands call = read_operands(sp, kind);
    struct callee callee;
    return charge_call(frame, &call, kind, &callee);
}

bool call_take_gas(struct frame *frame, const u256 *asked, int64_t *given)
{
    uint64_t gas = u256_clamp_u64(*asked);
    uint64_t most = (uint64_t)(frame->gas - frame->gas / 64);
    if (frame->evm->rules >= EVM_TANGERINE && gas > most) {
        evm_note_gas(frame->evm);
        gas = most;
    }
    *given = (int64_t)gas;
    return frame_charge(frame, gas);
}

static struct evm_message call_message(const struct frame *frame,
                                       const struct call_operands *call,
                                       enum evm_kind kind, int64_t gas)
{
    const struct evm_message *own = &frame->message;
    bool keeps_target = kind == EVM_CALLCODE || kind == EVM_DELEGATECALL;
    bool delegates = kind == EVM_DELEGATECALL;
    return (struct evm_message){
        .kind = kind,
        .is_static = own->is_static || kind == EVM_STATICCALL,
        .depth = own->depth + 1,
        .gas = gas,
        .caller = delegates ? own->caller : own->target,
        .target = keeps_target ? own->target : call->to,
        .code_of = call->to,
        .value = delegates ? own->value : call->value,
        .input = {frame_memory(frame, call->input_at, call->input_len),
                  call->input_len->limb[0]},
    };
}

enum call_exit call_from(struct frame *frame, const u256 *sp,
                         enum evm_kind kind)
{
    struct call_operands call = read_operands(sp, kind);
    struct callee callee;
    int64_t gas;
    if (kind == EVM_CALL && frame->message.is_static &&
        !u256_is_zero(call.value))
        return throw(frame, EVM_STATIC_VIOLATION);
    if (!charge_call(frame, &call, kind, &callee) ||
        !call_take_gas(frame, &call.gas, &gas))
        return throw(frame, EVM_OUT_OF_GAS);
    if (!u256_is_zero(call.value))
        gas += GAS_CALL_STIPEND;
    struct evm_message message = call_message(frame, &call, kind, gas);
    enum evm_exception why = obstacle(frame, &call.value);
    if (why != EVM_NONE)
        return refuse(frame, &message, why);
    frame[1].answer_at = call.answer_at->limb[0];
    frame[1].answer_len = call.answer_len->limb[0];
    return entered_or_ended(frame, begin_call(frame->evm, &message, &callee));
}

/* Init code's size is limited and paid for (EIP-3860), and for CREATE2 its
 * hash is. */
enum evm_exception call_create_pay(struct frame *frame, const u256 *sp,
                                   enum evm_kind kind)
{
    const u256 *offset = &sp[-1], *len = &sp[-2];
    uint64_t gas_word = kind == EVM_CREATE2 ? GAS_KECCAK_WORD : 0;
    if (frame->evm->rules >= EVM_SHANGHAI) {
        if (u256_clamp_u64(*len) > 2 * code_bytes_max(frame->evm))
            return EVM_INITCODE_TOO_LARGE;
        gas_word += GAS_INITCODE_WORD;
    }
    if (!frame_reach(frame, offset, len) ||
        !frame_charge(frame, (len->limb[0] + 31) / 32 * gas_word))
        return EVM_OUT_OF_GAS;
    return EVM_NONE;
}

enum call_exit call_create_from(struct frame *frame, const u256 *sp,
                                enum evm_kind kind)
{
    struct evm_host *host = frame->evm->host;
    const address *self = &frame->message.target;
    const u256 *value = &sp[0], *offset = &sp[-1], *len = &sp[-2];
    if (frame->message.is_static)
        return throw(frame, EVM_STATIC_VIOLATION);
    enum evm_exception why = call_create_pay(frame, sp, kind);
    if (why != EVM_NONE)
        return throw(frame, why);

    struct evm_message message = {
        .kind = kind,
        .depth = frame->message.depth + 1,
        .caller = *self,
        .value = *value,
        .input = {frame_memory(frame, offset, len), len->limb[0]},
    };
    if (kind == EVM_CREATE2)
        message.salt = u256_to_hash(sp[-3]);
    const u256 all = u256_from((uint64_t)frame->gas);
    evm_note_gas(frame->evm);
    if (!call_take_gas(frame, &all, &message.gas))
        return throw(frame, EVM_OUT_OF_GAS);
    uint64_t nonce = host->ops->nonce(host, self);
    message.target = creation_address(&message, nonce);
    why = obstacle(frame, value);
    if (why == EVM_NONE && nonce == UINT64_MAX)
        why = EVM_NONCE_OVERFLOW;
    if (why != EVM_NONE)
        return refuse(frame, &message, why);
    host->ops->set_nonce(host, self, nonce + 1);
    return entered_or_ended(frame, begin_create(frame->evm, &message));
}
