#include "net/http_client.h"

#include <curl/curl.h>
#include <dlfcn.h>
#include <stdlib.h>
#include <string.h>

#include "base/assert.h"
#include "base/memory.h"

/* The library is loaded by the first who asks something: with the thirty
 * others that it brings, it would cost each start of a program that may never
 * ask 1.5 ms and 1.8 MiB. */
#define LIBRARY "libcurl.so.4"
#define FUNCTIONS(X)  \
    X(easy_init)      \
    X(easy_cleanup)   \
    X(easy_setopt)    \
    X(easy_perform)   \
    X(easy_getinfo)   \
    X(easy_strerror)  \
    X(slist_append)   \
    X(slist_free_all) \
    X(url)            \
    X(url_cleanup)    \
    X(url_set)        \
    X(url_get)        \
    X(free)

struct library {
#define X(name) __typeof__(curl_##name) *name;
    FUNCTIONS(X)
#undef X
};

#define NAME_MAX_CHARS 127

struct http_client {
    struct library library;
    CURL *curl;
    char *url; /* of the server, as requests name it */
    char name[NAME_MAX_CHARS + 1];
    char *authorization;
    VEC(char *) headers;
    char sentence[CURL_ERROR_SIZE];
    uint32_t timeout_ms;
    size_t reply_bytes_max;
    struct buffer *reply; /* of the request under way */
    size_t reply_start;
};

/* All of them are in every libcurl since 7.62, which is older than this
 * program: a missing one is a broken library. */
