// SPDX-License-Identifier: MIT
//
// The journal as one sequence of batches, whatever segments it lies in. A segment is opened
// read-only when its turn comes, and closed when the next one's has.
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"
#include "store/journal.h"

struct as_journal_reader {
    char *directory;
    uint8_t domain[AS_SHA256_SIZE];
    struct as_journal_file *files;
    struct as_segment_start *starts; // of files[i]; first_batch 0: unfinished, without batches
    size_t file_count;
    uint64_t after; // the last batch delivered
    size_t open;    // number of the file that db belongs to
    sqlite3 *db;
    sqlite3_stmt *from; // rows behind a batch
    bool running;       // `from` stands behind `after`
};

static void close_file(struct as_journal_reader *r) {
    sqlite3_finalize(r->from);
    sqlite3_close(r->db);
    r->from = NULL;
    r->db = NULL;
    r->running = false;
}

static int check_start(const struct as_journal_reader *r, const char *path,
                       const struct as_segment_start *start, struct as_error *error) {
    if (memcmp(start->domain, r->domain, AS_SHA256_SIZE) != 0)
        return as_error_set(error, AS_DATA, "%s: belongs to another domain", path);
    return AS_OK;
}

static int read_start(struct as_journal_reader *r, size_t file, struct as_error *error) {
    sqlite3 *db;
    bool found;
    int code = as_sqlite_open(r->files[file].path, AS_SQLITE_READ, NULL, &db, error);
    if (code)
        return code;
    code = as_segment_read_start(db, &r->starts[file], &found, error);
    sqlite3_close(db);
    if (!code && found)
        return check_start(r, r->files[file].path, &r->starts[file], error);
    if (!code && file + 1 < r->file_count)
        return as_error_set(error, AS_DATA, "%s: a segment without content before the last",
                            r->files[file].path);
    r->starts[file] = (struct as_segment_start){0};
    return code;
}

// Looks for segments again; the starts of those known already are kept.
static int list_files(struct as_journal_reader *r, struct as_error *error) {
    struct as_journal_file *files;
    size_t count, known = r->file_count;
    int code = as_journal_files(r->directory, &files, &count, error);
    if (code)
        return code;
    r->starts = as_realloc(r->starts, (count + 1) * sizeof *r->starts);
    while (known &&
           (known > count || strcmp(r->files[known - 1].path, files[known - 1].path) != 0 ||
            r->starts[known - 1].first_batch == 0))
        known--;
    as_journal_files_free(r->files, r->file_count);
    r->files = files;
    r->file_count = count;
    for (size_t i = known; !code && i < count; i++)
        code = read_start(r, i, error);
    return code;
}

int as_journal_reader_open(const char *directory, const uint8_t domain[AS_SHA256_SIZE],
                           struct as_journal_reader **reader, struct as_error *error) {
    struct as_journal_reader *r = as_alloc_zero(1, sizeof *r);
    r->directory = as_strdup(directory);
    memcpy(r->domain, domain, AS_SHA256_SIZE);
    int code = list_files(r, error);
    if (code)
        as_journal_reader_close(r);
    else
        *reader = r;
    return code;
}

void as_journal_reader_close(struct as_journal_reader *r) {
    if (!r)
        return;
    close_file(r);
    as_journal_files_free(r->files, r->file_count);
    free(r->starts);
    free(r->directory);
    free(r);
}

void as_journal_reader_rest(struct as_journal_reader *r) {
    close_file(r);
}

void as_journal_reader_start(const struct as_journal_reader *r, struct as_journal_head *head) {
    const struct as_segment_start *start = r->file_count ? &r->starts[0] : NULL;
    *head = (struct as_journal_head){0};
    memcpy(head->hash, r->domain, AS_SHA256_SIZE);
    if (!start || start->first_batch == 0)
        return;
    *head = (struct as_journal_head){.batches = start->first_batch - 1, .items = start->first_item};
    memcpy(head->hash, start->previous_hash, AS_SHA256_SIZE);
}

void as_journal_reader_seek(struct as_journal_reader *r, uint64_t after) {
    if (r->running)
        sqlite3_reset(r->from);
    r->running = false;
    r->after = after;
}

void as_journal_reader_release(struct as_journal_reader *r) {
    close_file(r);
}

// The file that has the batch behind `after`, or the last one.
static size_t file_of(const struct as_journal_reader *r, uint64_t after) {
    size_t file = 0;
    while (file + 1 < r->file_count && r->starts[file + 1].first_batch &&
           r->starts[file + 1].first_batch <= after + 1)
        file++;
    return file;
}

static int open_file(struct as_journal_reader *r, size_t file, struct as_error *error) {
    if (r->db && r->open == file)
        return AS_OK;
    close_file(r);
    r->open = file;
    int code = as_sqlite_open(r->files[file].path, AS_SQLITE_READ, NULL, &r->db, error);
    if (!code)
        code = as_sqlite_prepare(
            r->db, "SELECT " AS_SEGMENT_COLUMNS " FROM batch WHERE batch > ? ORDER BY batch",
            &r->from, error);
    return code;
}

