// SPDX-License-Identifier: MIT
//
// Samples: the figures of an interval. A window watches a summary grow and tells what came since
// its last sample:
//
//   start → (add…  → due → take)… → take
//
// Times are ns since the epoch and never go back.
//
// Every figure is one number in an array, described by stats_field_info: how it is called and
// printed, and how the figures of two neighbouring intervals become one.
#ifndef AS_STATS_SAMPLE_H
#define AS_STATS_SAMPLE_H

#include "stats_summary.h"

enum stats_field {
    STATS_ELAPSED_S,  // from the window's start to the interval's end
    STATS_INTERVAL_S, // the interval's length
    STATS_ITEMS,
    STATS_RATE, // items a second
    STATS_ACCEPTED,
    STATS_REJECTED,
    STATS_DUPLICATES,
    STATS_BATCHES,
    STATS_P50_MS, // round trip of the interval's batches
    STATS_P90_MS,
    STATS_P99_MS,
    STATS_P99_9_MS,
    STATS_MAX_MS,
    // From here on the writer's telemetry, of the time between the last frames of two intervals.
    STATS_MEASURED_S,
    STATS_COMMITS,
    STATS_COMMIT_BATCHES, // a commit, on average
    STATS_COMMIT_MS,      // likewise
    STATS_JOURNAL_BYTES,
    STATS_WAL_BYTES,
    STATS_SEGMENTS,
    STATS_SEALING_BYTES,
    STATS_FOLD_LAG_ITEMS,
    STATS_FOLD_LAG_MS,
    STATS_ROWS,
    STATS_DIRTY_ROWS,
    STATS_ENGINE_DEPTH,
    STATS_COMMIT_DEPTH,
    // Percent of the time.
    STATS_READ_WAIT,   // the reader, for input
    STATS_ROOM_WAIT,   // the reader, for room behind it
    STATS_ENGINE_WAIT, // the engine, for batches
    STATS_DECIDE,      // the engine, deciding
    STATS_COMMIT_WAIT, // the committer, for decided batches
    STATS_COMMIT,      // the committer, from BEGIN to the end of COMMIT
    STATS_SEND_WAIT,   // the committer, for its verdicts to be taken
    STATS_CPU_USER,    // of one core
    STATS_CPU_SYSTEM,
    STATS_RSS_BYTES,
    // From here on not telemetry: rejections by kind.
    STATS_REJECTED_CHECK,
    STATS_FIELDS = STATS_REJECTED_CHECK + AS_REJECT_KINDS - 1
};

enum stats_merge { STATS_SUM, STATS_MAX, STATS_LAST, STATS_MEAN }; // MEAN: weighted by time

struct stats_field_info {
    const char *name;
    int decimals;
    enum stats_merge merge;
};
extern const struct stats_field_info stats_field_info[STATS_FIELDS];

struct stats_sample {
    uint64_t at_ns; // the interval's end, since the epoch
    bool measured;  // telemetry came in it; otherwise those fields mean nothing
    double values[STATS_FIELDS];
};

// True where the field has a value in this sample.
bool stats_sample_has(const struct stats_sample *sample, enum stats_field field);
// `next` is the neighbour behind `sample`, which becomes both.
void stats_sample_merge(struct stats_sample *sample, const struct stats_sample *next);

// All of a stream as one interval.
void stats_sample_whole(const struct stats_summary *summary, struct stats_sample *sample);

struct stats_window {
    uint64_t interval_ns;
    uint64_t started_ns, since_ns; // of the first interval and of this one
    // The summary as of since_ns.
    uint64_t accepted, rejected, duplicates, batches;
    uint64_t by_kind[AS_REJECT_KINDS];
    uint64_t by_reason[STATS_REASONS_MAX + 1]; // as the list, and last: other
    uint64_t telemetry[AS_TELEMETRY_FIELDS];
    struct as_histogram round_trip_ns; // of this interval
    // How often each reason rejected in the interval that was taken last.
    uint64_t rejected_by[STATS_REASONS_MAX + 1];
};

void stats_window_start(struct stats_window *window, uint64_t interval_ns, uint64_t now_ns);
void stats_window_add(struct stats_window *window, uint64_t round_trip_ns);
// Is an interval over?
bool stats_window_due(const struct stats_window *window, uint64_t now_ns);
// How long until then.
uint64_t stats_window_left_ns(const struct stats_window *window, uint64_t now_ns);
// The end of the last interval that is over, where one is due; else now.
uint64_t stats_window_end_ns(const struct stats_window *window, uint64_t now_ns);
// What came since the last sample, which goes until end_ns, as a sample.
void stats_window_take(struct stats_window *window, const struct stats_summary *summary,
                       uint64_t end_ns, struct stats_sample *sample);
#endif
