// SPDX-License-Identifier: MIT
#include "stats_live.h"

#include <stdio.h>
#include <unistd.h>

#include "base/clock.h"

void stats_live_start(struct stats_live *live, bool enabled, uint64_t now_ns) {
    *live = (struct stats_live){
        .enabled = enabled && isatty(STDERR_FILENO),
        .shown_ns = now_ns,
    };
}

void stats_live_show(struct stats_live *live, const struct stats_summary *summary,
                     uint64_t now_ns) {
    if (!live->enabled || now_ns < live->shown_ns + AS_NS_PER_S)
        return;
    uint64_t items = stats_summary_items(summary);
    double seconds = (double)(now_ns - live->shown_ns) / AS_NS_PER_S;
    fprintf(stderr, "\r\033[K%llu items, %.0f items/s, %llu rejected, round trip p99 %.1f ms",
            (unsigned long long)items, (double)(items - live->items) / seconds,
            (unsigned long long)summary->rejected, stats_summary_round_trip_ms(summary, 0.99));
    fflush(stderr);
    live->shown_ns = now_ns;
    live->items = items;
}

void stats_live_end(struct stats_live *live) {
    if (live->enabled)
        fputs("\r\033[K", stderr);
    live->enabled = false;
}
