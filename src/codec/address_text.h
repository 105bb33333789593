#pragma once
/* Addresses as people copy them: "0x" and 40 digits, whose letters are upper
 * or lower case by a hash of the address, so that a slip of the pen shows.
 *
 * Source  EIP-55.
 */
#include "base/bytes.h"
#include "base/err.h"

#define ADDRESS_TEXT_LEN 42

/* Writes a C string. */
void address_text(char out[ADDRESS_TEXT_LEN + 1], const address *who);

/* With or without "0x". LOFT_ERR_FORMAT: not 40 digits, or letters of both
 * cases that are not the checksum's; letters of one case carry none. */
MUST_USE loft_err address_text_read(address *out, bytes text);
