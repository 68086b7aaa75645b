// SPDX-License-Identifier: MIT
//
// Intervals as a table: CSV after RFC 4180 but for its line ends, which are newlines. The columns
// are an API, told in as-stats(1): new ones come last but for rejected_by.
#ifndef AS_STATS_CSV_H
#define AS_STATS_CSV_H

#include "base/buffer.h"
#include "stats_sample.h"

void stats_csv_header(struct as_buffer *out);
// The sample that was taken from the window last.
void stats_csv_sample(const struct stats_sample *sample, const struct stats_summary *summary,
                      const struct stats_window *window, struct as_buffer *out);

#endif
