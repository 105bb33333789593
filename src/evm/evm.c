#include "evm/evm.h"

#include <stdlib.h>
#include <sys/mman.h>

#include "base/assert.h"
#include "base/memory.h"
#include "evm/call.h"
#include "evm/interpreter.h"

/* What a quiet EVM keeps of its memory. */
#define MEMORY_KEPT_BYTES (UINT64_C(4) << 20)

static void *reserve(uint64_t size)
{
    void *at = mmap(NULL, size, PROT_READ | PROT_WRITE,
                    MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    return at == MAP_FAILED ? NULL : at;
}

/* Address space, not memory: pages come as frames grow. Where not even that
 * is to be had, less will do for all but the greediest. */
static void reserve_memory(struct evm *evm)
{
    evm->memory_reserved = EVM_MEMORY_BYTES_MAX;
    while (!(evm->memory = reserve(evm->memory_reserved))) {
        evm->memory_reserved /= 2;
        ASSERT(evm->memory_reserved >= MEMORY_KEPT_BYTES);
    }
    evm->memory_clean = evm->memory_dirty = evm->memory;
}

#define STACKS_SIZE ((EVM_DEPTH_MAX + 2) * EVM_STACK_STRIDE)

/* One stride more than there are stacks, to begin at a multiple of it. */
static void reserve_stacks(struct evm *evm)
{
    evm->stacks_reserved = reserve(STACKS_SIZE);
    ASSERT(evm->stacks_reserved);
    uintptr_t up = -(uintptr_t)evm->stacks_reserved & (EVM_STACK_STRIDE - 1);
    evm->stacks = evm->stacks_reserved + up;
}

struct evm *evm_new(void)
{
    struct evm *evm = MEMORY_NEW(struct evm);
    reserve_memory(evm);
    reserve_stacks(evm);
    evm->frames = memory_zalloc((EVM_DEPTH_MAX + 1) * sizeof *evm->frames);
    code_cache_init(&evm->cache);
    evm->translator = translator_new();
    interpreter_choose_default(evm);
    return evm;
}

void evm_free(struct evm *evm)
{
    if (!evm)
        return;
    for (int depth = 0; depth <= EVM_DEPTH_MAX; depth++)
        buffer_free(&evm->frames[depth].own_jumpdests);
    free(evm->frames);
    munmap(evm->memory, evm->memory_reserved);
    munmap(evm->stacks_reserved, STACKS_SIZE);
    buffer_free(&evm->return_data);
    code_cache_fini(&evm->cache);
    translator_free(evm->translator);
    free(evm);
}

static const atomic_bool NEVER;

/* Ends all frames, from the top one on; what they did is undone. */
static void abandon(struct evm *evm, struct frame *top)
{
    for (struct frame *frame = top; frame >= evm->frames; frame--) {
        frame->status = EVM_EXCEPTION;
        frame->why = EVM_OUT_OF_GAS;
        call_end(frame);
    }
}

static void run_frames(struct evm *evm)
{
    struct frame *frame = evm->frames;
    for (;;) {
        if (evm_must_end(evm)) {
            abandon(evm, frame);
            return;
        }
        switch (interpreter_run(frame)) {
        case LOOP_CALLED:
            frame++;
            break;
        case LOOP_CHANGE:
            break;
        case LOOP_DONE:
            call_end(frame);
            if (frame == evm->frames)
                return;
            call_deliver(frame);
            frame--;
            break;
        }
    }
}

/* Gives back what a greedy run has used; it reads as zeros from then on. */
static void trim_memory(struct evm *evm)
{
    uint8_t *kept = evm->memory + MEMORY_KEPT_BYTES;
    if (evm->memory_dirty <= kept)
        return;
    madvise(kept, (size_t)(evm->memory_dirty - kept), MADV_DONTNEED);
    evm->memory_dirty = kept;
    if (evm->memory_clean > kept)
        evm->memory_clean = kept;
}

static struct evm_result result_of(struct evm *evm)
{
    const struct frame *frame = evm->frames;
    struct evm_result result = {
        .status = frame->status,
        .why = frame->why,
        .gas_left = frame->gas,
        .gas_refund = frame->refund,
        .output = buffer_bytes(&evm->return_data),
        .created = frame->message.target,
    };
    if (evm->host->failed || evm_must_end(evm))
        result = (struct evm_result){.status = EVM_HOST_FAILED};
    return result;
}

struct evm_result evm_execute(struct evm *evm, const struct evm_run *run,
                              const struct evm_message *message)
{
    ASSERT(message->depth == 0 && message->gas >= 0);
    evm->host = run->host;
    evm->environment = run->environment;
    evm->rules = run->rules;
    evm->tracer = run->tracer;
    evm->saw_gas = false;
    evm->stop = run->is_trial ? &evm->saw_gas : run->stop ? run->stop : &NEVER;
    evm->relocations = run->relocations;
    evm->relocation_count = run->relocation_count;
    evm->is_stepped = run->tracer && (run->tracer->step || run->tracer->fault);
    evm->refund_before = run->refund;
    evm->instructions = instructions_of(run->rules);
    if (call_begin(evm, message))
        run_frames(evm);
    trim_memory(evm);
    return result_of(evm);
}

const char *evm_exception_text(enum evm_exception why)
{
    static const char *const texts[] = {
#define X(name, text) text,
        EVM_EXCEPTIONS(X)
#undef X
    };
    return why < ARRAY_LEN(texts) ? texts[why] : "unknown";
}

bool evm_read_delegation(address *target, bytes code)
{
    static const uint8_t marker[3] = {0xef, 0x01, 0x00};
    if (code.len != sizeof marker + sizeof target->at ||
        memcmp(code.at, marker, sizeof marker) != 0)
        return false;
    memcpy(target->at, code.at + sizeof marker, sizeof target->at);
    return true;
}
