// SPDX-License-Identifier: MIT
//
// Seeded pseudo-random numbers, the same on every machine: xoshiro256** seeded by SplitMix64
// (Blackman and Vigna, 2018), and Zipf-distributed ranks by rejection-inversion (Hoermann and
// Derflinger, 1996), which needs no table whatever the number of keys.
#ifndef AS_BASE_RANDOM_H
#define AS_BASE_RANDOM_H

#include <assert.h>
#include <stdint.h>

struct as_random {
    uint64_t s[4];
};

void as_random_seed(struct as_random *r, uint64_t seed);

static inline uint64_t as_random_rotate_left(uint64_t x, int k) {
    return x << k | x >> (64 - k);
}

// Inline, and so is what draws from it: as-gen makes five draws an item, of which a call each was a
// tenth of its time.
static inline uint64_t as_random_next(struct as_random *r) {
    uint64_t *s = r->s;
    uint64_t result = as_random_rotate_left(s[1] * 5, 7) * 9;
    uint64_t t = s[1] << 17;
    s[2] ^= s[0];
    s[3] ^= s[1];
    s[1] ^= s[2];
    s[0] ^= s[3];
    s[2] ^= t;
    s[3] = as_random_rotate_left(s[3], 45);
    return result;
}

// Uniform in [0, bound), bound > 0. Multiply and shift; the few values that would make it uneven
// are drawn again (Lemire, 2019).
static inline uint64_t as_random_below(struct as_random *r, uint64_t bound) {
    assert(bound > 0);
    unsigned __int128 m = (unsigned __int128)as_random_next(r) * bound;
    if ((uint64_t)m < bound) {
        uint64_t uneven = (0 - bound) % bound;
        while ((uint64_t)m < uneven)
            m = (unsigned __int128)as_random_next(r) * bound;
    }
    return (uint64_t)(m >> 64);
}

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
