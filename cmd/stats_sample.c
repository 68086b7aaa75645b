// SPDX-License-Identifier: MIT
#include "stats_sample.h"

#include <stdlib.h>

#include "base/clock.h"

const struct stats_field_info stats_field_info[STATS_FIELDS] = {
    [STATS_ELAPSED_S] = {"elapsed_s", 3, STATS_LAST},
    [STATS_INTERVAL_S] = {"interval_s", 3, STATS_SUM},
    [STATS_ITEMS] = {"items", 0, STATS_SUM},
    [STATS_RATE] = {"items_per_s", 1, STATS_MEAN},
    [STATS_ACCEPTED] = {"accepted", 0, STATS_SUM},
    [STATS_REJECTED] = {"rejected", 0, STATS_SUM},
    [STATS_DUPLICATES] = {"duplicates", 0, STATS_SUM},
    [STATS_BATCHES] = {"batches", 0, STATS_SUM},
    [STATS_P50_MS] = {"p50_ms", 3, STATS_MEAN},
    [STATS_P90_MS] = {"p90_ms", 3, STATS_MAX},
    [STATS_P99_MS] = {"p99_ms", 3, STATS_MAX},
    [STATS_P99_9_MS] = {"p99_9_ms", 3, STATS_MAX},
    [STATS_MAX_MS] = {"max_ms", 3, STATS_MAX},
    [STATS_MEASURED_S] = {"measured_s", 3, STATS_SUM},
    [STATS_COMMITS] = {"commits", 0, STATS_SUM},
    [STATS_COMMIT_BATCHES] = {"batches_per_commit", 2, STATS_MEAN},
    [STATS_COMMIT_MS] = {"commit_ms", 3, STATS_MEAN},
    [STATS_JOURNAL_BYTES] = {"journal_bytes", 0, STATS_SUM},
    [STATS_WAL_BYTES] = {"wal_bytes", 0, STATS_MAX},
    [STATS_SEGMENTS] = {"segments", 0, STATS_LAST},
    [STATS_SEALING_BYTES] = {"sealing_bytes", 0, STATS_MAX},
    [STATS_FOLD_LAG_ITEMS] = {"fold_lag_items", 0, STATS_MAX},
    [STATS_FOLD_LAG_MS] = {"fold_lag_ms", 0, STATS_MAX},
    [STATS_ROWS] = {"rows", 0, STATS_LAST},
    [STATS_DIRTY_ROWS] = {"dirty_rows", 0, STATS_MAX},
    [STATS_ENGINE_DEPTH] = {"engine_depth", 0, STATS_MAX},
    [STATS_COMMIT_DEPTH] = {"commit_depth", 0, STATS_MAX},
    [STATS_READ_WAIT] = {"read_wait_percent", 1, STATS_MEAN},
    [STATS_ROOM_WAIT] = {"room_wait_percent", 1, STATS_MEAN},
    [STATS_ENGINE_WAIT] = {"engine_wait_percent", 1, STATS_MEAN},
    [STATS_DECIDE] = {"decide_percent", 1, STATS_MEAN},
    [STATS_COMMIT_WAIT] = {"commit_wait_percent", 1, STATS_MEAN},
    [STATS_COMMIT] = {"commit_percent", 1, STATS_MEAN},
    [STATS_SEND_WAIT] = {"send_wait_percent", 1, STATS_MEAN},
    [STATS_CPU_USER] = {"cpu_user_percent", 1, STATS_MEAN},
    [STATS_CPU_SYSTEM] = {"cpu_system_percent", 1, STATS_MEAN},
    [STATS_RSS_BYTES] = {"rss_bytes", 0, STATS_MAX},
    [STATS_REJECTED_CHECK] = {"rejected_check", 0, STATS_SUM},
    {"rejected_not_null", 0, STATS_SUM},
    {"rejected_type", 0, STATS_SUM},
    {"rejected_unique", 0, STATS_SUM},
    {"rejected_reference", 0, STATS_SUM},
    {"rejected_raise", 0, STATS_SUM},
    {"rejected_assertion", 0, STATS_SUM},
    {"rejected_group", 0, STATS_SUM},
    {"rejected_error", 0, STATS_SUM},
};

bool stats_sample_has(const struct stats_sample *sample, enum stats_field field) {
    return sample->measured || field < STATS_MEASURED_S || field >= STATS_REJECTED_CHECK;
}

