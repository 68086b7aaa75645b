// SPDX-License-Identifier: MIT
//
// Samples kept for charts. However long a run is, there are at most STATS_SERIES_MAX of them: when
// they are full, neighbours become one, and from then on each stands for twice as many intervals.
#ifndef AS_STATS_SERIES_H
#define AS_STATS_SERIES_H

#include "stats_sample.h"

enum { STATS_SERIES_MAX = 480 }; // even; of one second each: eight minutes until the first halving

struct stats_series {
    size_t count; // the last one may still grow
    struct stats_sample samples[STATS_SERIES_MAX];
    size_t step;    // intervals a sample
    size_t in_last; // intervals in the last one so far
};

// {0} is an empty series.
void stats_series_add(struct stats_series *series, const struct stats_sample *sample);
// A sample of less than an interval, at the end: a rate over a moment would stand out as if it
// meant something, so that it becomes part of the one before.
void stats_series_end(struct stats_series *series, const struct stats_sample *sample);

#endif
