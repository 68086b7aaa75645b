# shellcheck shell=bash
# SPDX-License-Identifier: MIT
#
# The measuring tools, at tiny sizes: that they run and count right. Their figures mean nothing here.

load helper
load store

probed() { # COMMAND
    ok "LD_PRELOAD=$BUILD/bench/probe.so PROBE_FILE=probe PROBE_MATCH=/journal/ $1"
    # shellcheck disable=SC2034
    read -ra figures <<<"$(od -An -v -t u8 -w48 probe)"
}

@test "bench: a quick run of the scenarios ends in tables, and every run of it counts" {
    pipe '"$repo/bench/run" --quick --no-plots --tmp "$PWD/tmp" --out "$PWD/out" \
        --results "$PWD/results" scenarios'
    assert_status 0
    assert_output_has '| dense, 2.05 ms a sync | **'
    jq -se 'map(select(.theme == "scenarios")) | length == 6 and all(.[];
        .items == 20000 and .rejected > 0 and (.audit | startswith("INTEGRITY_OK")) and
        .pragmas == "journal_mode=wal synchronous=2" and .sync_journal >= .commits)' results
    jq -e 'length == 7' out/results.json
    [[ -z $(ls tmp) ]]
}

# What measure.sh says of a run's facts and syncs.
counts() { # PRAGMAS AUDIT COMMITS SYNCS
    ok "results=x && source '$repo/bench/measure.sh' &&
        facts='{\"pragmas\": \"$1\", \"audit\": \"$2\", \"commits\": $3}' &&
        check_store \"\$facts\" && check_syncs \"\$facts\" '{\"sync_journal\": $4}'"
}

@test "bench: a run does not count without synchronous=FULL, the audit and a sync for each commit" {
    counts 'journal_mode=wal synchronous=2' 'INTEGRITY_OK (1)' 7 7
    counts 'journal_mode=wal,delete synchronous=2' 'INTEGRITY_OK (1)' 7 9
    run ! counts 'journal_mode=wal synchronous=1' 'INTEGRITY_OK (1)' 7 7
    run ! counts 'journal_mode=wal synchronous=1,2' 'INTEGRITY_OK (1)' 7 7
    run ! counts '' 'INTEGRITY_OK (1)' 7 7
    run ! counts 'journal_mode=wal synchronous=2' 'INTEGRITY_FAILED (1)' 7 7
    run ! counts 'journal_mode=wal synchronous=2' 'INTEGRITY_OK (1)' 7 6
    run ! counts 'journal_mode=wal synchronous=2' 'INTEGRITY_OK (1)' 0 0
}

@test "bench: the probe counts syncs and makes them last" {
    probed '"$BUILD/bench/peers/bare" 10 output < <(head -c 95 /dev/zero) > bare'
    [[ ${figures[0]} == 0 && ${figures[1]} == 10 && ${figures[2]} == 0 ]]
    jq -e '.bytes == 95 and .pieces == 10' bare
    rm output probe
    PROBE_SYNC_US=20000 probed '"$BUILD/bench/peers/bare" 10 output < <(head -c 95 /dev/zero) > bare'
    jq -e '.seconds > 0.2' bare # no upper bound: machines are slow
}

@test "bench: the probe reads back what pragmas were in force" {
    mkdir journal
    ok 'LD_PRELOAD=$BUILD/bench/probe.so PROBE_FILE=probe sqlite3 journal/x.db "PRAGMA synchronous = OFF; CREATE TABLE t (a)"'
    [[ $(cut -f 2- probe.sqlite) == $'delete\t0' ]]
    rm probe*
    probed 'as-commit s < <(as-gen --items 5k) > verdicts'
    grep -q $'/journal/.*\twal\t2$' probe.sqlite
    ((figures[2] > 0 && figures[2] < figures[0] + figures[1]))
}

@test "bench: verdicts_from leaves out the first items" {
    ok 'as-gen --items 10k | as-commit s | "$BUILD/bench/verdicts_from" 4k | as-stats --json'
    jq -e '.items == 6000 and .batches == 6' <<<"$output"
    ok 'as-gen --items 10k --source b | as-commit s | "$BUILD/bench/verdicts_from" 0 | as-stats --json'
    jq -e '.items == 10000' <<<"$output"
}

@test "bench: restream gives the items another domain, and nothing else" {
    ok 'as-gen --items 5k > items && as-gen --print-domain > bank.sql'
    echo '-- another' >>bank.sql
    ok '"$BUILD/bench/restream" bank.sql < items | as-commit other | as-stats --json'
    jq -e '.items == 5000' <<<"$output"
    cmp other/domain.sql bank.sql
    ok 'as-commit same < items > verdicts'
    ok 'diff <(as-log --format ndjson same) <(as-log --format ndjson other)'
}

@test "bench: soak ends in order when it is told to, with an audit and a report" {
    # The first audit is over when it has been said; soak then gets its signal.
    ok '"$repo/bench/soak.sh" --no-preflight --rate 50k --interval 1s --stray 0 --audit-every 1 soaked 2>said &
        for ((i = 0; i < 300; i++)); do
            if grep -q "soak: audited: the first" said 2>/dev/null; then break; fi
            sleep 0.2
        done
        sleep 1; kill -TERM $! && wait $!'
    assert_output_has 'INTEGRITY_OK'
    grep -q 'soak: stopping' said
    grep -qE '^soak: items/s, [1-9][0-9]* samples: [1-9]' said
    # One run, told alike everywhere.
    items=$(jq .items soaked/summary.json)
    [[ $items -gt 0 && $items == "$(jq .items soaked/audit.json)" ]]
    [[ $items == "$(awk -F, 'NR > 1 { n += $4 } END { print n }' soaked/samples.csv)" ]]
    grep -q '>INTEGRITY_OK</li>' soaked/report.html
    [[ $(cd soaked && echo *) == 'audit.json report.html samples.csv soak summary.json' ]]
}

@test "bench: soak fails where the rate does not hold" {
    pipe '"$repo/bench/soak.sh" --no-preflight --duration 8s --rate 50k --interval 1s strayed 2>said &
        eventually "[[ \$(wc -l 2>/dev/null <strayed/samples.csv) -gt 3 ]]"
        writer=$(pgrep -f "^as-commit .*strayed/soak"); kill -STOP $writer; sleep 2.5; kill -CONT $writer; wait $!'
    assert_status 1
    assert_output_has 'INTEGRITY_OK'
    grep -q 'soak: a sample strays by more than 10 % from the median' said
}

@test "bench: soak fails where an audit does" {
    mkdir other && ln -s "$BUILD"/as-* other && rm other/as-audit
    printf '#!/bin/sh\necho "{}"; exit 1\n' >other/as-audit && chmod +x other/as-audit
    fails 1 'soak: the last audit failed' 'BUILD=other "$repo/bench/soak.sh" --no-preflight --duration 1s --rate 20k damaged'
}
