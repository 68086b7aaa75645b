// SPDX-License-Identifier: MIT
#include "domain/referee_load.h"

#include <assert.h>
#include <ctype.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/buffer.h"
#include "stream/value.h"

enum {
    PROGRESS_INTERVAL = 1000,   // instructions of SQLite's machine between two looks at the bound
    LOAD_WORK_MAX = 50 * 1000,  // such intervals: about a second
    LOAD_PAGES_MAX = 64 * 1024, // of 4 KiB: 256 MiB of initial rows
    // SQLite knows one limit for a value and for a whole row; a row of the largest text must fit.
    LENGTH_MAX = AS_TEXT_MAX + 64 * 1024,
};

#define ALPHABET "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"

enum purpose { DENY_ALL, DEFINE, INSERT, VERIFY };

// What a CREATE statement made, and where it stands, so that a later finding can point to it.
struct object {
    int action; // SQLITE_CREATE_TABLE, _TRIGGER or _VIEW
    char *name;
    char *table; // of a trigger
    size_t offset;
};

struct loader {
    sqlite3 *db;
    const char *name;
    const char *sql;
    size_t statement; // offset of the statement under way
    enum purpose purpose;
    const char *denied; // what the authorizer refused: a word for it, "" for the statement itself …
    char denied_name[64]; // … and which
    int work_left;        // intervals of SQLite's machine
    struct object *objects;
    size_t object_count;
};

// ---- Lines --------------------------------------------------------------------------------------

static int line_of(const struct loader *l, size_t offset) {
    int line = 1;
    for (size_t i = 0; i < offset; i++)
        line += l->sql[i] == '\n';
    return line;
}

static int fail_at(const struct loader *l, size_t offset, struct as_error *error,
                   const char *text) {
    return as_error_set(error, AS_DATA, "%s:%d: %s", l->name, line_of(l, offset), text);
}

// The next byte that is neither white space nor inside a comment, nor a lone semicolon.
static const char *skip_blank(const char *p) {
    for (;;) {
        const char *start = p;
        p += strspn(p, "; \t\r\n\f");
        if (p[0] == '-' && p[1] == '-')
            p += strcspn(p, "\n");
        if (p[0] == '/' && p[1] == '*') {
            const char *end = strstr(p + 2, "*/");
            p = end ? end + 2 : p + strlen(p);
        }
        if (p == start)
            return p;
    }
}

// The keyword that the statement under way begins with.
static void first_word(const struct loader *l, char *word, size_t size) {
    const char *start = l->sql + l->statement;
    snprintf(word, size, "%.*s", (int)strspn(start, ALPHABET), start);
}

static bool is_word(const char *p, const char *word) {
    size_t n = strlen(word);
    return strncasecmp(p, word, n) == 0 && !isalnum((unsigned char)p[n]) && p[n] != '_';
}

// ---- The authorizer: asked while SQLite prepares a statement ------------------------------------

// The only functions here that could reach beyond the database. (Extensions are off anyway.)
static const char *const denied_functions[] = {"load_extension", "fts3_tokenizer", "readfile",
                                               "writefile", "edit"};

static const char *action_name(int action) {
    switch (action) {
    case SQLITE_ATTACH:
        return "ATTACH";
    case SQLITE_DETACH:
        return "DETACH";
    case SQLITE_PRAGMA:
        return "PRAGMA";
    case SQLITE_TRANSACTION:
    case SQLITE_SAVEPOINT:
        return "a transaction";
    case SQLITE_CREATE_VTABLE:
        return "a virtual table";
    case SQLITE_CREATE_TEMP_TABLE:
    case SQLITE_CREATE_TEMP_INDEX:
    case SQLITE_CREATE_TEMP_TRIGGER:
    case SQLITE_CREATE_TEMP_VIEW:
        return "a TEMP object";
    case SQLITE_RECURSIVE:
        return "a recursive query";
    default:
        return "";
    }
}

