# shellcheck shell=bash disable=SC2016,SC2154
# SPDX-License-Identifier: MIT
#
# as-audit: sound stores pass, and whatever is changed in one is found and named.

load helper
load store

teardown() { # what a failed test has left running
    jobs -p | xargs -r kill 2>/dev/null || true
}

segment() { # STORE NUMBER
    find "$1/journal" -name '*.db' | sort | sed -n "$2p"
}

edit_segment() { # STORE NUMBER SQL
    chmod u+w "$(segment "$1" "$2")"
    sqlite3 "$(segment "$1" "$2")" "$3"
}

# A frame with another 100th byte.
other_byte="CAST(substr(frame, 1, 99) || iif(substr(frame, 100, 1) = x'00', x'01', x'00') || substr(frame, 101) AS BLOB)"

edit_state() { # STORE SQL
    sqlite3 "$1/state.db" "$2"
}

passes() { # OPTION… STORE
    ok "as-audit $*"
    [[ $(tail -n 1 <<<"$output") == 'INTEGRITY_OK ('*' aggregates, '*' items, head '????????????????')' ]] ||
        complain 'expected INTEGRITY_OK'
}

# The verdict begins with the failure; each TEXT stands in the report.
finds() { # FAILURE STORE [TEXT]…
    local failure=$1
    pipe "as-audit $2"
    assert_status 1
    assert_no_stderr
    [[ $(tail -n 1 <<<"$output") == "INTEGRITY_FAILED ($failure"*')' ]] || complain "expected INTEGRITY_FAILED ($failure"
    shift 2
    for text in "$@"; do
        assert_output_has "$text"
    done
}

# ---- Hashes made anew, as someone would who wants to hide a change
# --------------------------------

little_endian() { # BYTES NUMBER
    local i
    for ((i = 0; i < $1; i++)); do
        printf '%02x' $((($2 >> (8 * i)) & 255))
    done
}

# shellcheck disable=SC2001 # & is not bash's
bytes() { # HEX
    printf '%b' "$(sed 's/../\\x&/g' <<<"$1")"
}

# Each hash of a journal of one segment, from its first batch on.
hash_again() { # STORE
    local path previous batch first items accepted source offset size frame verdicts
    path=$(segment "$1" 1)
    previous=$(sqlite3 "$path" 'SELECT hex(previous_hash) FROM segment')
    while IFS='|' read -r batch first items accepted source offset size frame verdicts; do
        previous=$(bytes "$previous$(little_endian 8 "$batch")$(little_endian 8 "$first")$(little_endian 4 "$items")$(
            little_endian 4 "$accepted"
        )$(little_endian 8 "$source")$(little_endian 8 "$offset")$(little_endian 8 "$size")$frame$verdicts" |
            sha256sum | cut -d ' ' -f 1)
        sqlite3 "$path" "UPDATE batch SET hash = x'$previous' WHERE batch = $batch"
    done < <(sqlite3 "$path" 'SELECT batch, first_item, items, accepted, source, offset, length(frame), hex(frame),
        hex(verdicts) FROM batch ORDER BY batch')
    sqlite3 "$1/state.db" "UPDATE as_position SET hash = x'$previous'"
}

# ---- Sound stores

@test "audit: a store of each workload passes, also before the referee" {
    for workload in bank seats counter; do
        ok "as-gen --workload $workload --items 3k --keys 40 --reject 10 --batch 250 | as-commit $workload >verdicts"
        passes --referee $workload
        assert_output_has 'referee     3000 items: SQLite'
        assert_output_has "$(journal $workload 'SELECT sum(accepted) FROM batch') accepted, $(
            journal $workload 'SELECT sum(items - accepted) FROM batch'
        ) rejected"
    done
}

@test "audit: the report has a line a check and ends in the figures" {
    make_segments bank
    passes --referee bank
    assert_output "files       4 files sound by SQLite's integrity check
journal     3 segments, 12000 items in 42 batches: frames, counts and hash chain ok
verdicts    $(journal bank 'SELECT sum(accepted) FROM batch' | paste -sd+ | bc) accepted, $(
        journal bank 'SELECT sum(items - accepted) FROM batch' | paste -sd+ | bc
    ) rejected: decided again with the same verdicts
state       state.db as of item 12000: 50 rows and 3 sources as the journal has them
checks      1 holds in every row of state.db, by SQL
assertions  1 holds in state.db, by SQL
referee     12000 items: SQLite $(sqlite3 :memory: 'SELECT sqlite_version()') gives the same verdicts and 50 equal rows
INTEGRITY_OK (50 aggregates, 12000 items, head $(head_hash bank | head -c 16))"
}

