// SPDX-License-Identifier: MIT
#include "ingest_number.h"

#include <float.h>
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

static int misfit(const struct ingest_param *param, const json_t *value, const char *why,
                  struct as_error *error) {
    char *shown = json_dumps(value, JSON_ENCODE_ANY | JSON_COMPACT | JSON_REAL_PRECISION(DBL_DIG));
    as_error_set(error, AS_DATA, "%s: %.*s %s", param->name, INGEST_QUOTE_MAX, shown ? shown : "",
                 why);
    free(shown);
    return AS_DATA;
}

static const char *skip_string(const char *at, const char *end) {
    for (at++; at < end && *at != '"'; at++)
        if (*at == '\\')
            at++;
    return at + 1;
}

// Passes over a number at `at` and tells whether it is a real of more than DBL_DIG digits.
static bool is_long_real(const char **at, const char *end) {
    bool real = false;
    int digits = 0;
    const char *p = *at;
    for (; p < end && ((*p >= '0' && *p <= '9') || *p == '.'); p++) {
        real = real || *p == '.';
        digits += *p != '.' && (digits > 0 || *p != '0');
    }
    real = real || (p < end && (*p == 'e' || *p == 'E'));
    while (p < end && strchr("0123456789eE+-", *p))
        p++;
    *at = p;
    return real && digits > DBL_DIG;
}

static bool has_long_real(const struct ingest_json_line *line) {
    const char *at = line->text, *end = line->text + line->size;
    while (at < end) {
        if (*at == '"')
            at = skip_string(at, end);
        else if (*at < '0' || *at > '9')
            at++;
        else if (is_long_real(&at, end))
            return true;
    }
    return false;
}

static double power_of_ten(int exponent) {
    double power = 1; // exact up to 10^22
    while (exponent-- > 0)
        power *= 10;
    return power;
}

// The integer n for which n / 10^scale was written.
static int real_to_integer(const struct ingest_param *param, const json_t *value,
                           const struct ingest_json_line *line, int64_t *n,
                           struct as_error *error) {
    double power = power_of_ten(param->scale == INGEST_NO_SCALE ? 0 : param->scale);
    double real = json_real_value(value);
    double scaled = nearbyint(real * power);
    if (!(fabs(scaled) <= (double)INGEST_EXACT_MAX) || has_long_real(line))
        return misfit(param, value, "may not be exact: write it as a string", error);
    if (scaled / power != real)
        return misfit(param, value,
                      param->scale == INGEST_NO_SCALE
                          ? "is not an integer"
                          : "has more digits behind the point than --decimal",
                      error);
    *n = (int64_t)scaled;
    return 0;
}

static int scale_integer(const struct ingest_param *param, const json_t *value, int64_t *n,
                         struct as_error *error) {
    *n = json_integer_value(value);
    for (int i = 0; i < param->scale; i++)
        if (__builtin_mul_overflow(*n, 10, n))
            return misfit(param, value, "is out of the range of INTEGER", error);
    return 0;
}

static int encode_integer(const struct ingest_param *param, const json_t *value,
                          const struct ingest_json_line *line, struct as_buffer *out,
                          struct as_error *error) {
    int64_t n = 0;
    int rc = 0;
    if (json_is_boolean(value) && param->scale == INGEST_NO_SCALE)
        n = json_is_true(value);
    else if (json_is_integer(value))
        rc = scale_integer(param, value, &n, error);
    else if (json_is_real(value))
        rc = real_to_integer(param, value, line, &n, error);
    else
        rc = misfit(param, value, "is not a number", error);
    struct as_value integer = as_value_integer(n);
    if (rc == 0)
        as_value_encode(out, &integer);
    return rc;
}

static int encode_real(const struct ingest_param *param, const json_t *value, struct as_buffer *out,
                       struct as_error *error) {
    if (!json_is_number(value))
        return misfit(param, value, "is not a number", error);
    struct as_value real = as_value_real(json_number_value(value));
    json_int_t n = json_integer_value(value);
    bool inexact =
        json_is_integer(value) && (fabs(real.real) >= 0x1p63 || (json_int_t)real.real != n);
    if (inexact)
        return misfit(param, value, "is not exact as a REAL", error);
    as_value_encode(out, &real);
    return 0;
}

// As SQLite does; a real has more than one spelling and is refused.
static int encode_text(const struct ingest_param *param, const json_t *value, struct as_buffer *out,
                       struct as_error *error) {
    if (!json_is_integer(value))
        return misfit(param, value, "is not a text", error);
    char digits[24];
    snprintf(digits, sizeof digits, "%" JSON_INTEGER_FORMAT, json_integer_value(value));
    struct as_value text = as_value_text(digits, (uint32_t)strlen(digits));
    as_value_encode(out, &text);
    return 0;
}

int ingest_json_encode(const struct ingest_param *param, const json_t *value,
                       const struct ingest_json_line *line, struct as_buffer *out,
                       struct as_error *error) {
    if (json_is_object(value) || json_is_array(value))
        return as_error_set(error, AS_DATA, "%s: %s where a single value belongs", param->name,
                            json_is_object(value) ? "an object" : "an array");
    if (json_is_string(value))
        return ingest_param_encode_text(param, json_string_value(value), json_string_length(value),
                                        out, error);
    if (json_is_null(value)) {
        struct as_value null = as_value_null();
        as_value_encode(out, &null);
        return 0;
    }
    if (param->type == AS_INTEGER)
        return encode_integer(param, value, line, out, error);
    if (param->type == AS_REAL)
        return encode_real(param, value, out, error);
    return encode_text(param, value, out, error);
}
