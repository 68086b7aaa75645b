// SPDX-License-Identifier: MIT
//
// What telemetry says about the cost of a commit, and about what holds a run up.
#ifndef AS_STATS_FIT_H
#define AS_STATS_FIT_H

#include "base/buffer.h"
#include "stats_sample.h"

// T(n) = a + b·n, the time of a COMMIT of n items, by least squares over all of them: a is what a
// commit costs, b what an item costs.
struct stats_fit {
    double commit_us; // a
    double item_ns;   // b
};

// False where there is no fit: the number of items did not vary enough to tell a from b.
bool stats_fit(const uint64_t telemetry[AS_TELEMETRY_FIELDS], struct stats_fit *fit);

// One sentence on what bounds the rate, of a sample's waits: "disk: the committer writes and syncs
// 92 % of the time". Appends nothing where the sample does not know.
void stats_explain(const struct stats_sample *sample, struct as_buffer *out);

#endif
