// SPDX-License-Identifier: MIT
//
// Figures in Prometheus' text exposition format (version 0.0.4), by its conventions: base units,
// _total for counters, histograms with cumulative buckets.
#ifndef AS_STATS_PROMETHEUS_H
#define AS_STATS_PROMETHEUS_H

#include "base/buffer.h"
#include "base/error.h"
#include "stats_summary.h"

enum {
    STATS_LABELS_MAX = 200,      // reasons with a series of their own, those that came first
    STATS_LABEL_BYTES_MAX = 200, // of a reason's name; longer ones end in their number
};

void stats_prometheus(const struct stats_summary *summary, bool ended, struct as_buffer *out);

// Replaces the file atomically: node_exporter's textfile collector never reads half of it. AS_IO.
int stats_prometheus_write(const char *path, const struct as_buffer *text, struct as_error *error);

#endif
