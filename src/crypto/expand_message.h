#pragma once
/* expand_message_xmd with SHA-256: a message and a protocol's tag stretched to
 * uniform bytes.
 *
 * Source   RFC 9380, 5.3.1 and, for tags above 255 bytes, 5.3.3.
 */
#include "base/bytes.h"

#define EXPAND_MESSAGE_LEN_MAX (255 * 32)

/* out_len is at most EXPAND_MESSAGE_LEN_MAX. */
void expand_message(uint8_t *out, size_t out_len, bytes message, bytes dst);
