# shellcheck shell=bash
# SPDX-License-Identifier: MIT
#
# A domain of the size that people write: a double-entry ledger with two-phase transfers, idempotent by id,
# held against plain SQLite item by item.

load helper

export LEDGER=$repo/tests/fixtures/ledger.sql

# Accounts, then N random transfers: all kinds, with wrong fields, unknown accounts and ids sent again.
ledger_items() { # SEED N
    awk -v seed="$1" -v n="$2" '
    function pick(k) { return 1 + int(rand() * k) }
    BEGIN {
        srand(seed)
        for (i = 1; i <= 30; i++)
            printf "{\"open_account\":{\"id\":%d,\"ledger\":%d,\"rule\":\"%s\"}}\n", i, i < 25 ? 1 : 2,
                i % 5 == 0 ? "debits_within_credits" : i % 7 == 0 ? "credits_within_debits" : "none"
        for (i = 1; i <= n; i++) {
            k = int(rand() * 10)
            kind = k < 5 ? "single" : k < 8 ? "pending" : k < 9 ? "post" : "void"
            debit = pick(26); credit = pick(26); amount = pick(100) - 1; pending = "null"
            if (kind == "pending") { count++; of[count] = i; d[count] = debit; c[count] = credit; a[count] = amount }
            if ((kind == "post" || kind == "void") && count) {
                j = pick(count); pending = of[j]
                if (rand() < 0.9) { debit = d[j]; credit = c[j]; amount = a[j] + (rand() < 0.1) }
            }
            if (rand() < 0.01) printf "{\"close_account\":{\"id\":%d}}\n", pick(31)
            printf "{\"transfer\":{\"id\":%d,\"kind\":\"%s\",\"debit\":%d,\"credit\":%d,\"amount\":%d,\"ledger\":%d,\"code\":%d,\"pending\":%s}}\n",
                rand() < 0.05 ? pick(i) : i, kind, debit, credit, amount, rand() < 0.95 ? 1 : 2, rand() < 0.98, pending
        }
    }'
}
export -f ledger_items

@test "ledger: the domain compiles without a warning that matters" {
    ok 'as-commit --check "$LEDGER"'
    assert_output_has 'assertion books_balance over account'
    assert_output_has '30 statements'
}

@test "ledger: random transfers get the verdicts that plain SQLite gives, and the books balance" {
    ok 'ledger_items 7 6000 | as-ingest --domain "$LEDGER" --format ndjson --source s | as-commit books | as-stats --json >figures
        jq -r ".rejected_by[].name" figures | sort >reasons
        as-audit --referee books | tail -n 1'
    assert_output_has INTEGRITY_OK
    for reason in already_posted already_voided debits_within_credits exists_with_other_kind pending_not_found \
        exceeds_pending debit_account_closed; do
        grep -qx "$reason" reasons || complain "no item was rejected by $reason"
    done
    ok 'sqlite3 -readonly books/state.db "SELECT DISTINCT holds FROM books_balance"'
    assert_output 1
}

@test "ledger: a whole file of transfers in groups is all or nothing, as SQLite has it" {
    ok 'ledger_items 8 600 | head -n 30 >open
        ledger_items 8 600 | tail -n +31 | awk "{ row = row (row ? \",\" : \"\") \$0 } NR % 3 == 0 { print \"[\" row \"]\"; row = \"\" }" >groups
        cat open groups | as-ingest --domain "$LEDGER" --format ndjson --source s | as-commit books >/dev/null
        as-audit --referee books | tail -n 1'
    assert_output_has INTEGRITY_OK
}

@test "ledger: a trigger of a hundred and twenty statements compiles and agrees with SQLite" {
    {
        echo 'CREATE TABLE t (id INTEGER PRIMARY KEY, a INTEGER NOT NULL DEFAULT 0, b INTEGER) STRICT;'
        echo 'CREATE TABLE c (id INTEGER NOT NULL, x INTEGER NOT NULL) STRICT;'
        echo 'CREATE TRIGGER c_apply AFTER INSERT ON c BEGIN'
        echo 'INSERT INTO t (id) VALUES (NEW.id) ON CONFLICT (id) DO NOTHING;'
        for ((i = 1; i < 60; i++)); do
            echo "SELECT RAISE(ABORT, 'r$i') FROM t WHERE t.id = NEW.id AND t.a % 61 = $i AND NEW.x % 7 = $((i % 7));"
            echo "UPDATE t SET a = a + NEW.x * $i, b = coalesce(b, 0) + (SELECT u.a FROM t u WHERE u.id = NEW.x % 5) WHERE id = NEW.id AND NEW.x % 60 <> $i;"
        done
        echo 'END;'
    } >long.sql
    ok 'seq 1 2000 | awk "{ print \$1 % 17 \",\" (\$1 * 7919) % 1000 }" | sed "1i id,x" |
            as-ingest --domain long.sql --command c --source s | as-commit long | as-stats --json >figures
        jq -e ".accepted > 100 and .rejected > 100" figures >/dev/null
        as-audit --referee long | tail -n 1'
    assert_output_has INTEGRITY_OK
}