static int deny(struct loader *l, const char *what, const char *name) {
    if (!l->denied) {
        l->denied = what;
        snprintf(l->denied_name, sizeof l->denied_name, "%s%.60s", name ? " " : "",
                 name ? name : "");
    }
    return SQLITE_DENY;
}

static void remember(struct loader *l, int action, const char *name, const char *table) {
    l->objects = as_realloc(l->objects, (l->object_count + 1) * sizeof *l->objects);
    l->objects[l->object_count++] =
        (struct object){action, as_strdup(name), table ? as_strdup(table) : NULL, l->statement};
}

static bool is_internal(const char *table) {
    return table &&
           (strncasecmp(table, "sqlite_", 7) == 0 || strncasecmp(table, "pragma_", 7) == 0);
}

static int authorize_function(struct loader *l, const char *function) {
    for (size_t i = 0; i < sizeof denied_functions / sizeof *denied_functions; i++)
        if (strcasecmp(function, denied_functions[i]) == 0)
            return deny(l, "function", function);
    return SQLITE_OK;
}

// DDL writes the schema table itself; everyone else keeps off SQLite's own tables.
static int authorize_table(struct loader *l, const char *table) {
    bool define = l->purpose == DEFINE;
    return define || !is_internal(table) ? SQLITE_OK : deny(l, "SQLite's own table", table);
}

static int authorize_create(struct loader *l, int action, const char *name, const char *table) {
    if (l->purpose != DEFINE)
        return deny(l, action_name(action), NULL);
    remember(l, action, name, action == SQLITE_CREATE_TRIGGER ? table : NULL);
    return SQLITE_OK;
}

static int authorize(void *context, int action, const char *a, const char *b, const char *database,
                     const char *trigger) {
    struct loader *l = context;
    (void)database, (void)trigger;
    if (l->purpose == DENY_ALL)
        return deny(l, action_name(action), NULL);
    switch (action) {
    case SQLITE_CREATE_TABLE:
    case SQLITE_CREATE_TRIGGER:
    case SQLITE_CREATE_VIEW:
        return authorize_create(l, action, a, b);
    case SQLITE_CREATE_INDEX:
    case SQLITE_REINDEX: // part of CREATE INDEX
        return l->purpose == DEFINE ? SQLITE_OK : deny(l, action_name(action), NULL);
    case SQLITE_INSERT:
    case SQLITE_UPDATE:
    case SQLITE_DELETE:
    case SQLITE_READ:
        return authorize_table(l, a);
    case SQLITE_FUNCTION:
        return authorize_function(l, b);
    case SQLITE_SELECT:
        return SQLITE_OK;
    case SQLITE_RECURSIVE: // in a reader's view only: those are prepared, never run
        return l->purpose == VERIFY ? SQLITE_OK : deny(l, action_name(action), NULL);
    default:
        return deny(l, action_name(action), NULL);
    }
}

static int count_work(void *context) {
    struct loader *l = context;
    return --l->work_left < 0;
}

// ---- Statements ---------------------------------------------------------------------------------

// Where SQLite points to a byte of the statement, the line is that byte's.
static int fail_statement(struct loader *l, int rc, struct as_error *error) {
    char text[256], word[32];
    if (l->denied) {
        first_word(l, word, sizeof word);
        snprintf(text, sizeof text, "%s%s: not allowed in a domain", *l->denied ? l->denied : word,
                 l->denied_name);
        return fail_at(l, l->statement, error, text);
    }
    if (rc == SQLITE_INTERRUPT)
        return fail_at(l, l->statement, error, "too much work for a domain's initial rows");
    if (rc == SQLITE_FULL)
        return fail_at(l, l->statement, error, "too many initial rows for a domain");
    int offset = sqlite3_error_offset(l->db);
    return fail_at(l, l->statement + (size_t)(offset > 0 ? offset : 0), error,
                   sqlite3_errmsg(l->db));
}

