// SPDX-License-Identifier: MIT
//
// state.db: the aggregates as ordinary tables, as they were at one position of the journal.
// Derived, so it may vanish at any time (D4). Written by the fold, in one transaction with the
// position that the rows stand for, so that a reader always sees one consistent point.
//
// Beside the aggregates it has as_position (one row) and as_source (a row a source).
#ifndef AS_STORE_STATEFILE_H
#define AS_STORE_STATEFILE_H

#include "domain/engine.h"
#include "store/journal.h"
#include "store/sources.h"
#include "store/sqlite.h"

struct as_statefile;

// Opens for folding; makes it, with the domain's schema and no rows, where it is missing. AS_DATA
// where it is damaged or not of this domain: remove it and open again.
int as_statefile_open(const char *path, const struct as_domain *domain,
                      struct as_statefile **statefile, struct as_error *error);
// Removes the file with its -wal and -shm.
int as_statefile_remove(const char *path, struct as_error *error);

// Writes changes (as_engine_take_changes, as_sources_take_changes) and the position that they stand
// for, durably enough: the journal has all of it.
int as_statefile_fold(struct as_statefile *statefile, const struct as_buffer *changes,
                      const struct as_buffer *sources, const struct as_journal_head *position,
                      struct as_error *error);
// Checkpoints and closes.
int as_statefile_close(struct as_statefile *statefile, struct as_error *error);
void as_statefile_abandon(struct as_statefile *statefile);

// ---- Reading, on any connection -----------------------------------------------------------------

// *found is false where nothing was folded yet.
int as_statefile_position(sqlite3 *db, struct as_journal_head *position, bool *found,
                          struct as_error *error);
// All rows into an empty engine, all sources into `sources`; both as of the position.
int as_statefile_load(sqlite3 *db, const struct as_domain *domain, struct as_engine *engine,
                      struct as_sources *sources, struct as_error *error);
int as_statefile_load_sources(sqlite3 *db, struct as_sources *sources, struct as_error *error);
sqlite3 *as_statefile_connection(struct as_statefile *statefile);
// All rows of all aggregates, table by table; stops at the first non-zero result of `visit` and
// returns it.
int as_statefile_each_row(sqlite3 *db, const struct as_domain *domain, as_engine_visit visit,
                          void *context, struct as_error *error);

#endif
