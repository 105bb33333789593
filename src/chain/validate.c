#include "chain/validate.h"

#include <inttypes.h>

#include "base/hex.h"
#include "chain/difficulty.h"
#include "chain/verdict.h"

#define GAS_LIMIT_BOUND_DIVISOR 1024
#define DAO_EXTRA_RANGE 10 /* blocks from the DAO's fork on */
#define DAO_EXTRA_DATA "dao-hard-fork"

enum header_fields fork_header_fields(enum chain_fork fork)
{
    if (fork >= FORK_PRAGUE)
        return HEADER_REQUESTS;
    if (fork >= FORK_CANCUN)
        return HEADER_BLOBS;
    if (fork >= FORK_SHANGHAI)
        return HEADER_WITHDRAWALS;
    return fork >= FORK_LONDON ? HEADER_BASE_FEE : HEADER_LEGACY;
}

/* A header under examination. */
struct question {
    const struct chain_config *config;
    enum chain_fork fork;
    const struct header *header;
    const struct header *parent;
};

static enum block_verdict check_fields(const struct question *q)
{
    static const char *const LAST[] = {
        [HEADER_LEGACY] = "nonce",
        [HEADER_BASE_FEE] = "baseFeePerGas",
        [HEADER_WITHDRAWALS] = "withdrawalsRoot",
        [HEADER_BLOBS] = "parentBeaconBlockRoot",
        [HEADER_REQUESTS] = "requestsHash",
    };
    enum header_fields want = fork_header_fields(q->fork);
    if (q->header->fields == want)
        return BLOCK_OK;
    return block_refuse(
        BLOCK_BAD_FIELDS, "the header ends with %s, one of %s ends with %s",
        LAST[q->header->fields], fork_name(q->fork), LAST[want]);
}

static enum block_verdict check_number(const struct question *q)
{
    if (q->header->number == q->parent->number + 1 && q->header->number)
        return BLOCK_OK;
    return block_refuse(BLOCK_BAD_NUMBER, "%" PRIu64 " after %" PRIu64,
                        q->header->number, q->parent->number);
}

static enum block_verdict check_timestamp(const struct question *q)
{
    if (q->header->timestamp > q->parent->timestamp)
        return BLOCK_OK;
    return block_refuse(BLOCK_BAD_TIMESTAMP, "%" PRIu64 " after %" PRIu64,
                        q->header->timestamp, q->parent->timestamp);
}

static enum block_verdict check_gas_limit(const struct question *q)
{
    uint64_t limit = q->header->gas_limit;
    uint64_t parent = parent_gas_limit(q->fork, q->parent);
    uint64_t distance = limit > parent ? limit - parent : parent - limit;
    if (limit < GAS_LIMIT_MIN || limit > GAS_LIMIT_MAX)
        return block_refuse(BLOCK_BAD_GAS_LIMIT,
                            "%" PRIu64 " is not within %d and 2^63 - 1", limit,
                            GAS_LIMIT_MIN);
    if (distance >= parent / GAS_LIMIT_BOUND_DIVISOR)
        return block_refuse(BLOCK_BAD_GAS_LIMIT,
                            "%" PRIu64 " is too far from the parent's %" PRIu64,
                            limit, parent);
    return BLOCK_OK;
}

static enum block_verdict check_gas_used(const struct question *q)
{
    if (q->header->gas_used <= q->header->gas_limit)
        return BLOCK_OK;
    return block_refuse(BLOCK_BAD_GAS_USED,
                        "%" PRIu64 " is more than the limit %" PRIu64,
                        q->header->gas_used, q->header->gas_limit);
}

static enum block_verdict check_base_fee(const struct question *q)
{
    u256 want = chain_next_base_fee(q->config, q->fork, q->parent);
    if (q->fork < FORK_LONDON || u256_equal(q->header->base_fee, want))
        return BLOCK_OK;
    char is[U256_DECIMAL_MAX], due[U256_DECIMAL_MAX];
    u256_decimal(is, q->header->base_fee);
    u256_decimal(due, want);
    return block_refuse(BLOCK_BAD_BASE_FEE, "%s, not %s", is, due);
}

static enum block_verdict check_difficulty(const struct question *q)
{
    u256 want = q->fork >= FORK_PARIS
                    ? U256_ZERO
                    : difficulty_next(q->fork, q->parent, q->header->timestamp);
    if (u256_equal(q->header->difficulty, want))
        return BLOCK_OK;
    char is[U256_DECIMAL_MAX], due[U256_DECIMAL_MAX];
    u256_decimal(is, q->header->difficulty);
    u256_decimal(due, want);
    return block_refuse(BLOCK_BAD_DIFFICULTY, "%s, not %s", is, due);
}

/* EIP-3675 fixes what proof of work left behind. */
static enum block_verdict check_seal(const struct question *q)
{
    static const uint8_t NO_NONCE[8];
    if (q->fork < FORK_PARIS)
        return BLOCK_OK;
    if (memcmp(q->header->nonce, NO_NONCE, sizeof NO_NONCE) != 0)
        return block_refuse(BLOCK_BAD_SEAL, "the nonce is not zero");
    if (!hash32_equal(&q->header->uncles_hash, &EMPTY_UNCLES_HASH))
        return block_refuse(BLOCK_BAD_UNCLES,
                            "the uncles hash is not that of no uncles");
    return BLOCK_OK;
}

/* EIP-779: ten blocks carry the mark of the chosen side, and no block of the
 * other side does. */
