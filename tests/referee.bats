#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
#
# The referee: what plain SQLite says about a domain's text, and random domains decided by both.

load helper

refuses() { # TEXT SQL
    printf '%s\n' "$2" >bank.sql
    fails 65 "$1" 'as-commit --check bank.sql'
}

@test "referee: a syntax error is told in SQLite's words, with its line" {
    refuses 'bank.sql:4: near "FORM": syntax error' \
        'CREATE TABLE account (id TEXT PRIMARY KEY) STRICT;

CREATE VIEW v AS SELECT *
  FORM account;'
}

@test "referee: a wrong name in a trigger is found at the trigger's line" {
    refuses 'bank.sql:3: no such column: balance' \
        'CREATE TABLE account (id TEXT PRIMARY KEY) STRICT;
CREATE TABLE pay (id TEXT) STRICT;
CREATE TRIGGER pay_apply AFTER INSERT ON pay BEGIN
  UPDATE account SET balance = 1 WHERE id = NEW.id;
END;'
}

@test "referee: a wrong name in a view is found at the view's line" {
    refuses 'bank.sql:2: no such table: main.nowhere' '
CREATE VIEW v AS SELECT count(*) > 1 AS holds FROM nowhere;'
}

@test "referee: ATTACH does not run" {
    refuses 'bank.sql:1: ATTACH' "ATTACH 'stolen.db' AS stolen;"
    [[ ! -e stolen.db ]]
}

@test "referee: VACUUM INTO does not run" {
    refuses 'bank.sql:1: VACUUM' "VACUUM INTO 'stolen.db';"
    [[ ! -e stolen.db ]]
}

@test "referee: PRAGMA does not run" {
    refuses 'bank.sql:2: PRAGMA' '
PRAGMA foreign_keys = OFF;'
}

@test "referee: an endless recursive query does not run" {
    refuses 'bank.sql:2: a recursive query' \
        'CREATE TABLE t (a INTEGER PRIMARY KEY) STRICT;
INSERT INTO t WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c) SELECT x FROM c;'
}

@test "referee: a query of endless work is stopped" {
    refuses 'bank.sql:3: too much work' \
        'CREATE TABLE t (a INTEGER PRIMARY KEY, b INTEGER) STRICT;
INSERT INTO t (b) VALUES (1), (2), (3), (4), (5), (6), (7), (8);
INSERT INTO t (b) SELECT 1 FROM t a, t b, t c, t d, t e, t f, t g, t h, t i, t j, t k;'
}

# Random domains and items: our verdicts and state against SQLite's. A failure prints its seed and the
# smallest case. Fewer cases where a sanitizer makes each of them slow.
fuzz() { # SEED CASES [ITEMS]
    local cases=$2
    if grep -q __asan_init "$BUILD/tests/referee_fuzz"; then
        cases=$((cases / 4))
    fi
    ok "$BUILD/tests/referee_fuzz --seed $1 --cases $cases --items ${3:-60}"
    assert_output_has "$cases cases"
}

@test "referee: 1000 random domains are decided as SQLite decides them (seed 1)" {
    fuzz 1 1000
}

@test "referee: 1000 random domains are decided as SQLite decides them (seed 20261)" {
    fuzz 20261 1000
}

@test "referee: 1000 random domains are decided as SQLite decides them (seed 777000)" {
    fuzz 777000 1000
}

@test "referee: 100 random domains with long histories are decided alike (seed 5000000)" {
    fuzz 5000000 100 1500
}

# What becomes of a sum depends on the column that it is stored in (compile_peephole.c fuses only
# those that stay INTEGER).
@test "referee: an INTEGER's sum is stored as a REAL, as a TEXT, or not at all" {
    cat >domain.sql <<'SQL'
CREATE TABLE a (id INTEGER PRIMARY KEY, n INTEGER NOT NULL, r REAL, t TEXT) STRICT;
CREATE TABLE c (id INTEGER NOT NULL REFERENCES a, x INTEGER NOT NULL) STRICT;
CREATE TRIGGER c_do AFTER INSERT ON c BEGIN
  UPDATE a SET r = n + NEW.x WHERE id = NEW.id;
  UPDATE a SET t = n - NEW.x WHERE id = NEW.id;
  UPDATE a SET n = n + NEW.x WHERE id = NEW.id;
END;
INSERT INTO a VALUES (1, 5, 0.5, 'x');
SQL
    ok 'printf "id,x\n1,7\n1,9223372036854775807\n1,-3\n" | as-ingest --domain domain.sql --command c | as-commit store |
            as-stats --json | jq -c "[.accepted, .rejected]"
        sqlite3 -readonly store/state.db "SELECT * FROM a"; as-audit --referee store | tail -n 1 | cut -d " " -f 1'
    assert_output '[2,1]
1|9|9.0|15
INTEGRITY_OK'
}
