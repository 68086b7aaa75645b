// SPDX-License-Identifier: MIT
//
// Telemetry: the body of a TELEMETRY frame, which the writer sends among its verdicts every now and
// then, and once more before END. All integers are little-endian.
//
//   offset size  field
//        0    4  number of values, V
//        4  8×V  the values, in the order of enum as_telemetry_field
//        …    8  the longest COMMIT since the last TELEMETRY frame, ns
//        …    8  sum of their durations, ns
//        …    4  number of buckets that follow
//        …   10  each: 2 number of a bucket of base/histogram.h, ascending   8 COMMITs in it
//
// A reader takes the values it knows: those that are missing are 0, further ones and further bytes
// behind the buckets are a later version's.
//
// Counters grow from the writer's start; gauges tell how it is now. How often each reason rejected
// and how long a batch took from its creation to its verdict is told by the VERDICTS themselves.
#ifndef AS_STREAM_TELEMETRY_H
#define AS_STREAM_TELEMETRY_H

#include "base/buffer.h"
#include "base/bytes.h"
#include "base/histogram.h"

enum as_telemetry_field {
    AS_TELEMETRY_UPTIME_NS,
    // Work done: counters. Items are those of committed frames, duplicates included.
    AS_TELEMETRY_ITEMS,
    AS_TELEMETRY_ACCEPTED,
    AS_TELEMETRY_REJECTED,
    AS_TELEMETRY_DUPLICATES,
    AS_TELEMETRY_BATCHES,
    AS_TELEMETRY_COMMITS,
    AS_TELEMETRY_FRAME_BYTES, // read
    AS_TELEMETRY_JOURNAL_BYTES,
    // Sums over COMMITs for a least-squares fit of T(n) = a + b·n: n are the items of one COMMIT, T
    // is the time from its BEGIN to its end, in ns. n² is a sum of squares divided by 1024.
    AS_TELEMETRY_COMMIT_ITEMS,
    AS_TELEMETRY_COMMIT_NS,
    AS_TELEMETRY_COMMIT_ITEMS_SQUARED,
    AS_TELEMETRY_COMMIT_ITEMS_NS, // n·T, divided by 1024
    AS_TELEMETRY_DECIDE_NS,       // spent deciding
    // Where each stage waited: counters.
    AS_TELEMETRY_READ_WAIT_NS,   // the reader, for input; its checks are counted in
    AS_TELEMETRY_ROOM_WAIT_NS,   // the reader, for room behind it
    AS_TELEMETRY_ENGINE_WAIT_NS, // the engine, for batches
    AS_TELEMETRY_COMMIT_WAIT_NS, // the committer, for decided batches
    AS_TELEMETRY_SEND_WAIT_NS,   // the committer, for its verdicts to be taken
    // Gauges.
    AS_TELEMETRY_ENGINE_DEPTH,   // batches that wait for the engine
    AS_TELEMETRY_COMMIT_DEPTH,   // decided batches that wait for the committer
    AS_TELEMETRY_WAL_BYTES,      // of the active segment, about
    AS_TELEMETRY_SEGMENTS,       // of the journal
    AS_TELEMETRY_SEALS,          // a counter: segments sealed by this run
    AS_TELEMETRY_SEALING_BYTES,  // of the segment that is being sealed, about: checkpoint debt
    AS_TELEMETRY_ROWS,           // of all aggregates
    AS_TELEMETRY_DIRTY_ROWS,     // changed since they were last taken for a fold
    AS_TELEMETRY_FOLDS,          // a counter
    AS_TELEMETRY_FOLD_NS,        // how long the last one took
    AS_TELEMETRY_FOLD_LAG_ITEMS, // committed items that state.db does not have yet
    AS_TELEMETRY_FOLD_LAG_NS,    // time since the last fold's state was committed; 0: no lag
    AS_TELEMETRY_CPU_USER_NS,    // counters
    AS_TELEMETRY_CPU_SYSTEM_NS,
    AS_TELEMETRY_RSS_BYTES,
    AS_TELEMETRY_FIELDS
};

enum as_telemetry_kind { AS_TELEMETRY_COUNTER, AS_TELEMETRY_GAUGE };
enum as_telemetry_unit { AS_TELEMETRY_COUNT, AS_TELEMETRY_BYTES, AS_TELEMETRY_NANOSECONDS };

struct as_telemetry_info {
    const char *name; // lower case with underscores, without unit: "journal"
    enum as_telemetry_kind kind;
    enum as_telemetry_unit unit;
    const char *help; // one sentence
};
extern const struct as_telemetry_info as_telemetry_info[AS_TELEMETRY_FIELDS];

struct as_telemetry {
    uint64_t values[AS_TELEMETRY_FIELDS];
    struct as_histogram commits; // ns, since the last TELEMETRY frame
};

void as_telemetry_encode(struct as_buffer *out, const struct as_telemetry *telemetry);
// False on anything malformed.
bool as_telemetry_decode(const void *body, size_t size, struct as_telemetry *telemetry);

#endif
