# shellcheck shell=bash disable=SC2154 # what bench/run sets
# SPDX-License-Identifier: MIT
#
# A measured run, for the themes: a pipeline into as-commit, the audit of what it made, and a line of
# JSON in $results. Uses of bench/run: mode, repeats, tmp, results, append.
#
#   measure THEME CASE X PRODUCER...     X: where the case stands on a curve, or null
#
# Variables that a caller may set for it:
#
#   sync_us      each fsync and fdatasync takes at least that long
#   skip         how many of the first items only make the state: they are not in the figures
#   prefill      a command that fills $tmp/store first
#   keep_store   leave the store there
#
# What counts is checked from outside, by bench/probe.c: the pragmas of each connection that wrote
# are asked when it is closed, and syncs of the journal are counted, which must be at least as many
# as there were commits.

say() { printf 'bench: %s\n' "$*" >&2; }
die() {
    say "$*"
    exit 1
}

need_programs() { # NAME...
    local name
    for name; do
        command -v "$name" >/dev/null || die "$name is not there: make bench-deps bench-binaries"
    done
}

# The size for this mode, as a plain number.
by_mode() { # QUICK NORMAL FULL
    case $mode in
    quick) numfmt --from=si "${1^^}" ;;
    normal) numfmt --from=si "${2^^}" ;;
    full) numfmt --from=si "${3^^}" ;;
    esac
}

# ---- Where results and stores go ----------------------------------------------------------------

start_results() {
    local without
    mkdir -p "$(dirname "$results")"
    [[ $append && -e $results ]] || : >"$results"
    [[ ! $report_only ]] || return 0
    without=$(printf '%s\n' machine "${themes[@]}" | jq -R . | jq -cs .)
    jq -c --argjson without "$without" 'select(.theme | IN($without[]) | not)' "$results" >"$results.new"
    mv "$results.new" "$results"
}

# What was measured on, with what: a line of its own in the results. The disk is asked in the simplest
# way, too: 4 KiB and a sync, again and again.
describe_machine() {
    local compiler sync
    compiler=$(gcc --version 2>/dev/null | head -n 1 || true)
    head -c $(($(by_mode 50 500 2k) * 4096)) /dev/zero | bare_disk >"$tmp/sync.json"
    sync=$(jq -c .piece_ms "$tmp/sync.json")
    jq -cn --arg date "$(date -u +%Y-%m-%dT%H:%MZ)" --arg mode "$mode" --arg repeats "$repeats" --arg comparisons "$comparisons" \
        --arg cpu "$(lscpu | sed -n 's/^Model name: *//p' | head -n 1)" --arg cores "$(nproc)" \
        --arg memory "$(free -h --si | awk '/^Mem:/ { print $2 }')" --arg kernel "$(uname -sr)" \
        --arg system "$(sed -n 's/^PRETTY_NAME="\(.*\)"$/\1/p' /etc/os-release)" \
        --arg disk "$(df --output=fstype,source "$tmp" | tail -n 1 | xargs)" \
        --arg load "$(cut -d ' ' -f 1-3 /proc/loadavg)" --argjson sync_ms "$sync" \
        --arg atomic_state "$(as-commit --version) $(git describe --always --dirty 2>/dev/null || true)" \
        --arg compiler "$compiler" --arg sqlite "$(sqlite3 --version | cut -d ' ' -f 1)" \
        --arg rocksdb "$(package_version librocksdb-dev)" \
        --arg postgresql "$(package_version postgresql-15)" \
        '{theme: "machine"} + $ARGS.named' >>"$results"
}

bare_disk() { "$BUILD/bench/peers/bare" 4096 "$tmp/disk" && rm "$tmp/disk"; }
package_version() { dpkg-query -W -f '${Version}' "$1" 2>/dev/null || echo 'not installed'; }

# A directory of our own, removed however this ends.
start_tmp() {
    mkdir -p "$tmp"
    tmp=$(mktemp -d -p "$(realpath "$tmp")" bench.XXXXXX)
    trap 'postgres_stop; rm -rf "$tmp"' EXIT
    trap 'exit 130' INT TERM
    chmod 755 "$tmp" # for the server's own user
}

# What earlier runs left to be written must not be waited for by this one.
settle() { sync -f "$tmp"; }

free_bytes() { df --output=avail -B1 "$tmp" | tail -n 1; }

# ---- The probe ----------------------------------------------------------------------------------

# Runs a command watched by bench/probe.c; its syncs of files that match are counted apart.
probed() { # MATCH COMMAND...
    local match=$1
    shift
    rm -f "$tmp/probe" "$tmp/probe.sqlite"
    env LD_PRELOAD="$BUILD/bench/probe.so" PROBE_FILE="$tmp/probe" PROBE_MATCH="$match" \
        PROBE_SYNC_US="${sync_us:-0}" "$@"
}

