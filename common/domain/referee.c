// SPDX-License-Identifier: MIT
#include "domain/referee.h"

#include <assert.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "domain/referee_load.h"
#include "stream/item.h"

// Command rows mean nothing once decided; they are deleted now and then to bound memory. (A domain
// that compiles cannot look at them.)
enum { ITEMS_BETWEEN_DELETES = 1000 };

struct as_referee {
    sqlite3 *db;
    const struct as_domain *domain;
    sqlite3_stmt **inserts;    // a command each, prepared when first needed
    sqlite3_stmt **assertions; // likewise
    sqlite3_stmt *begin, *undo, *end;
    unsigned items; // since command rows were last deleted
};

int as_referee_open(const char *name, const char *sql, size_t size, struct as_referee **referee,
                    struct as_error *error) {
    sqlite3 *db = NULL;
    int code = as_referee_load(name, sql, size, &db, error);
    if (code != AS_OK)
        return code;
    *referee = as_alloc_zero(1, sizeof **referee);
    (*referee)->db = db;
    return AS_OK;
}

static void finalize_all(sqlite3_stmt **statements, size_t count) {
    for (size_t i = 0; i < count; i++)
        sqlite3_finalize(statements[i]);
    free(statements);
}

void as_referee_close(struct as_referee *r) {
    if (!r)
        return;
    if (r->domain) {
        finalize_all(r->inserts, as_domain_command_count(r->domain));
        finalize_all(r->assertions, as_domain_assertion_count(r->domain));
    }
    sqlite3_finalize(r->begin);
    sqlite3_finalize(r->undo);
    sqlite3_finalize(r->end);
    int rc = sqlite3_close(r->db);
    assert(rc == SQLITE_OK);
    (void)rc;
    free(r);
}

int as_referee_check(const char *name, const char *sql, size_t size, struct as_error *error) {
    struct as_referee *referee = NULL;
    int code = as_referee_open(name, sql, size, &referee, error);
    as_referee_close(referee);
    return code;
}

void as_referee_use_domain(struct as_referee *r, const struct as_domain *domain) {
    assert(!r->domain);
    r->domain = domain;
    r->inserts = as_alloc_zero(as_domain_command_count(domain) + 1, sizeof *r->inserts);
    r->assertions = as_alloc_zero(as_domain_assertion_count(domain) + 1, sizeof *r->assertions);
}

// ---- Statements ---------------------------------------------------------------------------------

// SQLite fails in a way that is no verdict.
static int fail(struct as_referee *r, struct as_error *error) {
    return as_error_set(error, AS_IO, "SQLite: %s", sqlite3_errmsg(r->db));
}

// Prepares sql, a sqlite3_malloc'ed text that is freed here, unless *stmt is there already.
static int prepare(struct as_referee *r, char *sql, sqlite3_stmt **stmt, struct as_error *error) {
    int rc = SQLITE_OK;
    if (!*stmt)
        rc = sqlite3_prepare_v3(r->db, sql, -1, SQLITE_PREPARE_PERSISTENT, stmt, NULL);
    sqlite3_free(sql);
    return rc == SQLITE_OK ? AS_OK : fail(r, error);
}

static int run(struct as_referee *r, const char *sql, sqlite3_stmt **stmt, struct as_error *error) {
    int code = prepare(r, *stmt ? NULL : sqlite3_mprintf("%s", sql), stmt, error);
    if (code != AS_OK)
        return code;
    sqlite3_step(*stmt);
    return sqlite3_reset(*stmt) == SQLITE_OK ? AS_OK : fail(r, error);
}

static char *insert_sql(const struct as_table_info *command) {
    sqlite3_str *sql = sqlite3_str_new(NULL);
    sqlite3_str_appendf(sql, "INSERT INTO main.\"%w\" VALUES (", command->name);
    for (size_t i = 0; i < command->column_count; i++)
        sqlite3_str_appendf(sql, "%s?%d", i ? ", " : "", (int)i + 1);
    sqlite3_str_appendchar(sql, 1, ')');
    return sqlite3_str_finish(sql);
}

