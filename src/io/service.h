#pragma once
/* What a service manager is told: that the program is ready, what it does,
 * that it is alive, that it ends. Without one that listens, nothing happens.
 *
 * Source   sd_notify(3), sd_watchdog_enabled(3).
 * Threads  any.
 */
#include <stdint.h>

#include "base/attributes.h"

/* "READY=1", "STOPPING=1", "WATCHDOG=1", "STATUS=...": lines of one message,
 * sent to the socket that $NOTIFY_SOCKET names. */
void service_notify(const char *format, ...) PRINTF_LIKE(1, 2);

/* The program is to say WATCHDOG=1 at least this often; 0: nobody waits for
 * it. */
uint64_t service_watchdog_ms(void);
