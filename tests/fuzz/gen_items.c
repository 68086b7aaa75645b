// SPDX-License-Identifier: MIT
#include <math.h>
#include <string.h>

#include "gen.h"

// Few distinct values, so that keys meet; and the odd ones that conversions stumble over.
static const char *const common_texts[] = {"a", "b", "c", "A", "12", "é"};
static const char *const odd_texts[] = {"",
                                        "1.5",
                                        "abc",
                                        " 7 ",
                                        "-0",
                                        "1e3",
                                        "aBc",
                                        "日本",
                                        "x'y",
                                        "ÀÉ",
                                        "0x10",
                                        "12ab",
                                        "1e400",
                                        ".5",
                                        "+3",
                                        "a%",
                                        "[a]",
                                        "--1",
                                        "inf",
                                        "\t5\n",
                                        "𝄞",
                                        "-1.5e-3",
                                        "9223372036854775807",
                                        "9223372036854775808",
                                        "-9223372036854775809",
                                        "00012",
                                        "2.0",
                                        "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"};
static const int64_t odd_integers[] = {INT64_MAX,
                                       INT64_MIN,
                                       INT64_MIN + 1,
                                       INT64_MAX - 1,
                                       INT32_MAX,
                                       (int64_t)1 << 53,
                                       ((int64_t)1 << 53) + 1,
                                       1000000007,
                                       -1000000000000,
                                       (int64_t)1 << 62,
                                       999,
                                       -1000};
static const double odd_reals[] = {
    0.0,     -0.0,   1.0,   2.5,        0.1,      3.0, 1e18, 9.3e18,
    1e300,   -1.5,   1e-10, 123456.789, INFINITY, 4.0, 1e15, -9223372036854775808.0,
    1.0 / 3, 5e-324, 100.0};

static struct as_value text_value(const char *text) {
    return as_value_text(text, (uint32_t)strlen(text));
}

// Texts of 1 to 43 bytes, many of which begin alike.
static struct as_value wide_text(struct gen *g, int n) {
    static const char prefix[] = "the-first-bytes-of-many-keys-are-the-same";
    return text_value(gen_format(g, "%.*s%d", n % 41, prefix, n));
}

// Many distinct values, so that tables grow and are taken apart again.
static struct as_value wide_value(struct gen *g, enum as_type type) {
    int64_t n = (int64_t)gen_below(g, 400);
    if (type == AS_INTEGER)
        return as_value_integer(n);
    return type == AS_REAL ? as_value_real((double)n / 4) : wide_text(g, (int)n);
}

static struct as_value value_of(struct gen *g, enum as_type type) {
    if (g->c->wide && gen_chance(g, 85))
        return wide_value(g, type);
    switch (type) {
    case AS_INTEGER:
        if (gen_chance(g, 6))
            return as_value_integer(GEN_PICK(g, odd_integers));
        return as_value_integer(gen_chance(g, 85) ? (int64_t)gen_below(g, 6)
                                                  : (int64_t)gen_below(g, 200) - 50);
    case AS_REAL:
        return as_value_real(GEN_PICK(g, odd_reals));
    default:
        return text_value(gen_chance(g, 80) ? GEN_PICK(g, common_texts) : GEN_PICK(g, odd_texts));
    }
}

static struct as_value column_value(struct gen *g, const struct fuzz_column *c) {
    static const enum as_type types[] = {AS_INTEGER, AS_REAL, AS_TEXT};
    if (gen_chance(g, c->not_null ? 1 : 9))
        return as_value_null();
    return value_of(g, gen_chance(g, 97) ? c->type : GEN_PICK(g, types));
}

void fuzz_generate_items(struct fuzz_case *c, size_t count) {
    struct gen g = {.c = c};
    c->items = as_region_zero(&c->region, (count + 1) * sizeof *c->items);
    c->item_count = count;
    c->wide = gen_chance(&g, 12);
    unsigned groups = gen_chance(&g, 50) ? 15 : 0;
    unsigned ends = gen_chance(&g, 60) ? 20 : 2; // some batches are longer than the engine's window
    for (size_t i = 0; i < count; i++) {
        struct fuzz_item *item = &c->items[i];
        item->command = gen_below(&g, c->command_count);
        item->group = i + 1 < count && gen_chance(&g, groups);
        item->batch_end = gen_chance(&g, ends);
        item->fold = item->batch_end && gen_chance(&g, 60);
        item->reload = item->batch_end && gen_chance(&g, 10);
        const struct fuzz_table *command = &c->commands[item->command];
        for (size_t k = 0; k < command->count; k++)
            item->values[k] = column_value(&g, &command->columns[k]);
    }
}
