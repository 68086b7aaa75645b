// SPDX-License-Identifier: MIT
#include "stats_fit.h"

#include "base/clock.h"

// Telemetry's sums of squares are of whole units of 1024, rounded down at each COMMIT: the variance
// of n may be wrong by as much. Where it is not far larger than that, b would be noise.
enum { SUM_UNIT = 1024, VARIANCE_MIN = 64 * SUM_UNIT };

bool stats_fit(const uint64_t telemetry[AS_TELEMETRY_FIELDS], struct stats_fit *fit) {
    double commits = (double)telemetry[AS_TELEMETRY_COMMITS];
    if (commits < 2)
        return false;
    double n = (double)telemetry[AS_TELEMETRY_COMMIT_ITEMS] / commits;
    double t = (double)telemetry[AS_TELEMETRY_COMMIT_NS] / commits;
    double nn = (double)telemetry[AS_TELEMETRY_COMMIT_ITEMS_SQUARED] / commits * SUM_UNIT;
    double nt = (double)telemetry[AS_TELEMETRY_COMMIT_ITEMS_NS] / commits * SUM_UNIT;
    double variance = nn - n * n;
    if (variance < VARIANCE_MIN || variance < 1e-4 * n * n)
        return false;
    fit->item_ns = (nt - n * t) / variance;
    fit->commit_us = (t - fit->item_ns * n) / AS_NS_PER_US;
    return true;
}

// ---- Why ----------------------------------------------------------------------------------------

static const struct {
    enum stats_field busy;
    const char *words;
} stages[] = {
    {STATS_COMMIT, "disk: the committer writes and syncs"},
    {STATS_DECIDE, "engine: deciding takes"},
    {STATS_SEND_WAIT, "verdicts: their reader keeps the committer waiting"},
};

enum {
    HELD_UP_PERCENT = 10, // the reader's wait for room from which on what is behind it bounds
    STARVED_PERCENT = 30, // its wait for input from which on the producer bounds
};

static void put_share(struct as_buffer *out, const char *words, double percent) {
    as_buffer_printf(out, "%s %.0f %% of the time", words, percent);
}

// A pipeline is as fast as its slowest stage. Where the reader waits for room, that one is behind
// it, and is the busiest; where it waits for input, before it; where for neither, it is the reader.
void stats_explain(const struct stats_sample *sample, struct as_buffer *out) {
    const double *v = sample->values;
    size_t busiest = 0;
    if (!sample->measured)
        return;
    for (size_t i = 1; i < sizeof stages / sizeof *stages; i++)
        busiest = v[stages[i].busy] > v[stages[busiest].busy] ? i : busiest;
    if (v[STATS_ROOM_WAIT] >= HELD_UP_PERCENT)
        put_share(out, stages[busiest].words, v[stages[busiest].busy]);
    else if (v[STATS_READ_WAIT] >= STARVED_PERCENT)
        put_share(out, "producer: the writer waits for input", v[STATS_READ_WAIT]);
    else
        put_share(out, "reader: checking frames takes",
                  100 - v[STATS_READ_WAIT] - v[STATS_ROOM_WAIT]);
}
