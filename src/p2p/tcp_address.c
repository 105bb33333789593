#include "p2p/tcp_address.h"

#include <string.h>

#include "codec/uvarint.h"

static void put_part(struct buffer *out, enum multiaddr_code code, bytes value)
{
    uvarint_put(out, code);
    buffer_put_bytes(out, value);
}

void tcp_address_put(struct buffer *out, const struct endpoint *endpoint)
{
    uint8_t port[2];
    store_be16(port, endpoint->port);
    put_part(out, endpoint->is_ip6 ? MULTIADDR_IP6 : MULTIADDR_IP4,
             bytes_of(endpoint->ip, endpoint_ip_len(endpoint)));
    put_part(out, MULTIADDR_TCP, bytes_of(port, sizeof port));
}

static loft_err refuse(bytes addr)
{
    struct buffer text = {0};
    if (multiaddr_check(addr) == LOFT_OK)
        multiaddr_put_text(&text, addr);
    loft_err code = err_say(LOFT_ERR_USAGE,
                            "%.*s: not /ip4, /ip6 or /dns and then /tcp",
                            (int)text.len, text.len ? (char *)text.at : "");
    buffer_free(&text);
    return code;
}

static bool read_host(struct tcp_address *out,
                      const struct multiaddr_part *part)
{
    static const struct {
        enum multiaddr_code code;
        enum lookup_kind kind;
    } names[] = {{MULTIADDR_DNS, LOOKUP_ANY},
                 {MULTIADDR_DNS4, LOOKUP_IP4},
                 {MULTIADDR_DNS6, LOOKUP_IP6}};
    if (part->code == MULTIADDR_IP4 || part->code == MULTIADDR_IP6) {
        out->endpoint.is_ip6 = part->code == MULTIADDR_IP6;
        memcpy(out->endpoint.ip, part->value.at, part->value.len);
        return true;
    }
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (part->code == names[i].code) {
            out->is_name = true;
            out->kind = names[i].kind;
            memcpy(out->name, part->value.at, part->value.len);
            return true;
        }
    return false;
}

loft_err tcp_address_read(struct tcp_address *out, bytes addr)
{
    struct multiaddr_part host, port;
    bytes rest = addr;
    *out = (struct tcp_address){0};
    if (multiaddr_next(&host, &rest) != LOFT_OK ||
        multiaddr_next(&port, &rest) != LOFT_OK || rest.len ||
        port.code != MULTIADDR_TCP || !read_host(out, &host))
        return refuse(addr);
    out->endpoint.port = load_be16(port.value.at);
    return LOFT_OK;
}
