// SPDX-License-Identifier: MIT
#include "store/statefile.h"

#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "stream/item.h"

static const char own_schema[] =
    "CREATE TABLE as_position ("
    "  one INTEGER PRIMARY KEY CHECK (one = 1), items INTEGER NOT NULL, batches INTEGER NOT NULL,"
    "  hash BLOB NOT NULL, domain BLOB NOT NULL) STRICT;"
    "CREATE TABLE as_source (id INTEGER PRIMARY KEY, next INTEGER NOT NULL) STRICT";

struct table_statements {
    sqlite3_stmt *put;
    sqlite3_stmt *remove;
};

struct as_statefile {
    sqlite3 *db;
    const struct as_domain *domain;
    struct table_statements *tables;
    sqlite3_stmt *put_position;
    sqlite3_stmt *put_source;
};

// ---- Opening ------------------------------------------------------------------------------------

static int make_schema(sqlite3 *db, const struct as_domain *domain, struct as_error *error) {
    int code = as_sqlite_exec(db, "BEGIN", error);
    if (!code)
        code = as_sqlite_exec(db, as_domain_reader_sql(domain), error);
    if (!code)
        code = as_sqlite_exec(db, own_schema, error);
    return code ? code : as_sqlite_exec(db, "COMMIT", error);
}

static bool has_table(sqlite3 *db, const char *table) {
    return sqlite3_table_column_metadata(db, NULL, table, NULL, NULL, NULL, NULL, NULL, NULL) ==
           SQLITE_OK;
}

static void append_name(struct as_buffer *sql, const char *name) {
    as_buffer_printf(sql, "\"");
    for (; *name; name++)
        as_buffer_printf(sql, *name == '"' ? "\"\"" : "%c", *name);
    as_buffer_printf(sql, "\"");
}

static int prepare_buffer(sqlite3 *db, struct as_buffer *sql, sqlite3_stmt **statement,
                          struct as_error *error) {
    int code = as_sqlite_prepare(db, (const char *)sql->data, statement, error);
    as_buffer_free(sql);
    return code;
}

static int prepare_table(struct as_statefile *s, size_t table, struct as_error *error) {
    const struct as_table_info *info = as_domain_table(s->domain, table);
    struct as_buffer put = {0}, remove = {0};
    as_buffer_printf(&put, "INSERT OR REPLACE INTO ");
    append_name(&put, info->name);
    as_buffer_printf(&put, " VALUES (");
    for (size_t i = 0; i < info->column_count; i++)
        as_buffer_printf(&put, i ? ",?" : "?");
    as_buffer_printf(&put, ")");
    as_buffer_printf(&remove, "DELETE FROM ");
    append_name(&remove, info->name);
    for (size_t i = 0; i < info->key_count; i++) {
        as_buffer_printf(&remove, i ? " AND " : " WHERE ");
        append_name(&remove, info->columns[info->key[i]].name);
        as_buffer_printf(&remove, " = ?");
    }
    int code = prepare_buffer(s->db, &put, &s->tables[table].put, error);
    int other = prepare_buffer(s->db, &remove, &s->tables[table].remove, error);
    return code ? code : other;
}

static int prepare_all(struct as_statefile *s, struct as_error *error) {
    s->tables = as_alloc_zero(as_domain_table_count(s->domain) + 1, sizeof *s->tables);
    int code = as_sqlite_prepare(s->db, "INSERT OR REPLACE INTO as_position VALUES (1,?,?,?,?)",
                                 &s->put_position, error);
    if (!code)
        code = as_sqlite_prepare(s->db, "INSERT OR REPLACE INTO as_source VALUES (?,?)",
                                 &s->put_source, error);
    for (size_t i = 0; !code && i < as_domain_table_count(s->domain); i++)
        code = prepare_table(s, i, error);
    return code;
}

int as_statefile_open(const char *path, const struct as_domain *domain,
                      struct as_statefile **statefile, struct as_error *error) {
    struct as_statefile *s = as_alloc_zero(1, sizeof *s);
    s->domain = domain;
    int code = as_sqlite_open(path, AS_SQLITE_WRITE, "normal", &s->db, error);
    if (!code && !has_table(s->db, "as_position"))
        code = make_schema(s->db, domain, error);
    if (!code)
        code = prepare_all(s, error);
    if (code)
        as_statefile_abandon(s);
    else
        *statefile = s;
    return code;
}

