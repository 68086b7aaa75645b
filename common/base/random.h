// SPDX-License-Identifier: MIT
//
// Seeded pseudo-random numbers, the same on every machine: xoshiro256** seeded by SplitMix64
// (Blackman and Vigna, 2018), and Zipf-distributed ranks by rejection-inversion (Hoermann and
// Derflinger, 1996), which needs no table whatever the number of keys.
#ifndef AS_BASE_RANDOM_H
#define AS_BASE_RANDOM_H

#include <stdint.h>

struct as_random {
    uint64_t s[4];
};

void as_random_seed(struct as_random *r, uint64_t seed);
uint64_t as_random_next(struct as_random *r);
// Uniform in [0, bound), bound > 0.
uint64_t as_random_below(struct as_random *r, uint64_t bound);
// Uniform in [0, 1).
double as_random_unit(struct as_random *r);

struct as_zipf {
    uint64_t n;
    double exponent, h_x1, h_n, s;
};

// Ranks 0 to n-1, rank k with a weight of (k+1)^-exponent; exponent > 0, 1 included.
void as_zipf_init(struct as_zipf *z, uint64_t n, double exponent);
uint64_t as_zipf_next(const struct as_zipf *z, struct as_random *r);

#endif
