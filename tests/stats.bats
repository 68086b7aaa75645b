# shellcheck shell=bash disable=SC2016,SC2154
# SPDX-License-Identifier: MIT
#
# as-stats on streams made by tests/unit/verdict_stream.c.

load helper

export PATH=$PATH:$BUILD/tests

@test "stats: the summary counts items, rejections by kind and name, duplicates and batches" {
    ok 'verdict_stream accept:10 reject:2:6:closed reject:5:1:no_overdraft accept:3 reject:1:6:closed duplicate:4 end |
        as-stats | sed "s/[0-9.]* s, [0-9]* items/S s, N items/; /^round/d"'
    assert_output 'items       25 in S s, N items/s
accepted    17
rejected    8
  check no_overdraft 5
  raise closed 3
duplicates  4
batches     6'
}

@test "stats: --json is one object with the same figures" {
    ok 'verdict_stream accept:10 reject:41:1:no_overdraft "reject:2:6:say \"no\"" duplicate:4 end | as-stats --json >out
        wc -l <out; jq -c "del(.seconds, .items_per_second, .round_trip_ms)" out
        jq -c "[.seconds > 0, .items_per_second > 0, (.round_trip_ms | keys)]" out'
    assert_output '1
{"items":57,"accepted":14,"rejected":43,"duplicates":4,"batches":4,"dry_run":false,"rejected_by":[{"kind":"check","name":"no_overdraft","count":41},{"kind":"raise","name":"say \"no\"","count":2}]}
[true,true,["max","p50","p90","p99","p99_9"]]'
}

@test "stats: the round trip is from a batch's creation to its arrival" {
    ok 'verdict_stream accept:1*98 age:60000 accept:1 age:120000 accept:1 end | as-stats --json |
        jq -c ".round_trip_ms | [.p50 < 50000, (.p99 | . >= 60000 and . < 119000), (.max | . >= 120000 and . < 170000), .max >= .p99_9]"'
    assert_output '[true,true,true,true]'
}

@test "stats: time runs from the first batch's creation to the last verdict's arrival" {
    ok 'verdict_stream age:100000 accept:500 age:0 accept:500 end | as-stats --json |
        jq -c "[(.seconds | . >= 100 and . < 150), (.items_per_second | . > 6 and . <= 10)]"'
    assert_output '[true,true]'
}

@test "stats: a batch created after its arrival, by another clock, has a round trip of nothing" {
    ok 'verdict_stream ahead:60000 accept:1 end | as-stats --json | jq -c "[.round_trip_ms.max, .seconds, .items_per_second]"'
    assert_output '[0,0,0]'
}

@test "stats: a dry run is named" {
    ok 'verdict_stream telemetry accept:1 telemetry dry accept:1 end | as-stats | grep ^batches'
    assert_output 'batches     2 (dry run: nothing was made durable)'
}

@test "stats: an empty stream is all zeros" {
    ok 'verdict_stream end | as-stats --json'
    assert_output '{"items":0,"accepted":0,"rejected":0,"duplicates":0,"batches":0,"seconds":0.000000,"items_per_second":0.0,"dry_run":false,"rejected_by":[],"round_trip_ms":{"p50":0.000,"p90":0.000,"p99":0.000,"p99_9":0.000,"max":0.000}}'
}

@test "stats: --pass copies every byte of the stream and sums up on stderr" {
    pipe 'verdict_stream accept:10 telemetry reject:3:1:x end >s; as-stats --pass --json <s >copy && cmp s copy'
    assert_status 0
    assert_output ''
    [[ $stderr == '{"items":13,'* ]]
    ok 'as-stats --pass <s 2>/dev/null | as-stats --json | jq .items'
    assert_output 13
}

@test "stats: a stream that is cut short is summed up, then 65" {
    fails 65 'as-stats: stdin: ends without an END frame' 'verdict_stream accept:10 accept:5 | as-stats --json'
    [[ $output == '{"items":15,'* ]]
    fails 65 'stdin: frame 2 at byte 120: truncated: 6 of 56 bytes of its body' \
        'verdict_stream accept:10 accept:5 | head -c 190 | as-stats --json'
    [[ $output == '{"items":10,'* ]]
    fails 65 'ends without an END frame' 'as-stats </dev/null'
}

@test "stats: every truncated prefix of a stream is 65 and never more" {
    ok 'verdict_stream accept:1 reject:1:1:x end >s
        for ((n = 0; n < $(stat -c %s s); n++)); do
            head -c $n s | as-stats >/dev/null 2>&1; [[ $? == 65 ]] || echo "prefix of $n: $?"
        done'
    assert_output ''
}

@test "stats: malformed verdicts are 65 with the frame's place" {
    fails 65 'stdin: frame 2 at byte 120: malformed verdicts' 'verdict_stream accept:10 malformed end | as-stats --json'
    [[ $output == '{"items":10,'* ]]
}

@test "stats: malformed telemetry is 65 with the frame's place" {
    fails 65 'stdin: frame 2 at byte 120: malformed telemetry' 'verdict_stream accept:10 malformed-telemetry end | as-stats --json'
    [[ $output == '{"items":10,'* ]]
}

@test "stats: more reasons than it tells apart are counted together" {
    ok 'verdict_stream $(seq -f "reject:2:6:reason%g" 1010) end | as-stats --json |
        jq -c "[(.rejected_by | length), .rejected_by[-1], .rejected, (.rejected_by | map(.count) | add)]"'
    assert_output '[1001,{"kind":"other","name":"","count":20},2020,2020]'
}

@test "stats: SIGTERM sums up what came; the first SIGINT is left to the writer" {
    ok 'mkfifo in; exec 4<>in; verdict_stream accept:10 >&4
        bash -c "trap - INT; exec as-stats --json --pass" <in >copy 2>out & pid=$!
        until [[ -s copy ]]; do sleep 0.02; done
        kill -INT $pid; sleep 0.3; kill -TERM $pid; wait $pid; jq .items out'
    assert_output 10
}

@test "stats: misuse is one line and 64, a full stdout 74" {
    fails 64 'other: more than one store' 'as-stats store other'
    fails 64 '--bogus: no such option' 'as-stats --bogus'
    fails 74 'stdout: No space left' 'verdict_stream end | as-stats >/dev/full'
    pipe 'verdict_stream accept:1 end | as-stats --pass --json >/dev/full'
    assert_status 74
    assert_stderr_has 'as-stats: stdout: No space left'
}

@test "stats: --help is on stdout and starts with the usage" {
    ok 'as-stats --help'
    [[ $output == 'usage: as-stats '* ]]
    ok 'as-stats --version'
    [[ $output == 'as-stats '[0-9]* ]]
}

@test "stats: the bank's transactions through the whole pipeline, and a second time as duplicates" {
    berka=${AS_BERKA:-$repo/../shared/data/berka}
    [[ -r $berka/trans.csv.gz ]] || skip "no trans.csv.gz in $berka (set AS_BERKA)"
    export berka BERKA_SQL=$repo/tests/fixtures/berka.sql
    local run='zcat "$berka/trans.csv.gz" |
        as-ingest --domain $BERKA_SQL --command entry --delimiter ";" --map account=account_id --map kind=type --decimal amount:2 --source berka |
        as-commit bank | as-stats --json | jq -c "[.items, .accepted, .rejected, .duplicates, .rejected_by]"'
    ok "$run"
    assert_output '[49102,49061,41,0,[{"kind":"check","name":"no_overdraft","count":41}]]'
    ok "$run"
    assert_output '[49102,49061,41,49102,[{"kind":"check","name":"no_overdraft","count":41}]]'
}
