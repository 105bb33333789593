#include "p2p/multiaddr.h"

#include <arpa/inet.h>

#include "base/assert.h"
#include "codec/uvarint.h"
#include "p2p/peer_id.h"

#define PORT_DIGITS_MAX 5
#define PORT_MAX 65535
#define LEN_PREFIXED SIZE_MAX /* a varint before the value says how long */

/* What a protocol's value is: as bytes it is checked, from text it is
 * appended, to text it is written. */
struct value_kind {
    size_t len;
    loft_err (*check)(bytes value);
    loft_err (*read_text)(struct buffer *out, bytes text);
    void (*put_text)(struct buffer *out, bytes value);
};

static loft_err accept_any(bytes value)
{
    (void)value;
    return LOFT_OK;
}

static loft_err read_ip(struct buffer *out, bytes text, int family, size_t len)
{
    char string[INET6_ADDRSTRLEN];
    uint8_t ip[16];
    if (text.len == 0 || text.len >= sizeof string ||
        memchr(text.at, 0, text.len))
        return err_say(LOFT_ERR_FORMAT, "an IP address of %zu characters",
                       text.len);
    memcpy(string, text.at, text.len);
    string[text.len] = 0;
    if (inet_pton(family, string, ip) != 1)
        return err_say(LOFT_ERR_FORMAT, "not an IP address of its kind");
    buffer_put(out, ip, len);
    return LOFT_OK;
}

static loft_err read_ip4(struct buffer *out, bytes text)
{
    return read_ip(out, text, AF_INET, 4);
}

static loft_err read_ip6(struct buffer *out, bytes text)
{
    return read_ip(out, text, AF_INET6, 16);
}

static void put_ip(struct buffer *out, bytes value, int family)
{
    char string[INET6_ADDRSTRLEN];
    ASSERT(inet_ntop(family, value.at, string, sizeof string));
    buffer_put(out, string, strlen(string));
}

static void put_ip4(struct buffer *out, bytes value)
{
    put_ip(out, value, AF_INET);
}

static void put_ip6(struct buffer *out, bytes value)
{
    put_ip(out, value, AF_INET6);
}

/* One text a port: digits alone, no zero in front. */
static loft_err read_port(struct buffer *out, bytes text)
{
    uint32_t port = 0;
    bool fits = text.len > 0 && text.len <= PORT_DIGITS_MAX &&
                (text.at[0] != '0' || text.len == 1);
    for (size_t i = 0; fits && i < text.len; i++) {
        fits = text.at[i] >= '0' && text.at[i] <= '9';
        port = port * 10 + (text.at[i] - '0');
    }
    if (!fits || port > PORT_MAX)
        return err_say(LOFT_ERR_FORMAT, "not a port");
    store_be16(buffer_extend(out, 2), (uint16_t)port);
    return LOFT_OK;
}

static void put_port(struct buffer *out, bytes value)
{
    buffer_printf(out, "%u", load_be16(value.at));
}

/* Names go to a resolver and into logs: no separator, no control character.
 * What a resolver makes of the rest is its business. */
static loft_err check_name(bytes value)
{
    if (value.len == 0 || value.len > MULTIADDR_NAME_BYTES_MAX)
        return err_say(LOFT_ERR_FORMAT, "a name of %zu bytes", value.len);
    for (size_t i = 0; i < value.len; i++)
        if (value.at[i] <= ' ' || value.at[i] == '/' || value.at[i] == 0x7f)
            return err_say(LOFT_ERR_FORMAT, "a name with character 0x%02x",
                           value.at[i]);
    return LOFT_OK;
}

static loft_err read_name(struct buffer *out, bytes text)
{
    TRY(check_name(text));
    buffer_put_bytes(out, text);
    return LOFT_OK;
}

static void put_name(struct buffer *out, bytes value)
{
    buffer_put_bytes(out, value);
}

static loft_err check_peer(bytes value)
{
    struct peer_id id;
    return peer_id_read(&id, value);
}

static loft_err read_peer(struct buffer *out, bytes text)
{
    struct peer_id id;
    TRY(peer_id_read_text(&id, text));
    buffer_put_bytes(out, peer_id_bytes(&id));
    return LOFT_OK;
}

