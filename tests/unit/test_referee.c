// SPDX-License-Identifier: MIT
#include "unit.h"

#include <stdlib.h>
#include <string.h>

#include "domain/engine.h"
#include "domain/referee.h"
#include "stream/item.h"

// ---- Loading ------------------------------------------------------------------------------------

struct load {
    const char *sql;
    const char *error; // NULL: loads
};

static const struct load loads[] = {
    {"", NULL},
    {"-- nothing but a comment", NULL},
    {"/* not closed", NULL},
    {"CREATE TABLE t (a TEXT PRIMARY KEY) STRICT;;\n;INSERT INTO t VALUES ('a')", NULL},
    {"CREATE TABLE t (a INT) STRICT;\n\nSELECT *\n  FORM t;", "b.sql:3: SELECT: not allowed"},
    {"CREATE TABLE t (a INT) STRICT;\n\nCREATE VIEW v AS SELECT *\n  FORM t;",
     "b.sql:4: near \"FORM\": syntax error"},
    {"CREATE TABLE t (\n a INT,\n b STRNG) STRICT;", "b.sql:1: unknown datatype for t.b"},
    {"\n\nCREATE TABLE t (a INT", "b.sql:3: incomplete input"},
    {"CREATE TABLE t (a TEXT CHECK (a <>\n 'x)) STRICT;", "b.sql:2: unrecognized token"},
    {"CREATE TABLE t (a INT PRIMARY KEY CHECK (a > 0)) STRICT;\nINSERT INTO t VALUES\n(1), (0);",
     "b.sql:2: CHECK constraint failed: a > 0"},
    {"CREATE TABLE t (a INT PRIMARY KEY) STRICT;\nCREATE TABLE c (a INT) STRICT;\n-- here:\n"
     "CREATE TRIGGER x AFTER INSERT ON c BEGIN\n  UPDATE t SET b = 1 WHERE a = 1;\nEND;",
     "b.sql:4: no such column: b"},
    {"CREATE TABLE c (\n  a INT REFERENCES nowhere) STRICT;\nCREATE TRIGGER x AFTER INSERT ON c "
     "BEGIN SELECT 1; END;",
     "b.sql:1: no such table: main.nowhere"},
    {"\nCREATE VIEW v AS SELECT a FROM nowhere;", "b.sql:2: no such table: main.nowhere"},
    {"\nPRAGMA foreign_keys = OFF;", "b.sql:2: PRAGMA: not allowed"},
    {"ATTACH 'other.db' AS other;", "b.sql:1: ATTACH: not allowed"},
    {"/* a\n */ VACUUM INTO 'other.db';", "b.sql:2: VACUUM: not allowed"},
    {"BEGIN;", "b.sql:1: a transaction: not allowed"},
    {"SAVEPOINT a;", "b.sql:1: a transaction: not allowed"},
    {"CREATE TEMP TABLE t (a INT) STRICT;", "b.sql:1: a TEMP object: not allowed"},
    {"CREATE VIRTUAL TABLE t USING fts5(a);", "b.sql:1: a virtual table: not allowed"},
    {"CREATE TABLE t (a INT) STRICT; DELETE FROM t;", "b.sql:1: DELETE: not allowed"},
    {"CREATE TABLE t (a INT) STRICT;\nDROP TABLE t;", "b.sql:2: DROP: not allowed"},
    {"EXPLAIN CREATE TABLE t (a INT) STRICT;", "b.sql:1: EXPLAIN: not allowed"},
    {"INSERT INTO sqlite_master VALUES (1, 2, 3, 4, 5);",
     "b.sql:1: SQLite's own table sqlite_master: not allowed"},
    {"CREATE VIEW v AS SELECT * FROM pragma_database_list;",
     "b.sql:1: SQLite's own table pragma_database_list: not allowed"},
    {"CREATE VIEW v AS SELECT load_extension('x');", "b.sql:1: "},
    {"CREATE TABLE t (a INT) STRICT;\nINSERT INTO t WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL "
     "SELECT x + 1 FROM c) SELECT x FROM c;",
     "b.sql:2: a recursive query: not allowed"},
    {"CREATE TABLE t (a INT) STRICT;\nINSERT INTO t VALUES (1), (2), (3), (4), (5), (6), (7);\n"
     "INSERT INTO t SELECT 1 FROM t a, t b, t c, t d, t e, t f, t g, t h, t i, t j;",
     "b.sql:3: too much work"},
};

static void test_loading(void) {
    for (size_t i = 0; i < sizeof loads / sizeof *loads; i++) {
        const struct load *l = &loads[i];
        struct as_error error = {0};
        int code = as_referee_check("b.sql", l->sql, strlen(l->sql), &error);
        bool fine = l->error ? code == AS_DATA && !strncmp(error.text, l->error, strlen(l->error))
                             : code == AS_OK && !error.text[0];
        CHECK(fine);
        if (!fine)
            printf("%s\n  expected: %s\n  but: %s\n", l->sql, l->error ? l->error : "", error.text);
    }
}

