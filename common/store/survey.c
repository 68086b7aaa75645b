// SPDX-License-Identifier: MIT
#include "store/survey.h"

#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/io.h"
#include "store/statefile.h"
#include "store/store.h"

// Outcomes read before the connection is closed for a moment.
enum { OUTCOMES_AT_ONCE = 500 };

static uint64_t size_of(const char *path, const char *suffix) {
    struct as_buffer name = {0};
    struct stat st;
    as_buffer_printf(&name, "%s%s", path, suffix);
    uint64_t size = stat((char *)name.data, &st) == 0 ? (uint64_t)st.st_size : 0;
    as_buffer_free(&name);
    return size;
}

// ---- Segments -----------------------------------------------------------------------------------

// Its columns stand before the frame in a row, so that no overflow page is read.
static int count_batches(sqlite3 *db, struct as_survey_segment *s, struct as_error *error) {
    static const char sql[] = "SELECT count(*), sum(items), sum(accepted), min(batch),"
                              " min(first_item), min(committed_ns), max(committed_ns) FROM batch";
    uint64_t *const figures[] = {&s->batches,    &s->items,    &s->accepted, &s->first_batch,
                                 &s->first_item, &s->first_ns, &s->last_ns};
    sqlite3_stmt *statement;
    int code = as_sqlite_prepare(db, sql, &statement, error);
    if (code)
        return code;
    if (sqlite3_step(statement) != SQLITE_ROW)
        code = as_sqlite_error(db, "SELECT FROM batch", error);
    for (int i = 0; !code && i < 7; i++)
        *figures[i] = (uint64_t)sqlite3_column_int64(statement, i);
    sqlite3_finalize(statement);
    return code;
}

// A segment that was just begun may not have its tables yet.
static int survey_rows(sqlite3 *db, struct as_survey_segment *segment, struct as_error *error) {
    struct as_segment_start start;
    bool found;
    int code = as_segment_read_start(db, &start, &found, error);
    return code || !found ? code : count_batches(db, segment, error);
}

static int survey_segment(const struct as_journal_file *file, struct as_survey_segment *segment,
                          struct as_error *error) {
    sqlite3 *db;
    segment->path = as_strdup(file->path);
    segment->sealed = !file->wal;
    segment->bytes = size_of(file->path, "");
    segment->wal_bytes = size_of(file->path, "-wal");
    int code = as_sqlite_open(file->path, AS_SQLITE_READ, NULL, &db, error);
    if (code)
        return code;
    code = survey_rows(db, segment, error);
    sqlite3_close(db);
    return code;
}

// ---- Outcomes -----------------------------------------------------------------------------------

static int visit_rows(sqlite3 *db, sqlite3_stmt *statement, as_survey_visit *visit, void *context,
                      uint64_t *after, struct as_error *error) {
    int rc;
    while ((rc = sqlite3_step(statement)) == SQLITE_ROW) {
        *after = (uint64_t)sqlite3_column_int64(statement, 0);
        const void *outcome = sqlite3_column_blob(statement, 1);
        if (!visit(context, outcome, (size_t)sqlite3_column_bytes(statement, 1)))
            return as_error_set(error, AS_DATA, "%s: batch %llu: malformed verdicts",
                                sqlite3_db_filename(db, "main"), (unsigned long long)*after);
    }
    return rc == SQLITE_DONE ? AS_OK : as_sqlite_error(db, "SELECT FROM batch", error);
}

// Some batches with rejections behind `*after`, which moves on; *more is false once there are none.
static int visit_some(const char *path, as_survey_visit *visit, void *context, uint64_t *after,
                      bool *more, struct as_error *error) {
    static const char sql[] = "SELECT batch, verdicts FROM batch WHERE batch > ?"
                              " AND accepted < items ORDER BY batch LIMIT ?";
    uint64_t before = *after;
    sqlite3 *db;
    sqlite3_stmt *statement;
    int code = as_sqlite_open(path, AS_SQLITE_READ, NULL, &db, error);
    if (code)
        return code;
    code = as_sqlite_prepare(db, sql, &statement, error);
    if (!code) {
        sqlite3_bind_int64(statement, 1, (sqlite3_int64)before);
        sqlite3_bind_int(statement, 2, OUTCOMES_AT_ONCE);
        code = visit_rows(db, statement, visit, context, after, error);
        sqlite3_finalize(statement);
    }
    sqlite3_close(db);
    *more = *after > before;
    return code;
}

