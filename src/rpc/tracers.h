#pragma once
/* Every tracer by its name, as debug_trace… methods ask for it.
 *
 * Source  geth: eth/tracers.
 * Errors  LOFT_ERR_FORMAT names the option; LOFT_ERR_NOT_FOUND: no such tracer.
 */
#include "codec/json.h"
#include "rpc/tx_tracer.h"

/* Makes a tracer in the arena, from its "tracerConfig" (NULL: none given). */
typedef loft_err tx_tracer_make(struct arena *arena, struct tx_tracer **out,
                                const struct json *config);

/* The default: every instruction. Its config is the whole options object. */
tx_tracer_make struct_log_new;

tx_tracer_make call_tracer_new;
tx_tracer_make flat_call_tracer_new;
tx_tracer_make prestate_tracer_new;
tx_tracer_make four_byte_tracer_new;
tx_tracer_make noop_tracer_new;
tx_tracer_make mux_tracer_new; /* an object of names and their configs */

/* "callTracer" */
MUST_USE loft_err tx_tracer_by_name(struct arena *arena, struct tx_tracer **out,
                                    bytes name, const struct json *config);

/* A boolean option; false where it is left out. */
MUST_USE loft_err tracer_option(bool *out, const struct json *config,
                                const char *key);
