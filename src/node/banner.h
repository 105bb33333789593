#pragma once
/* What loftd prints on standard output when its port is open. Tools look for
 * the line that begins with "Listening on", as anvil prints it. */
#include <stdint.h>

#include "node/options.h"
#include "node/signer.h"

void banner_print(const struct options *options, const struct signer *signer,
                  const char *host, uint16_t port);
