// SPDX-License-Identifier: MIT
#include "store/segment.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buffer.h"
#include "base/bytes.h"
#include "base/io.h"

enum { ROW_BYTES = 128 }; // of a batch beside its frame and verdicts, about

static const char schema[] =
    "CREATE TABLE segment ("
    "  format INTEGER NOT NULL, domain BLOB NOT NULL, first_batch INTEGER NOT NULL,"
    "  first_item INTEGER NOT NULL, previous_hash BLOB NOT NULL) STRICT;"
    "CREATE TABLE batch ("
    "  batch INTEGER PRIMARY KEY, first_item INTEGER NOT NULL, items INTEGER NOT NULL,"
    "  accepted INTEGER NOT NULL, source INTEGER NOT NULL, offset INTEGER NOT NULL,"
    "  committed_ns INTEGER NOT NULL, frame BLOB NOT NULL, verdicts BLOB NOT NULL,"
    "  hash BLOB NOT NULL) STRICT";

void as_segment_hash(const uint8_t previous[AS_SHA256_SIZE], const struct as_journal_row *row,
                     uint8_t hash[AS_SHA256_SIZE]) {
    uint8_t head[48];
    as_store_le64(head, row->batch);
    as_store_le64(head + 8, row->first_item);
    as_store_le32(head + 16, row->items);
    as_store_le32(head + 20, row->accepted);
    as_store_le64(head + 24, row->source);
    as_store_le64(head + 32, row->offset);
    as_store_le64(head + 40, row->frame.size);
    struct as_bytes pieces[] = {
        {previous, AS_SHA256_SIZE}, {head, sizeof head}, row->frame, row->verdicts};
    as_sha256(pieces, 4, hash);
}

// ---- Writing ------------------------------------------------------------------------------------

static int prepare_insert(struct as_segment *segment, struct as_error *error) {
    return as_sqlite_prepare(
        segment->db, "INSERT INTO batch (" AS_SEGMENT_COLUMNS ") VALUES (?,?,?,?,?,?,?,?,?,?)",
        &segment->insert, error);
}

static int insert_start(sqlite3 *db, const struct as_segment_start *start, struct as_error *error) {
    sqlite3_stmt *statement;
    int code = as_sqlite_prepare(db, "INSERT INTO segment VALUES (?,?,?,?,?)", &statement, error);
    if (code)
        return code;
    sqlite3_bind_int(statement, 1, AS_STORE_FORMAT);
    sqlite3_bind_blob(statement, 2, start->domain, AS_SHA256_SIZE, SQLITE_STATIC);
    sqlite3_bind_int64(statement, 3, (int64_t)start->first_batch);
    sqlite3_bind_int64(statement, 4, (int64_t)start->first_item);
    sqlite3_bind_blob(statement, 5, start->previous_hash, AS_SHA256_SIZE, SQLITE_STATIC);
    if (sqlite3_step(statement) != SQLITE_DONE)
        code = as_sqlite_error(db, "INSERT INTO segment", error);
    sqlite3_finalize(statement);
    return code;
}

int as_segment_make(const char *path, struct as_error *error) {
    sqlite3 *db;
    int code = as_sqlite_open(path, AS_SQLITE_WRITE, "full", &db, error);
    if (!code)
        code = as_sqlite_exec(db, "BEGIN", error);
    if (!code)
        code = as_sqlite_exec(db, schema, error);
    if (!code)
        code = as_sqlite_exec(db, "COMMIT", error);
    if (!code)
        code = as_sqlite_checkpoint(db, error);
    if (!code) // to leave one file, in WAL mode
        sqlite3_db_config(db, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 0, (int *)NULL);
    sqlite3_close(db);
    return code;
}

// What its batches add up to, as as_segment_append does: a segment ends at the same batch whoever
// opened it in between.
static int sum_bytes(struct as_segment *segment, struct as_error *error) {
    sqlite3_stmt *s;
    int code = as_sqlite_prepare(
        segment->db, "SELECT sum(length(frame) + length(verdicts) + ?) FROM batch", &s, error);
    if (code)
        return code;
    sqlite3_bind_int(s, 1, ROW_BYTES);
    if (sqlite3_step(s) == SQLITE_ROW)
        segment->bytes = (uint64_t)sqlite3_column_int64(s, 0);
    else
        code = as_sqlite_error(segment->db, "SELECT sum", error);
    sqlite3_finalize(s);
    return code;
}