@test "audit: real-looking bank entries from CSV pass before the referee" {
    printf 'account;kind;amount\n' >entries.csv
    for ((i = 0; i < 2000; i++)); do
        echo "$((i * 7919 % 97));$([[ $((i % 3)) == 0 ]] && echo VYDAJ || echo PRIJEM);$((i * 31 % 500 + 1)).50"
    done >>entries.csv
    ok 'as-ingest --domain "$repo/tests/fixtures/berka.sql" --command entry --delimiter ";" --decimal amount:2 entries.csv |
        as-commit bank >verdicts'
    passes --referee bank
    assert_output_has '(97 aggregates, 2000 items'
}

@test "audit: groups pass before the referee" {
    as-gen --print-domain >bank.sql
    ok "printf '%s\n' '{\"open\":{\"id\":\"a\",\"balance\":10}}' '{\"open\":{\"id\":\"b\",\"balance\":0}}' \
        '[{\"transfer\":{\"src\":\"a\",\"dst\":\"b\",\"amount\":1}},{\"transfer\":{\"src\":\"b\",\"dst\":\"a\",\"amount\":1}}]' \
        '[{\"transfer\":{\"src\":\"a\",\"dst\":\"b\",\"amount\":2}},{\"transfer\":{\"src\":\"a\",\"dst\":\"b\",\"amount\":20}}]' \
        '[{\"transfer\":{\"src\":\"a\",\"dst\":\"x\",\"amount\":2}},{\"open\":{\"id\":\"x\",\"balance\":0}}]' |
        as-ingest --domain bank.sql --format ndjson --source g | as-commit bank >verdicts"
    passes --referee bank
    assert_output_has '4 accepted, 4 rejected'
}

@test "audit: a replica has the same report" {
    as-gen --items 2k --reject 5 | as-commit bank >verdicts
    as-log bank | as-commit copy >verdicts
    ok 'diff <(as-audit --referee bank) <(as-audit --referee copy)'
}

@test "audit: a batch whose first records were duplicates passes before the referee" {
    as-gen --items 1000 --batch 100 --keys 60 | as-commit bank >verdicts
    as-gen --items 1300 --batch 130 --keys 60 | as-commit bank >verdicts
    passes --referee bank
    assert_output_has '(60 aggregates, 1300 items'
}

@test "audit: an empty store passes" {
    as-gen --items 10 | as-commit bank >verdicts
    as-log --to 0 bank | as-commit empty >verdicts
    passes --referee empty
    assert_output_has '(0 aggregates, 0 items'
}

@test "audit: --json is one object with all of it" {
    make_segments bank
    ok 'as-audit --json --referee bank | jq -c "[.integrity, .aggregates, .items, .batches, .head, [.checks[].check]], ([.checks[].result] | unique)"'
    [[ $output == *"[\"ok\",50,12000,42,\"$(head_hash bank)\","* ]] || complain 'other figures'
    edit_state bank 'UPDATE as_source SET next = 1'
    pipe 'as-audit --json bank | jq -c ".integrity, .failure, [.checks[] | select(.result == \"failed\") | .check]"'
    assert_status 1
    assert_output_has '"failed"'
    assert_output_has '["state"]'
    assert_output_has 'does not stand where the journal has it'
}

@test "audit: without state.db a store passes, with a note" {
    as-gen --items 100 | as-commit bank >verdicts
    rm bank/state.db*
    passes bank
    assert_output_has 'state.db is missing'
    [[ ! -e bank/state.db ]]
}

@test "audit: a store whose writer was killed passes" {
    as-gen --items 200k --rate 50k --batch 500 | as-commit --fold-interval 200ms bank >verdicts 2>/dev/null &
    eventually '[[ $(journal_items bank 2>/dev/null) -gt 20000 ]]'
    pkill -KILL -P $$ as-commit
    wait $! || true # not for Bats own children
    passes bank
}

