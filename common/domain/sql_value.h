// SPDX-License-Identifier: MIT
//
// What SQL's operators and functions do with values, exactly as SQLite does it (version 3.40; the
// rules are https://www.sqlite.org/datatype3.html, lang_expr.html and lang_corefunc.html). The
// differential fuzz test holds these functions against SQLite.
#ifndef AS_DOMAIN_SQL_VALUE_H
#define AS_DOMAIN_SQL_VALUE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/region.h"
#include "domain/sql_ast.h"
#include "stream/value.h"

// Three-valued logic.
enum as_truth { AS_FALSE = 0, AS_TRUE = 1, AS_UNKNOWN = 2 };

enum as_truth as_sql_truth(const struct as_value *value);
struct as_value as_sql_from_truth(enum as_truth truth);

// Order of two non-NULL values: numbers before text, numbers by exact value, text by bytes
// (BINARY).
int as_sql_order(const struct as_value *a, const struct as_value *b);

// a op b for AS_OP_EQ … AS_OP_GE, with the comparison's affinity applied first (AS_AFFINITY_TEXT
// turns numbers into text, NUMERIC well-formed text into numbers). UNKNOWN where one is NULL;
// AS_OP_IS and AS_OP_IS_NOT take NULLs for equal. Text that a conversion makes goes into `scratch`.
enum as_truth as_sql_compare(enum as_operator op, enum as_affinity affinity, struct as_value a,
                             struct as_value b, struct as_region *scratch);

// + - * / % & | << >>.
struct as_value as_sql_arithmetic(enum as_operator op, const struct as_value *a,
                                  const struct as_value *b);
struct as_value as_sql_bit_not(const struct as_value *a);

// What an expression cannot do: NULL, or SQLite's words, a static text.
const char *as_sql_concat(const struct as_value *a, const struct as_value *b,
                          struct as_region *scratch, struct as_value *result);
const char *as_sql_abs(const struct as_value *a, struct as_value *result);
const char *as_sql_like(bool glob, const struct as_value *text, const struct as_value *pattern,
                        struct as_region *scratch, struct as_value *result);

struct as_value as_sql_min(const struct as_value *a, const struct as_value *b);
struct as_value as_sql_max(const struct as_value *a, const struct as_value *b);
struct as_value as_sql_length(const struct as_value *a, struct as_region *scratch);
struct as_value as_sql_fold_case(bool upper, const struct as_value *a, struct as_region *scratch);
// substr(text, start[, length]); length is NULL where it is not given.
struct as_value as_sql_substr(const struct as_value *text, const struct as_value *start,
                              const struct as_value *length, struct as_region *scratch);
struct as_value as_sql_cast(enum as_affinity type, const struct as_value *a,
                            struct as_region *scratch);

// What storing into a column of a STRICT table does: the column's affinity, then its type. False
// where the value cannot be stored.
bool as_sql_store(enum as_type type, struct as_value *value, struct as_region *scratch);

// Conversions used by the above.
struct as_value as_sql_to_text(const struct as_value *a, struct as_region *scratch); // not NULL
// A well-formed number as a whole becomes INTEGER or REAL, any other text stays as it is.
void as_sql_apply_numeric(struct as_value *value);
// REAL with an exact integral value strictly inside int64 becomes INTEGER.
void as_sql_apply_integer(struct as_value *value);

#endif
