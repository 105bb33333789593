#pragma once
/* All methods of the node: rpc/methods.def is the list, and rpc/<noun>.c has
 * the functions. */
#include "rpc/rpc.h"

#define METHOD(name, function, ...) bool function(struct rpc_call *call);
#include "rpc/methods.def"
#undef METHOD

extern const struct rpc_method rpc_methods[];
extern const size_t rpc_method_count;
