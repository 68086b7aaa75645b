// SPDX-License-Identifier: MIT
//
// The rows of all aggregates, and changes to them that can be undone. A change is made in place and
// noted; the notes are then kept (the old texts are freed) or rolled back.
#ifndef AS_DOMAIN_STATE_H
#define AS_DOMAIN_STATE_H

#include "base/buffer.h"
#include "domain/model.h"
#include "domain/table.h"

// The row was changed by the item at hand (a flag beside AS_ROW_LIVE and AS_ROW_CHANGED).
#define AS_ROW_TOUCHED (1ULL << 62)

// A row that a program came upon.
struct as_cursor_row {
    const struct as_table *table;
    struct as_row *row;
    uint32_t number;
};

enum as_change_kind { AS_CHANGE_INSERT, AS_CHANGE_UPDATE, AS_CHANGE_DELETE };

struct as_change {
    uint8_t kind;
    bool first; // of the item's changes to this row
    uint16_t table;
    uint32_t row;
    size_t image;                  // UPDATE: offset of the row as it was, in images
    const struct as_set_list *set; // UPDATE: what it sets
    size_t changed_count;          // of the table's list of changed rows, before
};

struct as_state {
    const struct as_domain *domain;
    size_t table_count;
    struct as_table *tables;
    struct as_change *changes;
    size_t change_count, change_capacity;
    struct as_buffer images;
    bool replaces_text; // one of the changes set a TEXT column
};

void as_state_init(struct as_state *state, const struct as_domain *domain);
void as_state_free(struct as_state *state);

uint32_t as_state_insert(struct as_state *state, size_t table, const struct as_value *values);
void as_state_update(struct as_state *state, size_t table, const struct as_cursor_row *at,
                     const struct as_set_list *set, const struct as_value *registers);
void as_state_delete(struct as_state *state, size_t table, uint32_t row);

// The row as it was before a noted UPDATE. Valid until the next change.
const struct as_row *as_state_image(const struct as_state *state, const struct as_change *change);

// The item is done: its rows are touched no more. `from` is the first of its changes.
void as_state_end_item(struct as_state *state, size_t from);
// Undoes the changes behind the first `count`, the last one first.
void as_state_rollback(struct as_state *state, size_t count);
// Makes all noted changes final.
void as_state_keep(struct as_state *state);

// as_engine_take_changes: see domain/engine.h.
void as_state_take_changes(struct as_state *state, struct as_buffer *out);

#endif
