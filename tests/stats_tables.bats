# shellcheck shell=bash disable=SC2016,SC2154
# SPDX-License-Identifier: MIT
#
# as-stats: intervals as tables, telemetry, the fit, what bounds a run. The streams are made with a
# clock of their own and read as recorded ones, so that every figure is known.

load helper

export PATH=$PATH:$BUILD/tests

# Two intervals of five seconds and half a one: 100 items, 10 of them rejected; 200; 7.
three_intervals='clock:0 set:uptime:0 telemetry accept:90 pass:1000 age:1000 accept:0 reject:10:1:no_overdraft age:0 pass:1000
    set:uptime:2000000000 set:batches:4 set:segments:3 set:wal:4096 set:cpu_user:500000000 set:read_wait:1000000000 set:room_wait:500000000 set:commit_wait:100000000 set:fold_lag:250000000
    commit:50:2000 commit:50:4000 telemetry
    pass:4000 age:4000 accept:200 age:0 pass:4000 accept:7 pass:2500 end'

column() { # NAME, of a CSV whose last column may have commas
    awk -F, -v name="$1" 'NR == 1 { for (i = 1; i <= NF; i++) if ($i == name) n = i; next } { print $n }'
}
export -f column
export three_intervals

@test "tables: a row an interval, the last one at the end of the stream" {
    ok 'verdict_stream $three_intervals | as-stats --recorded --csv --interval 5s >t
        wc -l <t; for c in time elapsed_s interval_s items items_per_s accepted rejected batches p50_ms max_ms rejected_check; do echo $c $(column $c <t); done'
    assert_output '4
time 2026-01-01T00:00:05.000Z 2026-01-01T00:00:10.000Z 2026-01-01T00:00:10.000Z
elapsed_s 5.000 10.000 10.000
interval_s 5.000 5.000 0.000
items 100 200 7
items_per_s 20.0 40.0 0.0
accepted 90 200 7
rejected 10 0 0
batches 3 1 1
p50_ms 1000.000 4000.000 0.000
max_ms 1000.000 4000.000 0.000
rejected_check 10 0 0'
}

@test "tables: an interval's telemetry is what came in it; without any its columns are empty" {
    ok 'verdict_stream $three_intervals | as-stats --recorded --csv --interval 5s >t
        for c in measured_s commits batches_per_commit commit_ms wal_bytes segments fold_lag_ms read_wait_percent room_wait_percent commit_wait_percent commit_percent cpu_user_percent; do echo $c: $(column $c <t | paste -sd "|"); done'
    assert_output 'measured_s: 2.000||
commits: 2||
batches_per_commit: 2.00||
commit_ms: 3.000||
wal_bytes: 4096||
segments: 3||
fold_lag_ms: 250||
read_wait_percent: 50.0||
room_wait_percent: 25.0||
commit_wait_percent: 5.0||
commit_percent: 0.3||
cpu_user_percent: 25.0||'
}

@test "tables: reasons of an interval are in its row, quoted" {
    ok 'verdict_stream clock:0 reject:2:6:"say \"no\", please" pass:2000 reject:3:1:b end | as-stats --recorded --csv --interval 1s | tail -n +2 | grep -oE "\"\[.*"'
    assert_output '"[{""kind"":""raise"",""name"":""say \""no\"", please"",""count"":2}]"
"[{""kind"":""check"",""name"":""b"",""count"":3}]"'
}

@test "tables: --json --interval is a line an interval and, marked, the summary" {
    ok 'verdict_stream $three_intervals | as-stats --recorded --json --interval 5s >t
        jq -c "[.type, .items, .rejected, .items_per_s, .wal_bytes, .bound_by, .rejected_by]" t; jq -r .type t | tail -n 1'
    assert_output '["sample",100,10,20,4096,"disk: the committer writes and syncs 0 % of the time",[{"kind":"check","name":"no_overdraft","count":10}]]
["sample",200,0,40,null,null,[]]
["sample",7,0,0,null,null,[]]
["summary",307,10,null,null,"disk: the committer writes and syncs 0 % of the time",[{"kind":"check","name":"no_overdraft","count":10}]]
summary'
}

@test "tables: JSON and CSV have the same columns, and as-stats(1) tells each" {
    ok 'verdict_stream $three_intervals >s
        as-stats --recorded --csv <s | head -n 1 | tr , "\n" >csv
        as-stats --recorded --json --interval 1s <s | head -n 1 | jq -r "keys_unsorted[]" | grep -vE "^(type|bound_by)$" >json
        diff csv json
        mandoc -T ascii -O width=1000 "$repo/man/as-stats.1" | sed "s/.\x08//g" >page
        while read -r name; do grep -qE "(^|[^a-z0-9_])$name([^a-z0-9_]|$)" page || echo "as-stats.1: no $name"; done <csv'
    assert_output ''
}

@test "tables: CSV alone is a row a second" {
    ok 'verdict_stream clock:0 accept:1 pass:1000 accept:1 pass:1000 accept:1 end | as-stats --recorded --csv | column items | paste -sd " "'
    assert_output '1 1 1'
}

@test "tables: a gap in time is one long interval, however long" {
    ok 'verdict_stream clock:0 accept:1 pass:1999999500 pass:1999999500 accept:1 end | as-stats --recorded --csv --interval 1s | cut -d , -f 2-4 | tail -n +2'
    assert_output '3999999.000,3999999.000,1
3999999.000,0.000,1'
}

