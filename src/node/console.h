#pragma once
/* The web console's files, which are part of the program, by GET.
 *
 * They are what lies in web/, put into a table of the program when it is built
 * (tools/embed_web.py), plain and compressed. A page of them may load nothing
 * from elsewhere and run nothing but the files' own scripts: that is what
 * CONSOLE_POLICY tells the browser.
 *
 * Source  Content Security Policy Level 3; RFC 9110 for ETag and conditions.
 */
#include <stddef.h>

#include "base/bytes.h"
#include "net/http_server.h"

#define CONSOLE_POLICY                                                   \
    "default-src 'none'; script-src 'self'; style-src 'self'; "          \
    "connect-src 'self'; img-src 'self' data:; base-uri 'none'; "        \
    "form-action 'none'; frame-ancestors 'none'; trusted-types 'none'; " \
    "require-trusted-types-for 'script'"

struct console_file {
    const char *path; /* as requests name it: "/app.js" */
    const char *content_type;
    const char *etag; /* with its quotes */
    bytes plain;
    bytes gzip;
};

/* Sorted by path. */
extern const struct console_file console_files[];
extern const size_t console_file_count;

/* Answers a GET: a file, 304 for one that the browser has already, or 404. */
void console_answer(void *context, struct http_request *request);

/* Whether Accept-Encoding lets gzip through; NULL is none. */
bool console_takes_gzip(const char *accept_encoding);
