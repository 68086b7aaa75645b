// SPDX-License-Identifier: MIT
#include "store/inspect.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"

const char *as_inspect_sqlite_version(void) {
    return sqlite3_libversion();
}

// ---- Statements ---------------------------------------------------------------------------------

// Prepares sql, a text of sqlite3_mprintf's that is freed here.
static int prepare(sqlite3 *db, char *sql, sqlite3_stmt **statement, struct as_error *error) {
    int code = as_sqlite_prepare(db, sql, statement, error);
    sqlite3_free(sql);
    return code;
}

// The first column of the first row as a number; *found false where there is no row.
static int query_number(sqlite3 *db, char *sql, int64_t *number, bool *found,
                        struct as_error *error) {
    sqlite3_stmt *s;
    *found = false;
    *number = 0;
    int code = prepare(db, sql, &s, error);
    if (code)
        return code;
    int rc = sqlite3_step(s);
    *found = rc == SQLITE_ROW;
    *number = *found ? sqlite3_column_int64(s, 0) : 0;
    if (rc != SQLITE_ROW && rc != SQLITE_DONE)
        code = as_sqlite_error(db, "SELECT", error);
    sqlite3_finalize(s);
    return code;
}

static int check_integrity(sqlite3 *db, const char *path, struct as_error *error) {
    sqlite3_stmt *s;
    int code = as_sqlite_prepare(db, "PRAGMA integrity_check(1)", &s, error);
    if (code)
        return code;
    int rc = sqlite3_step(s);
    const char *text = rc == SQLITE_ROW ? (const char *)sqlite3_column_text(s, 0) : NULL;
    if (!text)
        code = as_sqlite_error(db, "integrity check", error);
    else if (strcmp(text, "ok") != 0)
        code = as_error_set(error, AS_DATA, "%s: integrity check: %s", path, text);
    sqlite3_finalize(s);
    return code;
}

int as_inspect_file(const char *path, struct as_error *error) {
    sqlite3 *db;
    int code = as_sqlite_open(path, AS_SQLITE_READ, NULL, &db, error);
    if (code)
        return code;
    code = check_integrity(db, path, error);
    sqlite3_close(db);
    return code;
}

// ---- Segments -----------------------------------------------------------------------------------

static int check_numbers(sqlite3 *db, const char *path, struct as_segment_summary *summary,
                         struct as_error *error) {
    sqlite3_stmt *s;
    int code =
        as_sqlite_prepare(db, "SELECT count(*), min(batch), max(batch) FROM batch", &s, error);
    if (code)
        return code;
    if (sqlite3_step(s) != SQLITE_ROW)
        code = as_sqlite_error(db, "SELECT FROM batch", error);
    summary->rows = (uint64_t)sqlite3_column_int64(s, 0);
    uint64_t first = (uint64_t)sqlite3_column_int64(s, 1);
    summary->last_batch = (uint64_t)sqlite3_column_int64(s, 2);
    sqlite3_finalize(s);
    if (code || summary->rows == 0)
        return code;
    if (first != summary->start.first_batch || summary->last_batch - first + 1 != summary->rows)
        return as_error_set(error, AS_DATA,
                            "%s: has %llu batches between %llu and %llu where it begins with %llu",
                            path, (unsigned long long)summary->rows, (unsigned long long)first,
                            (unsigned long long)summary->last_batch,
                            (unsigned long long)summary->start.first_batch);
    return AS_OK;
}

static int check_name(const char *path, const struct as_segment_summary *summary,
                      struct as_error *error) {
    const char *slash = strrchr(path, '/');
    if (strtoull(slash ? slash + 1 : path, NULL, 10) == summary->start.first_item)
        return AS_OK;
    return as_error_set(error, AS_DATA, "%s: its first item is %llu", path,
                        (unsigned long long)summary->start.first_item);
}

