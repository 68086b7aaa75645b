// SPDX-License-Identifier: MIT
//
// Segments and what they start from: a WAL that is written over gives back nothing of what it held,
// a seal is paced, a segment is as large for whoever opens it again.
#include "unit.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/io.h"
#include "store/journal.h"
#include "store/pace.h"
#include "store/spare.h"

enum { ROWS = 40, FRAME = 64 * 1024 };

static char directory[] = "test_segment.XXXXXX";
static struct as_error error;

static const char *in(const char *name) {
    static char paths[4][64];
    static int next;
    char *path = paths[next++ % 4];
    snprintf(path, sizeof *paths, "%s/%s", directory, name);
    return path;
}

static int64_t size_of(const char *path) {
    struct stat st;
    return stat(path, &st) == 0 ? st.st_size : -1;
}

static void append(struct as_segment *segment, uint64_t batch, int fill) {
    static char frame[FRAME];
    memset(frame, fill, sizeof frame);
    struct as_journal_row row = {.batch = batch, .items = 1, .frame = {frame, sizeof frame}};
    CHECK(as_segment_append(segment, &row, &error) == AS_OK);
}

// Committed rows `first` to `last` in one transaction.
static void fill(struct as_segment *segment, uint64_t first, uint64_t last, int byte) {
    struct as_segment_start start = {.first_batch = first};
    CHECK(as_segment_start(segment, &start, &error) == AS_OK);
    for (uint64_t batch = first; batch <= last; batch++)
        append(segment, batch, byte);
    CHECK(as_segment_commit(segment, &error) == AS_OK);
}

static int64_t ask(const char *path, const char *sql) {
    sqlite3 *db;
    sqlite3_stmt *statement;
    CHECK(as_sqlite_open(path, AS_SQLITE_READ, NULL, &db, &error) == AS_OK);
    CHECK(as_sqlite_prepare(db, sql, &statement, &error) == AS_OK);
    CHECK(sqlite3_step(statement) == SQLITE_ROW);
    int64_t answer = sqlite3_column_int64(statement, 0);
    sqlite3_finalize(statement);
    sqlite3_close(db);
    return answer;
}

static bool sound(const char *path) {
    return ask(path, "SELECT integrity_check = 'ok' FROM pragma_integrity_check") == 1;
}

static bool blank(const char *path) {
    static const char zeros[32];
    char head[32] = "x";
    int fd = open(path, O_RDONLY);
    CHECK(fd >= 0 && as_io_read(fd, head, sizeof head, NULL) == sizeof head);
    close(fd);
    return memcmp(head, zeros, sizeof zeros) == 0;
}

// A full segment, sealed: its WAL is the spare, as large as it was and blank.
static void seal_one(struct as_spare *spare, const char *path) {
    struct as_segment segment;
    CHECK(as_spare_use(spare, path, &segment, &error) == AS_OK);
    fill(&segment, 1, ROWS, 'a');
    CHECK(as_spare_seal(spare, &segment, &error) == AS_OK);
    CHECK(spare->has_wal && blank(spare->wal));
    CHECK(size_of(spare->wal) > ROWS * FRAME);
    CHECK(ask(path, "SELECT count(*) FROM batch") == ROWS && sound(path));
}

static void test_recycled_wal(void) {
    struct as_spare spare;
    struct as_segment segment;
    const char *path = in("2.db");
    CHECK(as_spare_open(directory, &spare, &error) == AS_OK);
    seal_one(&spare, in("1.db"));
    int64_t wal_size = size_of(spare.wal);
    CHECK(as_spare_use(&spare, path, &segment, &error) == AS_OK);
    CHECK(size_of(in("2.db-wal")) == wal_size && access(spare.wal, F_OK) != 0);
    // Nothing is in it, whoever looks, and after a crash at this point.
    CHECK(ask(path, "SELECT count(*) FROM batch") == 0);
    as_segment_abandon(&segment);
    CHECK(as_segment_open(path, &segment, &error) == AS_OK && segment.bytes == 0);
    // A short transaction over the start of the old one, and a crash behind it.
    fill(&segment, 100, 101, 'b');
    CHECK(size_of(in("2.db-wal")) == wal_size);
    as_segment_abandon(&segment);
    CHECK(ask(path, "SELECT count(*) FROM batch") == 2);
    CHECK(ask(path, "SELECT sum(batch) FROM batch WHERE hex(substr(frame, 1, 1)) = '62'") == 201);
    CHECK(sound(path));
    CHECK(as_segment_open(path, &segment, &error) == AS_OK);
    CHECK(as_segment_close(&segment, &error) == AS_OK);
    CHECK(ask(path, "SELECT count(*) FROM batch") == 2 && sound(path));
    CHECK(as_spare_close(&spare, &error) == AS_OK);
}

// Whoever has a segment open may read its WAL: it is not sealed, and the WAL is nobody else's.
static void test_reader_keeps_wal(void) {
    struct as_spare spare;
    struct as_segment segment;
    sqlite3 *reader;
    const char *path = in("3.db");
    CHECK(as_spare_open(directory, &spare, &error) == AS_OK);
    CHECK(as_spare_use(&spare, path, &segment, &error) == AS_OK);
    fill(&segment, 1, 2, 'a');
    sqlite3_busy_timeout(segment.db, 0);
    CHECK(as_sqlite_open(path, AS_SQLITE_READ, NULL, &reader, &error) == AS_OK);
    CHECK(as_sqlite_exec(reader, "BEGIN; SELECT count(*) FROM batch", &error) == AS_OK);
    CHECK(as_spare_seal(&spare, &segment, &error) == AS_OK); // later
    CHECK(!spare.has_wal && access(spare.wal, F_OK) != 0);
    CHECK(!blank(in("3.db-wal")));
    sqlite3_close(reader);
    CHECK(as_spare_close(&spare, &error) == AS_OK);
}