@test "audit: a store passes while a writer is at work" {
    as-gen --items 40k --rate 20k --batch 100 | as-commit --segment-size 64Ki --fold-interval 50ms bank >verdicts &
    eventually '[[ $(journal_items bank 2>/dev/null) -gt 1000 ]]'
    passes bank
    passes bank
    fails 75 'another process writes this store' 'as-audit --rebuild-state bank'
    passes --referee bank
    wait $! # not for Bats own children
    passes bank
    assert_output_has '40000 items'
}

@test "audit: --since takes older batches as they are" {
    make_segments bank
    edit_segment bank 1 "UPDATE batch SET hash = zeroblob(32) WHERE batch = 2"
    finds 'batch 2: its hash is not that of its content' bank
    finds 'batch 2: its hash' '--since 599 bank'
    finds 'batch 3: its hash' '--since 600 bank'
    passes --since 900 bank
    assert_output_has 'looked at from batch 4 on'
    passes --since 1M --referee bank
    assert_output_has 'none looked at (--since)'
}

# ---- The journal

@test "audit: a byte of a frame, changed" {
    make_segments bank
    edit_segment bank 2 "UPDATE batch SET frame = $other_byte WHERE batch = 17"
    finds 'batch 17: its hash is not that of its content' bank 'before the damage' \
        'state       not compared: the journal is damaged before batch 42'
}

@test "audit: a byte of a frame, changed with all hashes" {
    as-gen --items 300 --batch 100 | as-commit bank >verdicts
    edit_segment bank 1 "UPDATE batch SET frame = $other_byte WHERE batch = 2"
    hash_again bank
    finds 'batch 2: frame: body checksum differs' bank
}

@test "audit: a verdict, changed" {
    make_segments bank
    edit_segment bank 2 "UPDATE batch SET verdicts = x'' WHERE batch = 20"
    finds 'batch 20: its hash is not that of its content' bank
}

@test "audit: a verdict, changed with all hashes" {
    as-gen --items 300 --batch 100 --reject 10 --keys 20 | as-commit bank >verdicts
    passes bank
    hash_again bank
    passes bank # what it makes are the true ones
    edit_segment bank 1 "UPDATE batch SET verdicts = x'', accepted = items WHERE batch = 2"
    hash_again bank
    finds 'batch 2: item 1' bank ': the journal has it accepted, deciding it again rejected by '
}

@test "audit: accepted counts, changed with all hashes" {
    as-gen --items 300 --batch 100 --keys 20 --reject 0 | as-commit bank >verdicts
    edit_segment bank 1 'UPDATE batch SET accepted = accepted - 1 WHERE batch = 2'
    finds 'batch 2: its hash' bank
    hash_again bank
    finds 'batch 2: deciding it again gives other verdicts' bank
}

@test "audit: the last batch, removed" {
    make_segments bank
    edit_segment bank 3 'DELETE FROM batch WHERE batch = 42'
    finds 'state.db: it stands for batch 42, but the journal ends with batch 41' bank \
        'journal     3 segments'
}

@test "audit: the last segment, removed" {
    make_segments bank
    rm "$(segment bank 3)"
    finds 'state.db: it stands for batch 42, but the journal ends with batch 28' bank
}

@test "audit: the whole journal, removed" {
    make_segments bank
    rm -r bank/journal
    finds 'state.db: it stands for batch 42, but the journal ends with batch 0' bank
}

@test "audit: a batch in the middle, removed" {
    make_segments bank
    edit_segment bank 2 'DELETE FROM batch WHERE batch = 20'
    finds '' bank 'has 13 batches between 15 and 28' 'batch 21: does not follow the batch before it'
}

@test "audit: a segment in the middle, removed" {
    make_segments bank
    rm -f "$(segment bank 2)"
    finds '' bank 'begins with batch 29, the segment before it ends with 14' 'batches 15 to 28 are missing'
}

@test "audit: the first segment, removed" {
    make_segments bank
    rm -f "$(segment bank 1)"
    finds 'batches 1 to 14 are missing: without them only --since 4000 can be audited' bank
    finds 'batches 1 to 14 are missing' '--since 3999 bank'
}

