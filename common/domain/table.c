// SPDX-License-Identifier: MIT
#include "domain/table.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"
#include "domain/key_hash.h"

void as_table_init(struct as_table *table, size_t column_count, const uint8_t *types,
                   size_t key_count) {
    memset(table, 0, sizeof *table);
    table->column_count = column_count;
    table->types = types;
    table->row_size = sizeof(struct as_row) + column_count * sizeof(union as_cell);
    table->key_count = key_count;
    table->keys = as_alloc_zero(key_count, sizeof *table->keys);
}

static void reserve_inline(struct as_table *table, size_t column) {
    size_t size = sizeof(struct as_text_block) + AS_TABLE_INLINE_MAX;
    if (table->types[column] != AS_TEXT)
        return;
    table->inline_at[column] = (uint16_t)table->row_size;
    table->row_size += size;
}

void as_table_add_key(struct as_table *table, const uint16_t *columns, size_t column_count) {
    struct as_key *key = table->keys;
    while (key->column_count)
        key++;
    key->columns = columns;
    key->column_count = column_count;
    for (size_t i = 0; key == table->keys && i < column_count; i++)
        reserve_inline(table, columns[i]);
}

void as_table_free(struct as_table *table) {
    for (size_t i = 0; i < table->key_count; i++)
        as_index_free(&table->keys[i].index);
    for (size_t i = 0; i < table->chunk_count; i++)
        free(table->chunks[i]);
    free(table->keys);
    free(table->chunks);
    free(table->free_rows);
    free(table->changed);
    as_text_pool_free(&table->texts);
}

// ---- Keys ---------------------------------------------------------------------------------------

static uint64_t hash_key(const struct as_value *values, size_t count) {
    uint64_t hash = as_key_hash(&values[0]);
    for (size_t i = 1; i < count; i++)
        hash = as_key_mix(hash + 0x9e3779b97f4a7c15ULL) ^ as_key_hash(&values[i]);
    return hash;
}

static bool cell_equals(const struct as_table *table, const struct as_row *row, size_t column,
                        const struct as_value *value) {
    union as_cell cell = row->cells[column];
    if (as_row_is_null(row, column))
        return false;
    if (table->types[column] == AS_TEXT)
        return as_text_equal(cell.text->text, cell.text->size, value->text, value->size);
    if (table->types[column] == AS_REAL)
        return cell.real == value->real;
    return cell.integer == value->integer;
}

static bool key_equals(const struct as_table *table, const struct as_key *key, uint32_t row,
                       const struct as_value *values) {
    const struct as_row *r = as_table_row(table, row);
    for (size_t i = 0; i < key->column_count; i++) {
        if (!cell_equals(table, r, key->columns[i], &values[i]))
            return false;
    }
    return true;
}

static uint32_t find_hashed(const struct as_table *table, const struct as_key *key, uint64_t hash,
                            const struct as_value *values) {
    struct as_index_search search = as_index_find(&key->index, hash);
    uint32_t row;
    while ((row = as_index_next(&search)) != AS_ROW_NONE) {
        if (key_equals(table, key, row, values))
            return row;
    }
    return AS_ROW_NONE;
}

uint32_t as_table_find(const struct as_table *table, size_t key, const struct as_value *values) {
    const struct as_key *k = &table->keys[key];
    for (size_t i = 0; i < k->column_count; i++) {
        if (values[i].type == AS_NULL)
            return AS_ROW_NONE;
    }
    return find_hashed(table, k, hash_key(values, k->column_count), values);
}

uint32_t as_table_find_hashed(const struct as_table *table, uint64_t hash,
                              const struct as_value *value) {
    return find_hashed(table, &table->keys[0], hash, value);
}

// The row's values of a key; false where one is NULL, since such a row is not in the index.
static bool row_key(const struct as_table *table, const struct as_key *key,
                    const struct as_row *row, struct as_value *values) {
    for (size_t i = 0; i < key->column_count; i++) {
        values[i] = as_table_cell(table, row, key->columns[i]);
        if (values[i].type == AS_NULL)
            return false;
    }
    return true;
}

void as_table_link_key(struct as_table *table, size_t key, uint32_t row) {
    struct as_value values[AS_TABLE_COLUMNS_MAX];
    struct as_key *k = &table->keys[key];
    if (row_key(table, k, as_table_row(table, row), values))
        as_index_add(&k->index, hash_key(values, k->column_count), row);
}