static int inspect_rows(sqlite3 *db, const char *path, struct as_segment_summary *summary,
                        struct as_error *error) {
    int code = as_segment_read_start(db, &summary->start, &summary->started, error);
    if (code || !summary->started)
        return code;
    code = check_name(path, summary, error);
    return code ? code : check_numbers(db, path, summary, error);
}

int as_inspect_segment(const char *path, struct as_segment_summary *summary,
                       struct as_error *error) {
    sqlite3 *db;
    *summary = (struct as_segment_summary){0};
    int code = as_sqlite_open(path, AS_SQLITE_READ, NULL, &db, error);
    if (code)
        return code;
    code = inspect_rows(db, path, summary, error);
    sqlite3_close(db);
    return code;
}

// ---- state.db -----------------------------------------------------------------------------------

int as_snapshot_open(const char *path, const struct as_domain *domain, struct as_snapshot *snapshot,
                     struct as_error *error) {
    *snapshot = (struct as_snapshot){.domain = domain};
    int code = as_sqlite_open(path, AS_SQLITE_READ, NULL, &snapshot->db, error);
    if (!code)
        code = as_sqlite_exec(snapshot->db, "BEGIN", error);
    if (!code) // the first read fixes the point that the transaction sees
        code = as_statefile_position(snapshot->db, &snapshot->position, &snapshot->folded, error);
    if (code)
        as_snapshot_close(snapshot);
    return code;
}

void as_snapshot_close(struct as_snapshot *snapshot) {
    sqlite3_close(snapshot->db);
    snapshot->db = NULL;
}

// Everything in a schema but SQLite's own and our two tables, one a line.
static int print_schema(sqlite3 *db, struct as_buffer *out, struct as_error *error) {
    sqlite3_stmt *s;
    int rc, code = as_sqlite_prepare(
                db,
                "SELECT type || ' ' || name, sql FROM sqlite_schema"
                " WHERE name NOT IN ('as_position', 'as_source') AND name NOT LIKE 'sqlite\\_%'"
                " ESCAPE '\\' ORDER BY type, name",
                &s, error);
    if (code)
        return code;
    while ((rc = sqlite3_step(s)) == SQLITE_ROW) {
        as_buffer_append(out, sqlite3_column_text(s, 0), (size_t)sqlite3_column_bytes(s, 0) + 1);
        as_buffer_append(out, sqlite3_column_text(s, 1), (size_t)sqlite3_column_bytes(s, 1) + 1);
    }
    if (rc != SQLITE_DONE)
        code = as_sqlite_error(db, "SELECT FROM sqlite_schema", error);
    sqlite3_finalize(s);
    return code;
}

static int expected_schema(const struct as_domain *domain, struct as_buffer *out,
                           struct as_error *error) {
    sqlite3 *db;
    if (sqlite3_open(":memory:", &db) != SQLITE_OK) {
        sqlite3_close(db);
        return as_error_set(error, AS_IO, "SQLite: no database in memory");
    }
    int code = as_sqlite_exec(db, as_domain_reader_sql(domain), error);
    if (!code)
        code = print_schema(db, out, error);
    sqlite3_close(db);
    return code;
}

// Names the first of the pairs "type name", "sql" in which the two differ.
static int compare_schemas(const struct as_buffer *expected, const struct as_buffer *found,
                           struct as_error *error) {
    const char *a = (const char *)expected->data, *b = (const char *)found->data;
    const char *a_end = a + expected->size, *b_end = b + found->size;
    const char *what = "";
    for (bool name = true; a < a_end && b < b_end && strcmp(a, b) == 0; name = !name) {
        what = name ? a : what;
        a += strlen(a) + 1;
        b += strlen(b) + 1;
        if (name && a < a_end && b < b_end && strcmp(a, b) != 0)
            return as_error_set(error, AS_DATA, "%s is not as the domain declares it", what);
    }
    if (a == a_end && b == b_end)
        return AS_OK;
    if (b == b_end || (a < a_end && strcmp(a, b) < 0))
        return as_error_set(error, AS_DATA, "%s is missing", a);
    return as_error_set(error, AS_DATA, "%s is not in the domain", b);
}

