#include <stdlib.h>

#include "base/memory.h"
#include "evm/emit.h"
#include "evm/frame.h"

struct translator {
    struct block block;
    struct emitter *emitter;
    struct emission out;
    VEC(uint32_t) entries; /* as in struct translation */
};

#define BLOCK_WORDS 3
#define GO_WORDS 2

struct translator *translator_new(void)
{
    struct translator *translator = MEMORY_NEW(struct translator);
    translator->emitter = emitter_new();
    return translator;
}

void translator_free(struct translator *translator)
{
    if (!translator)
        return;
    emitter_free(translator->emitter);
    VEC_FREE(&translator->out.words);
    VEC_FREE(&translator->out.fixups);
    VEC_FREE(&translator->entries);
    free(translator);
}

/* The block's demands on the stack, as BLOCK compares them: need, and how
 * much more than it there may be. */
static uint64_t stack_word(const struct block *block)
{
    int slack = EVM_STACK_ITEMS - block->growth - block->need;
    if (slack < 0)
        return UINT32_MAX; /* no height passes */
    return (uint64_t)block->need * sizeof(u256) | (uint64_t)slack * sizeof(u256)
                                                      << 32;
}

static void write_block_start(struct translator *t, size_t at, uint32_t gas,
                              size_t pc, uint64_t stack)
{
    uint64_t *words = t->out.words.at + at;
    words[0] = t->out.handlers[HANDLER_BLOCK];
    words[1] = word_of_halves(gas, pc);
    words[2] = stack;
}

static void skip_words(struct translator *t, size_t count)
{
    for (size_t i = 0; i < count; i++)
        VEC_PUSH(&t->out.words, 0);
}

static void enter(struct translator *t, bytes code, size_t pc)
{
    if (pc < code.len && code.at[pc] == OP_JUMPDEST)
        t->entries.at[pc] = (uint32_t)t->out.words.len;
}

/* JUMPDESTs in a row: each but the last is entered by itself, pays for those
 * that follow it, and goes on behind the last one's start. */
static void begin_run(struct translator *t, bytes code, size_t pc, size_t last)
{
    for (; pc < last; pc++) {
        enter(t, code, pc);
        skip_words(t, BLOCK_WORDS);
        VEC_PUSH(&t->out.words, t->out.handlers[HANDLER_GO]);
        const struct fixup fixup = {.word = (uint32_t)t->out.words.len,
                                    .pc = last,
                                    .behind_start = true};
        VEC_PUSH(&t->out.fixups, fixup);
        skip_words(t, 1);
    }
}

static void end_run(struct translator *t, size_t pc, size_t last, size_t at)
{
    for (; pc < last; pc++) {
        write_block_start(t, at, t->block.gas + (uint32_t)(last - pc), pc,
                          stack_word(&t->block));
        at += BLOCK_WORDS + GO_WORDS;
    }
}

static size_t end_of_run(bytes code, size_t pc)
{
    while (pc + 1 < code.len && code.at[pc] == OP_JUMPDEST &&
           code.at[pc + 1] == OP_JUMPDEST)
        pc++;
    return pc;
}

/* Returns where the code goes on. */
static size_t translate_block(struct translator *t, bytes code, size_t pc,
                              const struct instruction *instructions)
{
    size_t run_at = t->out.words.len, last = end_of_run(code, pc);
    begin_run(t, code, pc, last);
    size_t at = t->out.words.len;
    enter(t, code, last);
    skip_words(t, BLOCK_WORDS);
    block_read(&t->block, code, last, instructions);
    write_block_start(t, at, t->block.gas, last, stack_word(&t->block));
    end_run(t, pc, last, run_at);
    emit_block(t->emitter, &t->out, &t->block);
    return t->block.next_pc;
}

/* Nothing but a jump gets to what follows. */
static size_t skip_dead(bytes code, size_t pc)
{
    while (pc < code.len && code.at[pc] != OP_JUMPDEST)
        pc += 1 + instruction_immediate(code.at[pc]);
    return pc;
}

static void translate_blocks(struct translator *t, bytes code,
                             const struct instruction *instructions)
{
    size_t pc = 0;
    for (;;) {
        pc = translate_block(t, code, pc, instructions);
        if (t->block.end != BLOCK_STOPS && t->block.end != BLOCK_JUMPS)
            continue;
        pc = skip_dead(code, pc);
        if (pc >= code.len)
            return;
    }
}

static uint64_t pointer(const uint64_t *word)
{
    return (uint64_t)(uintptr_t)word;
}

static void fix_up(const struct translator *t, uint64_t *words)
{
    VEC_FOR_EACH (fixup, &t->out.fixups) {
        uint32_t entry = fixup->pc < t->entries.len ? t->entries.at[fixup->pc]
                                                    : 0;
        words[fixup->word] = pointer(words + entry +
                                     (fixup->behind_start ? BLOCK_WORDS : 0));
    }
}

static struct translation *finish(const struct translator *t)
{
    size_t entries_size = (t->entries.len * sizeof(uint32_t) + 7) / 8 * 8;
    size_t words_size = t->out.words.len * sizeof(uint64_t);
    size_t size = sizeof(struct translation) + words_size + entries_size;
    struct translation *translation = memory_alloc(size);
    uint64_t *words = (uint64_t *)(void *)(translation + 1);
    uint32_t *entries = (uint32_t *)(void *)(words + t->out.words.len);
    memcpy(words, t->out.words.at, words_size);
    if (t->entries.len)
        memcpy(entries, t->entries.at, t->entries.len * sizeof *entries);
    fix_up(t, words);
    *translation = (struct translation){.size = size,
                                        .start = words + BLOCK_WORDS + 1,
                                        .entries = entries,
                                        .words = words};
    return translation;
}

/* Entry 0, where jumps go that have nowhere to go: a block like others, whose
 * check passes. */
static void begin_bad_jump(struct translator *t)
{
    skip_words(t, BLOCK_WORDS);
    write_block_start(t, 0, 0, 0,
                      word_of_halves(0, EVM_STACK_ITEMS * sizeof(u256)));
    VEC_PUSH(&t->out.words, t->out.handlers[HANDLER_BAD_JUMP]);
}

struct translation *translate(struct translator *t, bytes code,
                              const struct instruction *instructions,
                              const uint64_t *handlers)
{
    t->out.handlers = handlers;
    t->out.words.len = t->out.fixups.len = t->entries.len = 0;
    VEC_RESERVE(&t->entries, code.len);
    t->entries.len = code.len;
    if (code.len)
        memset(t->entries.at, 0, code.len * sizeof *t->entries.at);
    begin_bad_jump(t);
    translate_blocks(t, code, instructions);
    return finish(t);
}
