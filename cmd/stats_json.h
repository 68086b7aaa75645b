// SPDX-License-Identifier: MIT
//
// The summary, and an interval, as one JSON object on one line each. Their members are an API, told
// in as-stats(1).
#ifndef AS_STATS_JSON_H
#define AS_STATS_JSON_H

#include "base/buffer.h"
#include "stats_sample.h"

// Without a newline. With `typed`, the object says what it is: "type": "summary".
void stats_json_summary(const struct stats_summary *summary, bool typed, struct as_buffer *out);
// The sample that was taken from the window last.
void stats_json_sample(const struct stats_sample *sample, const struct stats_summary *summary,
                       const struct stats_window *window, struct as_buffer *out);
// [{"kind", "name", "count"}], the most frequent first. `counts` are those of the reasons, by index
// of the list, and of other ones (STATS_REASONS_MAX); reasons with 0 are left out. NULL: those
// since the start.
void stats_json_reasons(const struct stats_reasons *reasons, const uint64_t *counts,
                        struct as_buffer *out);

#endif
