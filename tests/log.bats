# shellcheck shell=bash disable=SC2016,SC2154
# SPDX-License-Identifier: MIT
#
# as-log: the journal as frames, NDJSON and CSV; ranges, following, damage.

load helper
load store

teardown() { # what a failed test has left running
    jobs -p | xargs -r kill 2>/dev/null || true
}

# Groups: the second one fails at its second item.
make_groups() { # STORE
    as-gen --print-domain >bank.sql
    printf '%s\n' '{"open":{"id":"a","balance":10}}' '{"open":{"id":"b","balance":0}}' \
        '[{"transfer":{"src":"a","dst":"b","amount":1}},{"transfer":{"src":"b","dst":"a","amount":1}}]' \
        '[{"transfer":{"src":"a","dst":"b","amount":2}},{"transfer":{"src":"a","dst":"b","amount":20}}]' |
        as-ingest --domain bank.sql --format ndjson --source g | as-commit "$1" >verdicts
}

assert_replica() { # STORE COPY
    diff <(fingerprint "$1") <(fingerprint "$2") || complain 'the copy differs'
}

# ---- Frames

@test "log: frames make a replica with the same head and state" {
    for workload in bank seats counter; do
        ok "as-gen --workload $workload --items 5k --reject 10 --batch 100 | as-commit $workload >verdicts
            as-log $workload | as-commit $workload.copy >verdicts"
        assert_replica "$workload" "$workload.copy"
    done
}

@test "log: frames of a journal of several segments make a replica" {
    make_segments bank
    [[ $(find bank/journal -name '*.db' | wc -l) == 3 ]]
    ok 'as-log bank | as-commit copy >verdicts'
    assert_replica bank copy
}

@test "log: compressed frames and groups are passed on verbatim" {
    make_groups bank
    ok 'as-gen --items 2k --source z --compress | as-commit bank >verdicts
        as-log bank | as-commit copy >verdicts'
    assert_replica bank copy
    diff <(journal bank 'SELECT hex(frame) FROM batch') <(journal copy 'SELECT hex(frame) FROM batch')
}

@test "log: a batch whose first records were duplicates makes a replica, too" {
    ok 'as-gen --items 1000 --batch 100 | as-commit bank >verdicts
        as-gen --items 1300 --batch 130 | as-commit bank >verdicts
        as-log bank | as-commit copy >verdicts'
    assert_replica bank copy
    ok 'as-log --format ndjson bank | jq -s "map(.item) == [range(1300)] and map(.offset) == [range(1300)]"'
    assert_output true
}

@test "log: a replica that is fed again has nothing to do, and goes on where it stood" {
    ok 'as-gen --items 2k --batch 100 | as-commit bank >verdicts; as-log bank | as-commit copy >verdicts
        as-gen --items 3k --batch 100 | as-commit bank >verdicts; as-log bank | as-commit copy >verdicts'
    assert_replica bank copy
}

@test "log: a range of frames is the batches that overlap it" {
    ok 'as-gen --items 1k --batch 100 | as-commit bank >verdicts
        as-log --from 250 --to 401 bank | frame_dump | grep -v command'
    assert_output "DOMAIN $(wc -c <bank/domain.sql) bytes
ITEMS at 200, 100 records
ITEMS at 300, 100 records
ITEMS at 400, 100 records
END"
    ok 'as-log --from 200 --to 400 bank | frame_dump | grep -c ITEMS'
    assert_output 2
}

@test "log: an empty range is an empty stream, which makes an empty store" {
    ok 'as-gen --items 1k | as-commit bank >verdicts
        as-log --to 0 bank | frame_dump; as-log --from 1000 bank | frame_dump; as-log --from 7k bank | frame_dump'
    assert_output "$(printf 'DOMAIN %d bytes\nEND\n' "$(wc -c <bank/domain.sql)"{,,})"
    ok 'as-log --from 5 --to 5 bank | as-commit empty >verdicts; as-log --format ndjson empty; as-log empty | frame_dump'
    assert_output "DOMAIN $(wc -c <bank/domain.sql) bytes
END"
}

@test "log: frames do not go to a terminal" {
    ok 'as-gen --items 10 | as-commit bank >verdicts'
    pipe "script -qec 'as-log bank' /dev/null; echo \$?"
    assert_output_has 'as-log: frames are not written to a terminal'
    assert_output_has 64
}

# ---- Items as text

@test "log: an item of NDJSON has its place, its values and its verdict" {
    make_groups bank
    ok 'as-log --format ndjson --to 2 bank; as-log --format ndjson --from 5 bank | jq -c "del(.source)"'
    assert_output '{"item":0,"batch":1,"source":"'"$(journal bank 'SELECT printf("%016x", source) FROM batch')"'","offset":0,"command":"open","values":{"id":"a","balance":10,"note":null},"verdict":"accepted"}
{"item":1,"batch":1,"source":"'"$(journal bank 'SELECT printf("%016x", source) FROM batch')"'","offset":1,"command":"open","values":{"id":"b","balance":0,"note":null},"verdict":"accepted"}
{"item":5,"batch":1,"offset":5,"command":"transfer","values":{"src":"a","dst":"b","amount":20,"note":null},"verdict":"rejected","kind":"check","name":"no_overdraft","table":"account","key":{"id":"a"},"broken_by":{"balance":-12}}'
}

