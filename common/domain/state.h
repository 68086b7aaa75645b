// SPDX-License-Identifier: MIT
//
// The rows of all aggregates, and changes to them that can be undone. A change is made in place and
// noted; the notes are then kept (the old texts are freed) or rolled back.
//
// Beside the rows go totals of those columns that plain assertions sum or count: every change,
// done or undone, moves them by what it changes.
#ifndef AS_DOMAIN_STATE_H
#define AS_DOMAIN_STATE_H

#include "base/buffer.h"
#include "domain/model.h"
#include "domain/table.h"

// The row was changed by the item at hand (a flag beside AS_ROW_LIVE and AS_ROW_CHANGED). Only
// where assertions are counted row by row when the item is done (struct as_relation).
#define AS_ROW_TOUCHED (1ULL << 62)

enum as_change_kind { AS_CHANGE_INSERT, AS_CHANGE_UPDATE, AS_CHANGE_INTEGER, AS_CHANGE_DELETE };

struct as_change {
    uint8_t kind;
    bool first;     // of the item's changes to this row that assertions are counted for
    bool marked;    // it put the row on the list of changed rows
    uint8_t column; // INTEGER: the one that was set …
    uint16_t table;
    uint32_t row;
    union {
        int64_t old;  // … and what it was
        size_t image; // UPDATE: offset of the row as it was, in images
    };
    const struct as_set_list *set; // UPDATE: what it sets
};

// Of one column, over all rows.
struct as_total {
    uint16_t column;
    uint64_t count;   // of values that are not NULL
    uint64_t inexact; // of those that are no INTEGERs
    __int128 sum;     // of the INTEGERs
};

// The totals of a table, and what else a change to it has to look at.
struct as_totals {
    size_t count;
    struct as_total *list;
    uint64_t columns; // bit i: column i has a total
    uint64_t counted; // bit i: an assertion that is counted row by row reads column i
    bool any_counted; // there is such an assertion
};

struct as_state {
    const struct as_domain *domain;
    size_t table_count;
    struct as_table *tables;
    struct as_totals *totals; // a table
    bool totals_moved;        // since the caller last looked and reset this
    bool touched;             // a row is: end_item has to be called
    struct as_change *changes;
    size_t change_count, change_capacity;
    bool texts_replaced; // by a change that is noted
    struct as_buffer images;
};

// A row that was found.
struct as_cursor_row {
    struct as_row *row;
    uint32_t number;
};

void as_state_init(struct as_state *state, const struct as_domain *domain);
void as_state_free(struct as_state *state);
// The total of a column, which is kept from now on. Before the first row.
uint32_t as_state_add_total(struct as_state *state, size_t table, uint16_t column);

// Adds a row that is not noted as a change.
uint32_t as_state_load(struct as_state *state, size_t table, const struct as_value *values);

uint32_t as_state_insert(struct as_state *state, size_t table, const struct as_value *values);
void as_state_update(struct as_state *state, size_t table, const struct as_cursor_row *row,
                     const struct as_set_list *set, const struct as_value *registers);
void as_state_delete(struct as_state *state, size_t table, uint32_t row);

// The row as it was before a noted UPDATE. Valid until the next change.
const struct as_row *as_state_image(const struct as_state *state, const struct as_change *change);

// The item is done: its rows are touched no more. `from` is the first of its changes. Needed only
// where state->touched.
void as_state_end_item(struct as_state *state, size_t from);
// Undoes the changes behind the first `count`, the last one first.
void as_state_rollback(struct as_state *state, size_t count);
void as_state_release_replaced_texts(struct as_state *state);
// Makes all noted changes final.
static inline void as_state_keep(struct as_state *state) {
    if (state->texts_replaced)
        as_state_release_replaced_texts(state);
    state->change_count = 0;
    state->images.size = 0;
}

// as_engine_take_changes: see domain/engine.h.
void as_state_take_changes(struct as_state *state, struct as_buffer *out);

#endif
