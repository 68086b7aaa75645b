// SPDX-License-Identifier: MIT
#include "store/sqlite.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "base/buffer.h"

// There is one writer, but a reader that opens a file while it is being made, sealed or recovered
// holds it for a moment.
enum { WAITS_MS = 5000 };

// SQLITE_ERROR is what our statements give where a table or column is missing.
static int classify(int rc) {
    switch (rc & 0xFF) {
    case SQLITE_NOTADB:
    case SQLITE_CORRUPT:
    case SQLITE_ERROR:
        return AS_DATA;
    case SQLITE_BUSY:
        return AS_AGAIN;
    default:
        return AS_IO;
    }
}

int as_sqlite_error(sqlite3 *db, const char *what, struct as_error *error) {
    const char *path = sqlite3_db_filename(db, "main");
    int rc = sqlite3_extended_errcode(db);
    if (rc == SQLITE_READONLY_ROLLBACK)
        return as_error_set(error, AS_IO,
                            "%s: a crash left a change half made: the next as-commit undoes it",
                            path);
    return as_error_set(error, classify(rc), "%s: %.*s: %s", path ? path : "database",
                        (int)strcspn(what, "\n("), what, sqlite3_errmsg(db));
}

int as_sqlite_exec(sqlite3 *db, const char *sql, struct as_error *error) {
    return sqlite3_exec(db, sql, NULL, NULL, NULL) == SQLITE_OK ? AS_OK
                                                                : as_sqlite_error(db, sql, error);
}

int as_sqlite_prepare(sqlite3 *db, const char *sql, sqlite3_stmt **statement,
                      struct as_error *error) {
    int rc = sqlite3_prepare_v3(db, sql, -1, SQLITE_PREPARE_PERSISTENT, statement, NULL);
    return rc == SQLITE_OK ? AS_OK : as_sqlite_error(db, sql, error);
}

int as_sqlite_pragma(sqlite3 *db, const char *name, const char *value, const char *expected,
                     struct as_error *error) {
    char sql[128];
    sqlite3_stmt *statement;
    snprintf(sql, sizeof sql, "PRAGMA %s = %s", name, value);
    int code = as_sqlite_exec(db, sql, error);
    snprintf(sql, sizeof sql, "PRAGMA %s", name);
    if (code || (code = as_sqlite_prepare(db, sql, &statement, error)))
        return code;
    const char *text = sqlite3_step(statement) == SQLITE_ROW
                           ? (const char *)sqlite3_column_text(statement, 0)
                           : NULL;
    if (!text || strcasecmp(text, expected) != 0)
        code =
            as_error_set(error, AS_IO, "%s: PRAGMA %s is %s where %s is needed",
                         sqlite3_db_filename(db, "main"), name, text ? text : "unknown", expected);
    sqlite3_finalize(statement);
    return code;
}

// The journal's pages are of 16 KiB: large batches cost less than with SQLite's 4 KiB (3 to 8 %
// less than with 8), and a commit of one small batch does not yet cost more. The size matters only
// while the file is empty.
static int set_up_writer(sqlite3 *db, const char *synchronous, struct as_error *error) {
    bool full = strcmp(synchronous, "full") == 0;
    const char *level = full ? "2" : "1";
    int code = full ? as_sqlite_exec(db, "PRAGMA page_size = 16384", error) : AS_OK;
    if (!code)
        code = as_sqlite_pragma(db, "journal_mode", "wal", "wal", error);
    if (!code)
        code = as_sqlite_pragma(db, "synchronous", synchronous, level, error);
    if (!code)
        code = as_sqlite_pragma(db, "wal_autocheckpoint", "0", "0", error);
    return code;
}

int as_sqlite_open(const char *path, enum as_sqlite_mode mode, const char *synchronous,
                   sqlite3 **db, struct as_error *error) {
    // A connection is one thread's at a time, so it needs no mutex of its own.
    int flags =
        SQLITE_OPEN_NOMUTEX | (mode == AS_SQLITE_READ ? SQLITE_OPEN_READONLY
                                                      : SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE);
    int code = AS_OK;
    if (sqlite3_open_v2(path, db, flags, NULL) != SQLITE_OK) {
        code = as_error_set(error, AS_IO, "%s: %s", path, sqlite3_errmsg(*db));
    } else {
        sqlite3_extended_result_codes(*db, 1);
        sqlite3_db_config(*db, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, (int *)NULL);
        sqlite3_db_config(*db, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, (int *)NULL);
        sqlite3_busy_timeout(*db, WAITS_MS);
        if (mode == AS_SQLITE_WRITE)
            code = set_up_writer(*db, synchronous, error);
    }
    if (code) {
        sqlite3_close(*db);
        *db = NULL;
    }
    return code;
}

static int checkpoint(sqlite3 *db, int mode, struct as_error *error) {
    int rc = sqlite3_wal_checkpoint_v2(db, NULL, mode, NULL, NULL);
    return rc == SQLITE_OK ? AS_OK : as_sqlite_error(db, "checkpoint", error);
}

int as_sqlite_checkpoint_passive(sqlite3 *db, struct as_error *error) {
    return checkpoint(db, SQLITE_CHECKPOINT_PASSIVE, error);
}

int as_sqlite_checkpoint_full(sqlite3 *db, struct as_error *error) {
    return checkpoint(db, SQLITE_CHECKPOINT_FULL, error);
}

int as_sqlite_checkpoint(sqlite3 *db, struct as_error *error) {
    return checkpoint(db, SQLITE_CHECKPOINT_TRUNCATE, error);
}

int as_sqlite_remove(const char *path, struct as_error *error) {
    static const char *const suffixes[] = {"", "-journal", "-wal", "-shm"};
    int code = AS_OK;
    for (size_t i = 0; !code && i < sizeof suffixes / sizeof *suffixes; i++) {
        struct as_buffer name = {0};
        as_buffer_printf(&name, "%s%s", path, suffixes[i]);
        if (unlink((const char *)name.data) != 0 && errno != ENOENT)
            code = as_error_errno(error, AS_IO, "%s: unlink", (const char *)name.data);
        as_buffer_free(&name);
    }
    return code;
}

void as_sqlite_bind(sqlite3_stmt *statement, int parameter, const struct as_value *value) {
    switch (value->type) {
    case AS_INTEGER:
        sqlite3_bind_int64(statement, parameter, value->integer);
        break;
    case AS_REAL:
        sqlite3_bind_double(statement, parameter, value->real);
        break;
    case AS_TEXT:
        sqlite3_bind_text(statement, parameter, value->text, (int)value->size, SQLITE_STATIC);
        break;
    default:
        sqlite3_bind_null(statement, parameter);
    }
}

struct as_value as_sqlite_column(sqlite3_stmt *statement, int column) {
    switch (sqlite3_column_type(statement, column)) {
    case SQLITE_INTEGER:
        return as_value_integer(sqlite3_column_int64(statement, column));
    case SQLITE_FLOAT:
        return as_value_real(sqlite3_column_double(statement, column));
    case SQLITE_TEXT: {
        const char *text = (const char *)sqlite3_column_text(statement, column);
        return as_value_text(text, (uint32_t)sqlite3_column_bytes(statement, column));
    }
    default:
        return as_value_null();
    }
}
