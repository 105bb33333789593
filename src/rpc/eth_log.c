/* eth_getLogs. */
#include "rpc/forward.h"
#include "rpc/log_query.h"
#include "rpc/methods.h"
#include "rpc/rpc_host.h"

/* The part of the range that is before a fork is asked of who has it; *left
 * says whether there is a part after it, which the filter then names. */
static bool put_logs_before_fork(struct rpc_call *call,
                                 struct log_filter *filter, bool *left)
{
    struct chain_view *view = NULL;
    *left = true;
    if (!call->host->is_fork || filter->has_hash)
        return true;
    if (!rpc_view(call, &view))
        return false;
    uint64_t base = chain_base(call->host->chain)->header.number;
    uint64_t newest = chain_view_head(view)->number;
    uint64_t from = log_filter_number(call, &filter->from, newest);
    uint64_t to = log_filter_number(call, &filter->to, newest);
    if (from > base || from > to || to > newest)
        return true;
    *left = to > base;
    filter->from = (struct rpc_block_ref){.kind = BLOCK_NUMBERED,
                                          .number = base + 1};
    return forward_logs(call, from, *left ? base : to);
}

bool eth_get_logs(struct rpc_call *call)
{
    struct log_filter filter;
    struct log_query query = {.call = call, .filter = &filter};
    bool left;
    if (!rpc_param_log_filter(call, &filter, 0))
        return false;
    json_begin_array(call->out);
    bool ok = put_logs_before_fork(call, &filter, &left) &&
              (!left || log_query_run(&query));
    json_end_array(call->out);
    return ok;
}
