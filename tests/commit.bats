# shellcheck shell=bash disable=SC2016,SC2154
# SPDX-License-Identifier: MIT
#
# as-commit: what it decides, keeps and answers. What must survive is in durability.bats, what it is
# offered wrongly in bad_input.bats.

load helper
load store

export DEPOT=$repo/tests/fixtures/depot.sql

# An item stream of the depot domain from NDJSON lines on stdin.
depot() { # OPTION...
    as-ingest --domain "$DEPOT" --format ndjson "$@"
}
export -f depot

# Seven small batches, the same bytes each time.
export SMALL='as-gen --items 70 --batch 10 --keys 8 --reject 10 --stamp 1'

# ---- A run

@test "commit: a new store has lock, domain, journal and state" {
    ok 'as-gen --items 2k | as-commit bank >verdicts; (cd bank; ls -1d domain.sql journal/*.db lock state.db)
        as-gen --print-domain | cmp - bank/domain.sql'
    assert_output 'domain.sql
journal/00000000000000000000.db
lock
state.db'
}

@test "commit: each batch gets its verdict, with position, counts and what was wrong" {
    ok "printf '%s\n' '{\"put\":{\"hall\":2,\"name\":\"x\",\"label\":\"green\",\"load\":1}}' \
        '{\"put\":{\"hall\":1,\"name\":\"a\",\"label\":\"grey\"}}' \
        '{\"put\":{\"hall\":2,\"name\":\"y\",\"label\":\"red\"}}' |
        depot --batch 2 --source s | as-commit depot | verdict_dump | sed 's/source [0-9a-f]*/source S/'"
    assert_output "VERDICTS batch 1 first 0 source S offset 0 records 2 accepted 1 rejected 1 duplicates 0
1 unique shelf.hall, shelf.name shelf (hall 1, name 'a')
VERDICTS batch 2 first 2 source S offset 2 records 1 accepted 0 rejected 1 duplicates 0
2 unique shelf.label shelf (hall 2, name 'y', label 'red')
END 3"
}

@test "commit: state.db has initial rows, NULLs, REALs, deletions and exchanged unique values" {
    ok "printf '%s\n' '{\"put\":{\"hall\":2,\"name\":\"x\",\"label\":\"green\",\"load\":1}}' \
        '{\"put\":{\"hall\":2,\"name\":\"gone\",\"label\":\"grey\"}}' \
        '{\"label\":{\"hall\":1,\"name\":\"a\",\"label\":\"tmp\"}}' \
        '{\"label\":{\"hall\":1,\"name\":\"b\",\"label\":\"red\"}}' \
        '{\"label\":{\"hall\":1,\"name\":\"a\",\"label\":\"blue\"}}' \
        '{\"clear\":{\"hall\":2,\"name\":\"gone\"}}' | depot | as-commit depot >verdicts
        state depot shelf"
    assert_output '1|a|blue|
1|b|red|2.5
2|x|green|1.0'
}

@test "commit: unique values that change places between two folds are folded" {
    ok "echo '{\"label\":{\"hall\":1,\"name\":\"a\",\"label\":\"grey\"}}' | depot --source one | as-commit depot >verdicts
        printf '%s\n' '{\"label\":{\"hall\":1,\"name\":\"a\",\"label\":\"tmp\"}}' \
        '{\"label\":{\"hall\":1,\"name\":\"b\",\"label\":\"grey\"}}' \
        '{\"label\":{\"hall\":1,\"name\":\"a\",\"label\":\"blue\"}}' | depot --source two | as-commit depot >verdicts
        state depot shelf"
    assert_output '1|a|blue|
1|b|grey|2.5'
}

@test "commit: a row deleted and put again between two folds is there once" {
    ok "printf '%s\n' '{\"put\":{\"hall\":2,\"name\":\"x\",\"label\":\"green\",\"load\":1}}' | depot --source one | as-commit depot >verdicts
        printf '%s\n' '{\"clear\":{\"hall\":2,\"name\":\"x\"}}' '{\"put\":{\"hall\":2,\"name\":\"x\",\"label\":\"green\",\"load\":7}}' \
        '{\"clear\":{\"hall\":1,\"name\":\"a\"}}' | depot --source two | as-commit depot >verdicts
        state depot shelf"
    assert_output '1|b|blue|2.5
2|x|green|7.0'
}

