// SPDX-License-Identifier: MIT
//
// The figures of a verdict stream, gathered frame by frame:
//
//   init → add* → (read the fields) → free
//
// Time is counted from the creation of the first batch in its producer to the arrival here of the
// last verdict: what a user waited for, start-up and recovery of the writer included. The round
// trip of a batch is the same from its own creation to its own arrival.
//
// Accepted and rejected count every item that was answered, duplicates as first decided.
#ifndef AS_STATS_SUMMARY_H
#define AS_STATS_SUMMARY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "base/histogram.h"
#include "stream/frame.h"
#include "stream/verdict.h"

enum {
    STATS_REASONS_MAX = 1000,  // distinct reasons told apart; the rest is counted together
    STATS_REASON_SLOTS = 2048, // of the hash table that finds them, a power of two
};

struct stats_reason {
    uint8_t kind;
    char *name;
    size_t size;
    uint64_t count;
};

struct stats_summary {
    uint64_t accepted, rejected, duplicates, batches;
    bool dry_run;
    uint64_t first_created_ns, last_arrived_ns; // since the epoch
    struct as_histogram round_trip_ns;
    struct stats_reason reasons[STATS_REASONS_MAX];
    size_t reason_count;
    uint64_t other;                     // rejections beyond STATS_REASONS_MAX reasons
    uint16_t slots[STATS_REASON_SLOTS]; // 0, or 1 + a reason's index
};

struct stats_summary *stats_summary_create(void);
void stats_summary_free(struct stats_summary *summary);

// A VERDICTS frame that arrived at that time. AS_DATA where its body is malformed.
int stats_summary_add(struct stats_summary *summary, const struct as_frame *frame,
                      uint64_t arrived_ns, struct as_error *error);

uint64_t stats_summary_items(const struct stats_summary *summary);
double stats_summary_seconds(const struct stats_summary *summary);
// 0 where there is no time to divide by.
double stats_summary_rate(const struct stats_summary *summary);
double stats_summary_round_trip_ms(const struct stats_summary *summary, double quantile);

// Most frequent first.
void stats_summary_sort_reasons(struct stats_summary *summary);

#endif
