// SPDX-License-Identifier: MIT
#include "stream/telemetry.h"

#define COUNTER AS_TELEMETRY_COUNTER
#define GAUGE   AS_TELEMETRY_GAUGE
#define COUNT   AS_TELEMETRY_COUNT
#define BYTES   AS_TELEMETRY_BYTES
#define NS      AS_TELEMETRY_NANOSECONDS

const struct as_telemetry_info as_telemetry_info[AS_TELEMETRY_FIELDS] = {
    [AS_TELEMETRY_UPTIME_NS] = {"uptime", GAUGE, NS, "Time since the writer started."},
    [AS_TELEMETRY_ITEMS] = {"items", COUNTER, COUNT, "Items answered, duplicates included."},
    [AS_TELEMETRY_ACCEPTED] = {"accepted", COUNTER, COUNT, "Items accepted."},
    [AS_TELEMETRY_REJECTED] = {"rejected", COUNTER, COUNT, "Items rejected."},
    [AS_TELEMETRY_DUPLICATES] = {"duplicates", COUNTER, COUNT,
                                 "Items that had been decided before."},
    [AS_TELEMETRY_BATCHES] = {"batches", COUNTER, COUNT, "Batches answered."},
    [AS_TELEMETRY_COMMITS] = {"commits", COUNTER, COUNT, "Commits of the journal, one sync each."},
    [AS_TELEMETRY_FRAME_BYTES] = {"frame", COUNTER, BYTES, "Frames of items answered, in bytes."},
    [AS_TELEMETRY_JOURNAL_BYTES] = {"journal", COUNTER, BYTES, "Journalled frames and verdicts."},
    [AS_TELEMETRY_COMMIT_ITEMS] = {"commit_items", COUNTER, COUNT, "Items journalled."},
    [AS_TELEMETRY_COMMIT_NS] = {"commit", COUNTER, NS, "Time from BEGIN to the end of COMMIT."},
    [AS_TELEMETRY_COMMIT_ITEMS_SQUARED] = {"commit_items_squared", COUNTER, COUNT,
                                           "Sum of squares of items a commit, divided by 1024."},
    [AS_TELEMETRY_COMMIT_ITEMS_NS] = {"commit_items_by_time", COUNTER, COUNT,
                                      "Sum of items times ns of a commit, divided by 1024."},
    [AS_TELEMETRY_DECIDE_NS] = {"decide", COUNTER, NS, "Time spent deciding."},
    [AS_TELEMETRY_READ_WAIT_NS] = {"read_wait", COUNTER, NS, "Reader's wait for input."},
    [AS_TELEMETRY_ROOM_WAIT_NS] = {"room_wait", COUNTER, NS,
                                   "Reader's wait for the stages behind."},
    [AS_TELEMETRY_ENGINE_WAIT_NS] = {"engine_wait", COUNTER, NS, "Engine's wait for batches."},
    [AS_TELEMETRY_COMMIT_WAIT_NS] = {"commit_wait", COUNTER, NS,
                                     "Committer's wait for decided batches."},
    [AS_TELEMETRY_SEND_WAIT_NS] = {"send_wait", COUNTER, NS, "Committer's wait to send verdicts."},
    [AS_TELEMETRY_ENGINE_DEPTH] = {"engine_depth", GAUGE, COUNT,
                                   "Batches that wait for the engine."},
    [AS_TELEMETRY_COMMIT_DEPTH] = {"commit_depth", GAUGE, COUNT,
                                   "Decided batches that wait for the committer."},
    [AS_TELEMETRY_WAL_BYTES] = {"wal", GAUGE, BYTES, "Write-ahead log of the active segment."},
    [AS_TELEMETRY_SEGMENTS] = {"segments", GAUGE, COUNT, "Segments of the journal."},
    [AS_TELEMETRY_SEALS] = {"seals", COUNTER, COUNT, "Segments sealed."},
    [AS_TELEMETRY_SEALING_BYTES] = {"sealing", GAUGE, BYTES,
                                    "Checkpoint debt: bytes being sealed."},
    [AS_TELEMETRY_ROWS] = {"rows", GAUGE, COUNT, "Rows of all aggregates."},
    [AS_TELEMETRY_DIRTY_ROWS] = {"dirty_rows", GAUGE, COUNT, "Rows changed since the last fold."},
    [AS_TELEMETRY_FOLDS] = {"folds", COUNTER, COUNT, "Times that state.db was brought up to date."},
    [AS_TELEMETRY_FOLD_NS] = {"fold", GAUGE, NS, "Time that the last fold took."},
    [AS_TELEMETRY_FOLD_LAG_ITEMS] = {"fold_lag_items", GAUGE, COUNT,
                                     "Committed items that state.db does not have yet."},
    [AS_TELEMETRY_FOLD_LAG_NS] = {"fold_lag", GAUGE, NS, "How old the state in state.db is."},
    [AS_TELEMETRY_CPU_USER_NS] = {"cpu_user", COUNTER, NS, "CPU time in the program."},
    [AS_TELEMETRY_CPU_SYSTEM_NS] = {"cpu_system", COUNTER, NS, "CPU time in the system."},
    [AS_TELEMETRY_RSS_BYTES] = {"resident_memory", GAUGE, BYTES, "Memory resident."},
};

void as_telemetry_encode(struct as_buffer *out, const struct as_telemetry *t) {
    uint32_t buckets = 0;
    as_buffer_le32(out, AS_TELEMETRY_FIELDS);
    for (size_t i = 0; i < AS_TELEMETRY_FIELDS; i++)
        as_buffer_le64(out, t->values[i]);
    as_buffer_le64(out, t->commits.max);
    as_buffer_le64(out, (uint64_t)t->commits.sum);
    for (size_t i = 0; i < AS_HISTOGRAM_BUCKETS; i++)
        buckets += t->commits.buckets[i] > 0;
    as_buffer_le32(out, buckets);
    for (size_t i = 0; i < AS_HISTOGRAM_BUCKETS; i++) {
        if (t->commits.buckets[i] == 0)
            continue;
        as_buffer_le16(out, (uint16_t)i);
        as_buffer_le64(out, t->commits.buckets[i]);
    }
}

static bool decode_values(struct as_cursor *in, struct as_telemetry *t) {
    uint32_t count;
    uint64_t value;
    if (!as_cursor_le32(in, &count) || count > as_cursor_left(in) / 8)
        return false;
    for (uint32_t i = 0; i < count && as_cursor_le64(in, &value); i++) {
        if (i < AS_TELEMETRY_FIELDS)
            t->values[i] = value;
    }
    return true;
}

static bool decode_buckets(struct as_cursor *in, struct as_histogram *h) {
    uint32_t count;
    uint16_t bucket;
    uint64_t sum, times;
    int last = -1;
    if (!as_cursor_le64(in, &h->max) || !as_cursor_le64(in, &sum) || !as_cursor_le32(in, &count))
        return false;
    h->sum = (double)sum;
    for (uint32_t i = 0; i < count; i++) {
        if (!as_cursor_le16(in, &bucket) || !as_cursor_le64(in, &times) || bucket <= last ||
            bucket >= AS_HISTOGRAM_BUCKETS)
            return false;
        h->buckets[bucket] = times;
        h->count += times;
        last = bucket;
    }
    return true;
}

bool as_telemetry_decode(const void *body, size_t size, struct as_telemetry *t) {
    struct as_cursor in = as_cursor_over(body, size);
    memset(t, 0, sizeof *t);
    return decode_values(&in, t) && decode_buckets(&in, &t->commits);
}
