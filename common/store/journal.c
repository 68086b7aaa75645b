// SPDX-License-Identifier: MIT
#include "store/journal.h"

#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buffer.h"
#include "base/io.h"
#include "base/thread.h"
#include "store/pace.h"
#include "store/spare.h"

enum {
    REST_MS_MAX = 20,      // of the sealer behind a piece, where little comes or nothing
    SEALER_WAIT_MS = 50,   // of the writer for the sealer
    SEGMENT_STRETCH = 4,   // a segment gets that many times as large before the writer waits longer
    SEGMENT_EXTENSION = 4, // of one that goes on meanwhile: a part of the size that it should have
};

struct as_journal {
    char *directory;
    uint8_t domain[AS_SHA256_SIZE];
    uint64_t segment_bytes;
    uint64_t full_bytes; // at which the active segment is full: mostly the same
    struct as_journal_head head;
    struct as_segment active; // db is NULL while there is none
    _Atomic uint64_t appended_bytes;
    uint64_t segments, seals;
    // The sealer: at most one segment at a time, owned by its thread until joined, and the spare
    // with it.
    bool sealing;
    pthread_t sealer;
    struct as_segment sealed;
    struct as_spare spare;
    uint64_t sealing_bytes;
    uint64_t sealing_since; // that many bytes had been appended then
    atomic_bool hurry;      // somebody waits for it
    atomic_bool sealed_all; // by the thread: nothing is left to do
    struct as_error seal_error;
};

// ---- Sealing ------------------------------------------------------------------------------------

// Seals twice as fast as the next segment fills: so the disk is never asked for much at once, and
// all is done when it is needed.
static void rest(void *argument, uint64_t written) {
    struct as_journal *j = argument;
    for (int i = 0; i < REST_MS_MAX && !atomic_load(&j->hurry) &&
                    written > 2 * (atomic_load(&j->appended_bytes) - j->sealing_since);
         i++)
        usleep(1000);
}

static void *seal(void *argument) {
    struct as_journal *j = argument;
    as_pace(j->sealed.db, rest, j);
    if (as_spare_seal(&j->spare, &j->sealed, &j->seal_error) == AS_OK)
        as_spare_prepare(&j->spare, &j->seal_error);
    atomic_store(&j->sealed_all, true);
    return NULL;
}

static int join_sealer(struct as_journal *j, struct as_error *error) {
    if (!j->sealing)
        return AS_OK;
    atomic_store(&j->hurry, true);
    pthread_join(j->sealer, NULL);
    j->sealing = false;
    if (j->seal_error.code)
        *error = j->seal_error;
    return j->seal_error.code;
}

// Hands a segment over, while nothing is being sealed.
static int start_sealer(struct as_journal *j, struct as_segment *segment, struct as_error *error) {
    j->sealed = *segment;
    j->sealing_bytes = segment->bytes;
    j->sealing_since = atomic_load(&j->appended_bytes);
    atomic_store(&j->hurry, false);
    atomic_store(&j->sealed_all, false);
    j->seal_error = (struct as_error){0};
    int code = as_thread_start(&j->sealer, "as-seal", seal, j, error);
    if (code)
        as_segment_abandon(&j->sealed);
    j->sealing = !code;
    j->seals++;
    return code;
}

// ---- Opening ------------------------------------------------------------------------------------

// The name that a segment gets if it starts now.
static char *next_path(const struct as_journal *j) {
    char name[32];
    snprintf(name, sizeof name, "%020llu.db", (unsigned long long)j->head.items);
    return as_io_join(j->directory, name);
}

// Only while nothing is being sealed.
static int open_segment(struct as_journal *j, struct as_error *error) {
    char *path = next_path(j);
    j->full_bytes = j->segment_bytes;
    int code = as_spare_use(&j->spare, path, &j->active, error);
    free(path);
    j->segments++;
    return code;
}

static int start_segment(struct as_journal *j, struct as_error *error) {
    struct as_segment_start start = {.first_batch = j->head.batches + 1,
                                     .first_item = j->head.items};
    memcpy(start.domain, j->domain, AS_SHA256_SIZE);
    memcpy(start.previous_hash, j->head.hash, AS_SHA256_SIZE);
    return as_segment_start(&j->active, &start, error);
}

// Has this segment a batch? Looked up by a reader that is closed before the writer's connection
// opens.
static int has_rows(const char *path, bool *rows, struct as_error *error) {
    sqlite3 *db;
    struct as_segment_start start;
    struct as_journal_row row;
    int code = as_sqlite_open(path, AS_SQLITE_READ, NULL, &db, error);
    if (code)
        return code;
    code = as_segment_read_start(db, &start, rows, error);
    if (!code && *rows)
        code = as_segment_read_last(db, &row, rows, error);
    sqlite3_close(db);
    return code;
}

static int finish_seal(const char *path, struct as_error *error) {
    struct as_segment segment;
    int code = as_segment_open(path, &segment, error);
    return code ? code : as_segment_seal(&segment, NULL, NULL, error);
}

static int open_files(struct as_journal *j, struct as_error *error) {
    struct as_journal_file *files;
    size_t count;
    bool rows = true;
    int code = as_journal_files(j->directory, &files, &count, error);
    if (!code && count)
        code = has_rows(files[count - 1].path, &rows, error);
    size_t last = count;
    if (!code && !rows) {
        // It was being made when the writer died; it is made again when it is needed.
        code = as_sqlite_remove(files[count - 1].path, error);
        last--;
    }
    for (size_t i = 0; !code && i + 1 < last; i++) {
        if (files[i].wal)
            code = finish_seal(files[i].path, error);
    }
    // A sealed segment is never opened for writing again (D8); the next batch starts a new one.
    if (!code && last && files[last - 1].wal)
        code = as_segment_open(files[last - 1].path, &j->active, error);
    as_journal_files_free(files, count);
    j->segments = last;
    return code;
}

