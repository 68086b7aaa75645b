# shellcheck shell=bash disable=SC2154 # what bench/run sets
# SPDX-License-Identifier: MIT
#
# How long a writer takes from its start to its end, with one item to decide between: against the
# number of aggregates that it loads from state.db, and against the number of items in the journal
# behind state.db's point, which it decides again.

theme_startup() {
    local repeat
    for ((repeat = 1; repeat <= repeats; repeat++)); do
        startup_state
        startup_tail
    done
    rm -rf "$tmp/store"
}

# Its one item is an account that exists already: rejected.
time_start() { # CASE X
    local started stopped facts
    settle
    started=${EPOCHREALTIME/./}
    as-gen --items 1 --source "start$RANDOM$RANDOM" | probed /journal/ as-commit "$tmp/store" |
        as-stats --json >"$tmp/stats.json"
    stopped=${EPOCHREALTIME/./}
    as-audit --no-progress "$tmp/store" >"$tmp/audit" || die "$(cat "$tmp/audit")"
    facts=$(store_facts "$tmp/store")
    check_store "$facts"
    record "$(jq -cn --arg case "$1" "{theme: \"startup\", case: \$case, x: $2, repeat: $repeat,
        start_seconds: (($stopped - $started) / 1e6)}")" \
        "$(cat "$tmp/stats.json")" "$(probe_figures "$tmp/probe")" "$facts"
}

startup_state() {
    local keys most
    most=$(by_mode 10k 1M 10M)
    for ((keys = 1000; keys <= most; keys *= 10)); do
        rm -rf "$tmp/store"
        fill_store as-gen --keys "$keys" --items "$keys"
        time_start state "$keys"
    done
}

# state.db is put back to what it was before the tail was written.
startup_tail() {
    local tail most
    most=$(by_mode 100k 1M 10M)
    for ((tail = 1000; tail <= most; tail *= 10)); do
        rm -rf "$tmp/store"
        fill_store as-gen --items 1000
        cp "$tmp/store/state.db" "$tmp/state.db"
        fill_store as-gen --source tail --items "$tail" --seed 2
        rm -f "$tmp/store"/state.db*
        mv "$tmp/state.db" "$tmp/store/state.db"
        time_start tail "$tail"
    done
}
