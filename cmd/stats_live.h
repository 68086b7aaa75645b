// SPDX-License-Identifier: MIT
//
// One line on a terminal's stderr, rewritten once a second while verdicts come in.
#ifndef AS_STATS_LIVE_H
#define AS_STATS_LIVE_H

#include <stdbool.h>
#include <stdint.h>

#include "stats_summary.h"

struct stats_live {
    bool enabled;
    uint64_t shown_ns; // when the line was last written, since the epoch
    uint64_t items;    // at that time
};

// Nothing is ever shown unless stderr is a terminal and `enabled` is set.
void stats_live_start(struct stats_live *live, bool enabled, uint64_t now_ns);
void stats_live_show(struct stats_live *live, const struct stats_summary *summary, uint64_t now_ns);
void stats_live_end(struct stats_live *live); // clears the line

#endif
