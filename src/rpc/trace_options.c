#include "rpc/trace_options.h"

#include <ctype.h>

#include "rpc/params.h"

/* A duration as Go writes it: "5s", "1m30s", "1.5h", "100ms". */
static bool is_duration(bytes text)
{
    static const char *const units[] = {"ns", "us", "ms", "s", "m", "h"};
    const char *at = (const char *)text.at, *end = at + text.len;
    bool has_digits = false;
    while (at < end) {
        const char *digits = at;
        while (at < end && (isdigit((unsigned char)*at) || *at == '.'))
            at++;
        const char *unit = at;
        while (at < end && isalpha((unsigned char)*at))
            at++;
        bool known = false;
        for (size_t i = 0; i < ARRAY_LEN(units); i++)
            known |= bytes_equal(bytes_of(unit, (size_t)(at - unit)),
                                 bytes_str(units[i]));
        if (!known || unit == digits)
            return false;
        has_digits = true;
    }
    return has_digits;
}

static loft_err read_options(struct trace_options *out)
{
    const struct json *timeout = json_get(out->config, "timeout");
    const struct json *tracer = json_get(out->config, "tracer");
    bytes text;
    if (json_kind(out->config) != JSON_IS_OBJECT)
        return err_say(LOFT_ERR_FORMAT, "options are %s, not an object",
                       json_kind_name(out->config));
    out->tracer_config = json_get(out->config, "tracerConfig");
    if (!json_absent(tracer))
        TRY(json_read_string(&out->tracer, tracer));
    if (json_absent(timeout))
        return LOFT_OK;
    TRY(json_read_string(&text, timeout));
    return is_duration(text)
               ? LOFT_OK
               : err_say(LOFT_ERR_FORMAT,
                         "timeout is not a duration such as \"5s\"");
}

bool rpc_param_trace_options(struct rpc_call *call, struct trace_options *out,
                             unsigned at)
{
    *out = (struct trace_options){.config = call->params[at]};
    return !out->config || read_options(out) == LOFT_OK ||
           rpc_param_wrong(call, at);
}

bool trace_options_new_tracer(struct rpc_call *call, struct arena *arena,
                              struct tx_tracer **out,
                              const struct trace_options *options)
{
    loft_err code = options->tracer.len
                        ? tx_tracer_by_name(arena, out, options->tracer,
                                            options->tracer_config)
                        : struct_log_new(arena, out, options->config);
    return code == LOFT_OK || rpc_fail_err(call, code);
}
