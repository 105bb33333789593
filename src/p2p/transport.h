#pragma once
/* What peers reach each other by: connections of bytes between addresses, and
 * the time. TCP on the event loop is one (p2p/tcp_transport.h), the network of
 * the simulator, where bytes are late, cut or lost with their connection on
 * purpose, another.
 *
 * The user of a transport is called on the thread that runs it, never from
 * inside a function of its own, and no more after close().
 *
 * Units   milliseconds.
 * Errors  of dial() and listen(): LOFT_ERR_USAGE: an address of protocols that
 *         this transport does not have; LOFT_ERR_BUSY: it is taken;
 *         LOFT_ERR_IO.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"
#include "base/err.h"
#include "base/vec.h"

struct transport_conn;     /* the transport's */
struct transport_listener; /* the transport's */
struct transport_timer;    /* the transport's */

struct transport_user {
    /* A dialed connection stands. Not called for those that were accepted. */
    void (*connected)(void *context);
    /* Good until it returns. */
    void (*got)(void *context, bytes data);
    /* What was queued has fallen to half of queue_bytes_max. */
    void (*drained)(void *context);
    /* It is over, or could not be made; why is one sentence. close() is still
     * called by the user. */
    void (*ended)(void *context, const char *why);
};

struct transport_ops {
    /* addr is the binary form without a "/p2p" part at its end. Names are
     * looked up. An address with "/p2p-circuit" ends with the "/p2p" of the
     * peer that is meant, as a relay is told whom to connect to. */
    loft_err (*dial)(void *context, struct transport_conn **out, bytes addr,
                     const struct transport_user *user, void *user_context);
    /* accepted() gives each connection to a user by use(), or close()s it.
     * Appends to *bound the addresses that it listens at, each after its
     * length in one uvarint: an address of any interface becomes those of the
     * interfaces, port 0 the one taken. */
    loft_err (*listen)(void *context, struct transport_listener **out,
                       bytes addr, struct buffer *bound,
                       void (*accepted)(void *context,
                                        struct transport_conn *conn,
                                        bytes remote_addr),
                       void *accepted_context);
    void (*unlisten)(struct transport_listener *listener);

    void (*use)(struct transport_conn *conn, const struct transport_user *user,
                void *user_context);
    /* Takes all, without bound: the user asks queued() first. */
    void (*send)(struct transport_conn *conn, bytes data);
    size_t (*queued)(const struct transport_conn *conn);
    void (*pause)(struct transport_conn *conn, bool paused);
    /* What is queued is given up where `now`, and leaves where it can within a
     * short while otherwise. */
    void (*close)(struct transport_conn *conn, bool now);

    uint64_t (*now_ms)(void *context); /* never goes back */
    /* The same clock, finer, for round trips; NULL: there is none. */
    uint64_t (*now_us)(void *context);
    struct transport_timer *(*timer)(void *context, void (*call)(void *context),
                                     void *call_context);
    /* 0: after what has come by now was given to its users. */
    void (*timer_start)(struct transport_timer *timer, uint64_t delay_ms);
    void (*timer_close)(struct transport_timer *timer); /* NULL is fine */
    /* Of keys and nonces: cryptographically good, but where a seed is wanted.
     */
    void (*random)(void *context, uint8_t *out, size_t len);
};

struct transport {
    const struct transport_ops *ops;
    void *context;
};