static enum purpose purpose_of(const char *statement) {
    if (is_word(statement, "CREATE"))
        return DEFINE;
    return is_word(statement, "INSERT") ? INSERT : DENY_ALL;
}

static int run_prepared(struct loader *l, sqlite3_stmt *stmt, struct as_error *error) {
    if (l->purpose == DENY_ALL) { // prepared without asking the authorizer (VACUUM)
        l->denied = action_name(0);
        return fail_statement(l, SQLITE_AUTH, error);
    }
    int rc;
    while ((rc = sqlite3_step(stmt)) == SQLITE_ROW)
        ;
    return rc == SQLITE_DONE ? AS_OK : fail_statement(l, rc, error);
}

// Runs the statement at l->statement and moves behind it.
static int run_statement(struct loader *l, struct as_error *error) {
    const char *tail;
    sqlite3_stmt *stmt = NULL;
    const char *start = l->sql + l->statement;
    l->purpose = purpose_of(start);
    int rc = sqlite3_prepare_v2(l->db, start, -1, &stmt, &tail);
    int code = rc == SQLITE_OK ? AS_OK : fail_statement(l, rc, error);
    if (code == AS_OK && stmt)
        code = run_prepared(l, stmt, error);
    sqlite3_finalize(stmt);
    l->statement = (size_t)(tail - l->sql);
    return code;
}

static int run_text(struct loader *l, struct as_error *error) {
    for (;;) {
        l->statement = (size_t)(skip_blank(l->sql + l->statement) - l->sql);
        if (l->sql[l->statement] == '\0')
            return AS_OK;
        int code = run_statement(l, error);
        if (code != AS_OK)
            return code;
    }
}

// ---- Names inside triggers and views, which SQLite looks up only when they are used
// ----------------

static int prepare_only(struct loader *l, const char *format, const char *name) {
    sqlite3_stmt *stmt = NULL;
    char *sql = sqlite3_mprintf(format, name);
    int rc = sql ? sqlite3_prepare_v2(l->db, sql, -1, &stmt, NULL) : SQLITE_NOMEM;
    sqlite3_finalize(stmt);
    sqlite3_free(sql);
    return rc;
}

static void set_foreign_keys(struct loader *l, bool on) {
    sqlite3_db_config(l->db, SQLITE_DBCONFIG_ENABLE_FKEY, on, NULL);
}

// The offset of the first trigger on a table, or the table's own.
static size_t blame(const struct loader *l, const struct object *table, bool trigger) {
    for (size_t i = 0; trigger && i < l->object_count; i++)
        if (l->objects[i].table && strcasecmp(l->objects[i].table, table->name) == 0)
            return l->objects[i].offset;
    return table->offset;
}

// What fails without foreign keys too is in the trigger.
static int verify_table(struct loader *l, const struct object *table, struct as_error *error) {
    static const char insert[] = "INSERT INTO main.\"%w\" DEFAULT VALUES";
    int rc = prepare_only(l, insert, table->name);
    if (rc == SQLITE_OK)
        return AS_OK;
    char *words = as_strdup(sqlite3_errmsg(l->db));
    set_foreign_keys(l, false);
    l->statement = blame(l, table, prepare_only(l, insert, table->name) != SQLITE_OK);
    set_foreign_keys(l, true);
    int code = l->denied ? fail_statement(l, rc, error) : fail_at(l, l->statement, error, words);
    free(words);
    return code;
}

static int verify_view(struct loader *l, const struct object *view, struct as_error *error) {
    int rc = prepare_only(l, "SELECT * FROM main.\"%w\"", view->name);
    if (rc == SQLITE_OK)
        return AS_OK;
    l->statement = view->offset;
    return l->denied ? fail_statement(l, rc, error)
                     : fail_at(l, view->offset, error, sqlite3_errmsg(l->db));
}

