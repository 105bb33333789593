#pragma once
/* One entry of a contract's ABI, as compilers write it in JSON or as a line:
 *
 *     {"type": "function", "name": "mint", "inputs": [...], ...}
 *     "event Transfer(address indexed from,address indexed to,uint256 value)"
 *
 * A line that says nothing else is a function.
 *
 * Source    Solidity 0.8, "Contract ABI Specification", section "JSON".
 * Lifetime  as codec/abi_type.h: in the arena, names borrow from its text.
 * Limits    those of codec/abi_type.h.
 * Errors    LOFT_ERR_FORMAT, LOFT_ERR_LIMIT.
 * Trust     names come out as identifiers, whatever went in.
 */
#include "codec/abi_type.h"
#include "codec/json.h"

enum abi_entry_kind {
    ABI_FUNCTION,
    ABI_EVENT,
    ABI_ERROR,
    ABI_CONSTRUCTOR,
    ABI_UNNAMED, /* fallback and receive: they have no signature */
};

struct abi_entry {
    enum abi_entry_kind kind;
    struct abi_signature signature; /* empty where UNNAMED */
};

MUST_USE loft_err abi_entry_read(struct abi_entry *out, struct arena *arena,
                                 const struct json *json);

/* "function", "event"... */
const char *abi_entry_kind_name(enum abi_entry_kind kind);
