#pragma once
/* Calls as they are typed: a signature and its arguments, or bytes. */
#include "app/command.h"
#include "base/vec.h"
#include "codec/abi.h"

/* words[0] is "transfer(address,uint256)" with the arguments behind it, or 0x
 * and the bytes of the call. *signature has no inputs in the second case.
 * LOFT_ERR_FORMAT: an argument is not what the signature says. */
MUST_USE loft_err call_data_read(struct arena *arena, bytes *out,
                                 struct abi_signature *signature, int count,
                                 char **words);

/* The arguments alone, each as the tuple `inputs` has it. */
MUST_USE loft_err call_arguments_read(struct arena *arena, struct buffer *out,
                                      const struct abi_type *inputs, int count,
                                      char **words);

/* Prints decoded values, one a line, or as JSON. */
void call_values_show(const struct abi_value *values, bool as_json);