static void test_bytes(void) {
    struct as_error error = {0};
    CHECK(as_referee_check("b.sql", "-- \0", 4, &error) == AS_DATA);
    CHECK(!strcmp(error.text, "b.sql: a NUL byte in the text"));
    CHECK(as_referee_check("b.sql", "-- \xff", 4, &error) == AS_DATA);
    CHECK(!strcmp(error.text, "b.sql: not valid UTF-8"));
}

// ---- Deciding -----------------------------------------------------------------------------------

static const char domain_sql[] =
    "CREATE TABLE item (id INTEGER PRIMARY KEY, label TEXT NOT NULL UNIQUE,\n"
    "  n INTEGER CONSTRAINT small CHECK (n < 10)) STRICT;\n"
    "CREATE TABLE put (id INTEGER NOT NULL, label TEXT, n INTEGER, friend INTEGER REFERENCES "
    "item)\n"
    "  STRICT;\n"
    "CREATE TRIGGER put_apply AFTER INSERT ON put BEGIN\n"
    "  SELECT RAISE(ABORT, 'no thirteen') WHERE NEW.id = 13;\n"
    "  SELECT abs(NEW.n);\n"
    "  INSERT INTO item VALUES (NEW.id, NEW.label, NEW.n);\n"
    "END;\n"
    "CREATE VIEW few AS SELECT count(*) <= 3 AS holds FROM item;\n"
    "CREATE VIEW report AS SELECT * FROM item;\n"
    "INSERT INTO item VALUES (1, 'one', 1);\n";

struct court {
    struct as_domain *domain;
    struct as_referee *referee;
};

static struct court open_court(void) {
    struct court c = {0};
    struct as_error error = {0};
    CHECK(as_domain_compile("d.sql", domain_sql, sizeof domain_sql - 1, &c.domain, &error) ==
          AS_OK);
    CHECK(as_referee_open("d.sql", domain_sql, sizeof domain_sql - 1, &c.referee, &error) == AS_OK);
    as_referee_use_domain(c.referee, c.domain);
    return c;
}

static void close_court(struct court *c) {
    as_referee_close(c->referee);
    as_domain_free(c->domain);
}

static struct as_value text(const char *s) {
    return as_value_text(s, (uint32_t)strlen(s));
}

static struct as_referee_verdict decide(struct court *c, const struct as_value *const *rows,
                                        size_t count) {
    static const uint16_t commands[4];
    struct as_referee_verdict v;
    struct as_error error = {0};
    CHECK(as_referee_decide(c->referee, commands, rows, count, &v, &error) == AS_OK);
    return v;
}

static void expect(struct court *c, struct as_value id, struct as_value label, struct as_value n,
                   struct as_value friend, int kind, const char *name) {
    const struct as_value row[] = {id, label, n, friend}, *const rows[] = {row};
    struct as_referee_verdict v = decide(c, rows, 1);
    CHECK(v.accepted == (kind == 0) && v.kind == kind);
    CHECK(v.named == (name != NULL) && !strcmp(v.name, name ? name : ""));
}

static void test_reasons(void) {
    struct court c = open_court();
    const struct as_value null = as_value_null(), two = as_value_integer(2);
    expect(&c, null, text("x"), two, null, AS_REJECT_NOT_NULL, "put.id");
    expect(&c, text("x"), text("x"), two, null, AS_REJECT_TYPE, "put.id");
    expect(&c, two, null, two, null, AS_REJECT_NOT_NULL, "item.label");
    expect(&c, two, text("x"), as_value_integer(10), null, AS_REJECT_CHECK, "small");
    expect(&c, as_value_integer(1), text("x"), two, null, AS_REJECT_UNIQUE, "item.id");
    expect(&c, two, text("one"), two, null, AS_REJECT_UNIQUE, "item.label");
    expect(&c, two, text("x"), two, as_value_integer(9), AS_REJECT_REFERENCE, NULL);
    expect(&c, as_value_integer(13), text("x"), two, null, AS_REJECT_RAISE, "no thirteen");
    expect(&c, two, text("x"), as_value_integer(INT64_MIN), null, AS_REJECT_ERROR,
           "integer overflow");
    expect(&c, two, text("2"), two, two, 0, NULL);
    expect(&c, text("3"), as_value_real(3.5), null, null, 0, NULL);
    expect(&c, as_value_integer(4), text("4"), null, null, AS_REJECT_ASSERTION, "few");
    close_court(&c);
}

static int count_row(void *context, size_t table, const struct as_value *values) {
    (void)table, (void)values;
    ++*(size_t *)context;
    return 0;
}

static size_t count_rows(struct court *c) {
    size_t rows = 0;
    struct as_error error = {0};
    CHECK(as_referee_each_row(c->referee, 0, count_row, &rows, &error) == AS_OK);
    return rows;
}

static void test_groups(void) {
    struct court c = open_court();
    const struct as_value null = as_value_null();
    const struct as_value a[] = {as_value_integer(2), text("a"), null, null};
    const struct as_value b[] = {as_value_integer(3), text("a"), null, null};
    const struct as_value d[] = {as_value_integer(3), text("d"), null, null};
    const struct as_value *const bad[] = {a, b, d}, *const good[] = {a, d};
    struct as_referee_verdict v = decide(&c, bad, 3);
    CHECK(!v.accepted && v.culprit == 1 && v.kind == AS_REJECT_UNIQUE);
    CHECK(count_rows(&c) == 1);
    CHECK(decide(&c, good, 2).accepted);
    CHECK(count_rows(&c) == 3);
    close_court(&c);
}

