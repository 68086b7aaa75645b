// SPDX-License-Identifier: MIT
#include "store/pace.h"

enum { PIECE = 1 << 20 };

// SQLite's VFS has one set of methods for all files of a kind. A paced file gets a copy of it with
// an xWrite of ours.
static _Thread_local struct pace {
    const sqlite3_io_methods *original;
    sqlite3_io_methods paced;
    as_pace_rest *rest;
    void *context;
    uint64_t written, synced;
} pace;

static int write_paced(sqlite3_file *file, const void *data, int size, sqlite3_int64 offset) {
    int rc = pace.original->xWrite(file, data, size, offset);
    pace.written += (uint64_t)size;
    if (rc != SQLITE_OK || pace.written - pace.synced < PIECE)
        return rc;
    rc = pace.original->xSync(file, SQLITE_SYNC_NORMAL | SQLITE_SYNC_DATAONLY);
    pace.synced = pace.written;
    pace.rest(pace.context, pace.written);
    return rc;
}

void as_pace(sqlite3 *db, as_pace_rest *rest, void *context) {
    sqlite3_file *file;
    if (sqlite3_file_control(db, "main", SQLITE_FCNTL_FILE_POINTER, &file) != SQLITE_OK)
        return;
    pace = (struct pace){
        .original = file->pMethods, .paced = *file->pMethods, .rest = rest, .context = context};
    pace.paced.xWrite = write_paced;
    file->pMethods = &pace.paced;
}
