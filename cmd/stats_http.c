// SPDX-License-Identifier: MIT
#include "stats_http.h"

#include <microhttpd.h>
#include <netdb.h>
#include <netinet/in.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/socket.h>

#include "base/number.h"

struct stats_http {
    struct MHD_Daemon *daemon;
    pthread_mutex_t mutex;
    struct as_buffer texts[STATS_HTTP_PATHS];
};

static const struct {
    const char *path, *type;
} paths[STATS_HTTP_PATHS] = {
    [STATS_HTTP_PAGE] = {"/", "text/html; charset=utf-8"},
    [STATS_HTTP_LIVE] = {"/live.json", "application/json"},
    [STATS_HTTP_METRICS] = {"/metrics", "text/plain; version=0.0.4; charset=utf-8"},
};

// ---- Answers ------------------------------------------------------------------------------------

static enum MHD_Result answer(struct MHD_Connection *connection, unsigned status, const char *type,
                              const void *text, size_t size) {
    struct MHD_Response *response =
        MHD_create_response_from_buffer(size, (void *)text, MHD_RESPMEM_MUST_COPY);
    if (!response)
        return MHD_NO;
    MHD_add_response_header(response, "Content-Type", type);
    MHD_add_response_header(response, "Cache-Control", "no-store");
    MHD_add_response_header(response, "X-Content-Type-Options", "nosniff");
    enum MHD_Result result = MHD_queue_response(connection, status, response);
    MHD_destroy_response(response);
    return result;
}

static enum MHD_Result answer_words(struct MHD_Connection *connection, unsigned status,
                                    const char *words) {
    return answer(connection, status, "text/plain; charset=utf-8", words, strlen(words));
}

static enum MHD_Result answer_path(struct stats_http *http, struct MHD_Connection *connection,
                                   size_t path) {
    pthread_mutex_lock(&http->mutex);
    const struct as_buffer *text = &http->texts[path];
    enum MHD_Result result =
        answer(connection, MHD_HTTP_OK, paths[path].type, text->data, text->size);
    pthread_mutex_unlock(&http->mutex);
    return result;
}

static enum MHD_Result handle(void *context, struct MHD_Connection *connection, const char *url,
                              const char *method, const char *version, const char *upload,
                              size_t *upload_size, void **request) {
    (void)version, (void)upload, (void)upload_size, (void)request;
    if (strcmp(method, "GET") != 0 && strcmp(method, "HEAD") != 0)
        return answer_words(connection, MHD_HTTP_METHOD_NOT_ALLOWED, "GET only\n");
    for (size_t path = 0; path < STATS_HTTP_PATHS; path++)
        if (strcmp(url, paths[path].path) == 0)
            return answer_path(context, connection, path);
    return answer_words(connection, MHD_HTTP_NOT_FOUND, "/, /live.json or /metrics\n");
}

// ---- Address ------------------------------------------------------------------------------------

static int bad_address(const char *address, struct as_error *error) {
    return as_error_set(error, AS_USAGE, "--listen %s: not an address such as 127.0.0.1:9464",
                        address);
}

// "[::1]:9464" without its brackets, cut in two at the last colon; the caller frees *host.
static bool split(const char *address, char **host, const char **port) {
    const char *colon = strrchr(address, ':');
    if (!colon)
        return false;
    bool brackets = *address == '[' && colon > address + 1 && colon[-1] == ']';
    const char *start = address + brackets, *end = colon - brackets;
    if (end <= start)
        return false;
    *host = as_strndup(start, (size_t)(end - start));
    *port = colon + 1;
    return true;
}

static int resolve(const char *address, struct addrinfo **found, struct as_error *error) {
    struct addrinfo hints = {
        .ai_flags = AI_NUMERICHOST | AI_NUMERICSERV,
        .ai_socktype = SOCK_STREAM,
    };
    char *host;
    const char *port;
    uint64_t number;
    if (!split(address, &host, &port))
        return bad_address(address, error);
    int failure = as_parse_count(port, 0, UINT16_MAX, &number)
                      ? getaddrinfo(host, port, &hints, found)
                      : EAI_NONAME;
    free(host);
    return failure ? bad_address(address, error) : AS_OK;
}

// ---- Daemon -------------------------------------------------------------------------------------

// Signals are for the thread that reads the stream.
static struct MHD_Daemon *start(struct stats_http *http, const struct addrinfo *at) {
    unsigned flags = MHD_USE_INTERNAL_POLLING_THREAD | MHD_USE_AUTO;
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    if (at->ai_family == AF_INET6)
        flags |= MHD_USE_IPv6;
    struct MHD_Daemon *daemon = MHD_start_daemon(
        flags, 0, NULL, NULL, handle, http, MHD_OPTION_SOCK_ADDR, at->ai_addr,
        MHD_OPTION_CONNECTION_LIMIT, (unsigned)STATS_HTTP_CLIENTS_MAX,
        MHD_OPTION_CONNECTION_TIMEOUT, (unsigned)STATS_HTTP_TIMEOUT_S, MHD_OPTION_END);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return daemon;
}

int stats_http_open(const char *address, struct stats_http **http, struct as_error *error) {
    struct addrinfo *at;
    int code = resolve(address, &at, error);
    if (code)
        return code;
    *http = as_alloc_zero(1, sizeof **http);
    pthread_mutex_init(&(*http)->mutex, NULL);
    (*http)->daemon = start(*http, at);
    freeaddrinfo(at);
    if ((*http)->daemon)
        return AS_OK;
    stats_http_close(*http);
    *http = NULL;
    return as_error_errno(error, AS_IO, "--listen %s", address);
}

unsigned stats_http_port(const struct stats_http *http) {
    return MHD_get_daemon_info(http->daemon, MHD_DAEMON_INFO_BIND_PORT)->port;
}

void stats_http_publish(struct stats_http *http, struct as_buffer texts[STATS_HTTP_PATHS]) {
    struct as_buffer old[STATS_HTTP_PATHS];
    pthread_mutex_lock(&http->mutex);
    memcpy(old, http->texts, sizeof old);
    memcpy(http->texts, texts, sizeof old);
    pthread_mutex_unlock(&http->mutex);
    for (size_t i = 0; i < STATS_HTTP_PATHS; i++) {
        as_buffer_free(&old[i]);
        texts[i] = (struct as_buffer){0};
    }
}

void stats_http_close(struct stats_http *http) {
    if (http->daemon)
        MHD_stop_daemon(http->daemon);
    for (size_t i = 0; i < STATS_HTTP_PATHS; i++)
        as_buffer_free(&http->texts[i]);
    pthread_mutex_destroy(&http->mutex);
    free(http);
}
