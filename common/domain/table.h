// SPDX-License-Identifier: MIT
//
// The rows of one aggregate in memory: fixed slots in chunks, found through hash indexes over the
// primary key and each UNIQUE. A column of a STRICT table has one type or is NULL, so a cell is
// eight bytes and a row carries one bit a column for NULL. A cell of TEXT points to it: in a pool,
// or behind the row's cells where it is of the primary key and short, so that a look-up touches the
// index and the row and nothing else.
//
// A row number stays valid until the row is released. Changing a row never frees the text it had:
// that is the caller's decision (as_table_release_*), when it is certain that the change stays.
#ifndef AS_DOMAIN_TABLE_H
#define AS_DOMAIN_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "domain/index.h"
#include "domain/text_pool.h"
#include "stream/value.h"

enum { AS_TABLE_COLUMNS_MAX = 60, AS_TABLE_CHUNK_ROWS = 1024 };
enum { AS_TABLE_INLINE_MAX = 20 }; // bytes of a text behind the row's cells

union as_cell {
    int64_t integer;
    double real;
    const struct as_text_block *text;
};

struct as_row {
    uint64_t bits; // bit i: column i is NULL; bits 60 to 63: below
    union as_cell cells[];
};

#define AS_ROW_LIVE    (1ULL << 60)
#define AS_ROW_CHANGED (1ULL << 61)

// The columns of a primary key or a UNIQUE, and the index over them.
struct as_key {
    size_t column_count;
    const uint16_t *columns; // owned by the domain
    struct as_index index;
};

struct as_table {
    size_t column_count;
    const uint8_t *types;                     // enum as_type a column; owned by the domain
    size_t row_size;                          // bytes
    uint16_t inline_at[AS_TABLE_COLUMNS_MAX]; // where in the row a column's short texts go, or 0
    size_t key_count;                         // the primary key is keys[0], then the UNIQUEs
    struct as_key *keys;
    uint32_t version; // counts the rows that came and went: what was found before may have changed
    char **chunks;
    size_t chunk_count;
    uint32_t row_limit;  // slots in use or free
    uint32_t *free_rows; // stack of released slots
    size_t free_count, free_capacity;
    uint64_t live_count;
    uint32_t *changed; // rows with AS_ROW_CHANGED, in the order of their first change
    size_t changed_count, changed_capacity;
    bool deleted; // one of them may not be live
    struct as_text_pool texts;
};

// Then one add_key for each of its keys, the primary key first.
void as_table_init(struct as_table *table, size_t column_count, const uint8_t *types,
                   size_t key_count);
void as_table_add_key(struct as_table *table, const uint16_t *columns, size_t column_count);
void as_table_free(struct as_table *table);

static inline struct as_row *as_table_row(const struct as_table *table, uint32_t row) {
    return (struct as_row *)(table->chunks[row / AS_TABLE_CHUNK_ROWS] +
                             (row % AS_TABLE_CHUNK_ROWS) * table->row_size);
}

static inline bool as_row_is_null(const struct as_row *row, size_t column) {
    return row->bits >> column & 1;
}

// The value of a column of that type.
static inline struct as_value as_row_value(const struct as_row *row, size_t column, uint8_t type) {
    union as_cell cell = row->cells[column];
    if (as_row_is_null(row, column))
        return as_value_null();
    if (type == AS_TEXT)
        return as_value_text(cell.text->text, cell.text->size);
    return (struct as_value){.type = type, .integer = cell.integer}; // or the bits of a REAL
}

static inline struct as_value as_table_cell(const struct as_table *table, const struct as_row *row,
                                            size_t column) {
    return as_row_value(row, column, table->types[column]);
}

// The live row whose key columns have these values (of the columns' types), or AS_ROW_NONE. NULLs
// match nothing.
uint32_t as_table_find(const struct as_table *table, size_t key, const struct as_value *values);

// The same in steps, for a primary key of one column whose value is not NULL, and whose hash is
// known (domain/key_hash.h): a row that may have it (the only one, but for a tag in 2^32 that is
// the same) or AS_ROW_NONE; has the row this key?; the row that has it.
static inline uint32_t as_table_first(const struct as_table *table, uint64_t hash) {
    return as_index_first(&table->keys[0].index, hash);
}
static inline bool as_table_has_key(const struct as_table *table, const struct as_row *row,
                                    const struct as_value *value) {
    union as_cell cell = row->cells[table->keys[0].columns[0]]; // not NULL: it is in the index
    return value->type == AS_TEXT
               ? as_text_equal(cell.text->text, cell.text->size, value->text, value->size)
               : cell.integer == value->integer;
}
uint32_t as_table_find_hashed(const struct as_table *table, uint64_t hash,
                              const struct as_value *value);

// Adds a row; the values have the columns' types or are NULL. The caller has checked that no key is
// taken.
uint32_t as_table_insert(struct as_table *table, const struct as_value *values);
// Copies a new value into a column; the old text, if any, stays allocated. Keys that contain the
// column must be taken out before and put back after by unlink/link.
void as_table_set(struct as_table *table, struct as_row *row, size_t column,
                  const struct as_value *value);
// Takes a row out of its indexes and out of the count, or puts it back; its slot and values stay.
void as_table_unlink(struct as_table *table, uint32_t row);
void as_table_link(struct as_table *table, uint32_t row);
// The same for one of its UNIQUEs while a column of it changes.
void as_table_unlink_key(struct as_table *table, size_t key, uint32_t row);
void as_table_link_key(struct as_table *table, size_t key, uint32_t row);

// Frees the texts of a row that is not live, and its slot.
void as_table_release_row(struct as_table *table, uint32_t row);
// Frees the text that `old` holds in a column.
void as_table_release_cell(struct as_table *table, const struct as_row *old, size_t column);

void as_table_mark_changed(struct as_table *table, uint32_t row);
// Forgets the changes noted behind the first `count`, which were undone.
void as_table_forget_changes(struct as_table *table, size_t count);

#endif