static loft_err load(struct library *out)
{
    void *handle = dlopen(LIBRARY, RTLD_NOW | RTLD_LOCAL); /* to stay */
    if (!handle)
        return err_say(LOFT_ERR_IO, "%s", dlerror());
#define X(name)                                          \
    *(void **)&out->name = dlsym(handle, "curl_" #name); \
    if (!out->name)                                      \
        return err_say(LOFT_ERR_IO, LIBRARY " has no curl_" #name);
    FUNCTIONS(X)
#undef X
    return LOFT_OK;
}

static size_t take(char *at, size_t size, size_t count, void *context)
{
    struct http_client *client = context;
    size_t len = size * count;
    size_t held = client->reply->len - client->reply_start;
    if (len > client->reply_bytes_max - held)
        return 0; /* CURLE_WRITE_ERROR */
    buffer_put(client->reply, at, len);
    return len;
}

/* Every option is one that this libcurl has: a refusal is a bug. */
#define SET(client, option, value)                                         \
    ASSERT((client)->library.easy_setopt((client)->curl, option, value) == \
           CURLE_OK)

static void set_options(struct http_client *client)
{
    SET(client, CURLOPT_NOSIGNAL, 1L);
    SET(client, CURLOPT_FOLLOWLOCATION, 0L);
    SET(client, CURLOPT_PROXY, "");
    SET(client, CURLOPT_NETRC, (long)CURL_NETRC_IGNORED);
    SET(client, CURLOPT_TIMEOUT_MS, (long)client->timeout_ms);
    SET(client, CURLOPT_CONNECTTIMEOUT_MS, (long)client->timeout_ms);
    SET(client, CURLOPT_PROTOCOLS_STR, "http,https");
    SET(client, CURLOPT_WRITEFUNCTION, take);
    SET(client, CURLOPT_WRITEDATA, client);
    SET(client, CURLOPT_ERRORBUFFER, client->sentence);
    SET(client, CURLOPT_USERAGENT, "loft/" LOFT_VERSION);
}

/* What curl would only find out when asked. */
static loft_err check_url(const struct http_client *client, const char *url)
{
    CURLU *parts = client->library.url();
    CURLUcode code = client->library.url_set(parts, CURLUPART_URL, url, 0);
    char *scheme = NULL;
    bool known = code == CURLUE_OK &&
                 client->library.url_get(parts, CURLUPART_SCHEME, &scheme, 0) ==
                     CURLUE_OK &&
                 (strcmp(scheme, "http") == 0 || strcmp(scheme, "https") == 0);
    client->library.free(scheme);
    client->library.url_cleanup(parts);
    return known ? LOFT_OK
                 : err_say(LOFT_ERR_USAGE, "%.200s: not http:// or https://",
                           url);
}

/* Of scheme://user:password@host:port/key?key what is no secret. */
static void make_name(char name[NAME_MAX_CHARS + 1], const char *url)
{
    const char *host = strstr(url, "://");
    if (!host) {
        snprintf(name, NAME_MAX_CHARS + 1, "%s", url); /* a socket's path */
        return;
    }
    int scheme_len = (int)(host + 3 - url);
    host += 3;
    size_t len = strcspn(host, "/?#");
    const char *user = memrchr(host, '@', len);
    if (user) {
        len -= (size_t)(user + 1 - host);
        host = user + 1;
    }
    snprintf(name, NAME_MAX_CHARS + 1, "%.*s%.*s", scheme_len, url, (int)len,
             host);
}

const char *http_client_name(const struct http_client *client)
{
    return client->name;
}

loft_err http_client_open(struct http_client **out,
                          const struct http_client_options *options)
{
    struct http_client *client = MEMORY_NEW(struct http_client);
    loft_err code = load(&client->library);
    if (code == LOFT_OK)
        code = check_url(client, options->url);
    if (code != LOFT_OK) {
        free(client);
        return code;
    }
    client->timeout_ms = options->timeout_ms ? options->timeout_ms
                                             : HTTP_CLIENT_TIMEOUT_MS;
    client->reply_bytes_max = options->reply_bytes_max
                                  ? options->reply_bytes_max
                                  : HTTP_CLIENT_REPLY_BYTES_MAX;
    for (size_t i = 0; i < options->header_count; i++)
        VEC_PUSH(&client->headers, memory_string(options->headers[i]));
    if (options->token) {
        struct buffer header = {0};
        buffer_printf(&header, "Authorization: Bearer %s", options->token);
        buffer_put_byte(&header, 0);
        client->authorization = (char *)header.at;
    }
    client->url = memory_string(options->url);
    make_name(client->name, options->url);
    client->curl = client->library.easy_init();
    ASSERT(client->curl);
    set_options(client);
    *out = client;
    return LOFT_OK;
}

void http_client_close(struct http_client *client)
{
    if (!client)
        return;
    client->library.easy_cleanup(client->curl);
    free(client->url);
    if (client->authorization)
        memory_wipe(client->authorization, strlen(client->authorization));
    free(client->authorization);
    VEC_FOR_EACH (header, &client->headers) {
        memory_wipe(*header, strlen(*header));
        free(*header);
    }
    VEC_FREE(&client->headers);
    free(client);
}

static loft_err failure(const struct http_client *client, CURLcode code)
{
    const char *why = *client->sentence ? client->sentence
                                        : client->library.easy_strerror(code);
    if (code == CURLE_OPERATION_TIMEDOUT)
        return err_say(LOFT_ERR_TIMEOUT, "%s: %s", client->name, why);
    if (code == CURLE_WRITE_ERROR)
        return err_say(LOFT_ERR_LIMIT, "%s: the reply is over %zu bytes",
                       client->name, client->reply_bytes_max);
    return err_say(LOFT_ERR_IO, "%s: %s", client->name, why);
}

static loft_err perform(struct http_client *client, struct buffer *reply,
                        unsigned *status, struct curl_slist *headers)
{
    long number = 0;
    client->reply = reply;
    client->reply_start = reply->len;
    client->sentence[0] = 0;
    if (client->authorization)
        headers = client->library.slist_append(headers, client->authorization);
    VEC_FOR_EACH (header, &client->headers)
        headers = client->library.slist_append(headers, *header);
    SET(client, CURLOPT_HTTPHEADER, headers);
    CURLcode code = client->library.easy_perform(client->curl);
    SET(client, CURLOPT_HTTPHEADER, NULL);
    client->library.slist_free_all(headers);
    if (code != CURLE_OK)
        return failure(client, code);
    client->library.easy_getinfo(client->curl, CURLINFO_RESPONSE_CODE, &number);
    *status = (unsigned)number;
    return LOFT_OK;
}

loft_err http_client_post(struct http_client *client, struct buffer *reply,
                          unsigned *status, const char *content_type,
                          bytes body)
{
    char type[128];
    snprintf(type, sizeof type, "Content-Type: %s", content_type);
    struct curl_slist *headers = client->library.slist_append(NULL, type);
    /* No asking first whether a large body is welcome. */
    headers = client->library.slist_append(headers, "Expect:");
    SET(client, CURLOPT_URL, client->url);
    SET(client, CURLOPT_POST, 1L);
    SET(client, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)body.len);
    SET(client, CURLOPT_POSTFIELDS, body.len ? (const char *)body.at : "");
    return perform(client, reply, status, headers);
}

loft_err http_client_get(struct http_client *client, struct buffer *reply,
                         unsigned *status, const char *path)
{
    CURLU *parts = client->library.url();
    char *url = NULL;
    ASSERT(parts);
    loft_err code = LOFT_OK;
    if (client->library.url_set(parts, CURLUPART_URL, client->url, 0) !=
            CURLUE_OK ||
        client->library.url_set(parts, CURLUPART_PATH, path, 0) != CURLUE_OK ||
        client->library.url_get(parts, CURLUPART_URL, &url, 0) != CURLUE_OK)
        code = err_say(LOFT_ERR_USAGE, "%s: no path %.200s", client->name,
                       path);
    if (code == LOFT_OK) {
        SET(client, CURLOPT_URL, url);
        SET(client, CURLOPT_HTTPGET, 1L);
        code = perform(client, reply, status, NULL);
    }
    client->library.free(url);
    client->library.url_cleanup(parts);
    return code;
}