static int verify(struct loader *l, struct as_error *error) {
    l->purpose = VERIFY;
    int code = AS_OK;
    for (size_t i = 0; code == AS_OK && i < l->object_count; i++) {
        const struct object *object = &l->objects[i];
        if (object->action == SQLITE_CREATE_TABLE)
            code = verify_table(l, object, error);
        else if (object->action == SQLITE_CREATE_VIEW)
            code = verify_view(l, object, error);
    }
    return code;
}

// ---- Opening ------------------------------------------------------------------------------------

// Texts and statements stay as SQLite has them by default (double-quoted strings included): a
// verdict must be what plain sqlite3 says. Only a value's size is the product's own limit.
static void set_limits(sqlite3 *db) {
    sqlite3_limit(db, SQLITE_LIMIT_LENGTH, LENGTH_MAX);
    sqlite3_limit(db, SQLITE_LIMIT_ATTACHED, 0);
    sqlite3_limit(db, SQLITE_LIMIT_WORKER_THREADS, 0);
    sqlite3_db_config(db, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
    sqlite3_db_config(db, SQLITE_DBCONFIG_ENABLE_FKEY, 1, NULL);
}

static int set_bounds(struct loader *l, struct as_error *error) {
    char sql[128];
    snprintf(sql, sizeof sql, "PRAGMA temp_store = MEMORY; PRAGMA max_page_count = %d;",
             LOAD_PAGES_MAX);
    if (sqlite3_exec(l->db, sql, NULL, NULL, NULL) != SQLITE_OK)
        return as_error_set(error, AS_IO, "SQLite: %s", sqlite3_errmsg(l->db));
    set_limits(l->db);
    sqlite3_set_authorizer(l->db, authorize, l);
    sqlite3_progress_handler(l->db, PROGRESS_INTERVAL, count_work, l);
    return AS_OK;
}

static int lift_bounds(sqlite3 *db, struct as_error *error) {
    sqlite3_set_authorizer(db, NULL, NULL);
    sqlite3_progress_handler(db, 0, NULL, NULL);
    if (sqlite3_exec(db, "PRAGMA max_page_count = 4294967294", NULL, NULL, NULL) != SQLITE_OK)
        return as_error_set(error, AS_IO, "SQLite: %s", sqlite3_errmsg(db));
    return AS_OK;
}

static int load(struct loader *l, struct as_error *error) {
    int rc = sqlite3_open_v2(
        ":memory:", &l->db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX, NULL);
    if (rc != SQLITE_OK)
        return as_error_set(error, AS_IO, "SQLite: %s", sqlite3_errstr(rc));
    int code = set_bounds(l, error);
    if (code == AS_OK)
        code = run_text(l, error);
    if (code == AS_OK)
        code = verify(l, error);
    return code == AS_OK ? lift_bounds(l->db, error) : code;
}

static void free_objects(struct loader *l) {
    for (size_t i = 0; i < l->object_count; i++) {
        free(l->objects[i].name);
        free(l->objects[i].table);
    }
    free(l->objects);
}

static int check_bytes(const char *name, const char *sql, size_t size, struct as_error *error) {
    if (memchr(sql, '\0', size))
        return as_error_set(error, AS_DATA, "%s: a NUL byte in the text", name);
    if (!as_utf8_valid(sql, size))
        return as_error_set(error, AS_DATA, "%s: not valid UTF-8", name);
    return AS_OK;
}

int as_referee_load(const char *name, const char *sql, size_t size, sqlite3 **db,
                    struct as_error *error) {
    assert(name && sql && db);
    int code = check_bytes(name, sql, size, error);
    if (code != AS_OK)
        return code;
    char *text = as_strndup(sql, size);
    struct loader l = {.name = name, .sql = text, .work_left = LOAD_WORK_MAX};
    code = load(&l, error);
    free_objects(&l);
    free(text);
    if (code == AS_OK)
        *db = l.db;
    else
        sqlite3_close(l.db);
    return code;
}
