// SPDX-License-Identifier: MIT
//
// A journal segment: one SQLite file, one row a batch (as-store(5)).
//
// The writer opens at most one segment for appending, with the only connection that ever writes or
// checkpoints the file (D2); begin (or start), append …, commit. A segment that is full is sealed:
// checkpointed, taken out of WAL mode, closed and made read-only (D8).
#ifndef AS_STORE_SEGMENT_H
#define AS_STORE_SEGMENT_H

#include <stdbool.h>

#include "base/hash.h"
#include "store/sqlite.h"

enum { AS_STORE_FORMAT = 1 };

struct as_journal_row {
    uint64_t batch;      // from 1
    uint64_t first_item; // position of its first item in the journal, from 0
    uint32_t items;
    uint32_t accepted;
    uint64_t source;
    uint64_t offset; // of its first item in the source
    uint64_t committed_ns;
    struct as_bytes frame;    // verbatim
    struct as_bytes verdicts; // an outcome (stream/verdict.h); empty: all accepted
    uint8_t hash[AS_SHA256_SIZE];
};

// What a segment follows.
struct as_segment_start {
    uint8_t domain[AS_SHA256_SIZE];
    uint64_t first_batch;
    uint64_t first_item;
    uint8_t previous_hash[AS_SHA256_SIZE];
};

// hash = SHA-256(previous ‖ batch ‖ first_item ‖ items ‖ accepted ‖ source ‖ offset ‖ size of frame
// ‖ frame ‖ verdicts), integers little-endian, 8 bytes but items and accepted (4): D6.
void as_segment_hash(const uint8_t previous[AS_SHA256_SIZE], const struct as_journal_row *row,
                     uint8_t hash[AS_SHA256_SIZE]);

struct as_segment {
    char *path;
    sqlite3 *db;
    sqlite3_stmt *insert;
    uint64_t bytes; // of its batches, about
};

// Makes a file with its tables and nothing in them. Its name is not durable yet.
int as_segment_make(const char *path, struct as_error *error);
// Opens it for appending.
int as_segment_open(const char *path, struct as_segment *segment, struct as_error *error);
// Begins a transaction; the first of a file also says what the segment follows.
int as_segment_start(struct as_segment *segment, const struct as_segment_start *start,
                     struct as_error *error);
int as_segment_begin(struct as_segment *segment, struct as_error *error);
int as_segment_append(struct as_segment *segment, const struct as_journal_row *row,
                      struct as_error *error);
// Durable when it returns AS_OK (D1); after any other result the segment may only be abandoned
// (D3).
int as_segment_commit(struct as_segment *segment, struct as_error *error);
// Checkpoints and closes; the segment stays in WAL mode, for later appending. Where a reader
// hinders the checkpoint, the WAL simply stays as it is: nothing depends on it. So does a seal,
// which the next start finishes.
int as_segment_close(struct as_segment *segment, struct as_error *error);
// Checkpoints, leaves WAL mode, closes, makes the file read-only. Where `keep` is a name (of a file
// that is not there), the WAL stays under it, blank; *kept tells whether that was possible. Both
// may be NULL.
int as_segment_seal(struct as_segment *segment, const char *keep, bool *kept,
                    struct as_error *error);
// Closes without another word to the disk.
void as_segment_abandon(struct as_segment *segment);

// ---- Reading ------------------------------------------------------------------------------------

// SELECT with the columns of a row, in the order that as_segment_row reads.
#define AS_SEGMENT_COLUMNS                                                                         \
    "batch, first_item, items, accepted, source, offset, committed_ns, frame, verdicts, hash"

// The row at hand; its blobs live until the next step. AS_DATA where a column cannot be right.
int as_segment_row(sqlite3_stmt *statement, struct as_journal_row *row, struct as_error *error);
// False (AS_OK, *found false) where the segment was not completed: created, but without its tables
// or rows.
int as_segment_read_start(sqlite3 *db, struct as_segment_start *start, bool *found,
                          struct as_error *error);
// The last row's position and hash; *found false where there is none.
int as_segment_read_last(sqlite3 *db, struct as_journal_row *row, bool *found,
                         struct as_error *error);

#endif