int as_statefile_remove(const char *path, struct as_error *error) {
    return as_sqlite_remove(path, error);
}

void as_statefile_abandon(struct as_statefile *s) {
    for (size_t i = 0; s->tables && i < as_domain_table_count(s->domain); i++) {
        sqlite3_finalize(s->tables[i].put);
        sqlite3_finalize(s->tables[i].remove);
    }
    sqlite3_finalize(s->put_position);
    sqlite3_finalize(s->put_source);
    sqlite3_close(s->db);
    free(s->tables);
    free(s);
}

int as_statefile_close(struct as_statefile *s, struct as_error *error) {
    struct as_error failure;
    int code = as_sqlite_checkpoint(s->db, &failure);
    as_statefile_abandon(s);
    if (!code || code == AS_AGAIN) // a reader at work: the WAL stays
        return AS_OK;
    *error = failure;
    return code;
}

sqlite3 *as_statefile_connection(struct as_statefile *s) {
    return s->db;
}

// ---- Folding ------------------------------------------------------------------------------------

struct record {
    uint16_t table;
    bool deleted;
    uint64_t order;      // of the key among its neighbours, as far as eight bytes tell
    struct as_value key; // the first column of the primary key: enough for an order in the B-tree
    struct as_cursor values;
};

static int compare_records(const void *a, const void *b) {
    const struct record *x = a, *y = b;
    if (x->order != y->order)
        return x->order < y->order ? -1 : 1;
    if (x->key.type != AS_TEXT || y->key.type != AS_TEXT)
        return 0;
    uint32_t size = x->key.size < y->key.size ? x->key.size : y->key.size;
    int order = memcmp(x->key.text, y->key.text, size);
    return order ? order : x->key.size < y->key.size ? -1 : x->key.size > y->key.size;
}

static uint32_t common_prefix(const struct record *records, size_t count) {
    const struct as_value *first = &records[0].key;
    uint32_t prefix = first->type == AS_TEXT ? first->size : 0;
    for (size_t i = 1; prefix && i < count; i++) {
        const struct as_value *key = &records[i].key;
        uint32_t same = 0;
        while (same < prefix && same < key->size && key->text[same] == first->text[same])
            same++;
        prefix = same;
    }
    return prefix;
}

// Eight bytes behind what all keys begin with, which are in the order of the keys: so most
// comparisons need not fetch the keys themselves from all over the memory.
static uint64_t key_order(const struct as_value *key, uint32_t prefix) {
    uint8_t bytes[8] = {0};
    if (key->type != AS_TEXT)
        return (uint64_t)key->integer ^ 1ULL << 63; // of a REAL any order will do
    memcpy(bytes, key->text + prefix, key->size - prefix < 8 ? key->size - prefix : 8);
    return __builtin_bswap64(as_load_le64(bytes));
}

// Records of one kind: of one table, and all of them deleted or none.
static void sort_kind(struct record *records, size_t count) {
    uint32_t prefix = common_prefix(records, count);
    for (size_t i = 0; i < count; i++)
        records[i].order = key_order(&records[i].key, prefix);
    qsort(records, count, sizeof *records, compare_records);
}

// Into the order of the B-trees. They come table by table, each with its deletions first.
static void sort_records(struct record *records, size_t count) {
    for (size_t from = 0, to; from < count; from = to) {
        to = from + 1;
        while (to < count && records[to].table == records[from].table &&
               records[to].deleted == records[from].deleted)
            to++;
        sort_kind(records + from, to - from);
    }
}

// The buffer is our own engine's, so it cannot be malformed.
static bool read_record(const struct as_domain *domain, struct as_cursor *in, struct record *r) {
    uint8_t deleted;
    struct as_value value;
    if (!as_cursor_le16(in, &r->table) || !as_cursor_u8(in, &deleted))
        return false;
    const struct as_table_info *info = as_domain_table(domain, r->table);
    size_t count = deleted ? info->key_count : info->column_count;
    r->deleted = deleted;
    r->values = *in;
    for (size_t i = 0; i < count; i++) {
        if (!as_value_decode(in, &value))
            return false;
        if (i == (deleted ? 0 : info->key[0]))
            r->key = value;
    }
    return true;
}

