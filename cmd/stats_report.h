// SPDX-License-Identifier: MIT
//
// A summary as text for a person, and as one JSON object for a program.
//
// The JSON's fields are an API:
//
//   items, accepted, rejected, duplicates, batches   counts
//   seconds, items_per_second                        see stats_summary.h
//   dry_run                                          nothing was made durable
//   rejected_by      [{"kind", "name", "count"}], most frequent first; kind "other" with an empty
//                    name stands for reasons beyond STATS_REASONS_MAX
//   round_trip_ms    {"p50", "p90", "p99", "p99_9", "max"}, of a batch, 0 without any
#ifndef AS_STATS_REPORT_H
#define AS_STATS_REPORT_H

#include "base/buffer.h"
#include "stats_summary.h"

void stats_report_text(struct stats_summary *summary, struct as_buffer *out);
void stats_report_json(struct stats_summary *summary, struct as_buffer *out);

#endif
