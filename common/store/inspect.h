// SPDX-License-Identifier: MIT
//
// What an audit asks of the store's databases, in SQL, by read-only connections. All functions
// return AS_DATA with what is wrong, AS_IO where a file cannot be read.
#ifndef AS_STORE_INSPECT_H
#define AS_STORE_INSPECT_H

#include "store/segment.h"
#include "store/statefile.h"

// SQLite's own integrity check; the first of its complaints.
int as_inspect_file(const char *path, struct as_error *error);

const char *as_inspect_sqlite_version(void);

// ---- A segment ----------------------------------------------------------------------------------

struct as_segment_summary {
    bool started;  // it has what it follows; false where its making was interrupted
    uint64_t rows; // batches
    uint64_t last_batch;
    struct as_segment_start start;
};

// Reads it as a whole: its rows must be numbered from its first batch on without a gap, and its
// name must be its first item's position.
int as_inspect_segment(const char *path, struct as_segment_summary *summary,
                       struct as_error *error);

// ---- state.db at one point ----------------------------------------------------------------------
//
// open → the questions, in any order → close. Between open and close everything is seen as of
// snapshot->position, whatever a writer does; it should not be for long.

struct as_snapshot {
    sqlite3 *db;
    const struct as_domain *domain;
    struct as_journal_head position;
    bool folded; // false: nothing was folded into it yet; there is no position
};

int as_snapshot_open(const char *path, const struct as_domain *domain, struct as_snapshot *snapshot,
                     struct as_error *error);
void as_snapshot_close(struct as_snapshot *snapshot);

// Its tables, views and indexes are the domain's, and its position names the domain.
int as_snapshot_check_schema(struct as_snapshot *snapshot, struct as_error *error);
int as_snapshot_each_row(struct as_snapshot *snapshot, as_engine_visit visit, void *context,
                         struct as_error *error);
// Has the table a row with the primary key of this one?
int as_snapshot_has_row(struct as_snapshot *snapshot, size_t table, const struct as_value *values,
                        bool *found, struct as_error *error);
// All of it into an empty engine.
int as_snapshot_load(struct as_snapshot *snapshot, struct as_engine *engine,
                     struct as_sources *sources, struct as_error *error);
int as_snapshot_sources(struct as_snapshot *snapshot, struct as_sources *sources,
                        struct as_error *error);
// How many rows break a CHECK of the domain.
int as_snapshot_count_broken(struct as_snapshot *snapshot, size_t check, uint64_t *broken,
                             struct as_error *error);
int as_snapshot_assertion(struct as_snapshot *snapshot, size_t assertion, bool *holds,
                          struct as_error *error);

#endif