// Command rows are deleted in between, which must not be seen.
static void test_many_items(void) {
    struct court c = open_court();
    const struct as_value null = as_value_null();
    expect(&c, as_value_integer(2), text("2"), null, as_value_integer(1), 0, NULL);
    for (int i = 0; i < 2500; i++)
        expect(&c, as_value_integer(2), text("x"), null, null, AS_REJECT_UNIQUE, "item.id");
    expect(&c, as_value_integer(3), text("3"), null, as_value_integer(2), 0, NULL);
    CHECK(count_rows(&c) == 3);
    close_court(&c);
}

// ---- Limits, where SQLite and the engine must fail alike ----------------------------------------

static const char limits_sql[] =
    "CREATE TABLE t (id INTEGER PRIMARY KEY, s TEXT) STRICT;\n"
    "CREATE TABLE concat (a TEXT) STRICT;\n"
    "CREATE TRIGGER concat_apply AFTER INSERT ON concat BEGIN SELECT NEW.a || NEW.a; END;\n"
    "CREATE TABLE match (a TEXT) STRICT;\n"
    "CREATE TRIGGER match_apply AFTER INSERT ON match BEGIN SELECT 'x' LIKE NEW.a; END;\n"
    "CREATE TABLE glob (a TEXT) STRICT;\n"
    "CREATE TRIGGER glob_apply AFTER INSERT ON glob BEGIN SELECT 'x' GLOB NEW.a; END;\n"
    "CREATE TABLE store (a TEXT) STRICT;\n"
    "CREATE TRIGGER store_apply AFTER INSERT ON store BEGIN INSERT INTO t VALUES (1, NEW.a); "
    "END;\n";

// The engine's reason for one item in words, "" where it is accepted.
static void ask_engine(struct as_engine *engine, uint16_t command, const struct as_value *value,
                       struct as_buffer *reason) {
    struct as_buffer body = {0};
    struct as_decision decision = {.items = 0};
    struct as_error error = {0};
    struct as_outcome_reader reader;
    struct as_rejection_view rejection;
    as_item_encode_head(&body, &(struct as_item_head){command, 0, 1});
    as_value_encode(&body, value);
    CHECK(as_engine_decide(engine, body.data, body.size, 1, 0, &decision, &error) == AS_OK);
    CHECK(as_outcome_open(&reader, decision.outcome.data, decision.outcome.size));
    if (as_outcome_next(&reader, &rejection) == 1)
        as_buffer_printf(reason, "%s %.*s", as_reject_kind_name(rejection.reason->kind),
                         rejection.reason->name.size, rejection.reason->name.data);
    else
        as_buffer_printf(reason, "%s", "");
    as_outcome_close(&reader);
    as_buffer_free(&decision.outcome);
    as_buffer_free(&body);
}

static void test_limit(uint16_t command, size_t size, const char *reason) {
    struct court c = {0};
    struct as_engine *engine = NULL;
    struct as_error error = {0};
    size_t sql_size = sizeof limits_sql - 1;
    struct as_referee_verdict v;
    struct as_buffer ours = {0}, theirs = {0};
    char *letters = memset(as_alloc(size), 'a', size);
    const struct as_value value = as_value_text(letters, (uint32_t)size), *const rows[] = {&value};
    CHECK(as_domain_compile("l.sql", limits_sql, sql_size, &c.domain, &error) == AS_OK);
    CHECK(as_referee_open("l.sql", limits_sql, sql_size, &c.referee, &error) == AS_OK);
    CHECK(as_engine_create(c.domain, &engine, &error) == AS_OK);
    as_referee_use_domain(c.referee, c.domain);
    CHECK(as_referee_decide(c.referee, &command, rows, 1, &v, &error) == AS_OK);
    ask_engine(engine, command, &value, &ours);
    as_buffer_printf(&theirs, "%s%s%s", v.accepted ? "" : as_reject_kind_name(v.kind),
                     v.accepted ? "" : " ", v.name);
    CHECK(!strcmp((char *)theirs.data, reason) && !strcmp((char *)ours.data, reason));
    as_buffer_free(&ours);
    as_buffer_free(&theirs);
    as_engine_free(engine);
    close_court(&c);
    free(letters);
}

static void test_limits(void) {
    test_limit(0, AS_TEXT_MAX / 2, "");
    test_limit(0, AS_TEXT_MAX * 3 / 4, "error string or blob too big");
    test_limit(1, 50000, "");
    test_limit(1, 50001, "error LIKE or GLOB pattern too complex");
    test_limit(2, 50000, "");
    test_limit(2, 50001, "error LIKE or GLOB pattern too complex");
    test_limit(3, AS_TEXT_MAX, "");
}

int main(void) {
    test_loading();
    test_bytes();
    test_reasons();
    test_groups();
    test_many_items();
    test_limits();
    return unit_end();
}
