// SPDX-License-Identifier: MIT
//
// The endpoint of --listen: a thread that answers GET from the texts that were published last, so
// that neither a slow client nor a busy stream keeps the other waiting.
//
//   open → publish… → close
#ifndef AS_STATS_HTTP_H
#define AS_STATS_HTTP_H

#include "base/buffer.h"
#include "base/error.h"

enum stats_http_path {
    STATS_HTTP_PAGE,    // /
    STATS_HTTP_LIVE,    // /live.json
    STATS_HTTP_METRICS, // /metrics
    STATS_HTTP_PATHS
};

enum {
    STATS_HTTP_CLIENTS_MAX = 32, // at a time
    STATS_HTTP_TIMEOUT_S = 10,   // of a silent one
};

struct stats_http;

// `address` is "127.0.0.1:9464", "[::1]:9464"; port 0 is any free one. AS_USAGE where it is no such
// address, AS_IO where it cannot be had.
int stats_http_open(const char *address, struct stats_http **http, struct as_error *error);
unsigned stats_http_port(const struct stats_http *http);
// Takes over the texts, which are left empty.
void stats_http_publish(struct stats_http *http, struct as_buffer texts[STATS_HTTP_PATHS]);
void stats_http_close(struct stats_http *http);

#endif
