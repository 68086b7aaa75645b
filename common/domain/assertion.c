// SPDX-License-Identifier: MIT
#include "domain/assertion.h"

#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "domain/sql_value.h"

struct accumulator {
    __int128 sum;
    uint64_t count; // of arguments that are not NULL
};

struct as_group {
    uint64_t rows;
    uint64_t inexact; // rows in which a sum()'s argument is not an INTEGER
    uint64_t hash;
    char *key; // the group's values, encoded
    size_t key_size;
    bool touched;
    struct accumulator accumulators[];
};

enum { CHUNK_GROUPS = 64 };

static struct as_group *group_at(const struct as_assertion_state *s, uint32_t number) {
    return (struct as_group *)(void *)(s->groups[number / CHUNK_GROUPS] +
                                       (number % CHUNK_GROUPS) * s->group_size);
}

static void push(uint32_t **list, size_t *count, size_t *capacity, uint32_t number) {
    if (*count == *capacity) {
        *capacity = *capacity ? *capacity * 2 : 16;
        *list = as_realloc(*list, *capacity * sizeof **list);
    }
    (*list)[(*count)++] = number;
}

// ---- Groups -------------------------------------------------------------------------------------

static uint32_t take_slot(struct as_assertion_state *s) {
    if (s->free_count)
        return s->free_groups[--s->free_count];
    if (s->group_limit % CHUNK_GROUPS == 0) {
        size_t chunks = s->group_limit / CHUNK_GROUPS;
        s->groups = as_realloc(s->groups, (chunks + 1) * sizeof *s->groups);
        s->groups[chunks] = as_alloc(s->group_size * CHUNK_GROUPS);
    }
    return s->group_limit++;
}

static uint32_t add_group(struct as_assertion_state *s, uint64_t hash) {
    uint32_t number = take_slot(s);
    struct as_group *g = group_at(s, number);
    memset(g, 0, s->group_size);
    g->hash = hash;
    g->key_size = s->key.size;
    g->key = as_alloc(s->key.size + 1);
    if (s->key.size)
        memcpy(g->key, s->key.data, s->key.size);
    as_index_add(&s->index, hash, number);
    return number;
}

static void drop_group(struct as_assertion_state *s, uint32_t number) {
    struct as_group *g = group_at(s, number);
    as_index_remove(&s->index, g->hash, number);
    free(g->key);
    g->key = NULL;
    push(&s->free_groups, &s->free_count, &s->free_capacity, number);
}

// The group of the row that the row program has just read.
static uint32_t group_of_row(struct as_assertion_state *s) {
    const struct as_assertion *a = s->assertion;
    if (!a->grouped)
        return 0;
    s->key.size = 0;
    for (size_t i = 0; i < a->group_count; i++) {
        struct as_value v = s->row.registers[a->groups[i]];
        if (v.type == AS_REAL && v.real == 0)
            v.real = 0; // -0.0 groups with 0.0
        as_value_encode(&s->key, &v);
    }
    uint64_t hash = as_hash64(s->key.data, s->key.size);
    struct as_index_search search = as_index_find(&s->index, hash);
    uint32_t number;
    while ((number = as_index_next(&search)) != AS_ROW_NONE) {
        const struct as_group *g = group_at(s, number);
        if (g->key_size == s->key.size && memcmp(g->key, s->key.data, s->key.size) == 0)
            return number;
    }
    return add_group(s, hash);
}

void as_assertion_init(struct as_assertion_state *s, const struct as_assertion *assertion) {
    memset(s, 0, sizeof *s);
    s->assertion = assertion;
    size_t size =
        sizeof(struct as_group) + assertion->accumulator_count * sizeof(struct accumulator);
    s->group_size = (size + 15) / 16 * 16;
    as_vm_frame_init(&s->row, &assertion->row);
    as_vm_frame_init(&s->holds, &assertion->holds);
    if (!assertion->grouped)
        add_group(s, 0);
    if (assertion->plain) {
        s->only = group_at(s, 0);
        s->before = as_alloc_zero(1, s->group_size);
    }
}

void as_assertion_free(struct as_assertion_state *s) {
    for (uint32_t i = 0; i < s->group_limit; i++)
        free(group_at(s, i)->key);
    for (uint32_t i = 0; i < s->group_limit; i += CHUNK_GROUPS)
        free(s->groups[i / CHUNK_GROUPS]);
    free(s->groups);
    free(s->free_groups);
    free(s->touched);
    free(s->before);
    as_index_free(&s->index);
    as_buffer_free(&s->key);
    as_vm_frame_free(&s->row);
    as_vm_frame_free(&s->holds);
}

