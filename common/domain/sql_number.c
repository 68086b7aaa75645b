// SPDX-License-Identifier: MIT
#include "domain/sql_number.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool is_space(char c) {
    return c == ' ' || (c >= '\t' && c <= '\r');
}

static bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

// strtod on a piece that is not NUL-terminated.
static double read_real(const char *text, size_t size) {
    char small[128];
    char *copy = size < sizeof small ? small : malloc(size + 1);
    if (!copy)
        return 0;
    memcpy(copy, text, size);
    copy[size] = 0;
    double value = strtod(copy, NULL);
    if (copy != small)
        free(copy);
    return value;
}

static void read_integer(const char *at, const char *end, bool negative, struct as_sql_number *n) {
    uint64_t v = 0;
    n->fits = true;
    uint64_t limit = negative ? (uint64_t)INT64_MAX + 1 : INT64_MAX;
    for (; at < end && is_digit(*at); at++) {
        uint64_t digit = (uint64_t)(*at - '0');
        if (v > (limit - digit) / 10) {
            n->fits = false;
            v = limit;
            break;
        }
        v = v * 10 + digit;
    }
    n->integer = negative ? (int64_t)(0 - v) : (int64_t)v;
}

struct as_sql_number as_sql_number_read(const char *text, size_t size) {
    struct as_sql_number n = {.is_integer = true};
    const char *at = text, *end = text + size;
    while (at < end && is_space(*at))
        at++;
    const char *start = at;
    bool negative = at < end && *at == '-';
    if (at < end && (*at == '-' || *at == '+'))
        at++;
    read_integer(at, end, negative, &n);
    size_t digits = 0;
    while (at < end && is_digit(*at))
        at++, digits++;
    if (at < end && *at == '.') {
        n.is_integer = false;
        at++;
        while (at < end && is_digit(*at))
            at++, digits++;
    }
    const char *number_end = at;
    bool broken_exponent = false;
    if (digits && at < end && (*at == 'e' || *at == 'E')) {
        at++;
        if (at < end && (*at == '-' || *at == '+'))
            at++;
        broken_exponent = at >= end || !is_digit(*at);
        n.is_integer &= broken_exponent; // "1e" is the integer 1 and rubbish behind it
        while (at < end && is_digit(*at))
            at++;
        if (!broken_exponent)
            number_end = at;
    }
    n.real = digits ? read_real(start, (size_t)(number_end - start)) : 0;
    while (at < end && is_space(*at))
        at++;
    n.whole = at == end && digits && !broken_exponent;
    return n;
}

int64_t as_sql_real_to_integer(double value) {
    if (value <= -9223372036854775808.0)
        return INT64_MIN;
    if (value >= 9223372036854775808.0)
        return INT64_MAX;
    return (int64_t)value;
}

// The first 15 digits and the decimal exponent of a positive finite value, ties away from zero
// (printf would round an exact tie to even).
static int round_to_15(double value, char digits[16]) {
    char exact[64];
    snprintf(exact, sizeof exact, "%.40e", value);
    int exponent = atoi(strchr(exact, 'e') + 1);
    digits[0] = exact[0];
    memcpy(digits + 1, exact + 2, 14);
    digits[15] = 0;
    if (exact[16] < '5')
        return exponent;
    int i = 14;
    while (i >= 0 && digits[i] == '9')
        digits[i--] = '0';
    if (i >= 0) {
        digits[i]++;
        return exponent;
    }
    digits[0] = '1';
    return exponent + 1;
}

size_t as_sql_real_print(double value, char out[AS_SQL_REAL_TEXT_MAX]) {
    if (isinf(value))
        return (size_t)sprintf(out, "%s", value < 0 ? "-Inf" : "Inf");
    if (value == 0)
        return (size_t)sprintf(out, "0.0");
    char digits[16], *at = out;
    int exponent = round_to_15(fabs(value), digits);
    int last = 14;
    while (last > 0 && digits[last] == '0')
        last--;
    if (value < 0)
        *at++ = '-';
    if (exponent < -4 || exponent > 14) {
        at += sprintf(at, "%c.%.*s", digits[0], last > 0 ? last : 1, digits + 1);
        at += sprintf(at, "e%+03d", exponent);
    } else if (exponent < 0) {
        at += sprintf(at, "0.%.*s%.*s", -exponent - 1, "0000", last + 1, digits);
    } else {
        int fraction = last > exponent ? last - exponent : 1;
        at += sprintf(at, "%.*s.%.*s", exponent + 1, digits, fraction, digits + exponent + 1);
        if (exponent == 14)
            at += sprintf(at, "0");
    }
    return (size_t)(at - out);
}