@test "commit: a store made from a stream without items has its initial rows and goes on" {
    ok "depot </dev/null | as-commit depot | verdict_dump; state depot shelf
        echo '{\"clear\":{\"hall\":1,\"name\":\"a\"}}' | depot | as-commit depot >verdicts; state depot shelf"
    assert_output 'END 0
1|a|red|
1|b|blue|2.5
1|b|blue|2.5'
}

@test "commit: a group is all or nothing, and its verdicts name the culprit" {
    ok "printf '%s\n' '[{\"put\":{\"hall\":2,\"name\":\"x\",\"label\":\"green\"}},{\"put\":{\"hall\":2,\"name\":\"y\",\"label\":\"red\"}}]' \
        '{\"put\":{\"hall\":2,\"name\":\"z\",\"label\":\"green\"}}' |
        depot | as-commit depot | verdict_dump | grep -v VERDICTS; state depot shelf"
    assert_output_has '1 unique shelf.label shelf'
    assert_output_has '0 group '
    assert_output_has $'END 3\n1|a|red|\n1|b|blue|2.5\n2|z|green|'
}

@test "commit: an assertion with groups rejects what breaks it" {
    ok "printf '%s\n' '{\"put\":{\"hall\":1,\"name\":\"x\",\"label\":\"green\"}}' '{\"put\":{\"hall\":1,\"name\":\"y\",\"label\":\"grey\"}}' |
        depot | as-commit depot | verdict_dump | grep -v VERDICTS"
    assert_output_has '1 assertion hall_holds'
    [[ ${#lines[@]} == 2 ]]
}

@test "commit: the same stream makes the same chain and state, whatever the segments and folds" {
    ok 'for i in 1 2 3 4 5; do
            as-gen --items 5k --reject 5 --source run-$i --seed $i --stamp 1 >in
            as-commit one <in >verdicts; as-commit two --segment-size 64Ki --fold-interval 1ms <in >verdicts
        done
        diff <(fingerprint one) <(fingerprint two) && ls two/journal/*.db | wc -l'
    ((output > 3))
}

@test "commit: a store at rest has no WAL with content, and all but the last segment are plain and read-only" {
    ok 'for i in 1 2 3; do as-gen --items 5k --batch 5k --source run-$i --stamp 1 | as-commit bank --segment-size 64Ki >verdicts; done
        find bank -name "*-wal" -size +0; cd bank/journal
        for file in *.db; do echo $(stat -c %a $file) $(od -An -tu1 -j18 -N2 $file) $(ls $file-shm 2>/dev/null | wc -l); done'
    assert_output '444 1 1 0
444 1 1 0
644 2 2 1'
}

@test "commit: the journal goes on in the same store, run after run" {
    ok 'for i in 1 2 3; do as-gen --items 1k --source run-$i --keys 10 --stamp $i | as-commit bank >verdicts; done
        journal_items bank; state_items bank; sqlite3 -readonly bank/state.db "SELECT next FROM as_source"'
    assert_output $'3000\n3000\n1000\n1000\n1000'
}

@test "commit: readers of state.db see one consistent point while the writer goes on" {
    ok 'mkfifo in; as-commit bank --fold-interval 10ms <in >verdicts & exec 3>in
        as-gen --items 2M --keys 100 --reject 0 --batch 100 >&3 & generator=$!
        eventually "[[ -e bank/state.db && \$(state_items bank 2>/dev/null || echo 0) -gt 100 ]]"
        # After the opening items every transfer keeps the sum, so each snapshot must have the same.
        for i in {1..40}; do sqlite3 -readonly bank/state.db "SELECT sum(balance) FROM account"; done | sort -u | wc -l
        wait $generator; exec 3>&-; wait %1'
    assert_output 1
}

@test "commit: the state is brought up to date while the producer is idle" {
    ok 'mkfifo in; as-commit bank --fold-interval 10ms <in >verdicts & exec 3>in
        as-gen --items 500 --keys 10 --stamp 1 >stream; head -c $(($(stat -c %s stream) - 64)) stream >&3
        eventually "[[ \$(state_items bank 2>/dev/null) == 500 ]]"
        tail -c 64 stream >&3; exec 3>&-; wait %1; state_items bank'
    assert_output 500
}

@test "commit: a verdict comes without waiting for the next batch" {
    ok 'mkfifo in; as-commit bank <in >verdicts & exec 3>in
        as-gen --items 500 --keys 10 --batch 100 --stamp 1 >stream; head -c $(($(stat -c %s stream) - 64)) stream >&3
        eventually "[[ \$(acknowledged verdicts) == 500 ]]"
        tail -c 64 stream >&3; exec 3>&-; wait %1; acknowledged verdicts'
    assert_output 500
}

@test "commit: verdicts wait neither for the rest of a frame nor for the end of the file behind END" {
    ok 'as-gen --items 500 --keys 10 --batch 100 --stamp 1 >stream; size=$(stat -c %s stream)
        mkfifo in; as-commit bank <in >verdicts & exec 3>in; head -c $((size - 100)) stream >&3
        eventually "[[ \$(acknowledged verdicts) == 400 ]]"
        tail -c +$((size - 99)) stream >&3; eventually "[[ \$(acknowledged verdicts) == 500 ]]"; exec 3>&-; wait %1
        verdict_dump <verdicts | tail -n 1'
    assert_output 'END 500'
}

@test "commit: a frame larger than any buffer is decided" {
    ok 'as-gen --items 3k --keys 10 --batch 2k --payload 1000 --stamp 1 | as-commit bank >verdicts; acknowledged verdicts'
    assert_output 3000
}

# ---- Exactly once

@test "commit: the same stream again changes nothing and is answered with the same verdicts" {
    ok '$SMALL >in; as-commit bank <in | verdict_dump >first; fingerprint bank >before
        as-commit bank <in | verdict_dump >again; fingerprint bank | diff before - && grep -c VERDICTS again
        grep -v "VERDICTS" first >first.rejections; grep -v VERDICTS again | diff first.rejections -
        awk "/VERDICTS/ { print \$11, \$13, \$15 }" first >first.counts; awk "/VERDICTS/ { print \$11, \$13, \$15 }" again | diff first.counts -
        grep -c "duplicates 10$" again; find bank -name "*-wal" -size +0'
    assert_output $'7\n7'
}

@test "commit: duplicates are answered alike whatever batches they come in" {
    ok 'for n in 1 3 10 64 70; do as-gen --items 70 --batch $n --keys 8 --reject 10 --stamp 1 >in-$n; done
        as-commit bank <in-10 | verdict_dump | grep -v "VERDICTS" >rejections; fingerprint bank >before; grep -c check rejections
        for n in 1 3 64 70; do as-commit bank <in-$n | verdict_dump | grep -v VERDICTS | diff rejections -; done
        fingerprint bank | diff before -'
    [[ -n $output && $output != 0 ]]
}

@test "commit: a frame that was seen in part is decided from where it is new" {
    ok 'as-gen --items 70 --batch 7 --keys 8 --reject 10 --stamp 1 >whole; as-commit undisturbed <whole >verdicts
        head -c $(($(stat -c %s whole) / 2)) whole >half; as-commit bank <half >verdicts 2>/dev/null || true; n=$(acknowledged verdicts)
        ((n > 0 && n < 70)) || echo "$n acknowledged"; as-gen --items 70 --batch 64 --keys 8 --reject 10 --stamp 1 >in; as-commit bank <in | verdict_dump >dump
        as-commit bank <whole | verdict_dump | grep -v VERDICTS >again; grep -v VERDICTS dump | diff - again
        as-commit undisturbed <whole | verdict_dump | grep -v VERDICTS | diff - again
        diff <(state undisturbed account) <(state bank account); journal bank "SELECT sum(items), min(accepted <= items) FROM batch"
        awk "/VERDICTS/ { d += \$NF; r += \$11 } END { print r, d == $n }" dump | sed "s/ .*//"'
    assert_output $'70|1\n70'
}

@test "commit: sources are counted apart" {
    ok 'as-gen --items 300 --sources 3 --batch 10 --keys 8 --stamp 1 >in; as-commit bank <in >verdicts; fingerprint bank >before
        as-commit bank <in | verdict_dump | grep -c "duplicates 10$"; fingerprint bank | diff before -'
    assert_output 30
}

@test "commit: duplicates are known after state.db was lost" {
    ok '$SMALL >in; as-commit bank <in >verdicts; head_hash bank >before; rm bank/state.db*'
    pipe 'as-commit bank <in | verdict_dump | grep -c "duplicates 10$"; head_hash bank | diff before -'
    assert_output 7
}

@test "commit: duplicates are found in sealed segments" {
    ok 'for i in 1 2 3; do as-gen --items 5k --keys 50 --batch 100 --source run-$i --stamp 1 >in-$i
            as-commit bank --segment-size 64Ki <in-$i | verdict_dump | grep -v VERDICTS >rejections-$i; done; fingerprint bank >before
        for i in 1 2 3; do as-commit bank --segment-size 64Ki <in-$i | verdict_dump >again; grep -v VERDICTS again | diff rejections-$i -
            grep -c "duplicates 100$" again; done; fingerprint bank | diff before -; (($(ls bank/journal/*.db | wc -l) >= 3)) || echo "too few segments"'
    assert_output $'50\n50\n50'
}

@test "commit: looking up duplicates does not keep the segment they are in from being sealed" {
    ok 'as-gen --items 9k --batch 10 --keys 20 --stamp 1 >in; head -c 30000 in >part
        as-commit bank --segment-size 64Ki <part >verdicts 2>message || [[ $? == 65 ]] || echo "not 65"
        as-commit bank --segment-size 64Ki <in >verdicts; cd bank/journal; (($(ls *.db | wc -l) > 2)) || ls; stat -c %a $(ls *.db | head -n -1) | sort -u'
    assert_output 444
}

@test "commit: a gap in a source is refused, with what is missing" {
    ok '$SMALL | frame_edit drop:4 >in'
    fails 65 'offset 40 follows 30: 10 records are missing' 'as-commit bank <in >verdicts'
    ok 'journal_items bank; acknowledged verdicts'
    assert_output $'30\n30'
}

@test "commit: a new source must begin at its beginning" {
    ok '$SMALL | frame_edit only:2 >in'
    fails 65 'offset 10 follows 0: 10 records are missing' 'as-commit bank <in >verdicts'
    ok 'journal bank "SELECT 1 FROM batch" 2>/dev/null; acknowledged verdicts'
    assert_output 0
}

@test "commit: a frame that comes twice in one stream is answered twice and decided once" {
    ok '$SMALL | frame_edit twice:3 | as-commit bank | verdict_dump >dump; journal_items bank; grep -c VERDICTS dump; grep "offset 20 " dump | grep -o "duplicates.*"'
    assert_output $'70\n8\nduplicates 0\nduplicates 10'
}

@test "commit: a dry run refuses a frame that comes twice, having no journal to answer from" {
    fails 65 'a dry run cannot answer' '$SMALL | frame_edit twice:3 | as-commit --dry-run bank >verdicts'
    ok 'acknowledged verdicts; ls -d bank 2>/dev/null || true'
    assert_output 30
}

# ---- Options

@test "commit: --check describes a domain, warns, and needs no store" {
    ok 'as-commit --check $DEPOT >out; grep -c . out; ls'
    assert_output_has 'out'
    ok 'for word in shelf hall_holds put label clear; do grep -q $word out || echo "no $word"; done'
    assert_output ''
}

@test "commit: --check of what does not compile says file and line" {
    ok "printf 'CREATE TABLE a (\n  id TEXT PRIMARY KEY COLLATE NOCASE\n) STRICT;\n' >bad.sql"
    fails 65 'bad.sql:2: ' 'as-commit --check bad.sql'
    assert_output ''
    fails 74 'nowhere.sql' 'as-commit --check nowhere.sql'
}

@test "commit: --check refuses initial rows that break an invariant" {
    ok "printf '%s\n' 'CREATE TABLE a (id TEXT PRIMARY KEY, n INTEGER, CONSTRAINT few CHECK (n < 5)) STRICT;' \"INSERT INTO a VALUES ('x', 7);\" >bad.sql"
    fails 65 'few' 'as-commit --check bad.sql'
}

@test "commit: --dry-run without a store decides from the initial rows and makes nothing" {
    ok '$SMALL >in; as-commit --dry-run bank <in | verdict_dump >dry; ls -d bank 2>/dev/null || true
        as-commit real <in | verdict_dump | diff <(sed "s/ dry//" dry) - && grep -c " dry$" dry'
    assert_output 7
}

@test "commit: --dry-run decides against the store and leaves every byte of it" {
    ok '$SMALL | as-commit bank >verdicts; find bank -type f ! -name "*-shm" -exec sha256sum {} + | sort >before
        as-gen --items 200 --keys 8 --source other --stamp 1 >in
        as-commit --dry-run bank <in | verdict_dump | sed "s/ dry//" >dry
        find bank -type f ! -name "*-shm" -exec sha256sum {} + | sort | diff before -
        as-commit bank <in | verdict_dump | diff dry - && tail -n 1 dry'
    assert_output 'END 200'
}

@test "commit: --dry-run shows in as-stats" {
    ok '$SMALL | as-commit --dry-run bank | as-stats --json | jq .dry_run'
    assert_output true
}

@test "commit: --fail-on-reject exits 1 after the whole stream, only if something was rejected" {
    pipe '$SMALL | as-commit --fail-on-reject bank >verdicts'
    assert_status 1
    assert_no_stderr
    ok 'verdict_dump <verdicts | tail -n 1; state_items bank; as-gen --items 70 --reject 0 --keys 8 | as-commit --fail-on-reject other >verdicts'
    assert_output $'END 70\n70'
}

@test "commit: --domain must be the stream's" {
    ok '$SMALL >in; as-gen --print-domain >bank.sql; as-commit --domain bank.sql bank <in >verdicts; fingerprint bank >before'
    fails 65 'is not the domain of the stream' 'as-commit --domain $DEPOT bank <in'
    ok 'fingerprint bank | diff before -'
    fails 65 'is not the domain of the stream' 'as-commit --domain $DEPOT other <in'
    [[ ! -e other ]]
}

@test "commit: the store's domain must be the stream's" {
    ok '$SMALL | as-commit bank >verdicts; fingerprint bank >before'
    fails 65 'domain' 'depot </dev/null | as-commit bank'
    ok 'fingerprint bank | diff before -'
}

@test "commit: a stream whose domain does not compile is refused with its line, and makes no store" {
    ok "printf 'CREATE TABLE a (\n  id TEXT PRIMARY KEY\n) STRICT;\nCREATE TABLE b (x TEXT);\n' >bad.sql"
    fails 65 ':4: ' '$SMALL | frame_edit domain:bad.sql | as-commit bank'
    [[ ! -e bank ]]
}

@test "commit: misuse is one line and exit 64" {
    fails 64 'which store' 'as-commit </dev/null'
    fails 64 'more than one store' 'as-commit a b </dev/null'
    fails 64 '--segment-size' 'as-commit --segment-size 1x a </dev/null'
    fails 64 '--fold-interval' 'as-commit --fold-interval 10 a </dev/null'
    fails 64 '--nonsense' 'as-commit --nonsense a </dev/null'
    fails 64 '--check' 'as-commit --check $DEPOT a </dev/null'
    [[ ! -e a && ! -e b ]]
}

# ---- Signals

stop_by() { # SIGNAL
    ok 'mkfifo in; as-commit bank --fold-interval 1h <in >verdicts & pid=$!; exec 3>in
        as-gen --items 500 --batch 100 --keys 10 --stamp 1 >stream; head -c $(($(stat -c %s stream) - 64)) stream >&3
        eventually "[[ \$(acknowledged verdicts) == 500 ]]"; kill -'"$1"' $pid; wait $pid; exec 3>&-
        verdict_dump <verdicts | tail -n 1; state_items bank; find bank -name "*-wal" -size +0'
    assert_output $'END 500\n500'
}

@test "commit: SIGTERM ends the verdict stream, folds and exits 0" {
    stop_by TERM
}

@test "commit: SIGINT does the same" {
    stop_by INT
}

@test "commit: SIGTERM under load acknowledges what it keeps and keeps what it acknowledges" {
    ok 'mkfifo in; as-commit bank <in >verdicts & pid=$!; as-gen --duration 60s --keys 100 >in 2>/dev/null &
        eventually "[[ \$(stat -c %s verdicts 2>/dev/null) -gt 10000 ]]"; kill -TERM $pid; wait $pid
        n=$(acknowledged verdicts); verdict_dump <verdicts | tail -n 1 | grep -q "^END $n$"
        [[ $(journal_items bank) == $n && $(state_items bank) == $n ]] && echo same; wait || true'
    assert_output same
}

@test "commit: SIGTERM before the first frame makes no store and exits 0" {
    ok 'mkfifo in; as-commit bank <in >verdicts & pid=$!; exec 3>in; sleep 0.5; kill -TERM $pid; wait $pid; ls -d bank 2>/dev/null || true'
    assert_output ''
}

# ---- Telemetry

last_telemetry() { # NAME... of the last TELEMETRY frame on stdin, "name value" a line
    verdict_dump telemetry | awk -v RS= -v FS='\n' '{ last = $0 } END { print last }' | grep -E "^($(IFS='|'; echo "$*")) "
}
export -f last_telemetry

@test "commit: telemetry at the end has the run's own totals" {
    ok 'as-gen --items 20k --batch 100 --keys 50 --reject 10 --stamp 1 >in; as-commit bank --segment-size 256Ki <in >verdicts
        last_telemetry items accepted rejected duplicates batches frame rows fold_lag_items fold_lag segments <verdicts | sort >figures
        frames=$(journal bank "SELECT sum(length(frame)) FROM batch" | awk "{ n += \$1 } END { print n }")
        segments=$(ls bank/journal/*.db | wc -l); ((segments > 2)) || echo "only $segments segments"
        diff figures <(sort <<<"items 20000
$(as-stats --json <verdicts | jq -r "\"accepted \(.accepted)\", \"rejected \(.rejected)\"")
duplicates 0
batches 200
frame $frames
rows 50
fold_lag_items 0
fold_lag 0
segments $segments")'
    ok 'as-commit bank <in | last_telemetry items duplicates commits'
    assert_output 'items 20000
duplicates 20000
commits 0'
}

@test "commit: telemetry's sums agree with its commits" {
    ok 'as-gen --items 20k --batch 100 --rate 20k | as-commit bank --telemetry 20ms >verdicts
        verdict_dump telemetry <verdicts | awk "/^commits_timed/ { n += \$2 } END { print n }"
        last_telemetry commits <verdicts; last_telemetry commit_items <verdicts; verdict_dump telemetry <verdicts | grep -c "^uptime "'
    mapfile -t lines <<<"$output"
    [[ ${lines[1]} == "commits ${lines[0]}" ]] # each commit is timed in exactly one frame
    [[ ${lines[2]} == "commit_items 20000" ]]
    ((lines[3] >= 3))
}

@test "commit: telemetry comes while no item does, and not at all where it is not wanted" {
    ok '{ as-gen --items 100; sleep 1; } | as-commit bank --telemetry 100ms | verdict_dump telemetry | grep -c "^uptime "'
    ((output >= 5))
    ok 'as-gen --items 100 --source other | as-commit bank --telemetry 0 | verdict_dump telemetry'
    assert_output ''
    fails 64 '--telemetry often: not a duration' 'as-commit --telemetry often bank'
}