@test "audit: --since audits a journal whose first segments were taken away" {
    make_segments bank
    rm -f "$(segment bank 1)"
    as-gen --items 1k --batch 300 --source d --keys 50 | as-commit bank >verdicts
    passes --since 4k bank
    assert_output_has 'looked at from batch 15 on'
    assert_output_has 'state.db as of item 13000 is taken as it is: batches 1 to 14, which led to it, are missing'
    finds 'batches 1 to 14 are missing: SQLite cannot decide the others' '--referee --since 4k bank'
    cp -r bank other
    edit_state other "UPDATE as_position SET batches = 42, items = 12000"
    finds 'state.db: it stands for batch 42, but with another item or hash' '--since 4k other'
    edit_segment bank 1 "UPDATE batch SET verdicts = x'' WHERE batch = 20"
    finds 'batch 20: its hash' '--since 4k bank'
    rm other/state.db*
    finds 'batches 1 to 14 are missing, and there is no state' '--since 4k other'
}

@test "audit: --since decides what lies behind a state that lags, without the first segments" {
    make_segments bank
    cp bank/state.db saved
    as-gen --items 1k --batch 300 --source d --keys 50 | as-commit bank >verdicts
    cp saved bank/state.db
    rm -f "$(segment bank 1)"
    passes --since 4k bank
    assert_output_has 'state.db as of item 12000 is taken as it is'
    edit_state bank "UPDATE account SET balance = 1"
    finds 'batch 43: item 12' '--since 4k bank'
}

@test "audit: segments that have changed names" {
    make_segments bank
    mv "$(segment bank 2)" bank/journal/00000000000000000001.db
    finds '' bank 'its first item is 4000'
}

@test "audit: what a segment says that it follows, changed" {
    make_segments bank
    edit_segment bank 2 'UPDATE segment SET previous_hash = zeroblob(32)'
    finds 'batch 15: its segment says that it follows another batch' bank
}

@test "audit: batches repeated in a later segment" {
    make_segments bank
    edit_segment bank 3 "ATTACH '$(segment bank 2)' AS other; INSERT INTO batch SELECT * FROM other.batch WHERE batch = 28"
    finds '' bank 'has 15 batches between 28 and 42 where it begins with 29'
}

@test "audit: another domain than the journal's" {
    make_segments bank
    sed -i 's/balance >= 0/balance >= 1/' bank/domain.sql
    finds '' bank 'belongs to another domain'
}

@test "audit: pages of a segment, overwritten" {
    make_segments bank
    chmod u+w "$(segment bank 1)"
    head -c 16384 /dev/zero | dd of="$(segment bank 1)" bs=8192 seek=2 conv=notrunc status=none
    finds '' bank
}

@test "audit: a segment, cut short or emptied or not a database" {
    make_segments bank
    chmod u+w "$(segment bank 1)"
    cp "$(segment bank 1)" saved
    for size in 8192 20000 100; do
        head -c $size saved >"$(segment bank 1)"
        finds '' bank
    done
    : >"$(segment bank 1)"
    finds '' bank
    echo 'this is no database, but it is long enough to be looked at' >"$(segment bank 1)"
    finds '' bank 'file is not a database'
}

# ---- The state

@test "audit: a row of the state, changed" {
    make_segments bank
    edit_state bank "UPDATE account SET balance = balance + 1 WHERE id = 'acct-0000007'"
    finds "state.db: account: it has ('acct-0000007', " bank "the journal leads to ('acct-0000007', "
}

@test "audit: a row of the state, removed or added" {
    make_segments bank
    cp bank/state.db saved
    edit_state bank "DELETE FROM account WHERE id = 'acct-0000007'"
    finds 'state.db: account: it has no such row, the journal leads to (' bank
    cp saved bank/state.db
    edit_state bank "INSERT INTO account VALUES ('nobody', 1)"
    finds "state.db: account: it has ('nobody', 1), the journal leads to no such row" bank
}

@test "audit: a row that breaks a CHECK, and an assertion that does not hold" {
    make_segments bank
    edit_state bank 'PRAGMA ignore_check_constraints = 1; UPDATE account SET balance = -1 WHERE id = (SELECT min(id) FROM account)'
    finds '' bank "state.db: account: it has ('acct-0000000', -1)" \
        'checks      FAILED: state.db: 1 row of account breaks CHECK no_overdraft'
    edit_state bank 'UPDATE account SET balance = 2000000000'
    finds '' bank 'assertions  FAILED: state.db: assertion supply_is_capped does not hold'
}

