/* eth_getLogs. */
#include "rpc/log_query.h"
#include "rpc/methods.h"

bool eth_get_logs(struct rpc_call *call)
{
    struct log_filter filter;
    struct log_query query = {.call = call, .filter = &filter};
    if (!rpc_param_log_filter(call, &filter, 0))
        return false;
    json_begin_array(call->out);
    bool ok = log_query_run(&query);
    json_end_array(call->out);
    return ok;
}
