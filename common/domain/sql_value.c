// SPDX-License-Identifier: MIT
#include "domain/sql_value.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "domain/sql_number.h"

// ---- Conversions --------------------------------------------------------------------------------

struct as_value as_sql_to_text(const struct as_value *a, struct as_region *scratch) {
    char digits[AS_SQL_REAL_TEXT_MAX];
    size_t size;
    if (a->type == AS_TEXT)
        return *a;
    if (a->type == AS_INTEGER)
        size = (size_t)snprintf(digits, sizeof digits, "%lld", (long long)a->integer);
    else
        size = as_sql_real_print(a->real, digits);
    return as_value_text(as_region_text(scratch, digits, size), (uint32_t)size);
}

static struct as_value real_or_null(double v) {
    return isnan(v) ? as_value_null() : as_value_real(v);
}

void as_sql_apply_numeric(struct as_value *value) {
    if (value->type != AS_TEXT)
        return;
    struct as_sql_number n = as_sql_number_read(value->text, value->size);
    if (!n.whole)
        return;
    *value = n.is_integer && n.fits ? as_value_integer(n.integer) : as_value_real(n.real);
}

void as_sql_apply_integer(struct as_value *value) {
    if (value->type != AS_REAL)
        return;
    int64_t v = as_sql_real_to_integer(value->real);
    if ((double)v == value->real && v > INT64_MIN && v < INT64_MAX)
        *value = as_value_integer(v);
}

static int64_t to_integer(const struct as_value *a) {
    switch (a->type) {
    case AS_INTEGER:
        return a->integer;
    case AS_REAL:
        return as_sql_real_to_integer(a->real);
    case AS_TEXT:
        return as_sql_number_read(a->text, a->size).integer;
    default:
        return 0;
    }
}

static double to_real(const struct as_value *a) {
    switch (a->type) {
    case AS_INTEGER:
        return (double)a->integer;
    case AS_REAL:
        return a->real;
    case AS_TEXT:
        return as_sql_number_read(a->text, a->size).real;
    default:
        return 0;
    }
}

// Text as an operand of arithmetic: its numeric prefix, INTEGER where that has no point or exponent
// and fits.
static struct as_value to_number(const struct as_value *a) {
    if (a->type != AS_TEXT)
        return *a;
    struct as_sql_number n = as_sql_number_read(a->text, a->size);
    return n.is_integer && n.fits ? as_value_integer(n.integer) : as_value_real(n.real);
}

// SQLite stores a REAL without fraction as an integer, which has no -0.
static bool store_real(struct as_value *value) {
    if (value->type == AS_INTEGER)
        *value = as_value_real((double)value->integer);
    if (value->type == AS_REAL && value->real == 0)
        value->real = 0;
    return value->type == AS_REAL;
}

bool as_sql_store(enum as_type type, struct as_value *value, struct as_region *scratch) {
    if (value->type == AS_NULL || (value->type == type && type != AS_REAL))
        return true;
    if (type == AS_TEXT) {
        *value = as_sql_to_text(value, scratch);
        return true;
    }
    as_sql_apply_numeric(value);
    if (type == AS_REAL)
        return store_real(value);
    as_sql_apply_integer(value);
    return value->type == type;
}

struct as_value as_sql_cast(enum as_affinity type, const struct as_value *a,
                            struct as_region *scratch) {
    if (a->type == AS_NULL)
        return *a;
    switch (type) {
    case AS_AFFINITY_TEXT:
        return as_sql_to_text(a, scratch);
    case AS_AFFINITY_REAL:
        return as_value_real(to_real(a));
    case AS_AFFINITY_INTEGER:
        return as_value_integer(to_integer(a));
    default:
        break;
    }
    struct as_value v = to_number(a);
    if (a->type == AS_TEXT)
        as_sql_apply_integer(&v);
    return v;
}

// ---- Logic and comparison -----------------------------------------------------------------------

