// SPDX-License-Identifier: MIT
//
// The store's rules where a program cannot be brought to break them: a journal whose chain is right
// and whose verdicts are wrong (D7), a pragma that does not take (D5).
#include "unit.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "domain/load.h"
#include "store/replay.h"
#include "store/store.h"
#include "store/writer.h"
#include "stream/item.h"

static const char sql[] =
    "CREATE TABLE t (id INTEGER PRIMARY KEY, n INTEGER, CONSTRAINT few CHECK (n < 5)) STRICT;"
    "CREATE TABLE c (id INTEGER NOT NULL, n INTEGER) STRICT;"
    "CREATE TRIGGER c_do AFTER INSERT ON c BEGIN INSERT INTO t VALUES (NEW.id, NEW.n); END;";

static char directory[] = "test_store.XXXXXX";

static struct as_domain *load_domain(void) {
    struct as_domain *domain = NULL;
    struct as_error error;
    CHECK(as_domain_load("test", sql, sizeof sql - 1, &domain, &error) == AS_OK);
    return domain;
}

// A frame with one item: (id, n).
static void make_frame(const struct as_domain *domain, int64_t id, int64_t n,
                       struct as_buffer *frame) {
    struct as_buffer body = {0};
    struct as_value values[] = {as_value_integer(id), as_value_integer(n)};
    as_item_encode_head(&body, &(struct as_item_head){.values = 2});
    as_value_encode(&body, &values[0]);
    as_value_encode(&body, &values[1]);
    struct as_frame_header header = {.type = AS_FRAME_ITEMS,
                                     .records = 1,
                                     .source = 7,
                                     .offset = (uint64_t)id - 1,
                                     .domain = as_domain_fingerprint(domain)};
    as_frame_encode(frame, &header, body.data, body.size);
    as_buffer_free(&body);
}

static int open_store(const char *name, struct as_store *store, struct as_error *error) {
    char path[64];
    bool exists;
    snprintf(path, sizeof path, "%s/%s", directory, name);
    struct as_domain *domain = load_domain();
    int code = as_store_lock(store, path, true, &exists, error);
    if (!code && !exists)
        code = as_store_create(store, domain, error);
    return code ? code : as_store_open(store, domain, 1 << 20, false, error);
}

// Appends a batch of one item with its chain made right, whatever is claimed of it.
static void append(struct as_store *store, int64_t id, int64_t n, uint32_t accepted,
                   const void *verdicts, size_t verdicts_size) {
    struct as_error error;
    struct as_buffer frame = {0};
    make_frame(store->domain, id, n, &frame);
    struct as_journal_row row = {.items = 1,
                                 .accepted = accepted,
                                 .source = 7,
                                 .offset = (uint64_t)id - 1,
                                 .frame = {frame.data, frame.size},
                                 .verdicts = {verdicts, verdicts_size}};
    CHECK(as_journal_begin(store->journal, &error) == AS_OK);
    CHECK(as_journal_append(store->journal, &row, &error) == AS_OK);
    CHECK(as_journal_commit(store->journal, &error) == AS_OK);
    as_buffer_free(&frame);
}

// A store with that one batch, opened again: what as_store_open says of it.
static int reopen_with(const char *name, int64_t n, uint32_t accepted, const void *verdicts,
                       size_t verdicts_size, struct as_error *error) {
    struct as_store store;
    CHECK(open_store(name, &store, error) == AS_OK);
    append(&store, 1, n, accepted, verdicts, verdicts_size);
    as_store_abandon(&store);
    int code = open_store(name, &store, error);
    as_store_abandon(&store);
    return code;
}

// D7: the chain is right, so only deciding again can tell.
static void test_replay_compares_verdicts(void) {
    struct as_error error = {0};
    CHECK(reopen_with("right", 1, 1, "", 0, &error) == AS_OK);
    CHECK(reopen_with("accepted", 9, 1, "", 0, &error) == AS_IO);
    CHECK(strstr(error.text, "batch 1: deciding it again gives other verdicts"));
    CHECK(reopen_with("counted", 1, 0, "", 0, &error) == AS_IO);
    CHECK(strstr(error.text, "batch 1: deciding it again gives other verdicts"));
    CHECK(reopen_with("rejected", 1, 1, "\1\0\0\0", 4, &error) == AS_IO);
    CHECK(strstr(error.text, "batch 1: deciding it again gives other verdicts"));
}

// A journal whose rows are right one by one, but whose source goes on somewhere else.
static void test_replay_follows_sources(void) {
    struct as_error error = {0};
    struct as_store store;
    CHECK(open_store("sources", &store, &error) == AS_OK);
    append(&store, 1, 1, 1, "", 0);
    append(&store, 3, 1, 1, "", 0);
    as_store_abandon(&store);
    CHECK(open_store("sources", &store, &error) == AS_IO);
    CHECK(strstr(error.text, "batch 2: its offset does not follow"));
    as_store_abandon(&store);
}

// D5: an expectation that cannot hold.
static void test_pragma_is_read_back(void) {
    char path[64];
    sqlite3 *db;
    struct as_error error = {0};
    snprintf(path, sizeof path, "%s/pragma.db", directory);
    CHECK(as_sqlite_open(path, AS_SQLITE_WRITE, "full", &db, &error) == AS_OK);
    CHECK(as_sqlite_pragma(db, "synchronous", "full", "2", &error) == AS_OK);
    CHECK(as_sqlite_pragma(db, "synchronous", "normal", "2", &error) == AS_IO);
    CHECK(strstr(error.text, "PRAGMA synchronous is 1 where 2 is needed"));
    CHECK(as_sqlite_pragma(db, "nothing_of_the_kind", "1", "1", &error) == AS_IO);
    CHECK(sqlite3_close(db) == SQLITE_OK);
    CHECK(as_sqlite_open(":memory:", AS_SQLITE_WRITE, "full", &db, &error) == AS_IO);
    CHECK(strstr(error.text, "PRAGMA journal_mode is memory where wal is needed"));
    CHECK(db == NULL);
}

// A database is removed with what SQLite keeps beside it.
static void test_remove(void) {
    static const char *const suffixes[] = {"", "-wal", "-shm", "-journal"};
    char path[64], name[80];
    struct as_error error = {0};
    snprintf(path, sizeof path, "%s/gone.db", directory);
    for (size_t i = 0; i < 4; i++) {
        snprintf(name, sizeof name, "%s%s", path, suffixes[i]);
        FILE *file = fopen(name, "w");
        CHECK(file && fclose(file) == 0);
    }
    CHECK(as_sqlite_remove(path, &error) == AS_OK);
    for (size_t i = 0; i < 4; i++) {
        snprintf(name, sizeof name, "%s%s", path, suffixes[i]);
        CHECK(access(name, F_OK) != 0);
    }
    CHECK(as_sqlite_remove(path, &error) == AS_OK);
}

int main(void) {
    CHECK(mkdtemp(directory) != NULL);
    test_replay_compares_verdicts();
    test_replay_follows_sources();
    test_pragma_is_read_back();
    test_remove();
    char command[64];
    snprintf(command, sizeof command, "rm -r %s", directory);
    CHECK(system(command) == 0);
    return unit_end();
}
