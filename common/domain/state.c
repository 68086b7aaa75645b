// SPDX-License-Identifier: MIT
#include "domain/state.h"

#include <stdlib.h>
#include <string.h>

void as_state_init(struct as_state *state, const struct as_domain *domain) {
    *state = (struct as_state){.domain = domain, .table_count = domain->table_count};
    state->tables = as_alloc_zero(domain->table_count, sizeof *state->tables);
    for (size_t i = 0; i < domain->table_count; i++) {
        const struct as_relation *r = domain->tables[i];
        as_table_init(&state->tables[i], r->info.column_count, r->types, r->key_count);
        for (size_t k = 0; k < r->key_count; k++) {
            state->tables[i].keys[k].column_count = r->keys[k].column_count;
            state->tables[i].keys[k].columns = r->keys[k].columns;
        }
    }
}

void as_state_free(struct as_state *state) {
    for (size_t i = 0; i < state->table_count; i++)
        as_table_free(&state->tables[i]);
    free(state->tables);
    free(state->changes);
    as_buffer_free(&state->images);
}

// ---- Changes ------------------------------------------------------------------------------------

static void grow_changes(struct as_state *state) {
    state->change_capacity = state->change_capacity ? state->change_capacity * 2 : 64;
    state->changes = as_realloc(state->changes, state->change_capacity * sizeof *state->changes);
}

static inline struct as_change *add_change(struct as_state *state) {
    if (state->change_count == state->change_capacity)
        grow_changes(state);
    return &state->changes[state->change_count++];
}

static inline struct as_change *note(struct as_state *state, enum as_change_kind kind, size_t table,
                                     struct as_row *row, uint32_t number) {
    struct as_table *t = &state->tables[table];
    struct as_change *change = add_change(state);
    change->kind = (uint8_t)kind;
    change->first = !(row->bits & AS_ROW_TOUCHED);
    change->table = (uint16_t)table;
    change->row = number;
    change->changed_count = t->changed_count;
    return change;
}

static void mark(struct as_table *table, struct as_row *row, uint32_t number) {
    as_table_mark_changed(table, row, number);
    row->bits |= AS_ROW_TOUCHED;
}

uint32_t as_state_insert(struct as_state *state, size_t table, const struct as_value *values) {
    struct as_table *t = &state->tables[table];
    uint32_t number = as_table_insert(t, values);
    struct as_row *row = as_table_row(t, number);
    note(state, AS_CHANGE_INSERT, table, row, number);
    mark(t, row, number);
    return number;
}

static void each_key(struct as_table *table, uint64_t mask, uint32_t row,
                     void (*act)(struct as_table *, size_t, uint32_t)) {
    for (; mask; mask &= mask - 1)
        act(table, (size_t)__builtin_ctzll(mask), row);
}

static void set_column(struct as_table *t, struct as_row *row, size_t column,
                       const struct as_value *value) {
    if (value->type == AS_INTEGER) { // without a call
        row->bits &= ~(1ULL << column);
        row->cells[column].integer = value->integer;
    } else {
        as_table_set(t, row, column, value);
    }
}

void as_state_update(struct as_state *state, size_t table, const struct as_cursor_row *at,
                     const struct as_set_list *set, const struct as_value *registers) {
    struct as_table *t = &state->tables[table];
    struct as_change *change = note(state, AS_CHANGE_UPDATE, table, at->row, at->number);
    change->image = state->images.size;
    change->set = set;
    state->replaces_text |= set->has_text;
    const uint64_t *words = (const uint64_t *)(const void *)at->row;
    uint64_t *image = (uint64_t *)(void *)as_buffer_reserve(&state->images, t->row_size);
    for (size_t i = 0; i < t->row_size / sizeof *words; i++) // a few words: less than a call
        image[i] = words[i];
    state->images.size += t->row_size;
    mark(t, at->row, at->number);
    each_key(t, set->key_mask, at->number, as_table_unlink_key);
    for (size_t i = 0; i < set->count; i++)
        set_column(t, at->row, set->columns[i], &registers[set->registers[i]]);
    each_key(t, set->key_mask, at->number, as_table_link_key);
}

void as_state_delete(struct as_state *state, size_t table, uint32_t number) {
    struct as_table *t = &state->tables[table];
    struct as_row *row = as_table_row(t, number);
    note(state, AS_CHANGE_DELETE, table, row, number);
    mark(t, row, number);
    as_table_unlink(t, number);
}

const struct as_row *as_state_image(const struct as_state *state, const struct as_change *change) {
    return (const struct as_row *)(const void *)(state->images.data + change->image);
}

