#include "chain/uncles.h"

#include "chain/block_store.h"
#include "chain/validate.h"
#include "chain/verdict.h"

/* A block's family: what its uncles are measured by. */
struct family {
    size_t generations;
    hash32 hashes[UNCLE_GENERATIONS];
    struct header headers[UNCLE_GENERATIONS]; /* [0] is the parent */
    struct arena arena;                       /* the headers' extra data */
    VEC(hash32) taken;                        /* uncles included before */
};

static loft_err add_generation(struct family *family, struct store_txn *txn,
                               const struct block_id *id)
{
    struct block block;
    TRY(block_store_read_block(txn, &family->arena, &block, id));
    family->headers[family->generations] = block.header;
    family->hashes[family->generations++] = id->hash;
    for (size_t i = 0; i < block.uncle_count; i++)
        VEC_PUSH(&family->taken, header_hash(&block.uncles[i]));
    return LOFT_OK;
}

static loft_err read_family(struct family *family, struct store_txn *txn,
                            const struct header *header)
{
    struct block_id id = {header->number - 1, header->parent_hash};
    for (int i = 0; i < UNCLE_GENERATIONS; i++) {
        TRY(add_generation(family, txn, &id));
        if (id.number == 0)
            return LOFT_OK;
        id.hash = family->headers[i].parent_hash;
        id.number--;
    }
    return LOFT_OK;
}

/* The generation of a block: 0 for the parent; UNCLE_GENERATIONS for none. */
static size_t generation_of(const struct family *family, const hash32 *hash)
{
    for (size_t i = 0; i < family->generations; i++)
        if (hash32_equal(&family->hashes[i], hash))
            return i;
    return UNCLE_GENERATIONS;
}

static bool is_taken(const struct family *family, const hash32 *hash)
{
    VEC_FOR_EACH (taken, &family->taken)
        if (hash32_equal(taken, hash))
            return true;
    return false;
}

static enum block_verdict judge_uncle(struct family *family,
                                      const struct chain_config *config,
                                      const struct header *uncle)
{
    hash32 hash = header_hash(uncle);
    size_t parent = generation_of(family, &uncle->parent_hash);
    if (is_taken(family, &hash))
        return block_refuse(BLOCK_BAD_UNCLES, "an uncle is included twice");
    VEC_PUSH(&family->taken, hash);
    if (generation_of(family, &hash) != UNCLE_GENERATIONS)
        return block_refuse(BLOCK_BAD_UNCLES, "an uncle is an ancestor");
    if (parent == UNCLE_GENERATIONS)
        return block_refuse(BLOCK_BAD_UNCLES,
                            "an uncle's parent is no recent ancestor");
    if (parent == 0)
        return block_refuse(BLOCK_BAD_UNCLES, "an uncle is a sibling");
    enum chain_fork fork = chain_fork_at(config, uncle->number,
                                         uncle->timestamp, false);
    return header_validate(config, fork, uncle, &family->headers[parent]);
}

static enum block_verdict judge(struct family *family,
                                const struct chain_config *config,
                                const struct block *block)
{
    for (size_t i = 0; i < block->uncle_count; i++) {
        enum block_verdict verdict = judge_uncle(family, config,
                                                 &block->uncles[i]);
        if (verdict != BLOCK_OK) {
            (void)err_in(LOFT_ERR_REFUSED, "uncle %zu", i);
            return verdict;
        }
    }
    return BLOCK_OK;
}

loft_err uncles_validate(enum block_verdict *verdict, struct store_txn *txn,
                         const struct chain_config *config,
                         const struct block *block)
{
    *verdict = BLOCK_OK;
    if (!block->uncle_count)
        return LOFT_OK;
    if (block->uncle_count > UNCLES_MAX) {
        *verdict = block_refuse(BLOCK_BAD_UNCLES, "%zu, at most %d",
                                block->uncle_count, UNCLES_MAX);
        return LOFT_OK;
    }
    struct family family = {0};
    arena_init(&family.arena);
    loft_err err = read_family(&family, txn, &block->header);
    if (err == LOFT_OK)
        *verdict = judge(&family, config, block);
    VEC_FREE(&family.taken);
    arena_fini(&family.arena);
    return err;
}
