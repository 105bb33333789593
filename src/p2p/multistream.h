#pragma once
/* Multistream-select 1.0: one side proposes protocols by name until the other
 * knows one.
 *
 * A message is a name and a line feed after their length. Each side says
 * "/multistream/1.0.0" first; the listener repeats a name that it knows and
 * answers "na" to any other. The dialer does not wait for the other's first
 * message, and what follows its last proposal may leave before the answer.
 *
 * Source   multiformats/multistream-select; libp2p/specs,
 *          connections/README.md. "ls" is a name that nobody knows.
 * Limits   MULTISTREAM_MESSAGE_BYTES_MAX, MULTISTREAM_OFFERS_MAX.
 * Errors   LOFT_ERR_FORMAT, LOFT_ERR_LIMIT; LOFT_ERR_REFUSED: the listener
 *          knows none of the names. The negotiation is over then.
 */
#include <stdbool.h>

#include "base/bytes.h"
#include "base/err.h"
#include "base/vec.h"

#define MULTISTREAM_MESSAGE_BYTES_MAX 1024 /* with the line feed */
#define MULTISTREAM_OFFERS_MAX 32          /* names put to a listener */

/* Of the names that a listener knows. */
struct multistream_calls {
    bool (*knows)(void *context, bytes name);
};

/* Fields are multistream.c's. */
struct multistream {
    const char *const *names; /* NULL: it listens */
    size_t name_count, proposed;
    const struct multistream_calls *calls;
    void *context;
    unsigned offers;
    bool greeted; /* by the other side */
    struct buffer partial;
};

/* Appends the first proposal. At least one name, each shorter than
 * MULTISTREAM_MESSAGE_BYTES_MAX; borrowed until it is over. */
void multistream_dial(struct multistream *select, struct buffer *out,
                      const char *const *names, size_t name_count);

/* knows() is asked until it says yes. */
void multistream_listen(struct multistream *select,
                        const struct multistream_calls *calls, void *context);

void multistream_fini(struct multistream *select);

/* Reads from *rest up to the message that ends the negotiation and no further,
 * and appends what is to be said. *agreed: on multistream_name() of a dialer,
 * on the name that knows() said yes to of a listener. */
MUST_USE loft_err multistream_receive(struct multistream *select, bool *agreed,
                                      bytes *rest, struct buffer *out);

/* Of a dialer: the proposal that waits for its answer, and whether there is
 * none after it. */
const char *multistream_name(const struct multistream *select);
bool multistream_is_last(const struct multistream *select);