@test "tables: a recorded stream may come slowly" {
    ok '(sleep 0.3; verdict_stream clock:0 accept:1 sleep:300 pass:2000 accept:1 end) | as-stats --recorded --csv --interval 1s | cut -d , -f 2-4 | tail -n +2'
    assert_output '2.000,2.000,1
2.000,0.000,1'
}

@test "tables: with rows as the stream comes, their sum is the whole" {
    ok 'verdict_stream accept:5 sleep:150 reject:3:1:x sleep:250 accept:2 end | as-stats --csv --interval 100ms >t
        awk -F, "NR > 1 { n += \$4; r += \$7 } END { print n, r, (NR > 4 && NR < 9) }" t'
    assert_output '10 3 1'
}

@test "tables: rows come while the producer is silent" {
    ok 'mkfifo in; exec 4<>in; as-stats --csv --interval 100ms <in >t & pid=$!
        verdict_stream accept:10 >&4
        until (($(wc -l <t) > 3)); do sleep 0.05; done; kill $pid; wait $pid; column items <t | awk "{ n += \$1 } END { print n }"'
    assert_output 10
}

@test "tables: -o keeps them apart from --pass and from the terminal" {
    ok 'verdict_stream accept:10 end >s; as-stats --pass --csv -o t <s | cmp - s; column items <t'
    assert_output 10
    fails 74 'no/t: No such file or directory' 'verdict_stream end | as-stats --csv -o no/t'
}

# ---- Telemetry ----------------------------------------------------------------------------------

@test "telemetry: the fit finds the cost of a commit and of an item" {
    ok 'verdict_stream clock:0 $(for n in 100 1000 5000 20000; do echo commit:$n:$((300 + n * 2)); done) set:uptime:1 telemetry end |
        as-stats --recorded --json | jq -c ".fit | [(.commit_us | . > 298 and . < 302), (.item_ns | . > 1999 and . < 2001)]"'
    assert_output '[true,true]'
}

@test "telemetry: where commits are all alike there is no fit" {
    ok 'verdict_stream clock:0 commit:1000:500*50 telemetry end | as-stats --recorded --json | jq -c "[.fit, .telemetry.commits, .commit_ms.max]"
        verdict_stream clock:0 commit:410:500 commit:490:700 telemetry end | as-stats --recorded --json | jq -c .fit
        verdict_stream clock:0 commit:1000:500*50 telemetry end | as-stats --recorded | grep -c "^fit" || true'
    assert_output '[null,50,0.5]
null
0'
}

@test "telemetry: COMMITs' durations add up over its frames" {
    ok 'verdict_stream clock:0 commit:1:1000*98 telemetry commit:1:2000 telemetry commit:1:3000 telemetry end |
        as-stats --recorded --json | jq -c ".commit_ms | [.p50, .p99, .max] | map(round)"'
    assert_output '[1,2,3]'
}

bound_by() { # WORDS
    verdict_stream clock:0 set:uptime:0 telemetry accept:1 pass:1000 set:uptime:1000000000 "$@" telemetry end |
        as-stats --recorded --json | jq -r .bound_by
}
export -f bound_by

@test "telemetry: what bounds a run is said in a sentence" {
    ok 'bound_by set:room_wait:600000000 set:read_wait:300000000 set:commit:920000000 set:decide:300000000
        bound_by set:room_wait:600000000 set:commit:300000000 set:decide:950000000
        bound_by set:room_wait:600000000 set:commit:100000000 set:decide:200000000 set:send_wait:800000000
        bound_by set:room_wait:10000000 set:read_wait:850000000 set:commit:300000000 set:decide:200000000
        bound_by set:room_wait:10000000 set:read_wait:100000000 set:commit:300000000 set:decide:200000000
        verdict_stream accept:1 end | as-stats --json | jq -r .bound_by'
    assert_output 'disk: the committer writes and syncs 92 % of the time
engine: deciding takes 95 % of the time
verdicts: their reader keeps the committer waiting 80 % of the time
producer: the writer waits for input 85 % of the time
reader: checking frames takes 89 % of the time
null'
}

@test "telemetry: counters that fall and waits beyond the time make no nonsense" {
    ok 'verdict_stream clock:0 set:uptime:1000000000 set:commits:50 telemetry pass:1000 set:uptime:2000000000 set:commits:20 set:read_wait:99000000000 telemetry end |
        as-stats --recorded --csv --interval 1s >t; column commits <t | paste -sd "|"; column read_wait_percent <t | paste -sd "|"'
    assert_output '50|0
0.0|100.0'
}

@test "telemetry: of the writer itself is understood" {
    ok 'as-gen -n 50k --reject 2 | as-commit bank | as-stats --json |
        jq -c ".telemetry | [.items, .accepted + .rejected, .batches, .segments, .rows, .fold_lag_items, .journal_bytes > 1000000, .uptime_seconds > 0]"'
    assert_output '[50000,50000,50,1,1000,0,true,true]'
}

@test "tables: misuse is one line and 64" {
    fails 64 'one of --json, --csv and --prometheus at a time' 'as-stats --json --csv </dev/null'
    fails 64 '--interval 5: not a duration of at least 100ms' 'as-stats --interval 5 </dev/null'
    fails 64 '--interval 1ms: not a duration of at least 100ms' 'as-stats --csv --interval 1ms </dev/null'
    fails 64 '--interval: needs a value' 'as-stats --interval'
    fails 64 '--audit is for the page of --report or --listen' 'as-stats --audit x </dev/null'
    fails 64 '--title: not UTF-8' 'as-stats --report r --title "$(printf "\377")" </dev/null'
    fails 64 '--listen is for a stream as it comes' 'as-stats --recorded --listen 127.0.0.1:0 </dev/null'
}
