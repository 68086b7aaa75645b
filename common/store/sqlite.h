// SPDX-License-Identifier: MIT
//
// SQLite, wrapped: files opened with the pragmas that the store relies on, set and read back (D5),
// and its errors turned into ours. Every failure of a writing connection is AS_IO and final (D3).
#ifndef AS_STORE_SQLITE_H
#define AS_STORE_SQLITE_H

#include <sqlite3.h>
#include <stdint.h>

#include "base/error.h"
#include "stream/value.h"

enum as_sqlite_mode {
    AS_SQLITE_READ,  // read-only; never checkpoints, not even on close
    AS_SQLITE_WRITE, // created if missing; WAL; never checkpoints by itself
};

// `synchronous` is "full" or "normal" (AS_SQLITE_WRITE).
int as_sqlite_open(const char *path, enum as_sqlite_mode mode, const char *synchronous,
                   sqlite3 **db, struct as_error *error);

// "path: what: SQLite's words", where `what` may be SQL, of which one line is said at most. Returns
// AS_IO, AS_DATA where the file is no sound database or not one with our tables, AS_AGAIN where
// another connection holds it.
int as_sqlite_error(sqlite3 *db, const char *what, struct as_error *error);

int as_sqlite_exec(sqlite3 *db, const char *sql, struct as_error *error);
int as_sqlite_prepare(sqlite3 *db, const char *sql, sqlite3_stmt **statement,
                      struct as_error *error);

// PRAGMA name = value, then read back; AS_IO where it differs from `expected` (D5).
int as_sqlite_pragma(sqlite3 *db, const char *name, const char *value, const char *expected,
                     struct as_error *error);

// Removes a database with its -journal, -wal and -shm, as far as they are there; the database
// first: SQLite discards what it finds beside an empty file, but would believe a file without its
// WAL.
int as_sqlite_remove(const char *path, struct as_error *error);

// Everything in the WAL into the file, and the WAL emptied. AS_AGAIN where a reader hinders it.
int as_sqlite_checkpoint(sqlite3 *db, struct as_error *error);
// The same, with the WAL left as large as it is.
int as_sqlite_checkpoint_full(sqlite3 *db, struct as_error *error);
// As much of it as readers allow, without waiting.
int as_sqlite_checkpoint_passive(sqlite3 *db, struct as_error *error);

void as_sqlite_bind(sqlite3_stmt *statement, int parameter, const struct as_value *value);
// A column of the current row; TEXT lives until the next step. A BLOB reads as NULL.
struct as_value as_sqlite_column(sqlite3_stmt *statement, int column);

#endif
