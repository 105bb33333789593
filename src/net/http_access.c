#include "net/http_access.h"

#include <string.h>
#include <strings.h>

#include "base/attributes.h"
#include "base/bytes.h"

#define HOST_CHARS_MAX 255

static bool text_is(bytes text, const char *name)
{
    return text.len == strlen(name) &&
           strncasecmp((const char *)text.at, name, text.len) == 0;
}

static bool text_ends(bytes text, const char *end)
{
    size_t len = strlen(end);
    return text.len > len &&
           text_is(bytes_of(text.at + text.len - len, len), end);
}

static bool among(struct http_names names, bytes text)
{
    for (size_t i = 0; i < names.count; i++)
        if (strcmp(names.at[i], "*") == 0 || text_is(text, names.at[i]))
            return true;
    return false;
}

static bool only_of(bytes text, const char *chars)
{
    for (size_t i = 0; i < text.len; i++)
        if (!text.at[i] || !strchr(chars, text.at[i]))
            return false;
    return text.len > 0;
}

/* Takes the name off "name", "name:port" or "[address]:port"; false: the rest
 * is not a port. */
static bool split_port(bytes *name, bytes host)
{
    size_t end = 0;
    if (host.len && host.at[0] == '[') {
        while (end < host.len && host.at[end] != ']')
            end++;
        if (end++ == host.len)
            return false;
    } else {
        while (end < host.len && host.at[end] != ':')
            end++;
    }
    *name = bytes_of(host.at, end);
    if (end == host.len)
        return end > 0;
    bytes port = bytes_of(host.at + end + 1, host.len - end - 1);
    return end > 0 && host.at[end] == ':' && port.len <= 5 &&
           only_of(port, "0123456789");
}

static bool is_ipv6_literal(bytes name)
{
    return name.len > 2 && name.at[0] == '[' && name.at[name.len - 1] == ']' &&
           only_of(bytes_of(name.at + 1, name.len - 2),
                   "0123456789abcdefABCDEF:.");
}

/* Four numbers: no top-level domain is one, so no name reads like this. */
static bool is_ipv4_literal(bytes name)
{
    size_t dots = 0, digits = 0;
    for (size_t i = 0; i < name.len; i++) {
        bool dot = name.at[i] == '.';
        if (dot ? digits == 0 : name.at[i] < '0' || name.at[i] > '9')
            return false;
        dots += dot;
        digits = dot ? 0 : digits + 1;
        if (digits > 3)
            return false;
    }
    return dots == 3 && digits > 0;
}

static bool is_localhost(bytes name)
{
    return text_is(name, "localhost") || text_ends(name, ".localhost");
}

static bool is_loopback(bytes name)
{
    return is_localhost(name) || text_is(name, "[::1]") ||
           (is_ipv4_literal(name) && memcmp(name.at, "127.", 4) == 0);
}

bool http_host_allowed(const char *host, struct http_names allowed)
{
    bytes name, whole = bytes_of(host, strnlen(host, HOST_CHARS_MAX + 1));
    if (whole.len > HOST_CHARS_MAX || !split_port(&name, whole))
        return false;
    return is_localhost(name) || is_ipv4_literal(name) ||
           is_ipv6_literal(name) || among(allowed, name);
}

bool http_origin_allowed(const char *origin, struct http_names allowed)
{
    static const char *const schemes[] = {"http://", "https://"};
    bytes name, whole = bytes_of(origin, strnlen(origin, HOST_CHARS_MAX + 1));
    if (whole.len > HOST_CHARS_MAX)
        return false;
    if (among(allowed, whole))
        return true;
    for (size_t i = 0; i < ARRAY_LEN(schemes); i++) {
        size_t len = strlen(schemes[i]);
        if (whole.len <= len || strncasecmp(origin, schemes[i], len) != 0)
            continue;
        bytes host = bytes_of(origin + len, whole.len - len);
        return split_port(&name, host) && is_loopback(name);
    }
    return false;
}
