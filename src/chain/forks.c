#include "chain/forks.h"

#include <strings.h>

#include "base/assert.h"
#include "base/attributes.h"

static const struct {
    const char *name;
    enum evm_rules rules;
} forks[FORK_COUNT] = {
#define X(name, text, rules) [FORK_##name] = {text, EVM_##rules},
    CHAIN_FORKS(X)
#undef X
};

const char *fork_name(enum chain_fork fork)
{
    ASSERT(fork < FORK_COUNT);
    return forks[fork].name;
}

enum evm_rules fork_rules(enum chain_fork fork)
{
    ASSERT(fork < FORK_COUNT);
    return forks[fork].rules;
}

/* Cancun: EIP-4844. Prague: EIP-7691, which Osaka keeps. BPO1 and BPO2:
 * EIP-7892 on mainnet. BPO3 and BPO4 are in no public network yet: these are
 * the figures of go-ethereum and of the published tests. */
static const struct blob_parameters default_blobs[FORK_COUNT] = {
    [FORK_CANCUN] = {3, 6, 3338477},  [FORK_PRAGUE] = {6, 9, 5007716},
    [FORK_OSAKA] = {6, 9, 5007716},   [FORK_BPO1] = {10, 15, 8346193},
    [FORK_BPO2] = {14, 21, 11684671}, [FORK_BPO3] = {21, 32, 20609697},
    [FORK_BPO4] = {14, 21, 13739630}, [FORK_BPO5] = {14, 21, 13739630},
};

/* Mainnet's, EIP-6110. */
static const address mainnet_deposit_contract = {
    {0x00, 0x00, 0x00, 0x00, 0x21, 0x9a, 0xb5, 0x40, 0x35, 0x6c,
     0xbb, 0x83, 0x9c, 0xbe, 0x05, 0x30, 0x3d, 0x77, 0x05, 0xfa}};

void chain_config_init(struct chain_config *config, uint64_t chain_id)
{
    *config = (struct chain_config){
        .chain_id = chain_id,
        .merge_netsplit_block = FORK_NEVER,
        .deposit_contract = mainnet_deposit_contract,
    };
    for (int fork = 0; fork < FORK_COUNT; fork++)
        config->activation[fork] = FORK_NEVER;
    config->activation[FORK_FRONTIER] = 0;
    memcpy(config->blobs, default_blobs, sizeof config->blobs);
}

/* The DAO's fork is an event of one chain, not a step that others take: it is
 * active only where it is asked for by name. */
static void activate(struct chain_config *config, enum chain_fork first,
                     enum chain_fork last, uint64_t at)
{
    for (enum chain_fork fork = first; fork <= last; fork++)
        if (fork != FORK_DAO || last == FORK_DAO)
            config->activation[fork] = at;
    if (last == FORK_DAO)
        config->dao_support = true;
}

void chain_config_all(struct chain_config *config, enum chain_fork last,
                      uint64_t chain_id)
{
    ASSERT(last < FORK_COUNT);
    chain_config_init(config, chain_id);
    activate(config, FORK_FRONTIER, last, 0);
}

enum chain_fork chain_fork_at(const struct chain_config *config,
                              uint64_t number, uint64_t timestamp,
                              bool past_merge)
{
    const uint64_t *activation = config->activation;
    bool merged = activation[FORK_PARIS] != FORK_NEVER
                      ? number >= activation[FORK_PARIS]
                      : config->has_terminal_difficulty && past_merge;
    if (merged) {
        enum chain_fork fork = FORK_COUNT - 1;
        while (fork > FORK_PARIS &&
               (activation[fork] == FORK_NEVER || timestamp < activation[fork]))
            fork--;
        return fork;
    }
    enum chain_fork fork = FORK_PARIS - 1;
    while (fork > FORK_FRONTIER &&
           (activation[fork] == FORK_NEVER || number < activation[fork]))
        fork--;
    return fork;
}

