#include "rpc/tracers.h"

static const struct {
    const char *name;
    tx_tracer_make *make;
} tracers[] = {
    {"4byteTracer", four_byte_tracer_new},
    {"callTracer", call_tracer_new},
    {"flatCallTracer", flat_call_tracer_new},
    {"muxTracer", mux_tracer_new},
    {"noopTracer", noop_tracer_new},
    {"prestateTracer", prestate_tracer_new},
};

loft_err tx_tracer_by_name(struct arena *arena, struct tx_tracer **out,
                           bytes name, const struct json *config)
{
    if (!json_absent(config) && json_kind(config) != JSON_IS_OBJECT)
        return err_say(LOFT_ERR_FORMAT, "tracerConfig is %s, not an object",
                       json_kind_name(config));
    for (size_t i = 0; i < ARRAY_LEN(tracers); i++)
        if (bytes_equal(bytes_str(tracers[i].name), name))
            return tracers[i].make(arena, out, config);
    return err_say(LOFT_ERR_NOT_FOUND,
                   "there is no tracer \"%.*s\": use callTracer, "
                   "prestateTracer, flatCallTracer, 4byteTracer, muxTracer or "
                   "noopTracer",
                   (int)(name.len < 64 ? name.len : 64), (const char *)name.at);
}

loft_err tracer_option(bool *out, const struct json *config, const char *key)
{
    *out = false;
    if (json_absent(json_get(config, key)))
        return LOFT_OK;
    return json_get_bool(out, config, key);
}