// ---- Counting -----------------------------------------------------------------------------------

static void accumulate(struct as_group *g, struct accumulator *acc,
                       const struct as_accumulator *what, const struct as_value *v, int sign) {
    if (what->kind == AS_ACCUMULATE_ROWS || v->type == AS_NULL)
        return;
    acc->count += (uint64_t)(int64_t)sign;
    if (what->kind == AS_ACCUMULATE_COUNT)
        return;
    if (v->type == AS_INTEGER)
        acc->sum += (__int128)sign * v->integer;
    else
        g->inexact += (uint64_t)(int64_t)sign;
}

static void remember(struct as_assertion_state *s, const struct as_group *g) {
    s->before->rows = g->rows;
    s->before->inexact = g->inexact;
    for (size_t i = 0; i < s->assertion->accumulator_count; i++)
        s->before->accumulators[i] = g->accumulators[i];
}

static void touch(struct as_assertion_state *s, struct as_group *g, uint32_t number) {
    if (g->touched)
        return;
    push(&s->touched, &s->touched_count, &s->touched_capacity, number);
    if (s->before)
        remember(s, g);
    g->touched = true;
}

static bool has_value(const struct as_row *row, size_t column) {
    return row && !(row->bits >> column & 1);
}

static void accumulate_change(struct as_group *g, struct accumulator *acc,
                              const struct as_accumulator *what, bool integer,
                              const struct as_row *before, const struct as_row *now,
                              int direction) {
    bool was = has_value(before, what->column), is = has_value(now, what->column);
    uint64_t more = (uint64_t)(int64_t)(direction * (is - was));
    acc->count += more;
    if (what->kind == AS_ACCUMULATE_COUNT)
        return;
    if (!integer) {
        g->inexact += more;
        return;
    }
    __int128 difference = is ? now->cells[what->column].integer : 0;
    difference -= was ? before->cells[what->column].integer : 0;
    acc->sum += direction * difference;
}

// Most assertions sum columns of all rows; theirs are read without running a program, and of a row
// that changed only the difference counts.
static void count_plain(struct as_assertion_state *s, const struct as_table *table,
                        const struct as_row *before, const struct as_row *now, int direction) {
    struct as_group *g = s->only;
    bool stays = before && now;
    touch(s, g, 0);
    if (!stays)
        g->rows += (uint64_t)(int64_t)(now ? direction : -direction);
    for (size_t i = 0; i < s->assertion->accumulator_count; i++) {
        const struct as_accumulator *what = &s->assertion->accumulators[i];
        if (what->kind == AS_ACCUMULATE_ROWS)
            continue;
        if (!what->exact || !stays) {
            accumulate_change(g, &g->accumulators[i], what,
                              table->types[what->column] == AS_INTEGER, before, now, direction);
            continue;
        }
        // By far the commonest: the row stays, and a sum's INTEGER in it is another.
        const struct as_row *from = direction > 0 ? before : now,
                            *to = direction > 0 ? now : before;
        g->accumulators[i].sum += to->cells[what->column].integer;
        g->accumulators[i].sum -= from->cells[what->column].integer;
    }
}

void as_assertion_count_row(struct as_assertion_state *s, const struct as_table *table,
                            const struct as_row *row, int sign, struct as_region *scratch) {
    const struct as_assertion *a = s->assertion;
    if (a->plain) {
        count_plain(s, table, NULL, row, sign);
        return;
    }
    // A row program only reads.
    s->row.cursors[0] =
        (struct as_cursor_row){.table = table, .row = (struct as_row *)(uintptr_t)row};
    bool failed = as_vm_run(&s->row, NULL, scratch) != AS_VM_ACCEPTED;
    if (!failed && s->row.registers[a->counted].integer == 0)
        return;
    uint32_t number = group_of_row(s);
    struct as_group *g = group_at(s, number);
    touch(s, g, number);
    g->rows += (uint64_t)(int64_t)sign;
    if (failed)
        g->inexact += (uint64_t)(int64_t)sign;
    for (size_t i = 0; !failed && i < a->accumulator_count; i++) {
        const struct as_accumulator *what = &a->accumulators[i];
        accumulate(g, &g->accumulators[i], what, &s->row.registers[what->input], sign);
    }
}