enum as_truth as_sql_truth(const struct as_value *value) {
    if (value->type == AS_NULL)
        return AS_UNKNOWN;
    if (value->type == AS_INTEGER)
        return value->integer != 0;
    return to_real(value) != 0.0;
}

struct as_value as_sql_from_truth(enum as_truth truth) {
    return truth == AS_UNKNOWN ? as_value_null() : as_value_integer(truth);
}

static int order_integer_real(int64_t i, double r) {
    if (r < -9223372036854775808.0)
        return 1;
    if (r >= 9223372036854775808.0)
        return -1;
    int64_t whole = (int64_t)r;
    if (i != whole)
        return i < whole ? -1 : 1;
    double fraction = r - (double)whole;
    return fraction > 0 ? -1 : fraction < 0;
}

int as_sql_order(const struct as_value *a, const struct as_value *b) {
    if (a->type == AS_INTEGER && b->type == AS_INTEGER)
        return a->integer < b->integer ? -1 : a->integer > b->integer;
    if (a->type == AS_TEXT && b->type == AS_TEXT) {
        uint32_t size = a->size < b->size ? a->size : b->size;
        int order = size ? memcmp(a->text, b->text, size) : 0;
        return order ? order : a->size < b->size ? -1 : a->size > b->size;
    }
    if (a->type == AS_TEXT || b->type == AS_TEXT)
        return a->type == AS_TEXT ? 1 : -1;
    if (a->type == AS_INTEGER)
        return order_integer_real(a->integer, b->real);
    if (b->type == AS_INTEGER)
        return -order_integer_real(b->integer, a->real);
    return a->real < b->real ? -1 : a->real > b->real;
}

static void apply_comparison_affinity(enum as_affinity affinity, struct as_value *a,
                                      struct as_value *b, struct as_region *scratch) {
    if (affinity == AS_AFFINITY_NUMERIC) {
        as_sql_apply_numeric(a);
        as_sql_apply_numeric(b);
    } else if (affinity == AS_AFFINITY_TEXT) {
        if (a->type != AS_TEXT)
            *a = as_sql_to_text(a, scratch);
        if (b->type != AS_TEXT)
            *b = as_sql_to_text(b, scratch);
    }
}

static enum as_truth holds(enum as_operator op, int order) {
    switch (op) {
    case AS_OP_EQ:
    case AS_OP_IS:
        return order == 0;
    case AS_OP_NE:
    case AS_OP_IS_NOT:
        return order != 0;
    case AS_OP_LT:
        return order < 0;
    case AS_OP_LE:
        return order <= 0;
    case AS_OP_GT:
        return order > 0;
    default:
        return order >= 0;
    }
}

static bool is_equality(enum as_operator op) {
    return op == AS_OP_EQ || op == AS_OP_NE || op == AS_OP_IS || op == AS_OP_IS_NOT;
}

enum as_truth as_sql_compare(enum as_operator op, enum as_affinity affinity, struct as_value a,
                             struct as_value b, struct as_region *scratch) {
    if (a.type == AS_NULL || b.type == AS_NULL) {
        if (op == AS_OP_IS || op == AS_OP_IS_NOT)
            return (a.type == b.type) == (op == AS_OP_IS);
        return AS_UNKNOWN;
    }
    if (a.type == AS_TEXT && b.type == AS_TEXT && affinity != AS_AFFINITY_NUMERIC &&
        a.size != b.size && is_equality(op))
        return op == AS_OP_NE || op == AS_OP_IS_NOT; // texts of different length are not equal
    if (a.type != AS_INTEGER || b.type != AS_INTEGER)
        apply_comparison_affinity(affinity, &a, &b, scratch);
    return holds(op, as_sql_order(&a, &b));
}

// ---- Arithmetic ---------------------------------------------------------------------------------

