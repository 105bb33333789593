#include "node/supervision.h"

#include <inttypes.h>
#include <stdlib.h>

#include "base/memory.h"
#include "io/service.h"

struct supervision {
    const struct chain *chain;
    struct loop_timer *timer;
    uint64_t pause_ms;
    uint64_t told; /* the head that was told last */
};

static void tell(void *context)
{
    struct supervision *supervision = context;
    uint64_t head = chain_head(supervision->chain)->number;
    if (head == supervision->told)
        service_notify("WATCHDOG=1");
    else
        service_notify("WATCHDOG=1\nSTATUS=block %" PRIu64, head);
    supervision->told = head;
    loop_timer_start(supervision->timer, supervision->pause_ms);
}

/* Twice as often as it must. */
static uint64_t pause_of(uint64_t watchdog_ms)
{
    uint64_t half = watchdog_ms / 2;
    return half && half < SUPERVISION_STATUS_MS ? half : SUPERVISION_STATUS_MS;
}

struct supervision *supervision_open(struct loop *loop,
                                     const struct chain *chain)
{
    struct supervision *supervision = MEMORY_NEW(struct supervision);
    supervision->chain = chain;
    supervision->pause_ms = pause_of(service_watchdog_ms());
    supervision->told = chain_head(chain)->number;
    supervision->timer = loop_timer_open(loop, tell, supervision);
    service_notify("READY=1\nSTATUS=block %" PRIu64, supervision->told);
    if (getenv("NOTIFY_SOCKET"))
        loop_timer_start(supervision->timer, supervision->pause_ms);
    return supervision;
}

void supervision_close(struct supervision *supervision)
{
    if (!supervision)
        return;
    service_notify("STOPPING=1\nSTATUS=writing what waits");
    loop_timer_close(supervision->timer);
    free(supervision);
}
