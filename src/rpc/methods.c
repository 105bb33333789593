#include "rpc/methods.h"

const struct rpc_method rpc_methods[] = {
#define METHOD(name, function, required, count, parameters, kind) \
    {#name, function, required, count, parameters, kind},
#include "rpc/methods.def"
#undef METHOD
};

const size_t rpc_method_count = ARRAY_LEN(rpc_methods);