static bool integer_arithmetic(enum as_operator op, int64_t a, int64_t b, struct as_value *result) {
    int64_t v = 0;
    switch (op) {
    case AS_OP_ADD:
        if (__builtin_add_overflow(a, b, &v))
            return false;
        break;
    case AS_OP_SUBTRACT:
        if (__builtin_sub_overflow(a, b, &v))
            return false;
        break;
    case AS_OP_MULTIPLY:
        if (__builtin_mul_overflow(a, b, &v))
            return false;
        break;
    case AS_OP_DIVIDE:
        if (b == 0)
            return *result = as_value_null(), true;
        if (a == INT64_MIN && b == -1)
            return false;
        v = a / b;
        break;
    default:
        if (b == 0)
            return *result = as_value_null(), true;
        v = b == -1 ? 0 : a % b;
    }
    *result = as_value_integer(v);
    return true;
}

static struct as_value real_arithmetic(enum as_operator op, const struct as_value *a,
                                       const struct as_value *b) {
    double x = to_real(a), y = to_real(b);
    switch (op) {
    case AS_OP_ADD:
        return real_or_null(x + y);
    case AS_OP_SUBTRACT:
        return real_or_null(x - y);
    case AS_OP_MULTIPLY:
        return real_or_null(x * y);
    case AS_OP_DIVIDE:
        return y == 0 ? as_value_null() : real_or_null(x / y);
    default:
        break;
    }
    int64_t i = to_integer(a), j = to_integer(b);
    if (j == 0)
        return as_value_null();
    return as_value_real(j == -1 ? 0.0 : (double)(i % j));
}

static int64_t shift(int64_t v, int64_t by) {
    if (by < 0) // a negative shift to the left goes to the right
        return by <= -64 ? (v < 0 ? -1 : 0) : v >> -by;
    return by >= 64 ? 0 : (int64_t)((uint64_t)v << by);
}

static int64_t bit_arithmetic(enum as_operator op, int64_t a, int64_t b) {
    switch (op) {
    case AS_OP_BIT_AND:
        return a & b;
    case AS_OP_BIT_OR:
        return a | b;
    case AS_OP_SHIFT_LEFT:
        return shift(a, b);
    default:
        return shift(a, b == INT64_MIN ? INT64_MAX : -b);
    }
}

struct as_value as_sql_arithmetic(enum as_operator op, const struct as_value *a,
                                  const struct as_value *b) {
    if (a->type == AS_NULL || b->type == AS_NULL)
        return as_value_null();
    if (op >= AS_OP_BIT_AND && op <= AS_OP_SHIFT_RIGHT)
        return as_value_integer(bit_arithmetic(op, to_integer(a), to_integer(b)));
    struct as_value x = to_number(a), y = to_number(b), result;
    if (x.type == AS_INTEGER && y.type == AS_INTEGER &&
        integer_arithmetic(op, x.integer, y.integer, &result))
        return result;
    // SQLite's % takes the integer prefix of a text even where its number is REAL: '1e3' % 7
    // is 1.0.
    return op == AS_OP_REMAINDER ? real_arithmetic(op, a, b) : real_arithmetic(op, &x, &y);
}

struct as_value as_sql_bit_not(const struct as_value *a) {
    return a->type == AS_NULL ? *a : as_value_integer(~to_integer(a));
}

// ---- Text ---------------------------------------------------------------------------------------

const char *as_sql_concat(const struct as_value *a, const struct as_value *b,
                          struct as_region *scratch, struct as_value *result) {
    *result = as_value_null();
    if (a->type == AS_NULL || b->type == AS_NULL)
        return NULL;
    struct as_value x = as_sql_to_text(a, scratch), y = as_sql_to_text(b, scratch);
    if ((uint64_t)x.size + y.size > AS_TEXT_MAX)
        return "string or blob too big";
    char *text = as_region_alloc(scratch, (size_t)x.size + y.size + 1);
    memcpy(text, x.text, x.size);
    memcpy(text + x.size, y.text, y.size);
    *result = as_value_text(text, x.size + y.size);
    return NULL;
}

