// SPDX-License-Identifier: MIT
#include "base/histogram.h"

#include <assert.h>
#include <math.h>

enum { SUB_COUNT = 1 << AS_HISTOGRAM_SUB_BITS };

// Values below SUB_COUNT have a bucket each; above, the top bit and the SUB_BITS bits below it say
// which, so that a bucket is 1/SUB_COUNT of its power of two wide.
static unsigned bucket_of(uint64_t value) {
    if (value < SUB_COUNT)
        return (unsigned)value;
    unsigned shift = 63u - (unsigned)__builtin_clzll(value) - AS_HISTOGRAM_SUB_BITS;
    return (shift << AS_HISTOGRAM_SUB_BITS) + (unsigned)(value >> shift);
}

static uint64_t bucket_end(unsigned bucket) {
    if (bucket < SUB_COUNT)
        return bucket;
    unsigned shift = (bucket >> AS_HISTOGRAM_SUB_BITS) - 1;
    uint64_t top = (bucket & (SUB_COUNT - 1)) + SUB_COUNT;
    return ((top + 1) << shift) - 1; // the last bucket's wraps to 2^64 - 1, as it should
}

void as_histogram_add(struct as_histogram *h, uint64_t value, uint64_t times) {
    if (times == 0)
        return;
    h->count += times;
    h->sum += (double)value * (double)times;
    h->buckets[bucket_of(value)] += times;
    if (value > h->max)
        h->max = value;
}

void as_histogram_merge(struct as_histogram *h, const struct as_histogram *from) {
    h->count += from->count;
    h->sum += from->sum;
    h->max = from->max > h->max ? from->max : h->max;
    for (unsigned i = 0; i < AS_HISTOGRAM_BUCKETS; ++i)
        h->buckets[i] += from->buckets[i];
}

uint64_t as_histogram_count_to(const struct as_histogram *h, uint64_t value) {
    uint64_t count = 0;
    for (unsigned i = 0; i < AS_HISTOGRAM_BUCKETS && bucket_end(i) <= value; ++i)
        count += h->buckets[i];
    return count;
}

uint64_t as_histogram_quantile(const struct as_histogram *h, double q) {
    assert(q >= 0 && q <= 1);
    double rank = ceil(q * (double)h->count);
    uint64_t seen = 0;
    for (unsigned i = 0; i < AS_HISTOGRAM_BUCKETS; ++i) {
        seen += h->buckets[i];
        if (seen > 0 && (double)seen >= rank)
            return bucket_end(i) < h->max ? bucket_end(i) : h->max;
    }
    return h->max;
}
