#!/bin/bash
# SPDX-License-Identifier: MIT
#
# usage: bench/soak.sh [--duration T] [--rate N/s] [--interval T] [--audit-every SECONDS]
#                      [--stray PERCENT] [--no-preflight] DIR
#
# Keeps a writer at work in DIR/soak: is the disk fit, does the rate hold, does memory stay, does
# every audit pass? Meant to be copied and changed: another generator, another figure to watch.
#
#   DIR/preflight.json   what as-preflight says of the disk
#   DIR/samples.csv      as-stats' sampling table, a row every interval
#   DIR/audit.json       what the audit at the end says
#   DIR/summary.json     what as-stats says at the end
#   DIR/report.html      all of it as one page
#
# Defaults: --duration 10m --rate 1M --interval 5s --audit-every 60 --stray 10. An audit on the way
# takes what came since the last one, the one at the end takes all. Ctrl-C ends it in order. Exit 0
# only where all went well and no sample's rate is further than --stray percent from the median (0:
# any may be). The store stays for you to look at. BUILD names the directory of the programs
# (default build).
set -euo pipefail

duration=10m rate=1M interval=5s audit_every=60 stray=10 preflight=1 dir=''
usage() {
    sed -n '/^# usage:/,/^#$/s/^# \{0,1\}//p' "$0" >&2
    exit 64
}
while (($#)); do
    case $1 in
    --duration) duration=${2:?} && shift ;;
    --rate) rate=${2:?} && shift ;;
    --interval) interval=${2:?} && shift ;;
    --audit-every) audit_every=${2:?} && shift ;;
    --stray) stray=${2:?} && shift ;;
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

# The verdicts are kept until the report is made, which has the last audit in it: about half a
# kilobyte a batch.
load() {
    (
        echo "$BASHPID" >"$dir/as-gen.pid" # to be told to stop
        exec as-gen --duration "$duration" --rate "$rate" --no-progress
    ) | as-commit --no-progress "$store" |
        as-stats --csv --interval "$interval" --output "$dir/samples.csv" --pass >"$dir/verdicts"
}

running() { kill -0 "$pipeline" 2>/dev/null; }

# The generator alone is stopped: it ends its stream, and everything on its way is still decided,
# durable and counted.
stop() {
    say 'stopping'
    kill -TERM "$(<"$dir/as-gen.pid")" 2>/dev/null || true
}

# ---- Audits -------------------------------------------------------------------------------------

# While the writer writes; from where the last audit ended.
audit_on() {
    local report
    report=$(as-audit --json --no-progress --since "$audited" "$store") || die "an audit failed: $report"
    audited=$(jq .items <<<"$report")
    say "audited: the first $audited items"
}

watch() {
    local due=$audit_every
    while running; do
        sleep 1 &
        wait $! || true # a signal ends the wait
        if ((SECONDS < due)) || [[ ! -e $store/state.db ]] || ! running; then continue; fi
        audit_on
        due=$((SECONDS + audit_every))
    done
}

# ---- Judgement ----------------------------------------------------------------------------------

# Column NAME of the samples but the last, which is shorter than the others.
column() { # NAME
    awk -F, -v name="$1" 'NR == 1 { for (i = 1; i <= NF; i++) if ($i == name) at = i; next }
        row != "" { print row } { row = $at }' "$dir/samples.csv"
}

# The least, the median and the most of it.
range() { # NAME
    column "$1" | awk 'NF' | sort -g | awk '{ v[NR] = $1 } END { print v[1] + 0, v[int((NR + 1) / 2)] + 0, v[NR] + 0 }'
}

judge() {
    local least median most
    read -r least median most < <(range items_per_s)
    say "items/s, $(column items_per_s | wc -l) samples: $least to $most, median $median"
    if ((stray)) && ! awk -v p="$stray" -v l="$least" -v m="$median" -v h="$most" \
        'BEGIN { exit !(l >= m * (1 - p / 100) && h <= m * (1 + p / 100)) }'; then
        die "a sample strays by more than $stray % from the median"
    fi
    say "p99 of the samples, ms: $(range p99_ms); longest round trips: $(range max_ms)"
    say "memory, bytes: $(range rss_bytes); active segment: $(range wal_bytes)"
}

# ---- Main ---------------------------------------------------------------------------------------

[[ ! -e $store ]] || die "$store is there already"
mkdir -p "$dir"
checks=(--audit "$dir/audit.json")
if [[ $preflight ]]; then
    as-preflight --json "$dir" >"$dir/preflight.json" ||
        die "$dir is not fit: $(jq -r '.findings | map(select(.result == "failure").text) | join("; ")' \
            "$dir/preflight.json" || true); --no-preflight goes on all the same"
    checks+=(--preflight "$dir/preflight.json")
fi

set -m # a process group for the load: Ctrl-C is for this script, which knows whom to tell
load &
pipeline=$!
trap stop INT TERM
trap 'if running; then stop; fi' EXIT
watch
wait "$pipeline" || die 'the pipeline failed'

as-audit --json --no-progress "$store" >"$dir/audit.json" || die "the last audit failed: $dir/audit.json"
as-stats --recorded --json --report "$dir/report.html" --title "$duration at $rate items/s" \
    "${checks[@]}" <"$dir/verdicts" >"$dir/summary.json"
rm -f "$dir/verdicts" "$dir/as-gen.pid"
jq -r '"\(.items) items, \(.items_per_second | floor) items/s, \(.rejected) rejected, p99 \(.round_trip_ms.p99) ms"' \
    "$dir/summary.json"
jq -r '"INTEGRITY_OK (\(.items) items, head \(.head))"' "$dir/audit.json"
judge
say "the report is $dir/report.html"