void as_table_unlink_key(struct as_table *table, size_t key, uint32_t row) {
    struct as_value values[AS_TABLE_COLUMNS_MAX];
    struct as_key *k = &table->keys[key];
    if (row_key(table, k, as_table_row(table, row), values))
        as_index_remove(&k->index, hash_key(values, k->column_count), row);
}

void as_table_link(struct as_table *table, uint32_t row) {
    as_table_row(table, row)->bits |= AS_ROW_LIVE;
    table->live_count++;
    table->version++;
    for (size_t i = 0; i < table->key_count; i++)
        as_table_link_key(table, i, row);
}

void as_table_unlink(struct as_table *table, uint32_t row) {
    as_table_row(table, row)->bits &= ~AS_ROW_LIVE;
    table->live_count--;
    table->version++;
    for (size_t i = 0; i < table->key_count; i++)
        as_table_unlink_key(table, i, row);
}

// ---- Rows ---------------------------------------------------------------------------------------

static uint32_t take_slot(struct as_table *table) {
    if (table->free_count)
        return table->free_rows[--table->free_count];
    assert(table->row_limit < AS_ROW_NONE - 1);
    uint32_t row = table->row_limit++;
    if (row / AS_TABLE_CHUNK_ROWS == table->chunk_count) {
        if ((table->chunk_count & (table->chunk_count - 1)) == 0)
            table->chunks =
                as_realloc(table->chunks, (table->chunk_count ? table->chunk_count * 2 : 1) *
                                              sizeof *table->chunks);
        table->chunks[table->chunk_count++] = as_alloc(table->row_size * AS_TABLE_CHUNK_ROWS);
    }
    return row;
}

static struct as_text_block *inline_text(const struct as_table *table, const struct as_row *row,
                                         size_t column) {
    uint16_t at = table->inline_at[column];
    return at ? (struct as_text_block *)(void *)((char *)(uintptr_t)row + at) : NULL;
}

static const struct as_text_block *add_text(struct as_table *table, struct as_row *row,
                                            size_t column, const struct as_value *value) {
    struct as_text_block *block = inline_text(table, row, column);
    if (!block || value->size > AS_TABLE_INLINE_MAX)
        return as_text_pool_add(&table->texts, value->text, value->size);
    block->size = value->size;
    memcpy(block->text, value->text, value->size);
    return block;
}

void as_table_set(struct as_table *table, struct as_row *row, size_t column,
                  const struct as_value *value) {
    row->bits &= ~(1ULL << column);
    if (value->type == AS_NULL)
        row->bits |= 1ULL << column;
    else if (value->type == AS_TEXT)
        row->cells[column].text = add_text(table, row, column, value);
    else
        row->cells[column].integer = value->integer; // or the bits of a REAL
}

uint32_t as_table_insert(struct as_table *table, const struct as_value *values) {
    uint32_t number = take_slot(table);
    struct as_row *row = as_table_row(table, number);
    row->bits = 0;
    for (size_t i = 0; i < table->column_count; i++)
        as_table_set(table, row, i, &values[i]);
    as_table_link(table, number);
    return number;
}

void as_table_release_cell(struct as_table *table, const struct as_row *old, size_t column) {
    if (table->types[column] == AS_TEXT && !as_row_is_null(old, column) &&
        old->cells[column].text != inline_text(table, old, column))
        as_text_pool_remove(&table->texts, old->cells[column].text);
}

static void push(uint32_t **list, size_t *count, size_t *capacity, uint32_t row) {
    if (*count == *capacity) {
        *capacity = *capacity ? *capacity * 2 : 64;
        *list = as_realloc(*list, *capacity * sizeof **list);
    }
    (*list)[(*count)++] = row;
}

void as_table_release_row(struct as_table *table, uint32_t row) {
    struct as_row *r = as_table_row(table, row);
    assert(!(r->bits & (AS_ROW_LIVE | AS_ROW_CHANGED)));
    for (size_t i = 0; i < table->column_count; i++)
        as_table_release_cell(table, r, i);
    push(&table->free_rows, &table->free_count, &table->free_capacity, row);
}

void as_table_mark_changed(struct as_table *table, uint32_t row) {
    struct as_row *r = as_table_row(table, row);
    if (r->bits & AS_ROW_CHANGED)
        return;
    r->bits |= AS_ROW_CHANGED;
    push(&table->changed, &table->changed_count, &table->changed_capacity, row);
}

void as_table_forget_changes(struct as_table *table, size_t count) {
    while (table->changed_count > count)
        as_table_row(table, table->changed[--table->changed_count])->bits &= ~AS_ROW_CHANGED;
}
