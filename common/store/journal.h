// SPDX-License-Identifier: MIT
//
// The journal: a chain of segments, and the chain of hashes through them (D6).
//
// Writing: repair → open → (begin → append … → commit)… → close. After a failure only abandon (D3).
// Once the active segment is full, the next begin starts a new one; a thread of its own seals the
// old one meanwhile, so that the writer never waits for a checkpoint. Where that thread is not done
// when the next segment is full, that one grows on for a while.
//
// Reading: a reader of its own, with read-only connections, from any batch, in order.
#ifndef AS_STORE_JOURNAL_H
#define AS_STORE_JOURNAL_H

#include "store/segment.h"

// Where the journal ends.
struct as_journal_head {
    uint64_t batches; // the last batch's number
    uint64_t items;
    uint8_t hash[AS_SHA256_SIZE]; // the domain's digest while there is no batch
};

struct as_journal;

// Before anything is read, by the writer alone: undoes what a crash left half made in a segment
// that was being made or sealed. A read-only connection cannot read a file in that state.
int as_journal_repair(const char *directory, struct as_error *error);
// Opens for appending, finishing what a crash left: unsealed segments before the last, a last one
// without rows. `directory` is the store's journal/.
int as_journal_open(const char *directory, const uint8_t domain[AS_SHA256_SIZE],
                    uint64_t segment_bytes, struct as_journal **journal, struct as_error *error);
const struct as_journal_head *as_journal_head(const struct as_journal *journal);
int as_journal_begin(struct as_journal *journal, struct as_error *error);
// Fills in the row's batch, first_item and hash, and moves the head.
int as_journal_append(struct as_journal *journal, struct as_journal_row *row,
                      struct as_error *error);
// Is the active segment as large as it should become? Then the next transaction starts another.
bool as_journal_full(const struct as_journal *journal);
int as_journal_commit(struct as_journal *journal, struct as_error *error);

struct as_journal_figures {
    uint64_t appended_bytes; // frames and verdicts, since it was opened
    uint64_t active_bytes;   // of the active segment, about
    uint64_t sealing_bytes;  // of the one that is being sealed, about
    uint64_t segments;       // all of them
    uint64_t seals;          // since it was opened
};
void as_journal_measure(const struct as_journal *journal, struct as_journal_figures *figures);

// Waits for the sealer, checkpoints the active segment.
int as_journal_close(struct as_journal *journal, struct as_error *error);
void as_journal_abandon(struct as_journal *journal);

// ---- Reading ------------------------------------------------------------------------------------

struct as_journal_reader;

// An empty or missing directory reads as a journal without batches.
int as_journal_reader_open(const char *directory, const uint8_t domain[AS_SHA256_SIZE],
                           struct as_journal_reader **reader, struct as_error *error);
void as_journal_reader_close(struct as_journal_reader *reader);

// Closes the segment at hand, until the next call opens it again: a writer that is to seal it must
// not have its own reader in the way.
void as_journal_reader_rest(struct as_journal_reader *reader);

// What the oldest segment that is still there follows: the domain, or what was taken away.
void as_journal_reader_start(const struct as_journal_reader *reader, struct as_journal_head *head);
// The next row goes on behind batch `after` (0: from the start).
void as_journal_reader_seek(struct as_journal_reader *reader, uint64_t after);
// The last batch that begins at or before that item: where to seek for it, minus one.
int as_journal_reader_seek_item(struct as_journal_reader *reader, uint64_t item,
                                struct as_error *error);
enum as_journal_next { AS_JOURNAL_FAILED = -1, AS_JOURNAL_END = 0, AS_JOURNAL_ROW = 1 };
// The row's blobs live until the next call. At the end a later call may find more (a writer goes
// on).
enum as_journal_next as_journal_reader_next(struct as_journal_reader *reader,
                                            struct as_journal_row *row, struct as_error *error);
// Closes the file at hand: a reader that waits must not keep the writer from sealing it.
void as_journal_reader_release(struct as_journal_reader *reader);
// The first batch behind `after` that has the source's record `offset`.
enum as_journal_next as_journal_reader_find(struct as_journal_reader *reader, uint64_t after,
                                            uint64_t source, uint64_t offset,
                                            struct as_journal_row *row, struct as_error *error);
// The journal's end now.
int as_journal_reader_head(struct as_journal_reader *reader, struct as_journal_head *head,
                           struct as_error *error);

// Files of the journal, oldest first, and whether each is in WAL mode (not sealed). The caller
// frees every name and the array.
struct as_journal_file {
    char *path;
    bool wal;
};
int as_journal_files(const char *directory, struct as_journal_file **files, size_t *count,
                     struct as_error *error);
void as_journal_files_free(struct as_journal_file *files, size_t count);

#endif