static void put_peer(struct buffer *out, bytes value)
{
    struct peer_id id;
    ASSERT(peer_id_read(&id, value) == LOFT_OK);
    peer_id_put_text(out, &id);
}

static const struct value_kind kind_none = {0, accept_any, NULL, NULL};
static const struct value_kind kind_ip4 = {4, accept_any, read_ip4, put_ip4};
static const struct value_kind kind_ip6 = {16, accept_any, read_ip6, put_ip6};
static const struct value_kind kind_port = {2, accept_any, read_port, put_port};
static const struct value_kind kind_name = {LEN_PREFIXED, check_name, read_name,
                                            put_name};
static const struct value_kind kind_peer = {LEN_PREFIXED, check_peer, read_peer,
                                            put_peer};

struct protocol {
    enum multiaddr_code code;
    const char *name;
    const struct value_kind *value;
};

/* Of two names of one code the first is written. */
static const struct protocol protocols[] = {
    {MULTIADDR_IP4, "ip4", &kind_ip4},
    {MULTIADDR_TCP, "tcp", &kind_port},
    {MULTIADDR_IP6, "ip6", &kind_ip6},
    {MULTIADDR_DNS, "dns", &kind_name},
    {MULTIADDR_DNS4, "dns4", &kind_name},
    {MULTIADDR_DNS6, "dns6", &kind_name},
    {MULTIADDR_DNSADDR, "dnsaddr", &kind_name},
    {MULTIADDR_UDP, "udp", &kind_port},
    {MULTIADDR_P2P_CIRCUIT, "p2p-circuit", &kind_none},
    {MULTIADDR_P2P, "p2p", &kind_peer},
    {MULTIADDR_P2P, "ipfs", &kind_peer},
    {MULTIADDR_TLS, "tls", &kind_none},
    {MULTIADDR_QUIC_V1, "quic-v1", &kind_none},
    {MULTIADDR_WS, "ws", &kind_none},
    {MULTIADDR_WSS, "wss", &kind_none},
};

static loft_err find_code(const struct protocol **out, uint64_t code)
{
    for (size_t i = 0; i < ARRAY_LEN(protocols); i++)
        if (protocols[i].code == code) {
            *out = &protocols[i];
            return LOFT_OK;
        }
    return err_say(LOFT_ERR_FORMAT, "address protocol %llu is not known",
                   (unsigned long long)code);
}

static loft_err find_name(const struct protocol **out, bytes name)
{
    for (size_t i = 0; i < ARRAY_LEN(protocols); i++)
        if (bytes_equal(bytes_str(protocols[i].name), name)) {
            *out = &protocols[i];
            return LOFT_OK;
        }
    return err_say(LOFT_ERR_FORMAT, "address protocol \"%.*s\" is not known",
                   (int)(name.len < 20 ? name.len : 20),
                   name.len ? (const char *)name.at : "");
}

static loft_err read_part(const struct protocol **protocol, bytes *value,
                          bytes *rest)
{
    uint64_t code = 0, len = 0;
    TRY(uvarint_read(&code, rest));
    TRY(find_code(protocol, code));
    len = (*protocol)->value->len;
    if (len == LEN_PREFIXED)
        TRY(uvarint_read(&len, rest));
    if (len > rest->len)
        return err_say(LOFT_ERR_FORMAT, "an address that ends within its /%s",
                       (*protocol)->name);
    *value = bytes_of(rest->at, (size_t)len);
    *rest = bytes_of(rest->at + len, rest->len - (size_t)len);
    return (*protocol)->value->check(*value);
}

loft_err multiaddr_next(struct multiaddr_part *out, bytes *rest)
{
    const struct protocol *protocol = NULL;
    bytes after = *rest, value = BYTES_EMPTY;
    TRY(read_part(&protocol, &value, &after));
    *out = (struct multiaddr_part){protocol->code, value};
    *rest = after;
    return LOFT_OK;
}

