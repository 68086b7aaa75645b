// SPDX-License-Identifier: MIT
#include "base/number.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

typedef unsigned __int128 uint128;

enum { FRACTION_DIGITS_MAX = 18 };

struct unit {
    const char *name;
    uint64_t factor;
};

static bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

// Digits at *at into *value; false without any, or where 64 bits do not hold them.
static bool take_digits(const char **at, const char *end, uint64_t *value) {
    const char *start = *at;
    uint64_t v = 0;
    while (*at < end && is_digit(**at)) {
        if (__builtin_mul_overflow(v, 10, &v) || __builtin_add_overflow(v, **at - '0', &v))
            return false;
        ++*at;
    }
    *value = v;
    return *at > start;
}

static const struct unit *find_unit(const struct unit *units, const char *name) {
    for (; units->name; ++units)
        if (strcmp(units->name, name) == 0)
            return units;
    return NULL;
}

// digits [. digits] unit, the product exact and in 64 bits.
static bool parse_scaled(const char *text, const struct unit *units, uint64_t *value) {
    const char *at = text, *end = text + strlen(text);
    uint64_t whole, fraction = 0, divisor = 1;
    if (!take_digits(&at, end, &whole))
        return false;
    if (*at == '.') {
        const char *start = ++at;
        if (!take_digits(&at, end, &fraction) || at - start > FRACTION_DIGITS_MAX)
            return false;
        for (; start < at; ++start)
            divisor *= 10;
    }
    const struct unit *unit = find_unit(units, at);
    if (!unit || (uint128)fraction * unit->factor % divisor)
        return false;
    uint128 product = (uint128)whole * unit->factor + (uint128)fraction * unit->factor / divisor;
    *value = (uint64_t)product;
    return product <= UINT64_MAX;
}

bool as_parse_count(const char *text, uint64_t min, uint64_t max, uint64_t *value) {
    static const struct unit units[] = {
        {"", 1},
        {"k", 1000},
        {"M", 1000000},
        {"G", 1000000000},
        {"Ki", 1ull << 10},
        {"Mi", 1ull << 20},
        {"Gi", 1ull << 30},
        {NULL, 0},
    };
    uint64_t v;
    if (!parse_scaled(text, units, &v) || v < min || v > max)
        return false;
    *value = v;
    return true;
}

bool as_parse_duration_ns(const char *text, uint64_t *ns) {
    static const struct unit units[] = {
        {"ns", 1},
        {"us", 1000},
        {"ms", 1000000},
        {"s", 1000000000},
        {"m", 60ull * 1000000000},
        {"h", 3600ull * 1000000000},
        {NULL, 0},
    };
    uint64_t v = 0;
    if (strcmp(text, "0") != 0 && !parse_scaled(text, units, &v))
        return false;
    if (v > INT64_MAX)
        return false;
    *ns = v;
    return true;
}

bool as_parse_real(const char *text, double min, double max, double *value) {
    // strtod also takes blanks, hexadecimal, "inf" and "nan".
    if (!*text || text[strspn(text, "0123456789+-.eE")])
        return false;
    char *end;
    double v = strtod(text, &end);
    if (*end || !isfinite(v) || v < min || v > max)
        return false;
    *value = v;
    return true;
}

static bool take_sign(const char **at, const char *end) {
    bool negative = *at < end && **at == '-';
    if (negative || (*at < end && **at == '+'))
        ++*at;
    return negative;
}

static bool apply_sign(uint64_t magnitude, bool negative, int64_t *value) {
    if (magnitude > (uint64_t)INT64_MAX + negative)
        return false;
    *value = (int64_t)(negative ? 0 - magnitude : magnitude);
    return true;
}

bool as_parse_int64(const char *text, size_t size, int64_t *value) {
    const char *at = text, *end = text + size;
    bool negative = take_sign(&at, end);
    uint64_t magnitude;
    return take_digits(&at, end, &magnitude) && at == end && apply_sign(magnitude, negative, value);
}

// The length of the digits at `at`.
static size_t digits_span(const char *at, const char *end) {
    const char *start = at;
    while (at < end && is_digit(*at))
        ++at;
    return (size_t)(at - start);
}

static bool append_digits(uint64_t *v, const char *digits, size_t size) {
    for (size_t i = 0; i < size; ++i)
        if (__builtin_mul_overflow(*v, 10, v) || __builtin_add_overflow(*v, digits[i] - '0', v))
            return false;
    return true;
}

enum as_decimal_result as_parse_decimal(const char *text, size_t size, unsigned scale,
                                        int64_t *value) {
    const char *at = text, *end = text + size;
    bool negative = take_sign(&at, end);
    const char *whole = at;
    size_t whole_size = digits_span(at, end), fine_size = 0;
    at += whole_size;
    const char *fine = at;
    if (at < end && *at == '.') {
        fine = ++at;
        fine_size = digits_span(at, end);
        at += fine_size;
        if (fine_size == 0)
            return AS_DECIMAL_MALFORMED;
    }
    if (whole_size == 0 || at != end)
        return AS_DECIMAL_MALFORMED;
    if (fine_size > scale)
        return AS_DECIMAL_TOO_FINE;
    uint64_t v = 0;
    if (!append_digits(&v, whole, whole_size) || !append_digits(&v, fine, fine_size))
        return AS_DECIMAL_OUT_OF_RANGE;
    for (; fine_size < scale; ++fine_size)
        if (!append_digits(&v, "0", 1))
            return AS_DECIMAL_OUT_OF_RANGE;
    return apply_sign(v, negative, value) ? AS_DECIMAL_OK : AS_DECIMAL_OUT_OF_RANGE;
}