@test "audit: a source's place in the state, changed, removed or added" {
    make_segments bank
    cp bank/state.db saved
    for edit in 'UPDATE as_source SET next = next + 1 WHERE id = (SELECT max(id) FROM as_source)' \
        'DELETE FROM as_source WHERE id = (SELECT max(id) FROM as_source)' \
        'INSERT INTO as_source VALUES (1, 5)'; do
        cp saved bank/state.db
        edit_state bank "$edit"
        finds 'state.db: source ' bank 'does not stand where the journal has it'
    done
}

@test "audit: the position of the state, changed" {
    make_segments bank
    cp bank/state.db saved
    edit_state bank 'UPDATE as_position SET hash = zeroblob(32)'
    finds 'state.db: it stands for batch 42, but with another item or hash' bank
    cp saved bank/state.db
    edit_state bank 'UPDATE as_position SET items = items - 1'
    finds 'state.db: it stands for batch 42, but with another item or hash' bank
    cp saved bank/state.db
    edit_state bank 'UPDATE as_position SET batches = 41'
    finds 'state.db: it stands for batch 41, but with another item or hash' bank
    cp saved bank/state.db
    edit_state bank 'UPDATE as_position SET domain = zeroblob(32)'
    finds 'state.db: as_position is of another domain' bank
    cp saved bank/state.db
    edit_state bank 'DELETE FROM as_position'
    finds 'state.db: it has rows of account, but no position' bank
}

@test "audit: the schema of the state, changed" {
    make_segments bank
    cp bank/state.db saved
    edit_state bank 'DROP VIEW supply_is_capped; CREATE VIEW supply_is_capped AS SELECT 1 AS holds'
    finds 'state.db: view supply_is_capped is not as the domain declares it' bank
    cp saved bank/state.db
    edit_state bank 'CREATE TRIGGER more AFTER UPDATE ON account BEGIN UPDATE account SET balance = 1; END'
    finds 'state.db: trigger more is not in the domain' bank
    cp saved bank/state.db
    edit_state bank 'DROP TABLE account'
    finds 'state.db: table account is missing' bank 'no such table: account'
    : >bank/state.db
    finds '' bank 'no such table: as_position'
}

@test "audit: a state that is not a database" {
    make_segments bank
    echo 'this is no database, but it is long enough to be looked at' >bank/state.db
    finds '' bank 'file is not a database' 'verdicts    '
}

# ---- --rebuild-state

@test "audit: --rebuild-state makes a missing, a changed or a damaged state again" {
    make_segments bank
    fingerprint bank >before
    rm bank/state.db
    passes --rebuild-state bank
    assert_output_has 'state.db as of item 12000'
    edit_state bank 'UPDATE account SET balance = 7'
    passes --rebuild-state bank
    echo 'no database' >bank/state.db
    passes --rebuild-state bank
    diff before <(fingerprint bank)
}

@test "audit: --rebuild-state keeps the one witness of what a journal has lost" {
    make_segments bank
    rm "$(segment bank 3)"
    cp bank/state.db saved
    pipe 'as-audit --rebuild-state bank'
    assert_status 1
    assert_stderr_has 'state.db: kept, for the journal ends before it'
    assert_output_has 'INTEGRITY_FAILED (state.db: it stands for batch 42'
    cmp saved bank/state.db
}

@test "audit: --rebuild-state of a damaged journal says what is damaged" {
    make_segments bank
    edit_segment bank 2 "UPDATE batch SET verdicts = x'' WHERE batch = 20"
    pipe 'as-audit --rebuild-state bank'
    assert_status 1
    assert_output_has 'INTEGRITY_FAILED (batch 20: its hash'
}

# ---- Refusals

@test "audit: misuse and what is not a store are told in one line" {
    as-gen --items 10 | as-commit bank >verdicts
    fails 64 'which store?' 'as-audit'
    fails 64 'more than one store' 'as-audit bank bank'
    fails 64 '--since: needs a value' 'as-audit bank --since'
    fails 64 '--since x: not a position' 'as-audit --since x bank'
    fails 64 'no such option' 'as-audit --quick bank'
    mkdir other
    fails 65 'not a store' 'as-audit other'
    fails 65 'not a store' 'as-audit --rebuild-state other'
    fails 74 'No such file' 'as-audit nowhere'
    fails 74 'stdout: No space left' 'as-audit bank >/dev/full'
    fails 74 'stdout: No space left' 'as-audit --json bank >/dev/full'
    [[ $(ls other) == '' ]]
}