static int bind(sqlite3_stmt *stmt, int index, const struct as_value *value) {
    switch (value->type) {
    case AS_INTEGER:
        return sqlite3_bind_int64(stmt, index, value->integer);
    case AS_REAL:
        return sqlite3_bind_double(stmt, index, value->real);
    case AS_TEXT:
        return sqlite3_bind_text(stmt, index, value->text, (int)value->size, SQLITE_STATIC);
    default:
        return sqlite3_bind_null(stmt, index);
    }
}

// ---- What SQLite says, as a kind and a name -----------------------------------------------------

static void set_reason(struct as_referee_verdict *v, uint8_t kind, const char *name) {
    v->kind = kind;
    v->named = name != NULL;
    snprintf(v->name, sizeof v->name, "%s", name ? name : "");
}

static const char *behind(const char *text, const char *mark) {
    const char *at = strstr(text, mark);
    return at ? at + strlen(mark) : NULL;
}

// False where rc is no verdict about the item but a failure of SQLite.
static bool read_reason(int rc, const char *text, struct as_referee_verdict *v) {
    switch (rc) {
    case SQLITE_CONSTRAINT_CHECK:
        set_reason(v, AS_REJECT_CHECK, behind(text, "failed: "));
        return true;
    case SQLITE_CONSTRAINT_NOTNULL:
        set_reason(v, AS_REJECT_NOT_NULL, behind(text, "failed: "));
        return true;
    case SQLITE_CONSTRAINT_UNIQUE:
    case SQLITE_CONSTRAINT_PRIMARYKEY:
    case SQLITE_CONSTRAINT_ROWID:
        set_reason(v, AS_REJECT_UNIQUE, behind(text, "failed: "));
        return true;
    case SQLITE_CONSTRAINT_DATATYPE:
        set_reason(v, AS_REJECT_TYPE, behind(text, " column "));
        return true;
    case SQLITE_MISMATCH:
        set_reason(v, AS_REJECT_TYPE, NULL);
        return true;
    case SQLITE_CONSTRAINT_FOREIGNKEY:
        set_reason(v, AS_REJECT_REFERENCE, NULL);
        return true;
    case SQLITE_CONSTRAINT_TRIGGER:
        set_reason(v, AS_REJECT_RAISE, text);
        return true;
    case SQLITE_ERROR:
    case SQLITE_TOOBIG:
        set_reason(v, AS_REJECT_ERROR, text);
        return true;
    default:
        return false;
    }
}

static int reject(struct as_referee *r, uint32_t item, struct as_referee_verdict *v,
                  struct as_error *error) {
    v->accepted = false;
    v->culprit = item;
    bool understood = read_reason(sqlite3_extended_errcode(r->db), sqlite3_errmsg(r->db), v);
    return understood ? AS_OK : fail(r, error);
}

// ---- Deciding -----------------------------------------------------------------------------------

static int insert(struct as_referee *r, uint16_t command, const struct as_value *values,
                  uint32_t item, struct as_referee_verdict *v, struct as_error *error) {
    const struct as_table_info *info = as_domain_command(r->domain, command);
    sqlite3_stmt **stmt = &r->inserts[command];
    int code = prepare(r, *stmt ? NULL : insert_sql(info), stmt, error);
    if (code != AS_OK)
        return code;
    for (size_t i = 0; i < info->column_count; i++)
        if (bind(*stmt, (int)i + 1, &values[i]) != SQLITE_OK)
            return fail(r, error);
    if (sqlite3_step(*stmt) != SQLITE_DONE)
        code = reject(r, item, v, error);
    sqlite3_reset(*stmt);
    return code;
}

// NULL holds, as in CHECK. A view that cannot be evaluated rejects as an expression would.
static int check_assertion(struct as_referee *r, size_t assertion, uint32_t item,
                           struct as_referee_verdict *v, struct as_error *error) {
    const char *name = as_domain_assertion(r->domain, assertion);
    sqlite3_stmt **stmt = &r->assertions[assertion];
    static const char format[] = "SELECT 1 FROM main.\"%w\" WHERE NOT holds LIMIT 1";
    int code = prepare(r, *stmt ? NULL : sqlite3_mprintf(format, name), stmt, error);
    if (code != AS_OK)
        return code;
    int rc = sqlite3_step(*stmt);
    if (rc == SQLITE_ROW) {
        *v = (struct as_referee_verdict){.culprit = item};
        set_reason(v, AS_REJECT_ASSERTION, name);
    } else if (rc != SQLITE_DONE) {
        code = reject(r, item, v, error);
    }
    sqlite3_reset(*stmt);
    return code;
}