static bool is_continuation(char c) {
    return ((unsigned char)c & 0xC0) == 0x80;
}

static int64_t count_characters(const struct as_value *text) {
    int64_t n = 0;
    for (uint32_t i = 0; i < text->size; i++)
        n += !is_continuation(text->text[i]);
    return n;
}

struct as_value as_sql_length(const struct as_value *a, struct as_region *scratch) {
    if (a->type == AS_NULL)
        return *a;
    struct as_value text = as_sql_to_text(a, scratch);
    return as_value_integer(count_characters(&text));
}

struct as_value as_sql_fold_case(bool upper, const struct as_value *a, struct as_region *scratch) {
    if (a->type == AS_NULL)
        return *a;
    struct as_value text = as_sql_to_text(a, scratch);
    char *copy = as_region_text(scratch, text.text, text.size);
    char first = upper ? 'a' : 'A', last = upper ? 'z' : 'Z';
    for (uint32_t i = 0; i < text.size; i++)
        copy[i] = (char)(copy[i] ^ (copy[i] >= first && copy[i] <= last ? 0x20 : 0));
    return as_value_text(copy, text.size);
}

// SQLite takes substr()'s numbers as 32-bit integers.
static int64_t to_int32(const struct as_value *a) {
    return (int32_t)(uint32_t)(uint64_t)to_integer(a);
}

// The window [*from, *from + result) of characters that substr selects from `size` characters.
static int64_t substr_window(int64_t start, int64_t length, bool backwards, int64_t size,
                             int64_t *from) {
    if (start < 0) {
        start += size;
        if (start < 0) {
            length = length + start < 0 ? 0 : length + start;
            start = 0;
        }
    } else if (start > 0) {
        start--;
    } else if (length > 0) {
        length--;
    }
    if (backwards) {
        start -= length;
        if (start < 0) {
            length += start;
            start = 0;
        }
    }
    *from = start;
    return length;
}

struct as_value as_sql_substr(const struct as_value *text, const struct as_value *start,
                              const struct as_value *length, struct as_region *scratch) {
    if (text->type == AS_NULL || start->type == AS_NULL || (length && length->type == AS_NULL))
        return as_value_null();
    struct as_value t = as_sql_to_text(text, scratch);
    int64_t characters = to_int32(start) < 0 ? count_characters(&t) : 0;
    int64_t want = length ? to_int32(length) : AS_TEXT_MAX, from;
    bool backwards = want < 0;
    want = substr_window(to_int32(start), backwards ? -want : want, backwards, characters, &from);
    uint32_t at = 0;
    for (; at < t.size && from > 0; from--)
        for (at++; at < t.size && is_continuation(t.text[at]); at++)
            continue;
    uint32_t end = at;
    for (; end < t.size && want > 0; want--)
        for (end++; end < t.size && is_continuation(t.text[end]); end++)
            continue;
    return as_value_text(t.text + at, end - at);
}

const char *as_sql_abs(const struct as_value *a, struct as_value *result) {
    *result = *a;
    if (a->type == AS_INTEGER && a->integer == INT64_MIN)
        return "integer overflow";
    if (a->type == AS_INTEGER)
        result->integer = a->integer < 0 ? -a->integer : a->integer;
    else if (a->type != AS_NULL)
        *result = as_value_real(to_real(a) < 0 ? -to_real(a) : to_real(a));
    return NULL;
}

// Of equal values min takes the later and max the earlier argument, as SQLite does.
struct as_value as_sql_min(const struct as_value *a, const struct as_value *b) {
    if (a->type == AS_NULL || b->type == AS_NULL)
        return as_value_null();
    return as_sql_order(a, b) >= 0 ? *b : *a;
}

struct as_value as_sql_max(const struct as_value *a, const struct as_value *b) {
    if (a->type == AS_NULL || b->type == AS_NULL)
        return as_value_null();
    return as_sql_order(a, b) < 0 ? *b : *a;
}
