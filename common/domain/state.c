// SPDX-License-Identifier: MIT
#include "domain/state.h"

#include <stdlib.h>
#include <string.h>

void as_state_init(struct as_state *state, const struct as_domain *domain) {
    *state = (struct as_state){.domain = domain, .table_count = domain->table_count};
    state->tables = as_alloc_zero(domain->table_count, sizeof *state->tables);
    state->totals = as_alloc_zero(domain->table_count, sizeof *state->totals);
    for (size_t i = 0; i < domain->table_count; i++) {
        const struct as_relation *r = domain->tables[i];
        as_table_init(&state->tables[i], r->info.column_count, r->types, r->key_count);
        for (size_t k = 0; k < r->key_count; k++)
            as_table_add_key(&state->tables[i], r->keys[k].columns, r->keys[k].column_count);
        state->totals[i].counted = r->assertion_columns;
        state->totals[i].any_counted = r->assertion_count > 0;
    }
}

void as_state_free(struct as_state *state) {
    for (size_t i = 0; i < state->table_count; i++) {
        as_table_free(&state->tables[i]);
        free(state->totals[i].list);
    }
    free(state->tables);
    free(state->totals);
    free(state->changes);
    as_buffer_free(&state->images);
}

// ---- Totals -------------------------------------------------------------------------------------

uint32_t as_state_add_total(struct as_state *state, size_t table, uint16_t column) {
    struct as_totals *totals = &state->totals[table];
    uint32_t number = 0;
    while (number < totals->count && totals->list[number].column != column)
        number++;
    if (number < totals->count)
        return number;
    totals->list = as_realloc(totals->list, (totals->count + 1) * sizeof *totals->list);
    totals->list[totals->count++] = (struct as_total){.column = column};
    totals->columns |= 1ULL << column;
    return number;
}

// Counts a row's values in (sign 1) or out (-1).
static void count_row(struct as_state *state, size_t table, const struct as_row *row, int sign,
                      uint64_t columns) {
    struct as_totals *totals = &state->totals[table];
    for (size_t i = 0; i < totals->count; i++) {
        struct as_total *total = &totals->list[i];
        if (!(columns >> total->column & 1) || as_row_is_null(row, total->column))
            continue;
        total->count += (uint64_t)(int64_t)sign;
        if (state->tables[table].types[total->column] == AS_INTEGER)
            total->sum += (__int128)sign * row->cells[total->column].integer;
        else
            total->inexact += (uint64_t)(int64_t)sign;
    }
    state->totals_moved = true; // count(*) at least
}

static void move_total(struct as_state *state, const struct as_totals *totals, uint16_t column,
                       int64_t from, int64_t to) {
    struct as_total *total = totals->list;
    while (total->column != column)
        total++;
    total->sum += (__int128)to - from;
    state->totals_moved = true;
}

// ---- Changes ------------------------------------------------------------------------------------

static __attribute__((noinline)) void grow_changes(struct as_state *state) {
    state->change_capacity = state->change_capacity ? state->change_capacity * 2 : 64;
    state->changes = as_realloc(state->changes, state->change_capacity * sizeof *state->changes);
}

// Notes a change to a row, which counts as changed from now on, and for which assertions may have
// to be counted.
static struct as_change *note(struct as_state *state, enum as_change_kind kind, size_t table,
                              uint32_t row, struct as_row *r) {
    if (state->change_count == state->change_capacity)
        grow_changes(state);
    struct as_change *change = &state->changes[state->change_count++];
    bool counted = state->totals[table].any_counted;
    change->kind = (uint8_t)kind;
    change->first = counted && !(r->bits & AS_ROW_TOUCHED);
    change->marked = !(r->bits & AS_ROW_CHANGED);
    change->table = (uint16_t)table;
    change->row = row;
    if (change->marked)
        as_table_mark_changed(&state->tables[table], row);
    if (counted)
        r->bits |= AS_ROW_TOUCHED;
    state->touched |= counted;
    return change;
}

uint32_t as_state_load(struct as_state *state, size_t table, const struct as_value *values) {
    struct as_table *t = &state->tables[table];
    uint32_t row = as_table_insert(t, values);
    count_row(state, table, as_table_row(t, row), 1, UINT64_MAX);
    return row;
}

uint32_t as_state_insert(struct as_state *state, size_t table, const struct as_value *values) {
    uint32_t row = as_state_load(state, table, values);
    note(state, AS_CHANGE_INSERT, table, row, as_table_row(&state->tables[table], row));
    return row;
}

