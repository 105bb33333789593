#include "io/service.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/log.h"

#define MESSAGE_BYTES_MAX 512

/* A path, or with "@" in front a name that is not in the file system. */
static socklen_t address_of(struct sockaddr_un *out, const char *name)
{
    size_t len = strlen(name);
    *out = (struct sockaddr_un){.sun_family = AF_UNIX};
    if ((name[0] != '/' && name[0] != '@') || len < 2 ||
        len >= sizeof out->sun_path)
        return 0;
    memcpy(out->sun_path, name, len);
    if (name[0] == '@')
        out->sun_path[0] = 0;
    return (socklen_t)(offsetof(struct sockaddr_un, sun_path) + len);
}

void service_notify(const char *format, ...)
{
    const char *name = getenv("NOTIFY_SOCKET");
    struct sockaddr_un address;
    char message[MESSAGE_BYTES_MAX];
    va_list args;
    socklen_t address_len = name ? address_of(&address, name) : 0;
    if (!address_len)
        return;
    va_start(args, format);
    int len = vsnprintf(message, sizeof message, format, args);
    va_end(args);
    int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0 || len < 0)
        return;
    size_t size = (size_t)len < sizeof message ? (size_t)len
                                               : sizeof message - 1;
    if (sendto(fd, message, size, MSG_NOSIGNAL, (struct sockaddr *)&address,
               address_len) < 0)
        log_debug("not_notified", "socket=%s", name);
    close(fd);
}

uint64_t service_watchdog_ms(void)
{
    const char *microseconds = getenv("WATCHDOG_USEC");
    const char *process = getenv("WATCHDOG_PID");
    if (!microseconds || !getenv("NOTIFY_SOCKET"))
        return 0;
    if (process && strtoll(process, NULL, 10) != getpid())
        return 0;
    return strtoull(microseconds, NULL, 10) / 1000;
}