@test "log: members of a group are marked, and tell their culprit by its position" {
    make_groups bank
    ok 'as-log --format ndjson bank | jq -c "[.item, .group, .verdict, .kind, .name, .broken_by]" | tail -n 4'
    assert_output '[2,true,"accepted",null,null,null]
[3,null,"accepted",null,null,null]
[4,true,"rejected","group","no_overdraft",{"culprit":5}]
[5,null,"rejected","check","no_overdraft",{"balance":-12}]'
}

@test "log: every line of NDJSON is JSON, and all items are there in order" {
    make_segments bank
    ok 'as-log --format ndjson bank | jq -s "map(.item) == [range(12000)]"'
    assert_output true
    ok 'as-log --format ndjson bank | jq -s -c "[group_by(.verdict)[] | length]"'
    assert_output "[$(journal bank 'SELECT sum(accepted) FROM batch' | paste -sd+ | bc),$(journal bank 'SELECT sum(items - accepted) FROM batch' | paste -sd+ | bc)]"
}

@test "log: CSV has the same as NDJSON, for any reader of CSV" {
    make_groups bank
    ok 'as-gen --items 1k --reject 20 --source z | as-commit bank >verdicts
        as-log --format csv bank >items.csv
        sqlite3 -cmd ".import --csv items.csv t" :memory: "
            SELECT json_patch(json_object(
                '\''item'\'', item + 0, '\''batch'\'', batch + 0, '\''source'\'', source, '\''offset'\'', offset + 0,
                '\''command'\'', command, '\''values'\'', json(\"values\"), '\''verdict'\'', verdict), json_object(
                '\''group'\'', iif(\"group\" = '\'''\'', NULL, json(\"group\")), '\''kind'\'', nullif(kind, '\'''\''),
                '\''name'\'', nullif(name, '\'''\''), '\''table'\'', nullif(\"table\", '\'''\''),
                '\''key'\'', iif(key = '\'''\'', NULL, json(key)), '\''broken_by'\'', iif(broken_by = '\'''\'', NULL, json(broken_by))))
            FROM t" >from_csv
        diff <(jq -cS "del(.values.note)" from_csv) <(as-log --format ndjson bank | jq -cS "del(.values.note)")'
    assert_output ''
}

@test "log: a quote, a comma and a line break in a value survive CSV" {
    as-gen --print-domain >bank.sql
    ok "printf '%s\n' '{\"open\":{\"id\":\"say \\\"a\\\", then\\nb\",\"balance\":-1}}' |
            as-ingest --domain bank.sql --format ndjson --source g | as-commit bank >verdicts
        as-log --format csv bank >items.csv; wc -l <items.csv
        sqlite3 -cmd '.import --csv items.csv t' :memory: \"SELECT json_extract(\\\"values\\\", '\$.id'), verdict, name FROM t\""
    assert_output '2
say "a", then
b|rejected|not_negative'
}

@test "log: a range of items is exactly those" {
    make_segments bank
    for range in '0 1' '299 301' '3999 4001' '7 7' '11990 12000' '11999 99999'; do
        read -r from to <<<"$range"
        ok "as-log --format ndjson --from $from --to $to bank | jq -s 'map(.item) == [range($from; [$to, 12000] | min)]'"
        assert_output true
    done
    ok 'as-log --format csv --from 5 --to 6 bank | wc -l'
    assert_output 2
}

@test "log: --rejected leaves out what was accepted" {
    make_segments bank
    ok 'as-log --format ndjson --rejected bank | jq -r .verdict | sort | uniq -c | xargs'
    assert_output "$(journal bank 'SELECT sum(items - accepted) FROM batch' | paste -sd+ | bc) rejected"
    ok 'diff <(as-log --format csv --rejected --from 100 --to 5k bank) \
             <(as-log --format csv --from 100 --to 5k bank | grep -v ",accepted,")'
}

# ---- Following

@test "log: --follow waits at the end of an empty store, and ends in order at SIGTERM" {
    as-gen --items 1k --batch 100 >stream
    as-gen --items 10 | as-commit seed >verdicts
    as-log --to 0 seed | as-commit bank >verdicts
    as-log --follow bank >followed &
    follower=$!
    as-log --follow --format ndjson bank >lines &
    reader=$!
    as-commit bank <stream >verdicts
    eventually '[[ $(wc -l <lines) == 1000 ]]'
    eventually '[[ $(stat -c %s followed) -gt $(($(stat -c %s stream) - 100)) ]]'
    as-gen --items 500 --source more | as-commit bank >verdicts
    eventually '[[ $(wc -l <lines) == 1500 ]]'
    eventually '[[ $(stat -c %s followed) -gt $(($(stat -c %s stream) * 5 / 4)) ]]'
    kill -TERM "$follower" "$reader"
    wait "$follower"
    wait "$reader"
    ok 'as-commit copy <followed >verdicts'
    assert_replica bank copy
}

@test "log: --follow goes on into new segments, and hinders no seal while it waits" {
    as-gen --items 4k --source 0 | as-commit --segment-size 64Ki bank >verdicts
    as-log --follow --format ndjson bank >lines &
    follower=$!
    eventually '[[ $(wc -l <lines) == 4000 ]]'
    for source in 1 2 3; do
        as-gen --items 4k --source $source | as-commit --segment-size 64Ki bank >verdicts
        eventually "[[ \$(wc -l <lines) == $(((source + 1) * 4000)) ]]"
    done
    kill -TERM "$follower"
    wait "$follower"
    [[ $(find bank/journal -name '*.db' | wc -l) -ge 4 ]]
    ok 'jq -s "map(.item) == [range(16000)]" lines'
    assert_output true
}

@test "log: --follow --to ends by itself" {
    as-gen --items 100 | as-commit bank >verdicts
    as-log --follow --to 150 --format ndjson bank >lines &
    follower=$!
    sleep 0.3
    kill -0 "$follower"
    as-gen --items 100 --source more | as-commit bank >verdicts
    wait "$follower"
    [[ $(wc -l <lines) == 150 ]]
}

@test "log: --follow ends when its reader goes away" {
    as-gen --items 100 | as-commit bank >verdicts
    pipe 'set +o pipefail; timeout 20 as-log --follow --format ndjson bank | head -n 1 >line; echo "${PIPESTATUS[0]}"'
    assert_output 141
}

@test "log: a replica follows a writer at work" {
    as-gen --items 100 --source first | as-commit bank >verdicts
    as-log --follow bank > >(as-commit copy >copied) 2>follow.err &
    follower=$!
    as-gen --items 20k --batch 50 --rate 40k --source second | as-commit --segment-size 64Ki bank >verdicts
    eventually '[[ $(journal_items copy) == 20100 ]]'
    kill -TERM "$follower"
    wait "$follower"
    [[ ! -s follow.err ]]
    eventually '[[ $(state_items copy) == 20100 ]]'
    assert_replica bank copy
}

# ---- Refusals and damage

@test "log: misuse is told in one line" {
    as-gen --items 10 | as-commit bank >verdicts
    fails 64 'which store?' 'as-log'
    fails 64 'more than one store' 'as-log bank bank'
    fails 64 '--from: needs a value' 'as-log bank --from'
    fails 64 '--from -1: not a position' 'as-log --from=-1 bank'
    fails 64 '--to lies before --from' 'as-log --from 5 --to 4 bank'
    fails 64 'not frames, ndjson or csv' 'as-log --format xml bank'
    fails 64 '--rejected needs --format' 'as-log --rejected bank | cat'
    fails 64 'no such option' 'as-log --backwards bank'
    fails 65 'not a store' 'mkdir other && as-log other | cat'
    fails 74 'No such file' 'as-log nowhere | cat'
    fails 74 'stdout: No space left' 'as-log bank >/dev/full'
    fails 74 'stdout: No space left' 'as-log --format csv bank >/dev/full'
}

@test "log: a damaged batch ends the stream without END, after all that is sound" {
    as-gen --items 1k --batch 100 | as-commit bank >verdicts
    sqlite3 bank/journal/*.db "UPDATE batch SET frame = CAST(substr(frame, 1, 99) || iif(substr(frame, 100, 1) = x'00', x'01', x'00') ||
        substr(frame, 101) AS BLOB) WHERE batch = 6"
    fails 74 'bank: journal: batch 6: its hash is not that of its content' 'as-log bank >stream'
    fails 65 'without an END' 'frame_dump <stream >dump'
    [[ $(grep -c ITEMS dump) == 5 ]]
    fails 74 'batch 6' 'as-log --format ndjson bank >lines'
    [[ $(wc -l <lines) == 500 ]]
    ok 'as-log --to 500 bank | frame_dump | tail -n 1' # what lies before is not concerned
    assert_output END
    ok 'as-log --from 700 --format ndjson bank | wc -l'
    assert_output 300
}

@test "log: a segment missing in the middle is an error, not an end" {
    make_segments bank
    rm -f "$(find bank/journal -name '*.db' | sort | sed -n 2p)"
    fails 74 'batches 15 to 28 are missing' 'as-log --format ndjson bank >lines'
    [[ $(wc -l <lines) == 4000 ]]
}

@test "log: without its first segments a journal is told from where it is" {
    make_segments bank
    rm -f bank/journal/00000000000000000000.db
    fails 74 'items before 4000 are not there' 'as-log bank | cat'
    ok 'as-log --from 4k --format ndjson bank | jq -s "map(.item) == [range(4000; 12000)]"'
    assert_output true
}

@test "log: another domain than the journal's is refused" {
    as-gen --items 10 | as-commit bank >verdicts
    echo '-- changed' >>bank/domain.sql
    fails 74 'belongs to another domain' 'as-log bank | cat'
}
