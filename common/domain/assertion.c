// SPDX-License-Identifier: MIT
#include "domain/assertion.h"

#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "domain/sql_value.h"

struct as_group {
    uint64_t rows;
    uint64_t inexact; // rows in which a sum()'s argument is not an INTEGER
    uint64_t hash;
    char *key; // the group's values, encoded
    size_t key_size;
    bool touched;
    struct as_accumulated accumulators[];
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

static void init_groups(struct as_assertion_state *s) {
    size_t accumulators = s->assertion->accumulator_count;
    size_t size = sizeof(struct as_group) + accumulators * sizeof(struct as_accumulated);
    s->group_size = (size + 15) / 16 * 16;
    if (!s->assertion->grouped)
        add_group(s, 0);
}

static void init_totals(struct as_assertion_state *s, struct as_state *state) {
    const struct as_assertion *a = s->assertion;
    s->seen_count = a->accumulator_count;
    s->totals = &state->totals[a->table];
    s->seen = as_alloc_zero(a->accumulator_count + 1, sizeof *s->seen);
    for (size_t i = 0; i < a->accumulator_count; i++) {
        s->seen[i].total = a->accumulators[i].kind == AS_ACCUMULATE_ROWS
                               ? AS_TOTAL_NONE
                               : as_state_add_total(state, a->table, a->accumulators[i].column);
    }
}

void as_assertion_init(struct as_assertion_state *s, const struct as_assertion *assertion,
                       struct as_state *state) {
    memset(s, 0, sizeof *s);
    s->assertion = assertion;
    s->plain = assertion->plain;
    s->table = &state->tables[assertion->table];
    as_vm_frame_init(&s->row, &assertion->row);
    as_vm_frame_init(&s->holds, &assertion->holds);
    if (assertion->plain)
        init_totals(s, state);
    else
        init_groups(s);
}

void as_assertion_free(struct as_assertion_state *s) {
    for (uint32_t i = 0; i < s->group_limit; i++)
        free(group_at(s, i)->key);
    for (uint32_t i = 0; i < s->group_limit; i += CHUNK_GROUPS)
        free(s->groups[i / CHUNK_GROUPS]);
    free(s->groups);
    free(s->free_groups);
    free(s->touched);
    free(s->seen);
    as_index_free(&s->index);
    as_buffer_free(&s->key);
    as_vm_frame_free(&s->row);
    as_vm_frame_free(&s->holds);
}

// ---- Counting -----------------------------------------------------------------------------------

static void accumulate(struct as_group *g, struct as_accumulated *acc,
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

static void touch(struct as_assertion_state *s, struct as_group *g, uint32_t number) {
    if (!g->touched)
        push(&s->touched, &s->touched_count, &s->touched_capacity, number);
    g->touched = true;
}

// Most assertions are about columns as they are: these are read without running a program.
static void read_columns(struct as_assertion_state *s, const struct as_row *row) {
    const struct as_assertion *a = s->assertion;
    struct as_value *registers = s->row.registers;
    for (size_t i = 0; i < a->group_count; i++)
        registers[a->groups[i]] = as_table_cell(s->table, row, a->group_columns[i]);
    for (size_t i = 0; i < a->accumulator_count; i++) {
        const struct as_accumulator *what = &a->accumulators[i];
        if (what->kind != AS_ACCUMULATE_ROWS)
            registers[what->input] = as_table_cell(s->table, row, what->column);
    }
}

// Its group and arguments into the registers of the row program; AS_FALSE where it is not counted,
// AS_UNKNOWN where that cannot be told.
static enum as_truth read_row(struct as_assertion_state *s, const struct as_row *row,
                              struct as_region *scratch) {
    if (s->assertion->by_column) {
        read_columns(s, row);
        return AS_TRUE;
    }
    s->row.cursors[0].row = (struct as_row *)(uintptr_t)row; // which the program only reads
    if (as_vm_run(&s->row, NULL, scratch) != AS_VM_ACCEPTED)
        return AS_UNKNOWN;
    return s->row.registers[s->assertion->counted].integer != 0;
}

static void count_in_group(struct as_assertion_state *s, uint32_t number, enum as_truth counted,
                           int sign) {
    const struct as_assertion *a = s->assertion;
    struct as_group *g = group_at(s, number);
    touch(s, g, number);
    g->rows += (uint64_t)(int64_t)sign;
    if (counted == AS_UNKNOWN) {
        g->inexact += (uint64_t)(int64_t)sign;
        return;
    }
    for (size_t i = 0; i < a->accumulator_count; i++) {
        const struct as_accumulator *what = &a->accumulators[i];
        accumulate(g, &g->accumulators[i], what, &s->row.registers[what->input], sign);
    }
}

void as_assertion_count_row(struct as_assertion_state *s, const struct as_row *row, int sign,
                            struct as_region *scratch) {
    enum as_truth counted = read_row(s, row, scratch);
    if (counted != AS_FALSE)
        count_in_group(s, group_of_row(s), counted, sign);
}

static bool differ(const struct as_row *a, const struct as_row *b, uint64_t columns) {
    for (; columns; columns &= columns - 1) {
        int column = __builtin_ctzll(columns);
        if (a->cells[column].integer != b->cells[column].integer ||
            (a->bits ^ b->bits) >> column & 1)
            return true;
    }
    return false;
}

// One that stays in its group looks for it once.
static void count_in_place(struct as_assertion_state *s, const struct as_row *before,
                           const struct as_row *now, int direction) {
    read_columns(s, before);
    uint32_t number = group_of_row(s);
    count_in_group(s, number, AS_TRUE, -direction);
    read_columns(s, now);
    count_in_group(s, number, AS_TRUE, direction);
}

void as_assertion_count_change(struct as_assertion_state *s, const struct as_row *before,
                               const struct as_row *now, int direction, struct as_region *scratch) {
    const struct as_assertion *a = s->assertion;
    if (before && now && !differ(before, now, a->columns))
        return;
    if (before && now && a->by_column && !differ(before, now, a->group_mask)) {
        count_in_place(s, before, now, direction);
        return;
    }
    if (before)
        as_assertion_count_row(s, before, -direction, scratch);
    if (now)
        as_assertion_count_row(s, now, direction, scratch);
}

// ---- Checking -----------------------------------------------------------------------------------

// An accumulator as a parameter of `holds`; false where a sum leaves 64 bits.
static bool fill_accumulator(const struct as_assertion_state *s, const struct as_accumulator *what,
                             const struct as_accumulated *acc, uint64_t rows) {
    struct as_value v = as_value_integer((int64_t)acc->count);
    bool exact = true;
    if (what->kind == AS_ACCUMULATE_ROWS)
        v = as_value_integer((int64_t)rows);
    if (what->kind == AS_ACCUMULATE_SUM && acc->count == 0)
        v = as_value_null();
    if (what->kind == AS_ACCUMULATE_SUM && acc->count) {
        exact = acc->sum >= INT64_MIN && acc->sum <= INT64_MAX;
        v = as_value_integer((int64_t)acc->sum);
    }
    s->holds.registers[what->output] = v;
    return exact;
}

// Runs `holds` over accumulators; its other parameters are filled.
static int32_t check(const struct as_assertion_state *s, const struct as_accumulated *accumulated,
                     uint64_t rows, uint64_t inexact, struct as_region *scratch) {
    const struct as_assertion *a = s->assertion;
    bool exact = inexact == 0;
    for (size_t i = 0; i < a->accumulator_count; i++)
        exact &= fill_accumulator(s, &a->accumulators[i], &accumulated[i], rows);
    if (!exact)
        return (int32_t)a->reason_error;
    int32_t reason = as_vm_run(&s->holds, NULL, scratch);
    if (reason != AS_VM_ACCEPTED)
        return reason;
    return as_sql_truth(&s->holds.registers[a->result]) == AS_FALSE ? (int32_t)a->reason
                                                                    : AS_VM_ACCEPTED;
}

static int32_t check_group(const struct as_assertion_state *s, const struct as_group *g,
                           struct as_region *scratch) {
    const struct as_assertion *a = s->assertion;
    if (!g->key || (a->grouped && g->rows == 0))
        return AS_VM_ACCEPTED;
    struct as_cursor key = as_cursor_over(g->key, g->key_size);
    for (size_t i = 0; i < a->group_count; i++) {
        if (!as_value_decode(&key, &s->holds.registers[i]))
            s->holds.registers[i] = as_value_null();
    }
    return check(s, g->accumulators, g->rows, g->inexact, scratch);
}

static int32_t check_groups(struct as_assertion_state *s, bool all, struct as_region *scratch) {
    size_t count = all ? s->group_limit : s->touched_count;
    for (size_t i = 0; i < count; i++) {
        uint32_t number = all ? (uint32_t)i : s->touched[i];
        int32_t reason = check_group(s, group_at(s, number), scratch);
        if (reason != AS_VM_ACCEPTED)
            return reason;
    }
    return AS_VM_ACCEPTED;
}

// ---- Plain assertions ---------------------------------------------------------------------------

static void look(struct as_assertion_state *s) {
    s->seen_rows = s->table->live_count;
    for (size_t i = 0; i < s->seen_count; i++) {
        struct as_accumulated *seen = &s->seen[i];
        if (seen->total == AS_TOTAL_NONE)
            continue;
        const struct as_total *total = &s->totals->list[seen->total];
        seen->sum = total->sum;
        seen->count = total->count;
        seen->inexact = total->inexact;
    }
}

// After a failed check the totals will be moved back: what was seen must not be taken for good.
static int32_t check_totals(struct as_assertion_state *s, struct as_region *scratch) {
    uint64_t inexact = 0;
    look(s);
    for (size_t i = 0; i < s->seen_count; i++) {
        if (s->assertion->accumulators[i].kind == AS_ACCUMULATE_SUM)
            inexact |= s->seen[i].inexact;
    }
    int32_t reason = check(s, s->seen, s->seen_rows, inexact, scratch);
    if (reason != AS_VM_ACCEPTED)
        s->seen_rows = UINT64_MAX;
    return reason;
}

int32_t as_assertion_check(struct as_assertion_state *s, bool all, struct as_region *scratch) {
    return s->plain ? check_totals(s, scratch) : check_groups(s, all, scratch);
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
