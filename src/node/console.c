#include "node/console.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

static int compare_path(const void *path, const void *file)
{
    return strcmp(path, ((const struct console_file *)file)->path);
}

static const struct console_file *find(const char *path)
{
    if (strcmp(path, "/") == 0)
        path = "/index.html";
    return bsearch(path, console_files, console_file_count,
                   sizeof console_files[0], compare_path);
}

/* "0", "0.0", "0.000": the weight of what is not wanted. */
static bool is_zero_weight(const char *text, size_t len)
{
    if (len == 0 || text[0] != '0')
        return false;
    for (size_t i = 1; i < len; i++)
        if (text[i] != '0' && text[i] != '.')
            return false;
    return true;
}

/* One of the list: "gzip", "gzip;q=0", "*;q=0.5". */
static bool names_gzip(const char *item, size_t len)
{
    size_t name_len = strcspn(item, ";, \t");
    bool is_named = (name_len == 4 && strncasecmp(item, "gzip", 4) == 0) ||
                    (name_len == 1 && *item == '*');
    const char *weight = memchr(item, '=', len);
    if (!is_named || !weight)
        return is_named;
    size_t weight_len = strspn(++weight, "0123456789.");
    return !is_zero_weight(weight, weight_len);
}

bool console_takes_gzip(const char *accept_encoding)
{
    const char *item = accept_encoding ? accept_encoding : "";
    while (*item) {
        item += strspn(item, ", \t");
        size_t len = strcspn(item, ",");
        if (len && names_gzip(item, len))
            return true;
        item += len;
    }
    return false;
}

/* If-None-Match names this tag, strong or weak, or any. */
static bool has_tag(const char *condition, const char *etag)
{
    return condition &&
           (strcmp(condition, "*") == 0 || strstr(condition, etag) != NULL);
}

void console_answer(void *context, struct http_request *request)
{
    const struct console_file *file = find(request->path);
    (void)context;
    if (!file) {
        http_respond_text(request, 404, "nothing is here; JSON-RPC is at /");
        return;
    }
    bool is_gzip = console_takes_gzip(
        http_request_header(request, "Accept-Encoding"));
    bool is_known = has_tag(http_request_header(request, "If-None-Match"),
                            file->etag);
    struct http_header headers[] = {
        {"ETag", file->etag},
        {"Cache-Control", "no-cache"},
        {"Vary", "Accept-Encoding"},
        {"Content-Security-Policy", CONSOLE_POLICY},
        {"X-Content-Type-Options", "nosniff"},
        {"Referrer-Policy", "no-referrer"},
        {"Cross-Origin-Opener-Policy", "same-origin"},
        {"Cross-Origin-Resource-Policy", "same-origin"},
        {"Content-Type", file->content_type},
        {"Content-Encoding", "gzip"},
    };
    size_t count = ARRAY_LEN(headers) - !is_gzip;
    if (is_known)
        http_respond_static(request, 304, headers, ARRAY_LEN(headers) - 2,
                            BYTES_EMPTY);
    else
        http_respond_static(request, 200, headers, count,
                            is_gzip ? file->gzip : file->plain);
}
