#include "p2p/multistream.h"

#include "base/assert.h"
#include "codec/uvarint.h"

#define SHOWN_BYTES_MAX 64 /* of a foreign name in a sentence */

static const char greeting[] = "/multistream/1.0.0";
static const char no[] = "na";

static void put_message(struct buffer *out, bytes name)
{
    uvarint_put(out, name.len + 1);
    buffer_put_bytes(out, name);
    buffer_put_byte(out, '\n');
}

static void propose(struct multistream *select, struct buffer *out)
{
    bytes name = bytes_str(select->names[select->proposed]);
    ASSERT(name.len < MULTISTREAM_MESSAGE_BYTES_MAX);
    put_message(out, name);
}

void multistream_dial(struct multistream *select, struct buffer *out,
                      const char *const *names, size_t name_count)
{
    ASSERT(name_count > 0);
    *select = (struct multistream){.names = names, .name_count = name_count};
    put_message(out, bytes_str(greeting));
    propose(select, out);
}

void multistream_listen(struct multistream *select,
                        const struct multistream_calls *calls, void *context)
{
    *select = (struct multistream){.calls = calls, .context = context};
}

void multistream_fini(struct multistream *select)
{
    buffer_free(&select->partial);
}

const char *multistream_name(const struct multistream *select)
{
    return select->names[select->proposed];
}

bool multistream_is_last(const struct multistream *select)
{
    return select->proposed + 1 == select->name_count;
}

static int shown(bytes name)
{
    return (int)(name.len < SHOWN_BYTES_MAX ? name.len : SHOWN_BYTES_MAX);
}

static loft_err greet(struct multistream *select, bytes name,
                      struct buffer *out)
{
    if (!bytes_equal(name, bytes_str(greeting)))
        return err_say(LOFT_ERR_FORMAT,
                       "multistream: '%.*s' in place of a greeting",
                       shown(name), name.at);
    select->greeted = true;
    if (!select->names)
        put_message(out, name);
    return LOFT_OK;
}

static loft_err hear_answer(struct multistream *select, bool *agreed,
                            bytes name, struct buffer *out)
{
    *agreed = bytes_equal(name, bytes_str(multistream_name(select)));
    if (*agreed)
        return LOFT_OK;
    if (!bytes_equal(name, bytes_str(no)))
        return err_say(LOFT_ERR_FORMAT,
                       "multistream: '%.*s' answers a proposal of '%s'",
                       shown(name), name.at, multistream_name(select));
    if (multistream_is_last(select))
        return err_say(LOFT_ERR_REFUSED,
                       "multistream: the other side does not speak '%s'",
                       multistream_name(select));
    select->proposed++;
    propose(select, out);
    return LOFT_OK;
}

static loft_err hear_offer(struct multistream *select, bool *agreed, bytes name,
                           struct buffer *out)
{
    if (++select->offers > MULTISTREAM_OFFERS_MAX)
        return err_say(LOFT_ERR_LIMIT,
                       "multistream: more than %d protocols proposed",
                       MULTISTREAM_OFFERS_MAX);
    *agreed = select->calls->knows(select->context, name);
    put_message(out, *agreed ? name : bytes_str(no));
    return LOFT_OK;
}

static loft_err hear(struct multistream *select, bool *agreed, bytes message,
                     struct buffer *out)
{
    if (message.at[message.len - 1] != '\n')
        return err_say(LOFT_ERR_FORMAT,
                       "multistream: a message without a line feed");
    bytes name = bytes_of(message.at, message.len - 1);
    if (!select->greeted)
        return greet(select, name, out);
    return select->names ? hear_answer(select, agreed, name, out)
                         : hear_offer(select, agreed, name, out);
}

/* How long the first message of `from` is with its length; 0: not all of it is
 * there. A length that may be read has two bytes. */
static loft_err measure(size_t *out, bytes *message, bytes from)
{
    uint64_t len = 0;
    bytes head = bytes_of(from.at, from.len < 2 ? from.len : 2);
    enum uvarint_status status = uvarint_scan(&len, &head);
    size_t head_len = (size_t)(head.at - from.at);
    *out = 0;
    if (status == UVARINT_SHORT && from.len < 2)
        return LOFT_OK;
    if (status == UVARINT_NOT_LEAST)
        return err_say(LOFT_ERR_FORMAT,
                       "multistream: a length that is not in its shortest "
                       "form");
    if (status != UVARINT_READ || len > MULTISTREAM_MESSAGE_BYTES_MAX)
        return err_say(LOFT_ERR_LIMIT,
                       "multistream: a message of over %d bytes",
                       MULTISTREAM_MESSAGE_BYTES_MAX);
    if (len == 0)
        return err_say(LOFT_ERR_FORMAT, "multistream: an empty message");
    if (from.len - head_len < len)
        return LOFT_OK;
    *message = bytes_of(from.at + head_len, (size_t)len);
    *out = head_len + (size_t)len;
    return LOFT_OK;
}

static void skip(bytes *rest, size_t len)
{
    *rest = bytes_of(rest->at + len, rest->len - len);
}

/* From bytes that arrived earlier, and one of *rest after the other. */
static loft_err hear_joined(struct multistream *select, bool *agreed,
                            bytes *rest, struct buffer *out)
{
    size_t len = 0;
    bytes message = BYTES_EMPTY;
    while (len == 0 && rest->len > 0) {
        buffer_put_byte(&select->partial, rest->at[0]);
        skip(rest, 1);
        TRY(measure(&len, &message, buffer_bytes(&select->partial)));
    }
    if (len == 0)
        return LOFT_OK;
    loft_err err = hear(select, agreed, message, out);
    buffer_free(&select->partial);
    return err;
}

static loft_err hear_next(struct multistream *select, bool *agreed, bytes *rest,
                          struct buffer *out)
{
    size_t len = 0;
    bytes message = BYTES_EMPTY;
    if (select->partial.len > 0)
        return hear_joined(select, agreed, rest, out);
    TRY(measure(&len, &message, *rest));
    if (len == 0) {
        buffer_put_bytes(&select->partial, *rest);
        skip(rest, rest->len);
        return LOFT_OK;
    }
    skip(rest, len);
    return hear(select, agreed, message, out);
}

loft_err multistream_receive(struct multistream *select, bool *agreed,
                             bytes *rest, struct buffer *out)
{
    *agreed = false;
    while (!*agreed && rest->len > 0)
        TRY(hear_next(select, agreed, rest, out));
    return LOFT_OK;
}
