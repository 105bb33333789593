#pragma once
/* Values of contracts: bytes of calls, returns and events to values and back.
 *
 * A value is a tree over its type. codec/abi_text.h reads one from what people
 * type or from JSON, and writes it as either.
 *
 * Source    Solidity 0.8, "Contract ABI Specification", strict as its second
 *           coder is: a bool is 0 or 1, an address has 160 bits, bytes2 has
 *           zeros behind it. Padding behind bytes and strings, and what no
 *           offset leads to, is not looked at.
 * Lifetime  decoded bytes borrow from the data; the tree lives in the arena.
 * Limits    ABI_REUSE_MAX: offsets may lead to the same place more than once,
 *           but what is decoded comes to that many times the data at most.
 * Errors    LOFT_ERR_FORMAT, LOFT_ERR_LIMIT.
 */
#include "base/arena.h"
#include "base/bytes.h"
#include "base/err.h"
#include "base/u256.h"
#include "base/vec.h"
#include "codec/abi_type.h"

#define ABI_REUSE_MAX 4

struct abi_value {
    const struct abi_type *type;
    union {
        u256 word;  /* ABI_UINT, INT (two's complement), ADDRESS, BOOL */
        bytes data; /* ABI_FIXED_BYTES, BYTES, STRING */
        struct {
            size_t count;
            struct abi_value *items;
        }; /* lists and tuples */
    };
};

/* Appends the encoding of a value. A tuple is what a call has as arguments:
 * its components, without an offset to it. */
void abi_encode(struct buffer *out, const struct abi_value *value);

/* Decodes arguments or results: `type` is a signature's inputs or outputs. */
MUST_USE loft_err abi_decode(struct abi_value *out, struct arena *arena,
                             const struct abi_type *type, bytes data);

/* Decodes an event of that signature, whose inputs become the tuple *out: the
 * parameters marked indexed come from topics[1..], the others from data. An
 * indexed parameter that is no word has its hash in its topic, and is handed
 * out as bytes32. LOFT_ERR_FORMAT: the number of topics is another. */
MUST_USE loft_err abi_decode_event(struct abi_value *out, struct arena *arena,
                                   const struct abi_signature *event,
                                   const hash32 *topics, size_t topic_count,
                                   bytes data);

/* Why a call reverted: the words of Error(string), a sentence for
 * Panic(uint256). NULL where the output is neither. */
const char *abi_revert_reason(struct arena *arena, bytes output);