# Its figures as JSON.
probe_figures() { # FILE
    local fsync fdatasync matched ns rss us
    read -r fsync fdatasync matched ns rss us <<<"$(od -An -v -t u8 -w48 "$1")"
    jq -cn "{fsync: $fsync, fdatasync: $fdatasync, sync_journal: $matched, sync_seconds: ($ns / 1e9),
        rss_bytes: $rss, cpu_seconds: ($us / 1e6)}"
}

# "journal_mode=wal synchronous=2", of all connections that wrote a file that matches.
pragmas() { # MATCH
    [[ -e $tmp/probe.sqlite ]] || return 0
    awk -F '\t' -v match_path="$1" 'index($1, match_path) {
            modes[$2]; synchronous[$3]
        } END {
            for (m in modes) mode = mode (mode ? "," : "") m
            for (s in synchronous) full = full (full ? "," : "") s
            printf "journal_mode=%s synchronous=%s", mode, full
        }' "$tmp/probe.sqlite"
}

# ---- A run --------------------------------------------------------------------------------------

journal_sum() { # STORE AGGREGATE [WHERE]: added up over the segments
    local segment
    for segment in "$1"/journal/*.db; do
        sqlite3 -readonly "$segment" "SELECT $2 FROM batch ${3:-}"
    done | awk '{ n += $1 } END { print n + 0 }'
}

store_facts() { # STORE
    jq -cn --arg pragmas "$(pragmas /journal/)" --arg audit "$(tail -n 1 "$tmp/audit")" \
        --argjson commits "$(journal_sum "$1" 'count(DISTINCT committed_ns)')" \
        --argjson journal_items "$(journal_sum "$1" 'sum(items)')" \
        --argjson journal_bytes "$(cat "$1"/journal/*.db | wc -c)" '$ARGS.named'
}

# One object out of several: the run, its figures, the facts. A run that does not count is an end.
record() { # JSON...
    local line
    line=$(printf '%s\n' "$@" | jq -cs 'add')
    jq -e '.rejected > 0' <<<"$line" >/dev/null || die "nothing was rejected: $line"
    printf '%s\n' "$line" >>"$results"
    jq -r '"\(.theme) \(.case)\(if .x then " " + (.x | tostring) else "" end): " +
        if .start_seconds then "\(.start_seconds) s" else "\(.items_per_second | round) items/s" end' \
        <<<"$line" | xargs -d '\n' -n 1 printf 'bench: %s\n' >&2
}

check_store() { # FACTS
    jq -e '.pragmas | test("^journal_mode=[a-z,]+ synchronous=2$")' <<<"$1" >/dev/null ||
        die "pragmas read back: $1"
    jq -e '.audit | startswith("INTEGRITY_OK (")' <<<"$1" >/dev/null || die "the audit: $1"
}

check_syncs() { # FACTS PROBE
    jq -es '.[0].commits > 0 and .[1].sync_journal >= .[0].commits' <<<"$1 $2" >/dev/null ||
        die "fewer syncs than commits: $1 $2"
}

fill_store() { # PRODUCER...
    "$@" | as-commit "$tmp/store" >/dev/null || die "the store could not be filled: $*"
}

measure() { # THEME CASE X PRODUCER...
    local run store=$tmp/store facts probe
    run=$(jq -cn --arg theme "$1" --arg case "$2" --argjson x "$3" --argjson repeat "${repeat:-1}" \
        '$ARGS.named')
    shift 3
    rm -rf "$store"
    ${prefill:-}
    settle
    "$@" | probed /journal/ as-commit "$store" | verdicts_from "${skip:-0}" |
        as-stats --json >"$tmp/stats.json" || die "the pipeline failed: $run"
    probe=$(probe_figures "$tmp/probe")
    as-audit --no-progress "$store" >"$tmp/audit" || die "$(cat "$tmp/audit")"
    facts=$(store_facts "$store")
    check_store "$facts"
    [[ ${prefill:-} ]] || check_syncs "$facts" "$probe" # other writers have committed there too
    record "$run" "$(cat "$tmp/stats.json")" "$probe" "$facts"
    [[ ${keep_store:-} ]] || rm -rf "$store"
}

# A median over the results so far, e.g. of items_per_second.
median_of() { # FIELD THEME CASE
    jq -s --arg theme "$2" --arg case "$3" "[.[] | select(.theme == \$theme and .case == \$case) | .$1]
        | if length > 0 then sort | .[length / 2 | floor] else null end" "$results"
}