static int check_position_domain(struct as_snapshot *snapshot, struct as_error *error) {
    sqlite3_stmt *s;
    int code = as_sqlite_prepare(snapshot->db, "SELECT domain FROM as_position", &s, error);
    if (code)
        return code;
    if (sqlite3_step(s) == SQLITE_ROW &&
        (sqlite3_column_bytes(s, 0) != AS_SHA256_SIZE ||
         memcmp(sqlite3_column_blob(s, 0), as_domain_digest(snapshot->domain), AS_SHA256_SIZE)))
        code = as_error_set(error, AS_DATA, "as_position is of another domain");
    sqlite3_finalize(s);
    return code;
}

int as_snapshot_check_schema(struct as_snapshot *snapshot, struct as_error *error) {
    struct as_buffer expected = {0}, found = {0};
    int code = expected_schema(snapshot->domain, &expected, error);
    if (!code)
        code = print_schema(snapshot->db, &found, error);
    if (!code)
        code = compare_schemas(&expected, &found, error);
    as_buffer_free(&expected);
    as_buffer_free(&found);
    return code ? code : check_position_domain(snapshot, error);
}

int as_snapshot_each_row(struct as_snapshot *snapshot, as_engine_visit visit, void *context,
                         struct as_error *error) {
    return as_statefile_each_row(snapshot->db, snapshot->domain, visit, context, error);
}

int as_snapshot_has_row(struct as_snapshot *snapshot, size_t table, const struct as_value *values,
                        bool *found, struct as_error *error) {
    const struct as_table_info *info = as_domain_table(snapshot->domain, table);
    sqlite3_stmt *s;
    sqlite3_str *sql = sqlite3_str_new(NULL);
    sqlite3_str_appendf(sql, "SELECT 1 FROM main.\"%w\"", info->name);
    for (size_t i = 0; i < info->key_count; i++)
        sqlite3_str_appendf(sql, "%s \"%w\" = ?", i ? " AND" : " WHERE",
                            info->columns[info->key[i]].name);
    int code = prepare(snapshot->db, sqlite3_str_finish(sql), &s, error);
    if (code)
        return code;
    for (size_t i = 0; i < info->key_count; i++)
        as_sqlite_bind(s, (int)i + 1, &values[info->key[i]]);
    int rc = sqlite3_step(s);
    *found = rc == SQLITE_ROW;
    if (rc != SQLITE_ROW && rc != SQLITE_DONE)
        code = as_sqlite_error(snapshot->db, "SELECT", error);
    sqlite3_finalize(s);
    return code;
}

int as_snapshot_load(struct as_snapshot *snapshot, struct as_engine *engine,
                     struct as_sources *sources, struct as_error *error) {
    return as_statefile_load(snapshot->db, snapshot->domain, engine, sources, error);
}

int as_snapshot_sources(struct as_snapshot *snapshot, struct as_sources *sources,
                        struct as_error *error) {
    return as_statefile_load_sources(snapshot->db, sources, error);
}

int as_snapshot_count_broken(struct as_snapshot *snapshot, size_t check, uint64_t *broken,
                             struct as_error *error) {
    const char *table, *name, *expression;
    int64_t count;
    bool found;
    as_domain_check(snapshot->domain, check, &table, &name, &expression);
    int code = query_number(
        snapshot->db,
        sqlite3_mprintf("SELECT count(*) FROM main.\"%w\" WHERE NOT (%s\n)", table, expression),
        &count, &found, error);
    *broken = (uint64_t)count;
    return code;
}

int as_snapshot_assertion(struct as_snapshot *snapshot, size_t assertion, bool *holds,
                          struct as_error *error) {
    int64_t one;
    bool broken;
    int code = query_number(snapshot->db,
                            sqlite3_mprintf("SELECT 1 FROM main.\"%w\" WHERE NOT holds LIMIT 1",
                                            as_domain_assertion(snapshot->domain, assertion)),
                            &one, &broken, error);
    *holds = !broken;
    return code;
}
