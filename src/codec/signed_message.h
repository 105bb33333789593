#pragma once
/* The hash that is signed for a message that is no transaction, so that it can
 * never be taken for one.
 *
 * Source  EIP-191, version 0x45, as eth_sign and personal_sign have it.
 */
#include "base/bytes.h"

hash32 signed_message_digest(bytes message);