static double merged(enum stats_field f, const struct stats_sample *a,
                     const struct stats_sample *b) {
    double x = a->values[f], y = b->values[f];
    double s = a->values[STATS_INTERVAL_S], t = b->values[STATS_INTERVAL_S];
    switch (stats_field_info[f].merge) {
    case STATS_SUM:
        return x + y;
    case STATS_MAX:
        return x > y ? x : y;
    case STATS_MEAN:
        return s + t > 0 ? (x * s + y * t) / (s + t) : y;
    default:
        return y;
    }
}

void stats_sample_merge(struct stats_sample *sample, const struct stats_sample *next) {
    struct stats_sample both = *next;
    both.measured = sample->measured || next->measured;
    for (enum stats_field f = 0; f < STATS_FIELDS; f++) {
        if (stats_sample_has(sample, f) && stats_sample_has(next, f))
            both.values[f] = merged(f, sample, next);
        else if (stats_sample_has(sample, f))
            both.values[f] = sample->values[f];
    }
    *sample = both;
}

// ---- Window -------------------------------------------------------------------------------------

void stats_window_start(struct stats_window *window, uint64_t interval_ns, uint64_t now_ns) {
    *window = (struct stats_window){
        .interval_ns = interval_ns,
        .started_ns = now_ns,
        .since_ns = now_ns,
    };
}

void stats_window_add(struct stats_window *window, uint64_t round_trip_ns) {
    as_histogram_add(&window->round_trip_ns, round_trip_ns, 1);
}

uint64_t stats_window_left_ns(const struct stats_window *window, uint64_t now_ns) {
    uint64_t past_ns = now_ns - window->since_ns;
    return past_ns < window->interval_ns ? window->interval_ns - past_ns : 0;
}

bool stats_window_due(const struct stats_window *window, uint64_t now_ns) {
    return stats_window_left_ns(window, now_ns) == 0;
}

uint64_t stats_window_end_ns(const struct stats_window *window, uint64_t now_ns) {
    uint64_t past_ns = now_ns - window->since_ns;
    return past_ns < window->interval_ns ? now_ns : now_ns - past_ns % window->interval_ns;
}

static void take_counts(const struct stats_window *w, const struct stats_summary *s, double *v) {
    v[STATS_ACCEPTED] = (double)(s->accepted - w->accepted);
    v[STATS_REJECTED] = (double)(s->rejected - w->rejected);
    v[STATS_DUPLICATES] = (double)(s->duplicates - w->duplicates);
    v[STATS_BATCHES] = (double)(s->batches - w->batches);
    v[STATS_ITEMS] = v[STATS_ACCEPTED] + v[STATS_REJECTED];
    v[STATS_RATE] = v[STATS_INTERVAL_S] > 0 ? v[STATS_ITEMS] / v[STATS_INTERVAL_S] : 0;
    for (size_t kind = 1; kind < AS_REJECT_KINDS; kind++)
        v[STATS_REJECTED_CHECK + kind - 1] = (double)(s->reasons.by_kind[kind] - w->by_kind[kind]);
}

static void take_round_trips(const struct stats_window *w, double *v) {
    static const double quantiles[] = {0.5, 0.9, 0.99, 0.999, 1};
    for (int i = 0; i < 5; i++)
        v[STATS_P50_MS + i] =
            (double)as_histogram_quantile(&w->round_trip_ns, quantiles[i]) / AS_NS_PER_MS;
}

// How much a counter has grown; one that fell belongs to another run and has grown by nothing.
static double growth(const struct stats_window *w, const struct stats_summary *s,
                     enum as_telemetry_field field) {
    uint64_t now = s->telemetry[field], then = w->telemetry[field];
    return now > then ? (double)(now - then) : 0;
}

static void take_shares(const struct stats_window *w, const struct stats_summary *s, double *v) {
    static const enum as_telemetry_field counters[] = {
        AS_TELEMETRY_READ_WAIT_NS, AS_TELEMETRY_ROOM_WAIT_NS,   AS_TELEMETRY_ENGINE_WAIT_NS,
        AS_TELEMETRY_DECIDE_NS,    AS_TELEMETRY_COMMIT_WAIT_NS, AS_TELEMETRY_COMMIT_NS,
        AS_TELEMETRY_SEND_WAIT_NS, AS_TELEMETRY_CPU_USER_NS,    AS_TELEMETRY_CPU_SYSTEM_NS,
    };
    double time = v[STATS_MEASURED_S] * AS_NS_PER_S;
    for (size_t i = 0; i < sizeof counters / sizeof *counters; i++)
        v[STATS_READ_WAIT + i] = 100 * growth(w, s, counters[i]) / time;
    // A wait that began in the interval before counts as a whole when it ends.
    for (enum stats_field f = STATS_READ_WAIT; f <= STATS_SEND_WAIT; f++)
        v[f] = v[f] > 100 ? 100 : v[f];
}

