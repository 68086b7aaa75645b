// SPDX-License-Identifier: MIT
#include "base/random.h"

#include <assert.h>
#include <math.h>

static uint64_t splitmix64(uint64_t *state) {
    uint64_t z = *state += 0x9e3779b97f4a7c15u;
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
    z = (z ^ z >> 27) * 0x94d049bb133111ebu;
    return z ^ z >> 31;
}

void as_random_seed(struct as_random *r, uint64_t seed) {
    for (int i = 0; i < 4; ++i)
        r->s[i] = splitmix64(&seed);
}

double as_random_unit(struct as_random *r) {
    return (double)(as_random_next(r) >> 11) * 0x1p-53;
}

// log(1+x)/x and (exp(x)-1)/x, also near 0, where an exponent of 1 puts them.
static double log1p_ratio(double x) {
    return fabs(x) > 1e-8 ? log1p(x) / x : 1 - x * (0.5 - x * (1.0 / 3));
}

static double expm1_ratio(double x) {
    return fabs(x) > 1e-8 ? expm1(x) / x : 1 + x * 0.5 * (1 + x * (1.0 / 3));
}

// The density x^-e, its integral H, and the inverse of H.
static double density(const struct as_zipf *z, double x) {
    return exp(-z->exponent * log(x));
}

static double integral(const struct as_zipf *z, double x) {
    double log_x = log(x);
    return expm1_ratio((1 - z->exponent) * log_x) * log_x;
}

static double integral_inverse(const struct as_zipf *z, double y) {
    double t = y * (1 - z->exponent);
    if (t < -1)
        t = -1; // rounding must not leave the domain of log1p
    return exp(log1p_ratio(t) * y);
}

void as_zipf_init(struct as_zipf *z, uint64_t n, double exponent) {
    assert(n > 0 && exponent > 0);
    z->n = n;
    z->exponent = exponent;
    z->h_x1 = integral(z, 1.5) - 1;
    z->h_n = integral(z, (double)n + 0.5);
    z->s = 2 - integral_inverse(z, integral(z, 2.5) - density(z, 2));
}

uint64_t as_zipf_next(const struct as_zipf *z, struct as_random *r) {
    for (;;) {
        double u = z->h_n + as_random_unit(r) * (z->h_x1 - z->h_n);
        double x = integral_inverse(z, u);
        double k = floor(x + 0.5);
        if (k < 1)
            k = 1;
        if (k > (double)z->n)
            k = (double)z->n;
        // Most draws are taken by the first test, which needs no logarithm.
        if (k - x <= z->s || u >= integral(z, k + 0.5) - density(z, k))
            return (uint64_t)k - 1;
    }
}