int as_segment_open(const char *path, struct as_segment *segment, struct as_error *error) {
    *segment = (struct as_segment){.path = as_strdup(path)};
    int code = as_sqlite_open(path, AS_SQLITE_WRITE, "full", &segment->db, error);
    if (!code)
        code = prepare_insert(segment, error);
    if (!code)
        code = sum_bytes(segment, error);
    if (code)
        as_segment_abandon(segment);
    return code;
}

int as_segment_begin(struct as_segment *segment, struct as_error *error) {
    return as_sqlite_exec(segment->db, "BEGIN IMMEDIATE", error);
}

int as_segment_start(struct as_segment *segment, const struct as_segment_start *start,
                     struct as_error *error) {
    int code = as_segment_begin(segment, error);
    return code ? code : insert_start(segment->db, start, error);
}

static void bind_blob(sqlite3_stmt *statement, int parameter, const struct as_bytes *bytes) {
    // A NULL pointer would bind NULL; an empty blob needs some address.
    sqlite3_bind_blob(statement, parameter, bytes->size ? bytes->data : "", (int)bytes->size,
                      SQLITE_STATIC);
}

int as_segment_append(struct as_segment *segment, const struct as_journal_row *row,
                      struct as_error *error) {
    sqlite3_stmt *s = segment->insert;
    struct as_bytes hash = {row->hash, AS_SHA256_SIZE};
    sqlite3_bind_int64(s, 1, (int64_t)row->batch);
    sqlite3_bind_int64(s, 2, (int64_t)row->first_item);
    sqlite3_bind_int64(s, 3, row->items);
    sqlite3_bind_int64(s, 4, row->accepted);
    sqlite3_bind_int64(s, 5, (int64_t)row->source);
    sqlite3_bind_int64(s, 6, (int64_t)row->offset);
    sqlite3_bind_int64(s, 7, (int64_t)row->committed_ns);
    bind_blob(s, 8, &row->frame);
    bind_blob(s, 9, &row->verdicts);
    bind_blob(s, 10, &hash);
    int rc = sqlite3_step(s);
    sqlite3_reset(s);
    if (rc != SQLITE_DONE)
        return as_sqlite_error(segment->db, "INSERT INTO batch", error);
    segment->bytes += row->frame.size + row->verdicts.size + ROW_BYTES;
    return AS_OK;
}

int as_segment_commit(struct as_segment *segment, struct as_error *error) {
    return as_sqlite_exec(segment->db, "COMMIT", error);
}

void as_segment_abandon(struct as_segment *segment) {
    sqlite3_finalize(segment->insert);
    sqlite3_close(segment->db);
    free(segment->path);
    *segment = (struct as_segment){0};
}

// Closes; a checkpoint that a reader hindered is no failure.
static int end(struct as_segment *segment, int code, const struct as_error *failure,
               struct as_error *error) {
    as_segment_abandon(segment);
    if (!code || code == AS_AGAIN)
        return AS_OK;
    *error = *failure;
    return code;
}

int as_segment_close(struct as_segment *segment, struct as_error *error) {
    struct as_error failure;
    int code = as_sqlite_checkpoint(segment->db, &failure);
    return end(segment, code, &failure, error);
}

// Undoes the header, durably: what follows it counts for nothing.
static int blank_wal(const char *path, struct as_error *error) {
    static const char zeros[32];
    int fd = open(path, O_WRONLY | O_CLOEXEC);
    if (fd < 0)
        return as_error_errno(error, AS_IO, "%s", path);
    int code = as_io_write_full(fd, zeros, sizeof zeros, path, error);
    if (!code && fdatasync(fd) != 0)
        code = as_error_errno(error, AS_IO, "%s: fdatasync", path);
    close(fd);
    return code;
}

// A second name, for SQLite removes the first. Where the file system has no links, there is none.
static bool link_wal(const char *path, const char *name) {
    struct as_buffer wal = {0};
    as_buffer_printf(&wal, "%s-wal", path);
    bool linked = link((const char *)wal.data, name) == 0;
    as_buffer_free(&wal);
    return linked;
}

int as_segment_seal(struct as_segment *segment, const char *keep, bool *kept,
                    struct as_error *error) {
    struct as_error failure;
    sqlite3_finalize(segment->insert);
    segment->insert = NULL;
    int code = as_sqlite_checkpoint_full(segment->db, &failure);
    bool linked = !code && keep && link_wal(segment->path, keep);
    if (!code)
        code = as_sqlite_pragma(segment->db, "journal_mode", "delete", "delete", &failure);
    if (!code && linked) // out of WAL mode: nobody else had the file open
        code = blank_wal(keep, &failure);
    else if (linked)
        unlink(keep);
    if (kept)
        *kept = !code && linked;
    if (!code && chmod(segment->path, S_IRUSR | S_IRGRP | S_IROTH) != 0)
        code = as_error_errno(&failure, AS_IO, "%s: chmod", segment->path);
    if (!code)
        code = as_io_sync_parent(segment->path, &failure);
    return end(segment, code, &failure, error);
}

