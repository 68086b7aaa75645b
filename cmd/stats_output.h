// SPDX-License-Identifier: MIT
//
// Where the figures go while a stream is read, and at its end:
//
//   open → start → (add | tick)… → end → close
#ifndef AS_STATS_OUTPUT_H
#define AS_STATS_OUTPUT_H

#include <jansson.h>

#include "stats_http.h"
#include "stats_live.h"
#include "stats_options.h"
#include "stats_page.h"

struct stats_output {
    const struct stats_options *options;
    int fd; // of rows and summary; -1 until opened, and with --prometheus --output
    const char *what;
    struct stats_summary *summary;
    struct stats_window ticks; // a second each: live view, charts, endpoint
    struct stats_window rows;  // the interval's: table, Prometheus' file
    struct stats_series series;
    struct stats_live live;
    struct stats_http *http;
    json_t *preflight, *audit;
};

// Time (now_ns) is since the epoch and never goes back.
int stats_output_open(struct stats_output **output, const struct stats_options *options,
                      struct as_error *error);
// The first interval begins.
void stats_output_start(struct stats_output *output, uint64_t now_ns);
// A frame that arrived at that time.
int stats_output_add(struct stats_output *output, const struct as_frame *frame, uint64_t arrived_ns,
                     struct as_error *error);
// Tells whatever is due; to be called before what comes at that time is added.
int stats_output_tick(struct stats_output *output, uint64_t now_ns, struct as_error *error);
// How long until something is due.
uint64_t stats_output_left_ns(const struct stats_output *output, uint64_t now_ns);
// The terminal has another size.
void stats_output_resized(struct stats_output *output);
// The last interval and the summary. `failure` is why the stream is not whole, its code 0 where it
// is.
int stats_output_end(struct stats_output *output, uint64_t now_ns, const struct as_error *failure,
                     struct as_error *error);
void stats_output_close(struct stats_output *output);

#endif