static struct record *read_records(const struct as_domain *domain, const struct as_buffer *changes,
                                   size_t *count) {
    struct as_cursor in = as_cursor_over(changes->data, changes->size);
    size_t capacity = 1024;
    struct record *records = as_alloc(capacity * sizeof *records);
    *count = 0;
    while (as_cursor_left(&in)) {
        if (*count == capacity) {
            capacity *= 2;
            records = as_realloc(records, capacity * sizeof *records);
        }
        if (!read_record(domain, &in, &records[*count]))
            break;
        ++*count;
    }
    sort_records(records, *count);
    return records;
}

static int run(struct as_statefile *s, sqlite3_stmt *statement, const char *what,
               struct as_error *error) {
    int rc = sqlite3_step(statement);
    sqlite3_reset(statement);
    return rc == SQLITE_DONE ? AS_OK : as_sqlite_error(s->db, what, error);
}

static int remove_row(struct as_statefile *s, const struct record *r, struct as_error *error) {
    const struct as_table_info *info = as_domain_table(s->domain, r->table);
    sqlite3_stmt *statement = s->tables[r->table].remove;
    struct as_value values[AS_ITEM_VALUES_MAX];
    struct as_cursor in = r->values;
    size_t count = r->deleted ? info->key_count : info->column_count;
    for (size_t i = 0; i < count; i++)
        as_value_decode(&in, &values[i]);
    for (size_t i = 0; i < info->key_count; i++)
        as_sqlite_bind(statement, (int)i + 1, &values[r->deleted ? i : info->key[i]]);
    return run(s, statement, "fold: DELETE", error);
}

static int put_row(struct as_statefile *s, const struct record *r, struct as_error *error) {
    const struct as_table_info *info = as_domain_table(s->domain, r->table);
    sqlite3_stmt *statement = s->tables[r->table].put;
    struct as_cursor in = r->values;
    for (size_t i = 0; i < info->column_count; i++) {
        struct as_value value = as_value_null();
        as_value_decode(&in, &value);
        as_sqlite_bind(statement, (int)i + 1, &value);
    }
    return run(s, statement, "fold: INSERT", error);
}

// Where a table has a UNIQUE beside its key, every changed row goes before any comes: rows may have
// exchanged their unique values.
static int write_rows(struct as_statefile *s, const struct record *records, size_t count,
                      struct as_error *error) {
    int code = AS_OK;
    for (size_t i = 0; !code && i < count; i++) {
        if (records[i].deleted || as_domain_table(s->domain, records[i].table)->has_unique)
            code = remove_row(s, &records[i], error);
    }
    for (size_t i = 0; !code && i < count; i++) {
        if (!records[i].deleted)
            code = put_row(s, &records[i], error);
    }
    return code;
}

static int write_sources(struct as_statefile *s, const struct as_buffer *sources,
                         struct as_error *error) {
    struct as_cursor in = as_cursor_over(sources->data, sources->size);
    uint64_t id, next;
    int code = AS_OK;
    while (!code && as_cursor_le64(&in, &id) && as_cursor_le64(&in, &next)) {
        sqlite3_bind_int64(s->put_source, 1, (int64_t)id);
        sqlite3_bind_int64(s->put_source, 2, (int64_t)next);
        code = run(s, s->put_source, "fold: as_source", error);
    }
    return code;
}

static int write_position(struct as_statefile *s, const struct as_journal_head *position,
                          struct as_error *error) {
    sqlite3_bind_int64(s->put_position, 1, (int64_t)position->items);
    sqlite3_bind_int64(s->put_position, 2, (int64_t)position->batches);
    sqlite3_bind_blob(s->put_position, 3, position->hash, AS_SHA256_SIZE, SQLITE_STATIC);
    sqlite3_bind_blob(s->put_position, 4, as_domain_digest(s->domain), AS_SHA256_SIZE,
                      SQLITE_STATIC);
    return run(s, s->put_position, "fold: as_position", error);
}