// One step in the file that is due.
static enum as_journal_next step(struct as_journal_reader *r, struct as_journal_row *row,
                                 struct as_error *error) {
    size_t file = file_of(r, r->after);
    if (file >= r->file_count || r->starts[file].first_batch == 0)
        return AS_JOURNAL_END;
    if (open_file(r, file, error))
        return AS_JOURNAL_FAILED;
    if (!r->running) {
        sqlite3_bind_int64(r->from, 1, (int64_t)r->after);
        r->running = true;
    }
    int rc = sqlite3_step(r->from);
    if (rc == SQLITE_ROW) {
        if (as_segment_row(r->from, row, error)) {
            as_error_wrap(error, "%s", r->files[file].path);
            return AS_JOURNAL_FAILED;
        }
        r->after = row->batch;
        return AS_JOURNAL_ROW;
    }
    sqlite3_reset(r->from);
    r->running = false;
    if (rc == SQLITE_DONE)
        return AS_JOURNAL_END;
    as_sqlite_error(r->db, "SELECT FROM batch", error);
    return AS_JOURNAL_FAILED;
}

// A later segment was listed before the file that is due was read to its end, so its batches can
// only be missing.
static int check_no_gap(const struct as_journal_reader *r, struct as_error *error) {
    size_t later = file_of(r, r->after) + 1;
    if (later >= r->file_count || r->starts[later].first_batch == 0)
        return AS_OK;
    return as_error_set(error, AS_DATA, "%s: batches %llu to %llu are missing",
                        r->files[later].path, (unsigned long long)r->after + 1,
                        (unsigned long long)r->starts[later].first_batch - 1);
}

enum as_journal_next as_journal_reader_next(struct as_journal_reader *r, struct as_journal_row *row,
                                            struct as_error *error) {
    enum as_journal_next next = step(r, row, error);
    if (next != AS_JOURNAL_END)
        return next;
    // At the end of a file: the writer may have gone on in another.
    if (list_files(r, error))
        return AS_JOURNAL_FAILED;
    next = step(r, row, error);
    if (next == AS_JOURNAL_END && check_no_gap(r, error))
        return AS_JOURNAL_FAILED;
    return next;
}

int as_journal_reader_seek_item(struct as_journal_reader *r, uint64_t item,
                                struct as_error *error) {
    size_t file = 0;
    sqlite3_stmt *s;
    while (file + 1 < r->file_count && r->starts[file + 1].first_batch &&
           r->starts[file + 1].first_item <= item)
        file++;
    as_journal_reader_seek(r, 0);
    if (file >= r->file_count || r->starts[file].first_batch == 0)
        return AS_OK;
    int code = open_file(r, file, error);
    if (!code)
        code = as_sqlite_prepare(
            r->db, "SELECT batch FROM batch WHERE first_item <= ? ORDER BY batch DESC LIMIT 1", &s,
            error);
    if (code)
        return code;
    sqlite3_bind_int64(s, 1, (int64_t)item);
    uint64_t batch = sqlite3_step(s) == SQLITE_ROW ? (uint64_t)sqlite3_column_int64(s, 0) : 1;
    sqlite3_finalize(s);
    as_journal_reader_seek(r, batch - 1);
    return AS_OK;
}

static bool has_record(const struct as_journal_row *row, uint64_t source, uint64_t offset) {
    return row->source == source && row->offset <= offset && offset < row->offset + row->items;
}

enum as_journal_next as_journal_reader_find(struct as_journal_reader *r, uint64_t after,
                                            uint64_t source, uint64_t offset,
                                            struct as_journal_row *row, struct as_error *error) {
    enum as_journal_next next;
    // A rerun asks for one batch after the other; only a jump starts a new query.
    if (!r->running || r->after != after)
        as_journal_reader_seek(r, after);
    while ((next = as_journal_reader_next(r, row, error)) == AS_JOURNAL_ROW) {
        if (has_record(row, source, offset))
            return AS_JOURNAL_ROW;
    }
    return next;
}

int as_journal_reader_head(struct as_journal_reader *r, struct as_journal_head *head,
                           struct as_error *error) {
    *head = (struct as_journal_head){0};
    memcpy(head->hash, r->domain, AS_SHA256_SIZE);
    int code = list_files(r, error);
    for (size_t file = r->file_count; !code && file-- > 0;) {
        struct as_journal_row row;
        bool found;
        if (r->starts[file].first_batch == 0)
            continue;
        if ((code = open_file(r, file, error)) ||
            (code = as_segment_read_last(r->db, &row, &found, error)))
            break;
        if (!found)
            continue;
        *head = (struct as_journal_head){.batches = row.batch, .items = row.first_item + row.items};
        memcpy(head->hash, row.hash, AS_SHA256_SIZE);
        break;
    }
    return code;
}