static void take_telemetry(const struct stats_window *w, const struct stats_summary *s, double *v) {
    static const enum as_telemetry_field gauges[] = {
        AS_TELEMETRY_WAL_BYTES,      AS_TELEMETRY_SEGMENTS,     AS_TELEMETRY_SEALING_BYTES,
        AS_TELEMETRY_FOLD_LAG_ITEMS, AS_TELEMETRY_FOLD_LAG_NS,  AS_TELEMETRY_ROWS,
        AS_TELEMETRY_DIRTY_ROWS,     AS_TELEMETRY_ENGINE_DEPTH, AS_TELEMETRY_COMMIT_DEPTH,
    };
    double commits = growth(w, s, AS_TELEMETRY_COMMITS);
    v[STATS_MEASURED_S] = growth(w, s, AS_TELEMETRY_UPTIME_NS) / AS_NS_PER_S;
    v[STATS_COMMITS] = commits;
    v[STATS_COMMIT_BATCHES] = commits > 0 ? growth(w, s, AS_TELEMETRY_BATCHES) / commits : 0;
    v[STATS_COMMIT_MS] =
        commits > 0 ? growth(w, s, AS_TELEMETRY_COMMIT_NS) / commits / AS_NS_PER_MS : 0;
    v[STATS_JOURNAL_BYTES] = growth(w, s, AS_TELEMETRY_JOURNAL_BYTES);
    for (size_t i = 0; i < sizeof gauges / sizeof *gauges; i++)
        v[STATS_WAL_BYTES + i] = (double)s->telemetry[gauges[i]];
    v[STATS_FOLD_LAG_MS] /= AS_NS_PER_MS;
    take_shares(w, s, v);
    v[STATS_RSS_BYTES] = (double)s->telemetry[AS_TELEMETRY_RSS_BYTES];
}

static void advance_reason(struct stats_window *w, size_t reason, uint64_t count) {
    w->rejected_by[reason] = count - w->by_reason[reason];
    w->by_reason[reason] = count;
}

static void advance(struct stats_window *w, const struct stats_summary *s, uint64_t end_ns) {
    w->since_ns = end_ns;
    w->accepted = s->accepted;
    w->rejected = s->rejected;
    w->duplicates = s->duplicates;
    w->batches = s->batches;
    memcpy(w->by_kind, s->reasons.by_kind, sizeof w->by_kind);
    for (size_t i = 0; i < s->reasons.count; i++)
        advance_reason(w, i, s->reasons.list[i].count);
    advance_reason(w, STATS_REASONS_MAX, s->reasons.other);
    memcpy(w->telemetry, s->telemetry, sizeof w->telemetry);
    w->round_trip_ns = (struct as_histogram){0};
}

void stats_window_take(struct stats_window *window, const struct stats_summary *summary,
                       uint64_t end_ns, struct stats_sample *sample) {
    const uint64_t *uptime_ns = &summary->telemetry[AS_TELEMETRY_UPTIME_NS];
    *sample = (struct stats_sample){
        .at_ns = end_ns,
        .measured = *uptime_ns > window->telemetry[AS_TELEMETRY_UPTIME_NS],
    };
    double *v = sample->values;
    v[STATS_ELAPSED_S] = (double)(end_ns - window->started_ns) / AS_NS_PER_S;
    v[STATS_INTERVAL_S] = (double)(end_ns - window->since_ns) / AS_NS_PER_S;
    take_counts(window, summary, v);
    take_round_trips(window, v);
    if (sample->measured)
        take_telemetry(window, summary, v);
    advance(window, summary, end_ns);
}

void stats_sample_whole(const struct stats_summary *summary, struct stats_sample *sample) {
    struct stats_window *all = as_alloc_zero(1, sizeof *all);
    uint64_t end_ns = summary->last_arrived_ns, start_ns = summary->first_created_ns;
    all->started_ns = all->since_ns = start_ns < end_ns ? start_ns : end_ns;
    all->round_trip_ns = summary->round_trip_ns;
    stats_window_take(all, summary, end_ns, sample);
    free(all);
}
