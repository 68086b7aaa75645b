// SPDX-License-Identifier: MIT
//
// sqlite FILE < STREAM: bank transfers in SQLite as one would write them: prepared statements, a
// transaction a batch, a savepoint an item, two UPDATEs and an INSERT into a journal. The table's
// CHECK decides about the balance.
#include <sqlite3.h>
#include <stdio.h>
#include <unistd.h>

#include "work.h"

static sqlite3 *db;
static sqlite3_stmt *begin, *commit, *savepoint, *release, *rollback;
static sqlite3_stmt *open_account, *withdraw, *deposit, *write_journal;

static void must(int code, int expected) {
    if (code != expected)
        work_die("%s", sqlite3_errmsg(db));
}

static sqlite3_stmt *prepare(const char *sql) {
    sqlite3_stmt *statement;
    must(sqlite3_prepare_v3(db, sql, -1, SQLITE_PREPARE_PERSISTENT, &statement, NULL), SQLITE_OK);
    return statement;
}

// A megabyte of WAL between checkpoints is SQLite's default; 64 of them and a cache that holds a
// million accounts are what it would be given for this work.
static void open_database(const char *path) {
    must(sqlite3_open(path, &db), SQLITE_OK);
    must(sqlite3_exec(
             db,
             "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;"
             "PRAGMA cache_size = -1048576; PRAGMA wal_autocheckpoint = 16384;"
             "CREATE TABLE IF NOT EXISTS account (id TEXT PRIMARY KEY,"
             "  balance INTEGER NOT NULL CHECK (balance >= 0)) STRICT, WITHOUT ROWID;"
             "CREATE TABLE IF NOT EXISTS journal (item INTEGER PRIMARY KEY, src TEXT, dst TEXT,"
             "  amount INTEGER, accepted INTEGER) STRICT;",
             NULL, NULL, NULL),
         SQLITE_OK);
    begin = prepare("BEGIN IMMEDIATE");
    commit = prepare("COMMIT");
    savepoint = prepare("SAVEPOINT item");
    release = prepare("RELEASE item");
    rollback = prepare("ROLLBACK TO item");
    open_account = prepare("INSERT INTO account (id, balance) VALUES (?1, ?2)");
    withdraw = prepare("UPDATE account SET balance = balance - ?2 WHERE id = ?1");
    deposit = prepare("UPDATE account SET balance = balance + ?2 WHERE id = ?1");
    write_journal = prepare("INSERT INTO journal (src, dst, amount, accepted)"
                            " VALUES (?1, ?2, ?3, ?4)");
}

static void close_database(void) {
    sqlite3_stmt *const all[] = {begin,        commit,   savepoint, release,      rollback,
                                 open_account, withdraw, deposit,   write_journal};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        sqlite3_finalize(all[i]);
    must(sqlite3_close(db), SQLITE_OK);
}

static void run(sqlite3_stmt *statement) {
    must(sqlite3_step(statement), SQLITE_DONE);
    must(sqlite3_reset(statement), SQLITE_OK);
}

// True where it changed a row; false where none had that key, or the row would break a constraint.
static bool change(sqlite3_stmt *statement, struct work_text id, int64_t amount) {
    sqlite3_bind_text(statement, 1, id.data, (int)id.size, SQLITE_STATIC);
    sqlite3_bind_int64(statement, 2, amount);
    int code = sqlite3_step(statement);
    sqlite3_reset(statement);
    if (code != SQLITE_CONSTRAINT)
        must(code, SQLITE_DONE);
    return code == SQLITE_DONE && sqlite3_changes(db) == 1;
}

static bool apply(const struct work_item *item) {
    if (!work_plausible(item))
        return false;
    if (item->command == WORK_OPEN)
        return change(open_account, item->src, item->amount);
    return change(withdraw, item->src, item->amount) && change(deposit, item->dst, item->amount);
}

static void note(const struct work_item *item, bool accepted) {
    sqlite3_bind_text(write_journal, 1, item->src.data, (int)item->src.size, SQLITE_STATIC);
    sqlite3_bind_text(write_journal, 2, item->dst.data, (int)item->dst.size, SQLITE_STATIC);
    sqlite3_bind_int64(write_journal, 3, item->amount);
    sqlite3_bind_int(write_journal, 4, accepted);
    run(write_journal);
}

static bool decide(const struct work_item *item) {
    run(savepoint);
    bool accepted = apply(item);
    if (!accepted)
        run(rollback);
    note(item, accepted);
    run(release);
    return accepted;
}

int main(int argc, char **argv) {
    struct work work;
    if (argc != 2)
        work_die("usage: sqlite FILE < STREAM");
    bool loaded = access(argv[1], F_OK) == 0;
    open_database(argv[1]);
    for (work_open(&work, loaded); work_next(&work);) {
        uint64_t rejected = 0;
        run(begin);
        for (size_t i = 0; i < work.count; i++)
            rejected += !decide(&work.items[i]);
        run(commit);
        work_done(&work, rejected);
    }
    close_database();
    work_close(&work);
    return 0;
}
