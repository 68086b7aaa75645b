// SPDX-License-Identifier: MIT
//
// Numbers in text as SQLite reads and writes them: prefixes, surrounding space, overflow to REAL,
// and REAL printed with 15 significant digits.
#ifndef AS_DOMAIN_SQL_NUMBER_H
#define AS_DOMAIN_SQL_NUMBER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct as_sql_number {
    double real;     // the value of the longest numeric prefix, 0 without one
    int64_t integer; // the value of the longest integer prefix, clamped to int64
    bool whole;      // nothing but space around the number
    bool is_integer; // the number has neither point nor exponent
    bool fits;       // `integer` was not clamped
};

struct as_sql_number as_sql_number_read(const char *text, size_t size);

enum { AS_SQL_REAL_TEXT_MAX = 40 };
size_t as_sql_real_print(double value, char out[AS_SQL_REAL_TEXT_MAX]);

// Truncated towards zero and clamped, as CAST does.
int64_t as_sql_real_to_integer(double value);

#endif
