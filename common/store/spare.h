// SPDX-License-Identifier: MIT
//
// What the journal's next segment starts from, made ready beside the writer.
//
// A database with its tables, so that to go on in a new segment costs the writer two renames and
// one sync; and the WAL of a segment that was sealed, so that commits write over blocks that the
// file has already. An fdatasync behind an append waits for the file system's own journal too (on
// ext4 for everything in it, a checkpoint that is going on included); behind an overwrite it waits
// for the bytes alone, in half the time and for half the CPU (bench/RESULTS.md). PostgreSQL
// recycles its WAL files for the same reason.
//
// What the WAL held cannot come back: its header is blanked, durably, before the new segment gets
// it; SQLite then gives it other salts, and a frame counts only under the header's salts and the
// chain of checksums from there (https://www.sqlite.org/fileformat2.html#walformat).
#ifndef AS_STORE_SPARE_H
#define AS_STORE_SPARE_H

#include "store/segment.h"

struct as_spare {
    char *database, *wal; // paths, in the journal's directory
    bool has_database, has_wal;
};

// Removes what an earlier writer left.
int as_spare_open(const char *directory, struct as_spare *spare, struct as_error *error);
// Removes what was not used: a store at rest has no spare.
int as_spare_close(struct as_spare *spare, struct as_error *error);
// Leaves it to the next writer.
void as_spare_abandon(struct as_spare *spare);

// Makes the database, unless it is there.
int as_spare_prepare(struct as_spare *spare, struct as_error *error);
// Seals a segment and keeps its WAL.
int as_spare_seal(struct as_spare *spare, struct as_segment *segment, struct as_error *error);
// Opens a segment made of it under the name `path`, durably (D8).
int as_spare_use(struct as_spare *spare, const char *path, struct as_segment *segment,
                 struct as_error *error);

#endif
