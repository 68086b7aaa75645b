// SPDX-License-Identifier: MIT
//
// Numbers from text: parsed whole and range-checked, here and nowhere else.
#ifndef AS_BASE_NUMBER_H
#define AS_BASE_NUMBER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// "10", "10k", "5M", "2G" (powers of 1000), "4Ki", "512Mi", "1Gi" (powers of 1024); "1.5M" is exact
// or refused. False where it is not such a number or lies outside [min, max].
bool as_parse_count(const char *text, uint64_t min, uint64_t max, uint64_t *value);

// "250us", "5ms", "1.5s", "10m", "2h" in nanoseconds. A bare number is refused (0 is allowed).
bool as_parse_duration_ns(const char *text, uint64_t *ns);

// A finite double in [min, max].
bool as_parse_real(const char *text, double min, double max, double *value);

// An optional sign and decimal digits, nothing else, in the range of int64_t.
bool as_parse_int64(const char *text, size_t size, int64_t *value);

enum as_decimal_result {
    AS_DECIMAL_OK,
    AS_DECIMAL_MALFORMED, // not [sign] digits [. digits]
    AS_DECIMAL_TOO_FINE,  // more than `scale` digits after the point (trailing zeros count)
    AS_DECIMAL_OUT_OF_RANGE,
};

// "700.00" with scale 2 is 70000, exactly; "7" is 700; "7.5" is 750.
enum as_decimal_result as_parse_decimal(const char *text, size_t size, unsigned scale,
                                        int64_t *value);

#endif
