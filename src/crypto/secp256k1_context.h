#pragma once
/* The context of libsecp256k1 for work with private keys. Everything else
 * takes the library's own secp256k1_context_static.
 *
 * Threads  made before main() and only ever read after.
 */
#include <secp256k1.h>

const secp256k1_context *secp256k1_signing_context(void);