// Undoes what a crash left half made in one file: SQLite does so for a connection that may write.
static int roll_back(const struct as_journal_file *file, struct as_error *error) {
    struct as_buffer journal = {0};
    sqlite3 *db = NULL;
    as_buffer_printf(&journal, "%s-journal", file->path);
    int code = access((const char *)journal.data, F_OK) != 0
                   ? AS_OK
                   : as_sqlite_open(file->path, AS_SQLITE_WRITE, "full", &db, error);
    sqlite3_close(db);
    as_buffer_free(&journal);
    return code;
}

int as_journal_repair(const char *directory, struct as_error *error) {
    struct as_journal_file *files;
    size_t count;
    int code = as_journal_files(directory, &files, &count, error);
    for (size_t i = 0; !code && i < count; i++)
        code = roll_back(&files[i], error);
    as_journal_files_free(files, count);
    return code;
}

static int read_head(struct as_journal *j, struct as_error *error) {
    struct as_journal_reader *reader;
    int code = as_journal_reader_open(j->directory, j->domain, &reader, error);
    if (code)
        return code;
    code = as_journal_reader_head(reader, &j->head, error);
    as_journal_reader_close(reader);
    return code;
}

// A WAL that was renamed for a segment that was not.
static int remove_orphan(const struct as_journal *j, struct as_error *error) {
    char *path = next_path(j);
    int code = access(path, F_OK) == 0 ? AS_OK : as_sqlite_remove(path, error);
    free(path);
    return code;
}

int as_journal_open(const char *directory, const uint8_t domain[AS_SHA256_SIZE],
                    uint64_t segment_bytes, struct as_journal **journal, struct as_error *error) {
    struct as_journal *j = as_alloc_zero(1, sizeof *j);
    j->directory = as_strdup(directory);
    j->segment_bytes = j->full_bytes = segment_bytes;
    memcpy(j->domain, domain, AS_SHA256_SIZE);
    int code = read_head(j, error);
    if (!code)
        code = as_spare_open(directory, &j->spare, error);
    if (!code)
        code = remove_orphan(j, error);
    if (!code)
        code = open_files(j, error);
    if (code)
        as_journal_abandon(j);
    else
        *journal = j;
    return code;
}

const struct as_journal_head *as_journal_head(const struct as_journal *j) {
    return &j->head;
}

// ---- Appending ----------------------------------------------------------------------------------

bool as_journal_full(const struct as_journal *j) {
    return j->active.bytes >= j->full_bytes;
}

// The writer has a segment's worth of time before it needs the sealer again, and what that made
// ready. Where a seal takes longer, since somebody reads the segment or the disk is slow, the
// active segment is given more room rather than the writer more patience.
static bool postpone(struct as_journal *j) {
    if (!j->sealing || j->active.bytes >= SEGMENT_STRETCH * j->segment_bytes)
        return false;
    atomic_store(&j->hurry, true);
    for (int ms = 0; ms < SEALER_WAIT_MS && !atomic_load(&j->sealed_all); ms++)
        usleep(1000);
    if (atomic_load(&j->sealed_all))
        return false;
    j->full_bytes = j->active.bytes + j->segment_bytes / SEGMENT_EXTENSION;
    return true;
}

static int next_segment(struct as_journal *j, struct as_error *error) {
    struct as_segment full = j->active;
    j->active = (struct as_segment){0};
    int code = join_sealer(j, error);
    if (!code)
        code = open_segment(j, error);
    if (full.db && code)
        as_segment_abandon(&full);
    else if (full.db)
        code = start_sealer(j, &full, error);
    return code ? code : start_segment(j, error);
}

int as_journal_begin(struct as_journal *j, struct as_error *error) {
    bool goes_on = j->active.db && (!as_journal_full(j) || postpone(j));
    return goes_on ? as_segment_begin(&j->active, error) : next_segment(j, error);
}

int as_journal_append(struct as_journal *j, struct as_journal_row *row, struct as_error *error) {
    row->batch = j->head.batches + 1;
    row->first_item = j->head.items;
    as_segment_hash(j->head.hash, row, row->hash);
    int code = as_segment_append(&j->active, row, error);
    if (code)
        return code;
    j->appended_bytes += row->frame.size + row->verdicts.size;
    j->head.batches = row->batch;
    j->head.items += row->items;
    memcpy(j->head.hash, row->hash, AS_SHA256_SIZE);
    return AS_OK;
}

int as_journal_commit(struct as_journal *j, struct as_error *error) {
    return as_segment_commit(&j->active, error);
}

void as_journal_measure(const struct as_journal *j, struct as_journal_figures *figures) {
    bool sealing = j->sealing && !atomic_load(&j->sealed_all);
    *figures = (struct as_journal_figures){.appended_bytes = j->appended_bytes,
                                           .active_bytes = j->active.bytes,
                                           .sealing_bytes = sealing ? j->sealing_bytes : 0,
                                           .segments = j->segments,
                                           .seals = j->seals};
}

static void free_journal(struct as_journal *j) {
    as_spare_abandon(&j->spare);
    free(j->directory);
    free(j);
}

int as_journal_close(struct as_journal *j, struct as_error *error) {
    int code = join_sealer(j, error);
    if (!code && j->active.db)
        code = as_segment_close(&j->active, error);
    else if (j->active.db)
        as_segment_abandon(&j->active);
    if (!code)
        code = as_spare_close(&j->spare, error);
    free_journal(j);
    return code;
}

void as_journal_abandon(struct as_journal *j) {
    struct as_error ignored;
    join_sealer(j, &ignored);
    if (j->active.db)
        as_segment_abandon(&j->active);
    free_journal(j);
}