// ---- Reading ------------------------------------------------------------------------------------

static struct as_bytes blob(sqlite3_stmt *s, int column) {
    const void *data = sqlite3_column_blob(s, column);
    return (struct as_bytes){data, (size_t)sqlite3_column_bytes(s, column)};
}

int as_segment_row(sqlite3_stmt *s, struct as_journal_row *row, struct as_error *error) {
    *row = (struct as_journal_row){.batch = (uint64_t)sqlite3_column_int64(s, 0),
                                   .first_item = (uint64_t)sqlite3_column_int64(s, 1),
                                   .items = (uint32_t)sqlite3_column_int64(s, 2),
                                   .accepted = (uint32_t)sqlite3_column_int64(s, 3),
                                   .source = (uint64_t)sqlite3_column_int64(s, 4),
                                   .offset = (uint64_t)sqlite3_column_int64(s, 5),
                                   .committed_ns = (uint64_t)sqlite3_column_int64(s, 6),
                                   .frame = blob(s, 7),
                                   .verdicts = blob(s, 8)};
    struct as_bytes hash = blob(s, 9);
    if (hash.size != AS_SHA256_SIZE || sqlite3_column_int64(s, 2) != row->items ||
        sqlite3_column_int64(s, 3) != row->accepted)
        return as_error_set(error, AS_DATA, "batch %llu: a column is out of range",
                            (unsigned long long)row->batch);
    memcpy(row->hash, hash.data, AS_SHA256_SIZE);
    return AS_OK;
}

static bool has_tables(sqlite3 *db) {
    return sqlite3_table_column_metadata(db, NULL, "batch", "hash", NULL, NULL, NULL, NULL, NULL) ==
           SQLITE_OK;
}

int as_segment_read_start(sqlite3 *db, struct as_segment_start *start, bool *found,
                          struct as_error *error) {
    sqlite3_stmt *s;
    *found = false;
    if (!has_tables(db)) {
        int rc = sqlite3_errcode(db) & 0xFF; // SQLITE_ERROR: no such table
        return rc == SQLITE_OK || rc == SQLITE_ERROR ? AS_OK : as_sqlite_error(db, "open", error);
    }
    int code = as_sqlite_prepare(
        db, "SELECT format, domain, first_batch, first_item, previous_hash FROM segment", &s,
        error);
    if (code)
        return code;
    int rc = sqlite3_step(s);
    if (rc == SQLITE_ROW) {
        struct as_bytes domain = blob(s, 1), previous = blob(s, 4);
        *found = sqlite3_column_int(s, 0) == AS_STORE_FORMAT && domain.size == AS_SHA256_SIZE &&
                 previous.size == AS_SHA256_SIZE;
        if (*found) {
            memcpy(start->domain, domain.data, AS_SHA256_SIZE);
            memcpy(start->previous_hash, previous.data, AS_SHA256_SIZE);
        } else {
            code = as_error_set(error, AS_DATA, "%s: not a segment of format %d",
                                sqlite3_db_filename(db, "main"), AS_STORE_FORMAT);
        }
        start->first_batch = (uint64_t)sqlite3_column_int64(s, 2);
        start->first_item = (uint64_t)sqlite3_column_int64(s, 3);
    } else if (rc != SQLITE_DONE) {
        code = as_sqlite_error(db, "SELECT FROM segment", error);
    }
    sqlite3_finalize(s);
    return code;
}

int as_segment_read_last(sqlite3 *db, struct as_journal_row *row, bool *found,
                         struct as_error *error) {
    sqlite3_stmt *s;
    *found = false;
    int code = as_sqlite_prepare(
        db, "SELECT " AS_SEGMENT_COLUMNS " FROM batch ORDER BY batch DESC LIMIT 1", &s, error);
    if (code)
        return code;
    int rc = sqlite3_step(s);
    *found = rc == SQLITE_ROW;
    if (rc == SQLITE_ROW)
        code = as_segment_row(s, row, error);
    else if (rc != SQLITE_DONE)
        code = as_sqlite_error(db, "SELECT FROM batch", error);
    row->frame = row->verdicts = (struct as_bytes){0};
    sqlite3_finalize(s);
    return code;
}
