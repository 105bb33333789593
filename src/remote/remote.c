#include "remote/remote.h"

#include <inttypes.h>
#include <stdlib.h>
#include <time.h>

#include "base/memory.h"
#include "base/vec.h"
#include "io/lock.h"
#include "net/http_client.h"

#define FIRST_PAUSE_MS 200

static const struct json_limits LIMITS = {
    .bytes_max = REMOTE_REPLY_BYTES_MAX,
    .values_max = 4u << 20,
    .depth_max = 64,
};

struct remote {
    struct remote_options options;
    char *name;
    struct lock *lock; /* guards what follows */
    VEC(struct http_client *) idle;
};

static struct http_client_options client_options(const struct remote *remote)
{
    return (struct http_client_options){
        .url = remote->options.url,
        .token = remote->options.token,
        .headers = remote->options.headers,
        .header_count = remote->options.header_count,
        .timeout_ms = remote->options.timeout_ms,
        .reply_bytes_max = REMOTE_REPLY_BYTES_MAX,
    };
}

static loft_err take_client(struct remote *remote, struct http_client **out)
{
    const struct http_client_options options = client_options(remote);
    *out = NULL;
    lock_take(remote->lock);
    if (remote->idle.len)
        *out = remote->idle.at[--remote->idle.len];
    lock_give(remote->lock);
    return *out ? LOFT_OK : http_client_open(out, &options);
}

static void give_client(struct remote *remote, struct http_client *client)
{
    lock_take(remote->lock);
    VEC_PUSH(&remote->idle, client);
    lock_give(remote->lock);
}

const char *remote_name(const struct remote *remote)
{
    return remote->name;
}

loft_err remote_open(struct remote **out, const struct remote_options *options)
{
    struct http_client *client;
    struct remote *remote = MEMORY_NEW(struct remote);
    remote->options = *options;
    remote->lock = lock_new();
    loft_err err = take_client(remote, &client); /* is the URL one? */
    if (err == LOFT_OK) {
        remote->name = memory_string(http_client_name(client));
        give_client(remote, client);
    } else {
        remote_close(remote);
    }
    *out = err == LOFT_OK ? remote : NULL;
    return err;
}

void remote_close(struct remote *remote)
{
    if (!remote)
        return;
    VEC_FOR_EACH (client, &remote->idle)
        http_client_close(*client);
    VEC_FREE(&remote->idle);
    lock_free(remote->lock);
    free(remote->name);
    free(remote);
}

/* What another try may mend. */
static bool is_busy(loft_err err, unsigned status)
{
    return err == LOFT_ERR_IO ||
           (err == LOFT_OK && (status == 429 || status >= 500));
}

static void pause_for(unsigned ms)
{
    struct timespec left = {ms / 1000, (long)(ms % 1000) * 1000000};
    while (nanosleep(&left, &left) != 0)
        ;
}

static loft_err post(struct http_client *client, struct buffer *reply,
                     bytes request)
{
    unsigned status = 0, pause_ms = FIRST_PAUSE_MS;
    loft_err err = LOFT_OK;
    size_t before = reply->len;
    for (int tries = 0; tries < REMOTE_TRIES; tries++, pause_ms *= 4) {
        if (tries)
            pause_for(pause_ms);
        reply->len = before;
        err = http_client_post(client, reply, &status, "application/json",
                               request);
        if (!is_busy(err, status))
            break;
    }
    TRY(err);
    return is_busy(err, status)
               ? err_say(LOFT_ERR_IO, "%s answers with HTTP status %u",
                         http_client_name(client), status)
               : LOFT_OK;
}

loft_err remote_post(struct remote *remote, struct buffer *reply, bytes request)
{
    struct http_client *client;
    TRY(take_client(remote, &client));
    loft_err err = post(client, reply, request);
    give_client(remote, client);
    return err;
}

static loft_err read_error(const struct json *error, const char *method)
{
    const char *text;
    int64_t code;
    if (json_get_i64(&code, error, "code") != LOFT_OK)
        code = 0;
    if (json_get_text(&text, error, "message") != LOFT_OK)
        text = "without a reason";
    return err_say(LOFT_ERR_REFUSED, "%s: %.200s (%" PRId64 ")", method, text,
                   code);
}

static loft_err read_reply(struct arena *arena, const struct json **result,
                           const char *method, bytes reply)
{
    const struct json *whole;
    loft_err err = json_parse(&whole, arena, reply, &LIMITS);
    if (err != LOFT_OK)
        return err_in(err, "the answer to %s", method);
    const struct json *error = json_get(whole, "error");
    if (!json_absent(error))
        return read_error(error, method);
    *result = json_get(whole, "result");
    if (json_kind(*result) == JSON_IS_ABSENT)
        return err_say(LOFT_ERR_FORMAT, "the answer to %s has no result",
                       method);
    return LOFT_OK;
}

loft_err remote_call(struct remote *remote, struct arena *arena,
                     const struct json **result, const char *method,
                     const char *params)
{
    struct buffer reply = {0};
    const char *request = arena_printf(
        arena, "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"%s\",\"params\":%s}",
        method, params);
    loft_err err = remote_post(remote, &reply, bytes_str(request));
    if (err == LOFT_OK) {
        err = read_reply(arena, result, method, buffer_bytes(&reply));
        if (err != LOFT_OK)
            err = err_in(err, "%s", remote->name);
    }
    buffer_free(&reply);
    return err;
}
