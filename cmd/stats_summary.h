// SPDX-License-Identifier: MIT
//
// The figures of a verdict stream since its start, gathered frame by frame:
//
//   create → add* → (read the fields) → free
//
// Time is counted from the creation of the first batch in its producer to the arrival here of the
// last verdict: what a user waited for, start-up and recovery of the writer included. The round
// trip of a batch is the same from its own creation to its own arrival.
//
// Accepted and rejected count every item that was answered, duplicates as first decided.
#ifndef AS_STATS_SUMMARY_H
#define AS_STATS_SUMMARY_H

#include "base/error.h"
#include "base/histogram.h"
#include "stats_reasons.h"
#include "stream/frame.h"
#include "stream/telemetry.h"

struct stats_summary {
    uint64_t accepted, rejected, duplicates, batches;
    bool dry_run;
    uint64_t domain;                            // its fingerprint
    uint64_t first_created_ns, last_arrived_ns; // since the epoch
    struct as_histogram round_trip_ns;
    struct stats_reasons reasons;
    // What the writer tells of itself; all of it is 0 until `measured`.
    bool measured;
    uint64_t telemetry[AS_TELEMETRY_FIELDS]; // as of the last frame
    struct as_histogram commit_ns;           // of all COMMITs until then
    struct as_telemetry scratch;
};

struct stats_summary *stats_summary_create(void);
void stats_summary_free(struct stats_summary *summary);

// A VERDICTS or TELEMETRY frame that arrived at that time. AS_DATA where its body is malformed.
int stats_summary_add(struct stats_summary *summary, const struct as_frame *frame,
                      uint64_t arrived_ns, struct as_error *error);

// The round trip of a batch of that frame. A clock that was set back in between shows as no time,
// not as centuries.
uint64_t stats_round_trip_ns(const struct as_frame *frame, uint64_t arrived_ns);

uint64_t stats_summary_items(const struct stats_summary *summary);
double stats_summary_seconds(const struct stats_summary *summary);
// 0 where there is no time to divide by.
double stats_summary_rate(const struct stats_summary *summary);

#endif