static int decide_item(struct as_referee *r, uint16_t command, const struct as_value *values,
                       uint32_t item, struct as_referee_verdict *v, struct as_error *error) {
    int code = insert(r, command, values, item, v, error);
    size_t assertions = as_domain_assertion_count(r->domain);
    for (size_t i = 0; code == AS_OK && v->accepted && i < assertions; i++)
        code = check_assertion(r, i, item, v, error);
    return code;
}

static int delete_command_rows(struct as_referee *r, struct as_error *error) {
    r->items = 0;
    for (size_t i = 0; i < as_domain_command_count(r->domain); i++) {
        char *sql =
            sqlite3_mprintf("DELETE FROM main.\"%w\"", as_domain_command(r->domain, i)->name);
        int rc = sqlite3_exec(r->db, sql, NULL, NULL, NULL);
        sqlite3_free(sql);
        if (rc != SQLITE_OK)
            return fail(r, error);
    }
    return AS_OK;
}

int as_referee_decide(struct as_referee *r, const uint16_t *commands,
                      const struct as_value *const *values, size_t count,
                      struct as_referee_verdict *verdict, struct as_error *error) {
    assert(r->domain && count > 0);
    *verdict = (struct as_referee_verdict){.accepted = true};
    int code = run(r, "SAVEPOINT item", &r->begin, error);
    for (size_t i = 0; code == AS_OK && verdict->accepted && i < count; i++)
        code = decide_item(r, commands[i], values[i], (uint32_t)i, verdict, error);
    if (code == AS_OK && !verdict->accepted)
        code = run(r, "ROLLBACK TO item", &r->undo, error);
    if (code == AS_OK)
        code = run(r, "RELEASE item", &r->end, error);
    r->items += (unsigned)count;
    if (code == AS_OK && r->items >= ITEMS_BETWEEN_DELETES)
        code = delete_command_rows(r, error);
    return code;
}

// ---- State --------------------------------------------------------------------------------------

static char *select_sql(const struct as_table_info *table) {
    sqlite3_str *sql = sqlite3_str_new(NULL);
    sqlite3_str_appendf(sql, "SELECT * FROM main.\"%w\" ORDER BY ", table->name);
    for (size_t i = 0; i < table->key_count; i++)
        sqlite3_str_appendf(sql, "%s\"%w\"", i ? ", " : "", table->columns[table->key[i]].name);
    return sqlite3_str_finish(sql);
}

static struct as_value column_value(sqlite3_stmt *stmt, int column) {
    switch (sqlite3_column_type(stmt, column)) {
    case SQLITE_INTEGER:
        return as_value_integer(sqlite3_column_int64(stmt, column));
    case SQLITE_FLOAT:
        return as_value_real(sqlite3_column_double(stmt, column));
    case SQLITE_TEXT: {
        const char *text = (const char *)sqlite3_column_text(stmt, column);
        return as_value_text(text, (uint32_t)sqlite3_column_bytes(stmt, column));
    }
    default:
        return as_value_null();
    }
}

int as_referee_each_row(struct as_referee *r, size_t table,
                        int (*visit)(void *context, size_t table, const struct as_value *values),
                        void *context, struct as_error *error) {
    const struct as_table_info *info = as_domain_table(r->domain, table);
    struct as_value values[AS_ITEM_VALUES_MAX];
    assert(info->column_count <= AS_ITEM_VALUES_MAX);
    sqlite3_stmt *stmt = NULL;
    int code = prepare(r, select_sql(info), &stmt, error);
    int rc = SQLITE_DONE;
    while (code == AS_OK && (rc = sqlite3_step(stmt)) == SQLITE_ROW) {
        for (size_t i = 0; i < info->column_count; i++)
            values[i] = column_value(stmt, (int)i);
        code = visit(context, table, values);
    }
    if (code == AS_OK && rc != SQLITE_DONE)
        code = fail(r, error);
    sqlite3_finalize(stmt);
    return code;
}