void as_state_end_item(struct as_state *state, size_t from) {
    for (size_t i = from; i < state->change_count; i++) {
        const struct as_change *c = &state->changes[i];
        as_table_row(&state->tables[c->table], c->row)->bits &= ~AS_ROW_TOUCHED;
    }
}

// ---- Undoing ------------------------------------------------------------------------------------

// An UPDATE gives every TEXT column that it sets a block of its own, so the old blocks belong to
// its image and the new ones to the row.
static void release_set_texts(struct as_table *t, const struct as_row *row,
                              const struct as_set_list *set) {
    for (size_t i = 0; i < set->count; i++)
        as_table_release_cell(t, row, set->columns[i]);
}

static void restore(struct as_state *state, const struct as_change *c) {
    struct as_table *t = &state->tables[c->table];
    struct as_row *row = as_table_row(t, c->row);
    uint64_t changed = row->bits & AS_ROW_CHANGED;
    each_key(t, c->set->key_mask, c->row, as_table_unlink_key);
    release_set_texts(t, row, c->set);
    memcpy(row, as_state_image(state, c), t->row_size);
    row->bits = (row->bits & ~AS_ROW_CHANGED) | changed;
    each_key(t, c->set->key_mask, c->row, as_table_link_key);
    state->images.size = c->image;
}

static void undo(struct as_state *state, const struct as_change *c) {
    struct as_table *t = &state->tables[c->table];
    if (c->kind == AS_CHANGE_UPDATE) {
        restore(state, c);
    } else if (c->kind == AS_CHANGE_DELETE) {
        as_table_link(t, c->row);
    } else {
        as_table_unlink(t, c->row);
    }
    as_table_forget_changes(t, c->changed_count);
    as_table_row(t, c->row)->bits &= ~AS_ROW_TOUCHED;
    if (c->kind == AS_CHANGE_INSERT)
        as_table_release_row(t, c->row);
}

void as_state_rollback(struct as_state *state, size_t count) {
    while (state->change_count > count)
        undo(state, &state->changes[--state->change_count]);
}

// ---- Keeping ------------------------------------------------------------------------------------

void as_state_keep(struct as_state *state) {
    for (size_t i = 0; state->replaces_text && i < state->change_count; i++) {
        const struct as_change *c = &state->changes[i];
        if (c->kind == AS_CHANGE_UPDATE)
            release_set_texts(&state->tables[c->table], as_state_image(state, c), c->set);
    }
    state->change_count = 0;
    state->images.size = 0;
    state->replaces_text = false;
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

enum { FETCH_AHEAD = 16 }; // rows

// The rows that changed lie all over the memory: what the next ones need is asked for early.
static void fetch_rows(const struct as_table *t, size_t i) {
    __asm__ volatile(""); // as in lookahead.c
    if (i + FETCH_AHEAD < t->changed_count)
        __builtin_prefetch(as_table_row(t, t->changed[i + FETCH_AHEAD]), 1);
}

static void fetch_texts(const struct as_table *t, size_t i) {
    __asm__ volatile("");
    if (i + FETCH_AHEAD / 2 >= t->changed_count)
        return;
    const struct as_row *row = as_table_row(t, t->changed[i + FETCH_AHEAD / 2]);
    for (size_t c = 0; c < t->column_count; c++) {
        if (t->types[c] == AS_TEXT && !(row->bits >> c & 1))
            __builtin_prefetch(row->cells[c].text);
    }
}

// The deleted rows go first; those that live stay in the list.
static void take_deleted(struct as_table *t, size_t table, struct as_buffer *out) {
    size_t live = 0;
    for (size_t i = 0; i < t->changed_count; i++) {
        uint32_t number = t->changed[i];
        struct as_row *row = as_table_row(t, number);
        fetch_rows(t, i);
        row->bits &= ~AS_ROW_CHANGED;
        if (row->bits & AS_ROW_LIVE) {
            t->changed[live++] = number;
            continue;
        }
        append_record(out, t, table, row, true);
        as_table_release_row(t, number);
    }
    t->changed_count = live;
}

static void take_live(struct as_table *t, size_t table, struct as_buffer *out) {
    for (size_t i = 0; i < t->changed_count; i++) {
        fetch_rows(t, i);
        fetch_texts(t, i);
        append_record(out, t, table, as_table_row(t, t->changed[i]), false);
    }
    t->changed_count = 0;
}

void as_state_take_changes(struct as_state *state, struct as_buffer *out) {
    for (size_t i = 0; i < state->table_count; i++) {
        take_deleted(&state->tables[i], i, out);
        take_live(&state->tables[i], i, out);
    }
}
