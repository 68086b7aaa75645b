// SPDX-License-Identifier: MIT
#include "mirror.h"

#include <stdlib.h>
#include <string.h>

#include "stream/item.h"

static bool is_row(const struct mirror_row *row, size_t table, const struct as_buffer *key) {
    return row->table == table && row->key.size == key->size &&
           memcmp(row->key.data, key->data, key->size) == 0;
}

static struct mirror_row *find(const struct mirror *m, size_t table, const struct as_buffer *key) {
    for (size_t i = 0; i < m->count; i++)
        if (is_row(&m->rows[i], table, key))
            return &m->rows[i];
    return NULL;
}

static void free_row(struct mirror_row *row) {
    as_buffer_free(&row->key);
    as_buffer_free(&row->row);
}

void mirror_free(struct mirror *m) {
    for (size_t i = 0; i < m->count; i++)
        free_row(&m->rows[i]);
    free(m->rows);
}

static const char *delete_row(struct mirror *m, size_t table, struct as_buffer *key) {
    struct mirror_row *row = find(m, table, key);
    as_buffer_free(key);
    if (!row)
        return NULL; // it came and went between two folds
    free_row(row);
    *row = m->rows[--m->count];
    return NULL;
}

static const char *put_row(struct mirror *m, size_t table, struct as_buffer *key,
                           struct as_buffer *values) {
    struct mirror_row *row = find(m, table, key);
    if (row) {
        free_row(row);
    } else {
        m->rows = as_realloc(m->rows, (m->count + 1) * sizeof *m->rows);
        row = &m->rows[m->count++];
    }
    *row = (struct mirror_row){table, *key, *values};
    return NULL;
}

static bool decode(struct as_cursor *in, struct as_value *values, size_t count) {
    for (size_t i = 0; i < count; i++)
        if (!as_value_decode(in, &values[i]))
            return false;
    return true;
}

static void encode_key(const struct as_table_info *table, const struct as_value *row,
                       struct as_buffer *key) {
    for (size_t i = 0; i < table->key_count; i++)
        as_value_encode(key, &row[table->key[i]]);
}

static const char *read_change(struct mirror *m, struct as_cursor *in,
                               const struct as_domain *domain) {
    struct as_value values[AS_ITEM_VALUES_MAX];
    struct as_buffer key = {0}, row = {0};
    uint16_t number;
    uint8_t deleted;
    if (!as_cursor_le16(in, &number) || !as_cursor_u8(in, &deleted) || deleted > 1 ||
        number >= as_domain_table_count(domain))
        return "a change with a malformed head";
    const struct as_table_info *table = as_domain_table(domain, number);
    size_t count = deleted ? table->key_count : table->column_count;
    if (!decode(in, values, count))
        return "a change with malformed values";
    for (size_t i = 0; i < count; i++)
        as_value_encode(deleted ? &key : &row, &values[i]);
    if (deleted)
        return delete_row(m, number, &key);
    encode_key(table, values, &key);
    return put_row(m, number, &key, &row);
}

static const char *compare(const struct mirror *m, struct as_engine *engine,
                           const struct as_domain *domain) {
    if (m->count != as_engine_row_count(engine))
        return "the changes leave another number of rows";
    for (size_t i = 0; i < m->count; i++) {
        const struct as_table_info *table = as_domain_table(domain, m->rows[i].table);
        struct as_value mirrored[AS_ITEM_VALUES_MAX], key[AS_ITEM_VALUES_MAX],
            row[AS_ITEM_VALUES_MAX];
        struct as_cursor in = as_cursor_over(m->rows[i].row.data, m->rows[i].row.size);
        decode(&in, mirrored, table->column_count);
        for (size_t k = 0; k < table->key_count; k++)
            key[k] = mirrored[table->key[k]];
        if (!as_engine_find_row(engine, m->rows[i].table, key, row))
            return "the changes leave a row that is gone";
        for (size_t k = 0; k < table->column_count; k++)
            if (!as_value_same(&row[k], &mirrored[k]))
                return "the changes leave a row with another value";
    }
    return NULL;
}

const char *mirror_follow(struct mirror *m, struct as_engine *engine,
                          const struct as_domain *domain) {
    struct as_buffer changes = {0};
    uint64_t changed = as_engine_changed_count(engine);
    as_engine_take_changes(engine, &changes);
    struct as_cursor in = as_cursor_over(changes.data, changes.size);
    const char *wrong = changed && !changes.size ? "changes are counted but not told" : NULL;
    while (!wrong && as_cursor_left(&in))
        wrong = read_change(m, &in, domain);
    as_buffer_free(&changes);
    if (!wrong && as_engine_changed_count(engine))
        wrong = "changes are not forgotten";
    return wrong ? wrong : compare(m, engine, domain);
}