// What an earlier writer left, in whatever state, is not used; what was not used does not stay.
static void test_spare_leaves_nothing(void) {
    struct as_spare spare;
    CHECK(as_io_write_file_durably(in("spare.wal"), "old", 3, &error) == AS_OK);
    CHECK(as_io_write_file_durably(in("spare"), "old", 3, &error) == AS_OK);
    CHECK(as_spare_open(directory, &spare, &error) == AS_OK);
    CHECK(access(spare.wal, F_OK) != 0 && access(spare.database, F_OK) != 0);
    seal_one(&spare, in("4.db"));
    CHECK(as_spare_prepare(&spare, &error) == AS_OK && access(spare.database, F_OK) == 0);
    CHECK(as_spare_close(&spare, &error) == AS_OK);
    CHECK(access(in("spare"), F_OK) != 0);
    CHECK(access(in("spare.wal"), F_OK) != 0);
}

static void test_bytes_are_found_again(void) {
    struct as_segment segment;
    const char *path = in("5.db");
    CHECK(as_segment_make(path, &error) == AS_OK);
    CHECK(as_segment_open(path, &segment, &error) == AS_OK);
    fill(&segment, 1, ROWS, 'a');
    uint64_t bytes = segment.bytes;
    as_segment_abandon(&segment);
    CHECK(as_segment_open(path, &segment, &error) == AS_OK && segment.bytes == bytes);
    CHECK(bytes > ROWS * FRAME);
    as_segment_abandon(&segment);
}

static void count_rest(void *context, uint64_t written) {
    uint64_t *rests = context;
    CHECK(written >= (++*rests) << 20);
}

static void test_pace(void) {
    struct as_segment segment;
    uint64_t rests = 0;
    CHECK(as_segment_make(in("6.db"), &error) == AS_OK);
    CHECK(as_segment_open(in("6.db"), &segment, &error) == AS_OK);
    fill(&segment, 1, ROWS, 'a');
    as_pace(segment.db, count_rest, &rests);
    CHECK(as_segment_seal(&segment, NULL, NULL, &error) == AS_OK);
    CHECK(rests >= 2 && rests <= ROWS * FRAME / (1 << 20) + 1);
    CHECK(ask(in("6.db"), "SELECT count(*) FROM batch") == ROWS && sound(in("6.db")));
}

// ---- Several of them ----------------------------------------------------------------------------

static size_t segments(const char *path) {
    struct as_journal_file *files;
    size_t count;
    CHECK(as_journal_files(path, &files, &count, &error) == AS_OK);
    as_journal_files_free(files, count);
    return count;
}

static void commit_rows(struct as_journal *journal, int count) {
    static char frame[FRAME];
    for (int i = 0; i < count; i++) {
        struct as_journal_row row = {.items = 1, .frame = {frame, sizeof frame}};
        CHECK(as_journal_begin(journal, &error) == AS_OK);
        CHECK(as_journal_append(journal, &row, &error) == AS_OK);
        CHECK(as_journal_commit(journal, &error) == AS_OK);
    }
}

// A reader keeps the first segment from being sealed: the writer goes on in the second one for
// longer than that should be, and in a third one as soon as it can.
static void test_slow_seal(void) {
    static const uint8_t domain[AS_SHA256_SIZE];
    struct as_journal *journal;
    sqlite3 *reader;
    const char *path = in("journal");
    CHECK(mkdir(path, 0777) == 0);
    CHECK(as_journal_open(path, domain, 4 * FRAME, &journal, &error) == AS_OK);
    commit_rows(journal, 2);
    CHECK(as_sqlite_open(in("journal/00000000000000000000.db"), AS_SQLITE_READ, NULL, &reader,
                         &error) == AS_OK);
    CHECK(as_sqlite_exec(reader, "BEGIN; SELECT count(*) FROM batch", &error) == AS_OK);
    commit_rows(journal, 2); // which it does not see, and no checkpoint may pass it
    CHECK(segments(path) == 1 && as_journal_full(journal));
    commit_rows(journal, 4);
    CHECK(segments(path) == 2 && as_journal_full(journal));
    commit_rows(journal, 1);
    CHECK(segments(path) == 2 && as_journal_full(journal)); // by an extension of one row
    sqlite3_close(reader);
    commit_rows(journal, 8);
    CHECK(segments(path) >= 3);
    CHECK(as_journal_close(journal, &error) == AS_OK);
    CHECK(ask(in("journal/00000000000000000000.db"), "SELECT count(*) FROM batch") == 4);
    CHECK(ask(in("journal/00000000000000000004.db"), "SELECT count(*) FROM batch") >= 5);
}

int main(void) {
    CHECK(mkdtemp(directory) != NULL);
    test_recycled_wal();
    test_reader_keeps_wal();
    test_spare_leaves_nothing();
    test_bytes_are_found_again();
    test_pace();
    test_slow_seal();
    char command[64];
    snprintf(command, sizeof command, "rm -r %s", directory);
    CHECK(system(command) == 0);
    return unit_end();
}