static void each_key(struct as_table *table, uint64_t mask, uint32_t row,
                     void (*act)(struct as_table *, size_t, uint32_t)) {
    for (; mask; mask &= mask - 1)
        act(table, (size_t)__builtin_ctzll(mask), row);
}

// Not inlined, so that the commonest UPDATE does not save registers for it.
static __attribute__((noinline)) void update_row(struct as_state *state, size_t table,
                                                 const struct as_cursor_row *row,
                                                 const struct as_set_list *set,
                                                 const struct as_value *registers) {
    struct as_table *t = &state->tables[table];
    struct as_row *r = row->row;
    bool totalled = set->mask & state->totals[table].columns;
    struct as_change *change = note(state, AS_CHANGE_UPDATE, table, row->number, r);
    change->image = state->images.size;
    change->set = set;
    as_buffer_append(&state->images, r, t->row_size);
    state->texts_replaced |= set->texts;
    each_key(t, set->key_mask, row->number, as_table_unlink_key);
    if (totalled)
        count_row(state, table, r, -1, set->mask);
    for (size_t i = 0; i < set->count; i++)
        as_table_set(t, r, set->columns[i], &registers[set->registers[i]]);
    if (totalled)
        count_row(state, table, r, 1, set->mask);
    each_key(t, set->key_mask, row->number, as_table_link_key);
}

// The commonest UPDATE: one INTEGER that is never NULL, in no key, and that no assertion reads but
// for its total. There is room for the change, and the row is on the list of changed rows.
static void update_integer(struct as_state *state, size_t table, const struct as_cursor_row *row,
                           uint16_t column, int64_t value) {
    const struct as_totals *totals = &state->totals[table];
    struct as_change *change = &state->changes[state->change_count++];
    int64_t *cell = &row->row->cells[column].integer, old = *cell;
    change->kind = AS_CHANGE_INTEGER;
    change->first = change->marked = false;
    change->column = (uint8_t)column;
    change->table = (uint16_t)table;
    change->row = row->number;
    change->old = old;
    *cell = value;
    if (totals->columns >> column & 1)
        move_total(state, totals, column, old, value);
}

// Where there is no room, or the row is not on the list: makes it so and starts again.
static __attribute__((noinline)) void update_first(struct as_state *state, size_t table,
                                                   const struct as_cursor_row *row,
                                                   const struct as_set_list *set,
                                                   const struct as_value *registers) {
    bool marked = !(row->row->bits & AS_ROW_CHANGED);
    if (state->change_count == state->change_capacity)
        grow_changes(state);
    if (marked)
        as_table_mark_changed(&state->tables[table], row->number);
    as_state_update(state, table, row, set, registers);
    state->changes[state->change_count - 1].marked = marked;
}

void as_state_update(struct as_state *state, size_t table, const struct as_cursor_row *row,
                     const struct as_set_list *set, const struct as_value *registers) {
    if (!set->integer || state->totals[table].counted & set->mask)
        update_row(state, table, row, set, registers);
    else if (!(row->row->bits & AS_ROW_CHANGED) || state->change_count == state->change_capacity)
        update_first(state, table, row, set, registers);
    else
        update_integer(state, table, row, set->first_column,
                       registers[set->first_register].integer);
}

void as_state_delete(struct as_state *state, size_t table, uint32_t row) {
    struct as_table *t = &state->tables[table];
    struct as_row *r = as_table_row(t, row);
    note(state, AS_CHANGE_DELETE, table, row, r);
    count_row(state, table, r, -1, UINT64_MAX);
    as_table_unlink(t, row);
    t->deleted = true;
}

const struct as_row *as_state_image(const struct as_state *state, const struct as_change *change) {
    return (const struct as_row *)(const void *)(state->images.data + change->image);
}

void as_state_end_item(struct as_state *state, size_t from) {
    for (size_t i = from; i < state->change_count; i++) {
        const struct as_change *c = &state->changes[i];
        as_table_row(&state->tables[c->table], c->row)->bits &= ~AS_ROW_TOUCHED;
    }
    state->touched = false;
}

// ---- Undoing ------------------------------------------------------------------------------------

// An UPDATE gives every TEXT column that it sets a block of its own, so the old blocks belong to
// its image and the new ones to the row.
static void release_set_texts(struct as_table *t, const struct as_row *row,
                              const struct as_set_list *set) {
    for (size_t i = 0; i < set->count; i++)
        as_table_release_cell(t, row, set->columns[i]);
}