static bool has_right_dao_mark(const struct question *q)
{
    uint64_t fork_block = q->config->activation[FORK_DAO];
    if (fork_block == FORK_NEVER || q->header->number < fork_block ||
        q->header->number - fork_block >= DAO_EXTRA_RANGE)
        return true;
    bool marked = bytes_equal(q->header->extra_data, bytes_str(DAO_EXTRA_DATA));
    return marked == q->config->dao_support;
}

static enum block_verdict check_extra_data(const struct question *q)
{
    if (q->header->extra_data.len > EXTRA_DATA_BYTES_MAX)
        return block_refuse(BLOCK_BAD_EXTRA_DATA, "%zu bytes, at most %d",
                            q->header->extra_data.len, EXTRA_DATA_BYTES_MAX);
    if (q->fork < FORK_PARIS && !has_right_dao_mark(q))
        return block_refuse(BLOCK_BAD_EXTRA_DATA,
                            "it is of the other side of the DAO's fork");
    return BLOCK_OK;
}

static enum block_verdict check_blob_gas(const struct question *q)
{
    if (q->fork < FORK_CANCUN)
        return BLOCK_OK;
    uint64_t used = q->header->blob_gas_used;
    uint64_t most = chain_blobs(q->config, q->fork)->max * BLOB_GAS_PER_BLOB;
    uint64_t excess = chain_next_excess_blob_gas(q->config, q->fork, q->parent);
    if (used > most || used % BLOB_GAS_PER_BLOB)
        return block_refuse(BLOCK_BAD_BLOB_GAS,
                            "%" PRIu64 " is used, whole blobs up to %" PRIu64
                            " may be",
                            used, most);
    if (q->header->excess_blob_gas != excess)
        return block_refuse(BLOCK_BAD_BLOB_GAS,
                            "the excess is %" PRIu64 ", not %" PRIu64,
                            q->header->excess_blob_gas, excess);
    return BLOCK_OK;
}

typedef enum block_verdict question_check(const struct question *);

static question_check *const CHECKS[] = {
    check_fields,   check_extra_data, check_timestamp, check_number,
    check_gas_used, check_gas_limit,  check_base_fee,  check_difficulty,
    check_seal,     check_blob_gas,
};

enum block_verdict header_validate(const struct chain_config *config,
                                   enum chain_fork fork,
                                   const struct header *header,
                                   const struct header *parent)
{
    const struct question question = {config, fork, header, parent};
    for (size_t i = 0; i < ARRAY_LEN(CHECKS); i++)
        JUDGE(CHECKS[i](&question));
    return BLOCK_OK;
}

static enum block_verdict match(enum block_verdict verdict, const hash32 *is,
                                const hash32 *want)
{
    if (hash32_equal(is, want))
        return BLOCK_OK;
    char said[65] = "", found[65] = "";
    hex_write(said, bytes_hash(is));
    hex_write(found, bytes_hash(want));
    return block_refuse(verdict, "the header says 0x%s, it is 0x%s", said,
                        found);
}

static enum block_verdict match_number(enum block_verdict verdict,
                                       const char *what, uint64_t is,
                                       uint64_t want)
{
    if (is == want)
        return BLOCK_OK;
    return block_refuse(verdict,
                        "the header says %s %" PRIu64 ", it is %" PRIu64, what,
                        is, want);
}

static enum block_verdict match_withdrawals(enum chain_fork fork,
                                            const struct block *block)
{
    if (block->has_withdrawals != (fork >= FORK_SHANGHAI))
        return block_refuse(BLOCK_BAD_WITHDRAWALS, "a block of %s has %s",
                            fork_name(fork),
                            fork >= FORK_SHANGHAI ? "a list of them" : "none");
    if (!block->has_withdrawals)
        return BLOCK_OK;
    hash32 root = block_withdrawals_root(block);
    return match(BLOCK_BAD_WITHDRAWALS, &block->header.withdrawals_root, &root);
}

enum block_verdict body_validate(enum chain_fork fork,
                                 const struct block *block)
{
    if (fork >= FORK_OSAKA && block->encoded_len > BLOCK_BYTES_MAX)
        return block_refuse(BLOCK_TOO_LARGE, "%zu bytes, at most %u",
                            block->encoded_len, BLOCK_BYTES_MAX);
    hash32 root = block_transactions_root(block);
    JUDGE(match(BLOCK_BAD_TRANSACTIONS_ROOT, &block->header.transactions_root,
                &root));
    hash32 uncles = block_uncles_hash(block);
    JUDGE(match(BLOCK_BAD_UNCLES, &block->header.uncles_hash, &uncles));
    return match_withdrawals(fork, block);
}

static enum block_verdict match_bloom(const bloom *is, const bloom *want)
{
    if (memcmp(is, want, sizeof *is) == 0)
        return BLOCK_OK;
    return block_refuse(BLOCK_BAD_BLOOM, "the header's is not the logs'");
}

enum block_verdict outcome_validate(enum chain_fork fork,
                                    const struct header *header,
                                    const struct block_outcome *outcome)
{
    JUDGE(match_number(BLOCK_BAD_GAS_USED, "gas used", header->gas_used,
                       outcome->gas_used));
    JUDGE(match_bloom(&header->logs_bloom, &outcome->logs_bloom));
    JUDGE(match(BLOCK_BAD_RECEIPTS_ROOT, &header->receipts_root,
                &outcome->receipts_root));
    if (fork >= FORK_CANCUN)
        JUDGE(match_number(BLOCK_BAD_BLOB_GAS, "blob gas used",
                           header->blob_gas_used, outcome->blob_gas_used));
    if (fork >= FORK_PRAGUE)
        JUDGE(match(BLOCK_BAD_REQUESTS, &header->requests_hash,
                    &outcome->requests_hash));
    return BLOCK_OK;
}