static int visit_segment(const struct as_survey_segment *segment, as_survey_visit *visit,
                         void *context, struct as_error *error) {
    uint64_t after = 0;
    bool more = segment->accepted < segment->items;
    int code = AS_OK;
    while (!code && more)
        code = visit_some(segment->path, visit, context, &after, &more, error);
    return code;
}

static int survey_journal(const char *directory, as_survey_visit *visit, void *context,
                          struct as_survey *survey, struct as_error *error) {
    struct as_journal_file *files;
    size_t count;
    int code = as_journal_files(directory, &files, &count, error);
    if (code)
        return code;
    survey->segments = as_alloc_zero(count + 1, sizeof *survey->segments);
    for (size_t i = 0; !code && i < count; i++) {
        struct as_survey_segment *segment = &survey->segments[survey->segment_count++];
        code = survey_segment(&files[i], segment, error);
        survey->batches += segment->batches;
        survey->items += segment->items;
        survey->accepted += segment->accepted;
        if (!code)
            code = visit_segment(segment, visit, context, error);
    }
    as_journal_files_free(files, count);
    return code;
}

// ---- State --------------------------------------------------------------------------------------

static int count_rows(sqlite3 *db, const char *table, uint64_t *rows, struct as_error *error) {
    sqlite3_stmt *statement;
    char *sql = sqlite3_mprintf("SELECT count(*) FROM \"%w\"", table);
    int code = as_sqlite_prepare(db, sql, &statement, error);
    sqlite3_free(sql);
    if (code)
        return code;
    if (sqlite3_step(statement) == SQLITE_ROW)
        *rows = (uint64_t)sqlite3_column_int64(statement, 0);
    else
        code = as_sqlite_error(db, "SELECT count(*)", error);
    sqlite3_finalize(statement);
    return code;
}

// One transaction: position and rows are of one point.
static int survey_tables(sqlite3 *db, struct as_survey *survey, struct as_error *error) {
    int code = as_sqlite_exec(db, "BEGIN", error);
    if (!code)
        code = as_statefile_position(db, &survey->folded, &survey->has_folded, error);
    if (code || !survey->has_folded)
        return code;
    code = count_rows(db, "as_source", &survey->sources, error);
    for (size_t i = 0; !code && i < as_domain_table_count(survey->domain); i++)
        code = count_rows(db, as_domain_table(survey->domain, i)->name, &survey->rows[i], error);
    return code;
}

static int survey_state(const char *path, struct as_survey *survey, struct as_error *error) {
    sqlite3 *db;
    survey->rows = as_alloc_zero(as_domain_table_count(survey->domain) + 1, sizeof *survey->rows);
    if (access(path, F_OK) != 0) // D4: it may have vanished
        return AS_OK;
    survey->state_bytes = size_of(path, "");
    survey->state_wal_bytes = size_of(path, "-wal");
    int code = as_sqlite_open(path, AS_SQLITE_READ, NULL, &db, error);
    if (code)
        return code;
    code = survey_tables(db, survey, error);
    sqlite3_close(db);
    return code;
}

// ---- Store --------------------------------------------------------------------------------------

// State first: what it has is then in the journal, so that it is never ahead.
int as_survey_take(const char *store, as_survey_visit *visit, void *context,
                   struct as_survey *survey, struct as_error *error) {
    *survey = (struct as_survey){0};
    char *journal = as_io_join(store, "journal"), *state = as_io_join(store, "state.db");
    int code = as_store_read_domain(store, &survey->domain, error);
    if (!code)
        code = survey_state(state, survey, error);
    if (!code)
        code = survey_journal(journal, visit, context, survey, error);
    free(journal);
    free(state);
    return code;
}

void as_survey_free(struct as_survey *survey) {
    for (size_t i = 0; i < survey->segment_count; i++)
        free(survey->segments[i].path);
    free(survey->segments);
    free(survey->rows);
    as_domain_free(survey->domain);
}
