#!/bin/bash
# SPDX-License-Identifier: MIT
#
# usage: bench/soak.sh [--duration T] [--rate N/s] [--audit-every SECONDS]
#                      [--no-preflight] DIR
#
# Keeps a writer at work in DIR/soak: is the disk fit, does memory stay, do segments get sealed, does
# every audit pass? Meant to be copied and changed: another generator, another figure to watch.
#
#   DIR/soak.csv    every five seconds: seconds, items, journal and WAL bytes, segments, memory
#   DIR/soak.json   what as-stats says at the end
#
# Defaults: --duration 10m --rate 1M --audit-every 60; an audit takes what came since the last one,
# the one at the end takes all. Ctrl-C ends it in order. Exit 0 only where all went well; the store
# is left for you to look at. BUILD names the directory of the programs (default build).
set -euo pipefail

duration=10m rate=1M audit_every=60 preflight=1 dir=''
usage() {
    sed -n '/^# usage:/,/^#$/s/^# \{0,1\}//p' "$0" >&2
    exit 64
}
while (($#)); do
    case $1 in
    --duration) duration=${2:?} && shift ;;
    --rate) rate=${2:?} && shift ;;
    --audit-every) audit_every=${2:?} && shift ;;
    --no-preflight) preflight='' ;;
    -*) usage ;;
    *)
        [[ ! $dir ]] || usage
        dir=$1
        ;;
    esac
    shift
done
[[ $dir ]] || usage
PATH=$(realpath "${BUILD:-$(dirname "$0")/../build}"):$PATH
store=$dir/soak audited=0 pipeline=''

say() { printf 'soak: %s\n' "$*" >&2; }
die() {
    say "$*"
    exit 1
}

# ---- Load ---------------------------------------------------------------------------------------

# Each part leaves its process id, to be watched and to be told to stop.
part() { # COMMAND...
    echo "$BASHPID" >"$dir/$1.pid"
    exec "$@"
}

load() {
    part as-gen --duration "$duration" --rate "$rate" --no-progress |
        part as-commit --no-progress "$store" | as-stats --json --no-progress >"$dir/soak.json"
}

# The generator alone is stopped: it ends its stream, and everything on its way is still decided,
# durable and counted.
stop() {
    say 'stopping'
    kill -TERM "$(<"$dir/as-gen.pid")" 2>/dev/null || true
}

# ---- Watching -----------------------------------------------------------------------------------

total_size() { du -cb "$@" 2>/dev/null | awk 'END { print $1 + 0 }'; }

memory() { awk '/^VmRSS/ { print $2 * 1024 }' "/proc/$(<"$dir/as-commit.pid")/status" 2>/dev/null || true; }

items() { sqlite3 -readonly -cmd '.timeout 5000' "$store/state.db" 'SELECT items FROM as_position' 2>/dev/null || echo 0; }

sample() {
    printf '%d,%d,%d,%d,%d,%d\n' "$SECONDS" "$(items)" "$(total_size "$store"/journal/*.db)" \
        "$(total_size "$store"/journal/*-wal)" "$(find "$store/journal" -name '*.db' | wc -l)" \
        "$(memory)" | tee -a "$dir/soak.csv" >&2
}

# While the writer writes; from where the last audit ended.
audit_on() {
    local report
    report=$(as-audit --json --no-progress --since "$audited" "$store") || die "the audit failed: $report"
    audited=$(jq .items <<<"$report")
    say "audited: the first $audited items"
}

running() { kill -0 "$pipeline" 2>/dev/null; }

watch() {
    local audit_due=$audit_every
    echo 'seconds,items,journal_bytes,wal_bytes,segments,memory_bytes' | tee "$dir/soak.csv" >&2
    while running; do
        sleep 5 &
        wait $! || true # a signal ends the wait
        if ! running || [[ ! -e $store/state.db ]]; then continue; fi
        sample
        if ((SECONDS >= audit_due)); then
            audit_on
            audit_due=$((SECONDS + audit_every))
        fi
    done
}

# ---- Main ---------------------------------------------------------------------------------------

[[ ! -e $store ]] || die "$store is there already"
mkdir -p "$dir"
if [[ $preflight ]]; then
    as-preflight "$dir" >&2 || die "$dir is not fit for it; --no-preflight goes on all the same"
fi

set -m # a process group for the load: Ctrl-C is for this script, which knows whom to tell
load &
pipeline=$!
trap stop INT TERM
trap 'if running; then stop; fi' EXIT
watch
wait "$pipeline" || die 'the pipeline failed'
as-audit --no-progress "$store" || die 'the last audit failed'
jq -r '"\(.items) items, \(.items_per_second | floor) items/s, \(.rejected) rejected, p99 \(.round_trip_ms.p99) ms"' \
    "$dir/soak.json"
rm -f "$dir"/*.pid