const struct blob_parameters *chain_blobs(const struct chain_config *config,
                                          enum chain_fork fork)
{
    ASSERT(fork >= FORK_CANCUN && fork < FORK_COUNT);
    while (fork > FORK_CANCUN &&
           config->blobs[fork].base_fee_update_fraction == 0)
        fork--;
    return &config->blobs[fork];
}

/* Other spellings of the forks' names in published tests. */
static const struct {
    const char *name;
    enum chain_fork fork;
} aliases[] = {
    {"Merge", FORK_PARIS},
    {"Petersburg", FORK_PETERSBURG},
    {"TangerineWhistle", FORK_TANGERINE},
    {"SpuriousDragon", FORK_SPURIOUS},
    {"DAOFork", FORK_DAO},
};

static bool same_name(const char *name, const char *text, size_t len)
{
    return strlen(name) == len && strncasecmp(name, text, len) == 0;
}

static bool read_fork(enum chain_fork *out, const char *text, size_t len)
{
    for (enum chain_fork fork = 0; fork < FORK_COUNT; fork++)
        if (same_name(forks[fork].name, text, len)) {
            *out = fork;
            return true;
        }
    for (size_t i = 0; i < ARRAY_LEN(aliases); i++)
        if (same_name(aliases[i].name, text, len)) {
            *out = aliases[i].fork;
            return true;
        }
    return false;
}

bool fork_by_name(enum chain_fork *out, const char *name)
{
    return read_fork(out, name, strlen(name));
}

static int digit_value(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : 99;
}

/* All of `text` is digits of the base, with a "k" for thousands after decimal
 * ones. */
static bool read_number(uint64_t *out, const char *text, int base)
{
    uint64_t value = 0;
    const char *at = text;
    for (; digit_value(*at) < base; at++)
        if (__builtin_mul_overflow(value, (uint64_t)base, &value) ||
            __builtin_add_overflow(value, (uint64_t)digit_value(*at), &value))
            return false;
    if (at == text)
        return false;
    if (base == 10 && *at == 'k') {
        at++;
        if (__builtin_mul_overflow(value, 1000, &value))
            return false;
    }
    *out = value;
    return *at == '\0';
}

/* When a transition happens: "5" is a block, "Time15k" seconds, "DiffC0000" a
 * total difficulty in hexadecimal. */
static bool set_transition(struct chain_config *config, enum chain_fork from,
                           enum chain_fork to, const char *when)
{
    uint64_t at;
    if (strncmp(when, "Time", 4) == 0) {
        if (to <= FORK_PARIS || from < FORK_PARIS ||
            !read_number(&at, when + 4, 10))
            return false;
        activate(config, from + 1, to, at);
        return true;
    }
    if (strncmp(when, "Diff", 4) == 0) {
        if (to != FORK_PARIS || !read_number(&at, when + 4, 16))
            return false;
        config->has_terminal_difficulty = true;
        config->terminal_difficulty = u256_from(at);
        return true;
    }
    if (to > FORK_PARIS || !read_number(&at, when, 10))
        return false;
    activate(config, from + 1, to, at);
    return true;
}

/* "BerlinToLondonAt5" */
static bool read_transition(struct chain_config *config, const char *network)
{
    const char *to = strstr(network, "To"), *at = to ? strstr(to, "At") : NULL;
    enum chain_fork first, second;
    if (!at || !read_fork(&first, network, (size_t)(to - network)) ||
        !read_fork(&second, to + 2, (size_t)(at - to - 2)) || first >= second)
        return false;
    chain_config_all(config, first, 1);
    return set_transition(config, first, second, at + 2);
}

bool chain_config_by_name(struct chain_config *config, const char *network)
{
    enum chain_fork fork;
    struct chain_config result;
    if (fork_by_name(&fork, network))
        chain_config_all(&result, fork, 1);
    else if (!read_transition(&result, network))
        return false;
    *config = result;
    return true;
}
