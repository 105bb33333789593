#pragma once
/* Types and signatures of contracts, as Solidity writes them.
 *
 *     abi_signature_read(&f, arena, bytes_str("transfer(address to,uint256)"));
 *     abi_selector(selector, &f);          a9059cbb
 *
 * Read are elementary types, arrays "uint256[2][]", tuples "(address,bool)[]"
 * with or without the word "tuple" before them, names of parameters, and the
 * words "indexed", "memory", "calldata" and "payable" where Solidity has them.
 *
 * Source    Solidity 0.8, "Contract ABI Specification". Its fixed-point types
 *           are refused: no compiler makes them.
 * Lifetime  types live in the arena; names borrow from the text.
 * Limits    ABI_DEPTH_MAX of arrays and tuples; ABI_STATIC_BYTES_MAX for what
 *           a type takes in place, whatever its arrays' sizes multiply to.
 * Errors    LOFT_ERR_FORMAT, LOFT_ERR_LIMIT.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/bytes.h"
#include "base/err.h"

#define ABI_DEPTH_MAX 32
#define ABI_STATIC_BYTES_MAX ((size_t)1 << 24)
#define ABI_TYPE_TEXT_MAX 65536 /* characters of a signature */

enum abi_kind {
    ABI_UINT,
    ABI_INT,
    ABI_ADDRESS,
    ABI_BOOL,
    ABI_FIXED_BYTES, /* bytes1 to bytes32, and function as bytes24 */
    ABI_BYTES,
    ABI_STRING,
    ABI_LIST,       /* T[]  */
    ABI_FIXED_LIST, /* T[k] */
    ABI_TUPLE,
};

struct abi_type {
    enum abi_kind kind;
    bool is_dynamic;
    unsigned size;   /* bits of an integer, bytes of FIXED_BYTES */
    unsigned depth;  /* levels of lists and tuples, 0 for a word */
    size_t head_len; /* bytes in place: 32 where dynamic */
    size_t count;    /* elements of FIXED_LIST, parameters of TUPLE */
    const struct abi_type *element; /* of LIST and FIXED_LIST */
    const struct abi_param *params; /* of TUPLE */
    const char *text;               /* canonical: "(address,uint256)[]" */
};

struct abi_param {
    const struct abi_type *type;
    bytes name; /* empty where there is none */
    bool is_indexed;
};

struct abi_signature {
    bytes name;
    const struct abi_type *inputs;  /* a tuple */
    const struct abi_type *outputs; /* a tuple, NULL where none are named */
    const char *text;               /* canonical: name and inputs */
};

MUST_USE loft_err abi_type_read(const struct abi_type **out,
                                struct arena *arena, bytes text);

/* "name(inputs)", "name(inputs)(outputs)" or "name(inputs) returns (outputs)",
 * with "function", "event" or "error" before it or not. */
MUST_USE loft_err abi_signature_read(struct abi_signature *out,
                                     struct arena *arena, bytes text);

/* The first four bytes of a call or of an error. */
void abi_selector(uint8_t out[4], const struct abi_signature *signature);

/* The first topic of an event. */
hash32 abi_topic(const struct abi_signature *signature);
