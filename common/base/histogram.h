// SPDX-License-Identifier: MIT
//
// A log-linear histogram of durations, relative error at most 1 % (buckets of 1/128 of a power of
// two, after G. Tene's HdrHistogram). Fixed size, no allocation, values from 0 to 2^63.
#ifndef AS_BASE_HISTOGRAM_H
#define AS_BASE_HISTOGRAM_H

#include <stdint.h>

enum {
    AS_HISTOGRAM_SUB_BITS = 7,
    AS_HISTOGRAM_BUCKETS = (64 - AS_HISTOGRAM_SUB_BITS + 1) << AS_HISTOGRAM_SUB_BITS
};

struct as_histogram {
    uint64_t count;
    uint64_t max; // the largest value itself, not its bucket
    double sum;
    uint64_t buckets[AS_HISTOGRAM_BUCKETS];
};

void as_histogram_add(struct as_histogram *h, uint64_t value, uint64_t times);
// Adds all that `from` has recorded.
void as_histogram_merge(struct as_histogram *h, const struct as_histogram *from);
// How many of the values lie in buckets that end at or below `value`.
uint64_t as_histogram_count_to(const struct as_histogram *h, uint64_t value);
// The smallest recorded bucket's upper end that at least q (0 to 1) of the values do not exceed,
// never above max; 0 where the histogram is empty.
uint64_t as_histogram_quantile(const struct as_histogram *h, double q);

#endif