static void restore(struct as_state *state, const struct as_change *c, struct as_row *row) {
    struct as_table *t = &state->tables[c->table];
    bool totalled = c->set->mask & state->totals[c->table].columns;
    uint64_t changed = row->bits & AS_ROW_CHANGED;
    each_key(t, c->set->key_mask, c->row, as_table_unlink_key);
    if (totalled)
        count_row(state, c->table, row, -1, c->set->mask);
    release_set_texts(t, row, c->set);
    memcpy(row, as_state_image(state, c), t->row_size);
    row->bits = (row->bits & ~AS_ROW_CHANGED) | changed;
    if (totalled)
        count_row(state, c->table, row, 1, c->set->mask);
    each_key(t, c->set->key_mask, c->row, as_table_link_key);
    state->images.size = c->image;
}

static void restore_integer(struct as_state *state, const struct as_change *c, struct as_row *row) {
    const struct as_totals *totals = &state->totals[c->table];
    if (totals->columns >> c->column & 1)
        move_total(state, totals, c->column, row->cells[c->column].integer, c->old);
    row->cells[c->column].integer = c->old;
}

static void undo(struct as_state *state, const struct as_change *c) {
    struct as_table *t = &state->tables[c->table];
    struct as_row *row = as_table_row(t, c->row);
    switch ((enum as_change_kind)c->kind) {
    case AS_CHANGE_INTEGER:
        restore_integer(state, c, row);
        break;
    case AS_CHANGE_UPDATE:
        restore(state, c, row);
        break;
    case AS_CHANGE_DELETE:
        as_table_link(t, c->row);
        count_row(state, c->table, row, 1, UINT64_MAX);
        break;
    case AS_CHANGE_INSERT:
        count_row(state, c->table, row, -1, UINT64_MAX);
        as_table_unlink(t, c->row);
        break;
    }
    if (c->marked)
        as_table_forget_changes(t, t->changed_count - 1);
    row->bits &= ~AS_ROW_TOUCHED;
    if (c->kind == AS_CHANGE_INSERT)
        as_table_release_row(t, c->row);
}

void as_state_rollback(struct as_state *state, size_t count) {
    while (state->change_count > count)
        undo(state, &state->changes[--state->change_count]);
}

// ---- Keeping ------------------------------------------------------------------------------------

void as_state_release_replaced_texts(struct as_state *state) {
    for (size_t i = 0; i < state->change_count; i++) {
        const struct as_change *c = &state->changes[i];
        if (c->kind == AS_CHANGE_UPDATE)
            release_set_texts(&state->tables[c->table], as_state_image(state, c), c->set);
    }
    state->texts_replaced = false;
}

// ---- For the fold -------------------------------------------------------------------------------

static void append_record(struct as_buffer *out, const struct as_table *t, size_t table,
                          const struct as_row *row, bool deleted) {
    as_buffer_le16(out, (uint16_t)table);
    as_buffer_u8(out, deleted);
    size_t count = deleted ? t->keys[0].column_count : t->column_count;
    for (size_t i = 0; i < count; i++) {
        struct as_value v = as_table_cell(t, row, deleted ? t->keys[0].columns[i] : i);
        as_value_encode(out, &v);
    }
}

// The row of a change in the list, with those behind it fetched ahead: they lie anywhere.
static struct as_row *changed_row(const struct as_table *t, size_t i) {
    enum { AHEAD = 8 };
    if (i + AHEAD < t->changed_count)
        __builtin_prefetch(as_table_row(t, t->changed[i + AHEAD]));
    return as_table_row(t, t->changed[i]);
}

static void take_deleted(struct as_table *t, size_t table, struct as_buffer *out) {
    for (size_t i = 0; i < t->changed_count; i++) {
        const struct as_row *row = changed_row(t, i);
        if (!(row->bits & AS_ROW_LIVE))
            append_record(out, t, table, row, true);
    }
}

static void take_table(struct as_table *t, size_t table, struct as_buffer *out) {
    if (t->deleted)
        take_deleted(t, table, out);
    t->deleted = false;
    for (size_t i = 0; i < t->changed_count; i++) {
        struct as_row *row = changed_row(t, i);
        row->bits &= ~AS_ROW_CHANGED;
        if (row->bits & AS_ROW_LIVE)
            append_record(out, t, table, row, false);
        else
            as_table_release_row(t, t->changed[i]);
    }
    t->changed_count = 0;
}

void as_state_take_changes(struct as_state *state, struct as_buffer *out) {
    for (size_t i = 0; i < state->table_count; i++)
        take_table(&state->tables[i], i, out);
}