loft_err multiaddr_check(bytes addr)
{
    struct multiaddr_part part;
    size_t parts = 0;
    if (addr.len == 0)
        return err_say(LOFT_ERR_FORMAT, "an empty address");
    if (addr.len > MULTIADDR_BYTES_MAX)
        return err_say(LOFT_ERR_LIMIT, "an address of %zu bytes", addr.len);
    for (; addr.len > 0; parts++) {
        if (parts == MULTIADDR_PARTS_MAX)
            return err_say(LOFT_ERR_LIMIT, "an address of more than %d parts",
                           MULTIADDR_PARTS_MAX);
        TRY(multiaddr_next(&part, &addr));
    }
    return LOFT_OK;
}

/* What stands after a slash, up to the next or the end. */
static loft_err take_word(bytes *out, bytes *rest)
{
    if (rest->len == 0 || rest->at[0] != '/')
        return err_say(LOFT_ERR_FORMAT, "an address without its next slash");
    bytes after = bytes_of(rest->at + 1, rest->len - 1);
    const uint8_t *slash = after.len ? memchr(after.at, '/', after.len) : NULL;
    size_t len = slash ? (size_t)(slash - after.at) : after.len;
    *out = bytes_of(after.at, len);
    *rest = bytes_of(after.at + len, after.len - len);
    return LOFT_OK;
}

static loft_err read_value(struct buffer *out, const struct value_kind *kind,
                           bytes *rest)
{
    bytes word = BYTES_EMPTY;
    struct buffer value = {0};
    if (kind->len == 0)
        return LOFT_OK;
    TRY(take_word(&word, rest));
    loft_err err = kind->read_text(&value, word);
    if (err == LOFT_OK && kind->len == LEN_PREFIXED)
        uvarint_put(out, value.len);
    buffer_put_bytes(out, buffer_bytes(&value));
    buffer_free(&value);
    return err;
}

static loft_err read_words(struct buffer *out, bytes text)
{
    if (text.len > MULTIADDR_TEXT_BYTES_MAX)
        return err_say(LOFT_ERR_LIMIT, "an address of %zu characters",
                       text.len);
    while (text.len > 0) {
        const struct protocol *protocol = NULL;
        bytes name = BYTES_EMPTY;
        TRY(take_word(&name, &text));
        TRY(find_name(&protocol, name));
        uvarint_put(out, protocol->code);
        TRY(read_value(out, protocol->value, &text));
    }
    return LOFT_OK;
}

static loft_err check_written(const struct buffer *out, size_t start)
{
    if (out->len == start)
        return err_say(LOFT_ERR_FORMAT, "an empty text");
    return multiaddr_check(bytes_of(out->at + start, out->len - start));
}

loft_err multiaddr_read_text(struct buffer *out, bytes text)
{
    size_t start = out->len;
    loft_err err = read_words(out, text);
    if (err == LOFT_OK)
        err = check_written(out, start);
    if (err == LOFT_OK)
        return LOFT_OK;
    out->len = start;
    return err_in(err, "address");
}

void multiaddr_put_text(struct buffer *out, bytes addr)
{
    while (addr.len > 0) {
        const struct protocol *protocol = NULL;
        bytes value = BYTES_EMPTY;
        ASSERT(read_part(&protocol, &value, &addr) == LOFT_OK);
        buffer_printf(out, "/%s", protocol->name);
        if (!protocol->value->put_text)
            continue;
        buffer_put_byte(out, '/');
        protocol->value->put_text(out, value);
    }
}

void multiaddr_put_peer(struct buffer *out, const struct peer_id *id)
{
    uvarint_put(out, MULTIADDR_P2P);
    uvarint_put(out, id->len);
    buffer_put_bytes(out, peer_id_bytes(id));
}

void multiaddr_put_circuit(struct buffer *out)
{
    uvarint_put(out, MULTIADDR_P2P_CIRCUIT);
}

bool multiaddr_is_relayed(bytes addr)
{
    struct multiaddr_part part;
    while (addr.len > 0 && multiaddr_next(&part, &addr) == LOFT_OK)
        if (part.code == MULTIADDR_P2P_CIRCUIT)
            return true;
    return false;
}