// Do the two rows differ in a column that the assertion reads?
static bool sees(const struct as_assertion *assertion, const struct as_row *a,
                 const struct as_row *b) {
    for (uint64_t mask = assertion->columns; mask; mask &= mask - 1) {
        int column = __builtin_ctzll(mask);
        if (a->cells[column].integer != b->cells[column].integer ||
            (a->bits ^ b->bits) >> column & 1)
            return true;
    }
    return false;
}

void as_assertion_count_change(struct as_assertion_state *s, const struct as_table *table,
                               const struct as_row *before, const struct as_row *now, int direction,
                               struct as_region *scratch) {
    if (s->assertion->plain) {
        count_plain(s, table, before, now, direction);
        return;
    }
    if (before && now && !sees(s->assertion, before, now))
        return;
    if (before)
        as_assertion_count_row(s, table, before, -direction, scratch);
    if (now)
        as_assertion_count_row(s, table, now, direction, scratch);
}

// ---- Checking -----------------------------------------------------------------------------------

// The group's values and accumulators as the parameters of `holds`; false where a sum leaves 64
// bits.
static bool fill_parameters(const struct as_assertion_state *s, const struct as_group *g) {
    const struct as_assertion *a = s->assertion;
    struct as_value *registers = s->holds.registers;
    struct as_cursor key = as_cursor_over(g->key, g->key_size);
    bool exact = g->inexact == 0;
    for (size_t i = 0; i < a->group_count; i++) {
        if (!as_value_decode(&key, &registers[i]))
            registers[i] = as_value_null();
    }
    for (size_t i = 0; i < a->accumulator_count; i++) {
        const struct as_accumulator *what = &a->accumulators[i];
        const struct accumulator *acc = &g->accumulators[i];
        struct as_value v = as_value_integer((int64_t)acc->count);
        if (what->kind == AS_ACCUMULATE_ROWS)
            v = as_value_integer((int64_t)g->rows);
        if (what->kind == AS_ACCUMULATE_SUM && acc->count == 0)
            v = as_value_null();
        if (what->kind == AS_ACCUMULATE_SUM && acc->count) {
            exact &= acc->sum >= INT64_MIN && acc->sum <= INT64_MAX;
            v = as_value_integer((int64_t)acc->sum);
        }
        registers[what->output] = v;
    }
    return exact;
}

static int32_t check_group(const struct as_assertion_state *s, const struct as_group *g,
                           struct as_region *scratch) {
    const struct as_assertion *a = s->assertion;
    if (!g->key || (a->grouped && g->rows == 0))
        return AS_VM_ACCEPTED;
    if (!fill_parameters(s, g))
        return (int32_t)a->reason_error;
    int32_t reason = as_vm_run(&s->holds, NULL, scratch);
    if (reason != AS_VM_ACCEPTED)
        return reason;
    return as_sql_truth(&s->holds.registers[a->result]) == AS_FALSE ? (int32_t)a->reason
                                                                    : AS_VM_ACCEPTED;
}

// What an item did may cancel out, as a transfer's two halves do in a sum: it held before.
static bool is_as_before(const struct as_assertion_state *s) {
    const struct as_group *g = s->only, *before = s->before;
    if (g->rows != before->rows || g->inexact != before->inexact)
        return false;
    for (size_t i = 0; i < s->assertion->accumulator_count; i++) {
        const struct accumulator *a = &g->accumulators[i], *b = &before->accumulators[i];
        if (a->sum != b->sum || a->count != b->count)
            return false;
    }
    return true;
}

int32_t as_assertion_check(struct as_assertion_state *s, bool all, struct as_region *scratch) {
    if (!all && s->before && is_as_before(s))
        return AS_VM_ACCEPTED;
    size_t count = all ? s->group_limit : s->touched_count;
    for (size_t i = 0; i < count; i++) {
        uint32_t number = all ? (uint32_t)i : s->touched[i];
        int32_t reason = check_group(s, group_at(s, number), scratch);
        if (reason != AS_VM_ACCEPTED)
            return reason;
    }
    return AS_VM_ACCEPTED;
}

void as_assertion_settle(struct as_assertion_state *s) {
    while (s->touched_count) {
        uint32_t number = s->touched[--s->touched_count];
        struct as_group *g = group_at(s, number);
        g->touched = false;
        if (s->assertion->grouped && g->rows == 0)
            drop_group(s, number);
    }
}