int as_statefile_fold(struct as_statefile *s, const struct as_buffer *changes,
                      const struct as_buffer *sources, const struct as_journal_head *position,
                      struct as_error *error) {
    size_t count;
    struct record *records = read_records(s->domain, changes, &count);
    int code = as_sqlite_exec(s->db, "BEGIN IMMEDIATE", error);
    if (!code)
        code = write_rows(s, records, count, error);
    if (!code)
        code = write_sources(s, sources, error);
    if (!code)
        code = write_position(s, position, error);
    if (!code)
        code = as_sqlite_exec(s->db, "COMMIT", error);
    if (!code) // or the WAL would grow as long as the writer runs
        code = as_sqlite_checkpoint_passive(s->db, error);
    free(records);
    return code;
}

// ---- Reading ------------------------------------------------------------------------------------

int as_statefile_position(sqlite3 *db, struct as_journal_head *position, bool *found,
                          struct as_error *error) {
    sqlite3_stmt *s;
    *found = false;
    int code = as_sqlite_prepare(db, "SELECT items, batches, hash FROM as_position", &s, error);
    if (code)
        return code;
    int rc = sqlite3_step(s);
    if (rc == SQLITE_ROW && sqlite3_column_bytes(s, 2) == AS_SHA256_SIZE) {
        position->items = (uint64_t)sqlite3_column_int64(s, 0);
        position->batches = (uint64_t)sqlite3_column_int64(s, 1);
        memcpy(position->hash, sqlite3_column_blob(s, 2), AS_SHA256_SIZE);
        *found = true;
    } else if (rc != SQLITE_DONE) {
        code = as_sqlite_error(db, "SELECT FROM as_position", error);
    }
    sqlite3_finalize(s);
    return code;
}

static int each_row_of(sqlite3 *db, const struct as_table_info *info, size_t table,
                       as_engine_visit visit, void *context, struct as_error *error) {
    struct as_buffer sql = {0};
    sqlite3_stmt *s;
    as_buffer_printf(&sql, "SELECT ");
    for (size_t i = 0; i < info->column_count; i++) {
        as_buffer_printf(&sql, i ? ", " : "");
        append_name(&sql, info->columns[i].name);
    }
    as_buffer_printf(&sql, " FROM ");
    append_name(&sql, info->name);
    int code = prepare_buffer(db, &sql, &s, error), rc;
    if (code)
        return code;
    while ((rc = sqlite3_step(s)) == SQLITE_ROW && !code) {
        struct as_value values[AS_ITEM_VALUES_MAX];
        for (size_t i = 0; i < info->column_count; i++)
            values[i] = as_sqlite_column(s, (int)i);
        code = visit(context, table, values);
    }
    if (!code && rc != SQLITE_DONE)
        code = as_sqlite_error(db, "SELECT", error);
    sqlite3_finalize(s);
    return code;
}

int as_statefile_each_row(sqlite3 *db, const struct as_domain *domain, as_engine_visit visit,
                          void *context, struct as_error *error) {
    int code = AS_OK;
    for (size_t i = 0; !code && i < as_domain_table_count(domain); i++)
        code = each_row_of(db, as_domain_table(domain, i), i, visit, context, error);
    return code;
}

struct loading {
    struct as_engine *engine;
    struct as_error *error;
};

static int load_row(void *context, size_t table, const struct as_value *values) {
    struct loading *l = context;
    return as_engine_load_row(l->engine, table, values, l->error);
}

int as_statefile_load_sources(sqlite3 *db, struct as_sources *sources, struct as_error *error) {
    sqlite3_stmt *s;
    int code = as_sqlite_prepare(db, "SELECT id, next FROM as_source", &s, error), rc;
    if (code)
        return code;
    while ((rc = sqlite3_step(s)) == SQLITE_ROW) {
        struct as_source_entry *e = as_sources_get(sources, (uint64_t)sqlite3_column_int64(s, 0));
        if (e)
            e->next = (uint64_t)sqlite3_column_int64(s, 1);
    }
    if (rc != SQLITE_DONE)
        code = as_sqlite_error(db, "SELECT FROM as_source", error);
    sqlite3_finalize(s);
    return code;
}

int as_statefile_load(sqlite3 *db, const struct as_domain *domain, struct as_engine *engine,
                      struct as_sources *sources, struct as_error *error) {
    struct loading loading = {engine, error};
    int code = as_statefile_each_row(db, domain, load_row, &loading, error);
    if (!code)
        code = as_engine_load_done(engine, error);
    return code ? code : as_statefile_load_sources(db, sources, error);
}
