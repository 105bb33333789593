/* Host, Origin and Sec-WebSocket-Key as any bytes. What is allowed names this
 * machine: it begins with a loopback name or a number. */
#include <string.h>
#include <strings.h>

#include "base/assert.h"
#include "net/http_access.h"
#include "net/websocket.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static bool may_be_here(const char *host)
{
    const char *name = host + (*host == '[');
    return strcasestr(host, "localhost") ||
           (*name && strchr("0123456789abcdefABCDEF:.", *name));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    char text[512], accept[WEBSOCKET_ACCEPT_CHARS + 1];
    const struct http_names none = {0};
    if (len >= sizeof text)
        return 0;
    memcpy(text, data, len);
    text[len] = 0;
    if (http_host_allowed(text, none))
        ASSERT(may_be_here(text));
    if (http_origin_allowed(text, none)) {
        ASSERT(strncasecmp(text, "http", 4) == 0);
        ASSERT(strcasestr(text, "localhost") || strstr(text, "127.") ||
               strstr(text, "[::1]"));
    }
    if (websocket_accept(accept, text))
        ASSERT(strlen(accept) == WEBSOCKET_ACCEPT_CHARS);
    return 0;
}
