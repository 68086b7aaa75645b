# shellcheck shell=bash disable=SC2154 # what bench/run sets
# SPDX-License-Identifier: MIT
#
# Others on the same work: bank transfers in batches of 1,000, durable, each decided on its own and
# rejected alone, among 1,000 and 1,000,000 accounts. All contestants take turns in each round.
#
# The transfers are as-gen's, byte for byte the same. The slower peers get the first part of them; a
# peer's rejects and its whole state (id and balance of each account) must then equal as-commit's after
# as many, or the run does not count. PostgreSQL with one transaction a transfer is fed by pgbench,
# which draws them by itself: there the sum of all balances is checked.
#
# Opening the accounts is not in the figures: a peer starts from a copy of a database that has them.

peers=$BUILD/bench/peers
peer_batch=1000
pgbench_clients=16

theme_peers() {
    local accounts
    need_programs psql pgbench "$peers"/{bare,sqlite,rocksdb,postgres}
    postgres_start
    for accounts in 1000 "$(by_mode 5k 1M 1M)"; do
        peers_among
    done
    postgres_stop
}

peers_among() {
    local -A expected_state=() expected_rejects=()
    local repeat few some many
    few=$((accounts + $(by_mode 5k 50k 200k)))
    some=$((accounts + $(by_mode 10k 100k 1M)))
    many=$((accounts + $(by_mode 20k 1M 5M)))
    load_peers
    for ((repeat = 1; repeat <= comparisons; repeat++)); do
        contest_as_commit "$many"
        contest_peer RocksDB "$some" .log rocksdb
        contest_peer SQLite "$few" -wal sqlite
        contest_postgres "$few"
        contest_pgbench
    done
    rm -rf "$tmp"/loaded.*
    postgres_drop loaded
}

load_peers() {
    local peer
    for peer in rocksdb sqlite; do
        transfers "$accounts" | "$peers/$peer" "$tmp/loaded.$peer" >"$tmp/peer.json" || die "$peer: not loaded"
    done
    postgres_create loaded bench/peers/postgres.sql
    transfers "$accounts" | "$peers/postgres" "$(postgres_url loaded)" >"$tmp/peer.json" ||
        die 'PostgreSQL: not loaded'
    postgres_query loaded 'VACUUM ANALYZE account'
}

# ---- The work and what must come out of it ------------------------------------------------------

transfers() { # ITEMS
    as-gen --keys "$accounts" --items "$1" --batch "$peer_batch"
}

digest() { sha256sum | cut -d ' ' -f 1; }

sqlite_state() { # FILE
    sqlite3 -readonly "$1" 'SELECT id, balance FROM account ORDER BY id' | digest
}

remember_expected() { # ITEMS
    expected_state[$1]=$(sqlite_state "$tmp/store/state.db")
    expected_rejects[$1]=$(jq .rejected "$tmp/stats.json")
}

# What as-commit comes to after so many items, where it was not a contestant itself.
peer_expect() { # ITEMS
    [[ ! ${expected_state[$1]:-} ]] || return 0
    rm -rf "$tmp/store"
    transfers "$1" | as-commit "$tmp/store" | as-stats --json >"$tmp/stats.json"
    remember_expected "$1"
    rm -rf "$tmp/store"
}

# A line of results; extra facts as JSON. The figures are on stdin.
record_peer() { # NAME FACTS
    record "$(jq -cn --arg case "$1" --argjson x "$accounts" --argjson repeat "$repeat" \
        '{theme: "peers", $case, $x, $repeat}')" "$(cat)" "$2"
}

# ---- as-commit, and the disk with the very bytes that it wrote ----------------------------------

contest_as_commit() { # ITEMS
    skip=$accounts keep_store=1 measure peers as-commit "$accounts" transfers "$1"
    remember_expected "$1"
    contest_bare
    rm -rf "$tmp/store"
}

# In pieces of what as-commit wrote between two syncs. Opening the accounts is left out of the figures
# here, too: by the transfers' share of the bytes.
contest_bare() {
    local facts piece bytes='sum(length(frame) + length(verdicts))' share
    facts=$(tail -n 1 "$results")
    piece=$(jq '.journal_bytes / .commits | ceil' <<<"$facts")
    share=$(jq -n "1 - $(journal_sum "$tmp/store" "$bytes" "WHERE first_item < $accounts") /
        $(journal_sum "$tmp/store" "$bytes")")
    cat "$tmp/store"/journal/*.db >"$tmp/bytes"
    rm -rf "$tmp/store"
    settle
    probed / "$peers/bare" "$piece" "$tmp/bare" <"$tmp/bytes" >"$tmp/peer.json" || die 'bare failed'
    jq -c --argjson as_commit "$facts" --argjson share "$share" '. + {items: $as_commit.items,
        rejected: $as_commit.rejected, items_per_second: ($as_commit.items / (.seconds * $share)),
        audit: "the same bytes"}' "$tmp/peer.json" |
        record_peer 'bare write + fdatasync' "$(probe_figures "$tmp/probe")"
    rm -f "$tmp/bytes" "$tmp/bare"
}

# ---- Peers in a process -------------------------------------------------------------------------

peer_state() { # PROGRAM
    case $1 in
    sqlite) sqlite_state "$tmp/peer" ;;
    rocksdb) "$peers/rocksdb" --dump "$tmp/peer" | digest ;;
    esac
}

contest_peer() { # NAME ITEMS MATCH PROGRAM
    local facts
    cp -r "$tmp/loaded.$4" "$tmp/peer"
    peer_expect "$2"
    settle
    transfers "$2" | probed "$3" "$peers/$4" "$tmp/peer" >"$tmp/peer.json" || die "$1 failed"
    facts=$(probe_figures "$tmp/probe")
    check_peer "$1" "$2" "$(peer_state "$4")"
    record_peer "$1" "$(verified "$(pragmas "$tmp/peer")" "$facts")" <"$tmp/peer.json"
    rm -rf "$tmp"/peer "$tmp"/peer-*
}

check_peer() { # NAME ITEMS STATE
    local rejected
    rejected=$(jq .rejected "$tmp/peer.json")
    [[ $rejected == "${expected_rejects[$2]}" ]] ||
        die "$1 rejected $rejected items, as-commit ${expected_rejects[$2]}"
    [[ $3 == "${expected_state[$2]}" ]] || die "$1 ended in another state than as-commit"
}

# What a peer's line of results has besides its own figures.
verified() { # PRAGMAS FIGURES
    jq -c --arg pragmas "$1" '. + {$pragmas, audit: "rejects and state equal as-commit\u0027s"}' <<<"$2"
}

# ---- PostgreSQL ---------------------------------------------------------------------------------

# The server lives on: its syncs are counted from here.
postgres_forget_syncs() {
    dd if=/dev/zero of="$postgres_dir/probe" bs=48 count=1 conv=notrunc status=none
}

postgres_figures() {
    probe_figures "$postgres_dir/probe" | jq -c 'del(.rss_bytes, .cpu_seconds)'
}

contest_postgres() { # ITEMS
    local figures
    peer_expect "$1"
    postgres_copy loaded contest
    settle
    postgres_forget_syncs
    transfers "$1" | "$peers/postgres" "$(postgres_url contest)" >"$tmp/peer.json" ||
        die 'PostgreSQL failed'
    figures=$(postgres_figures)
    check_peer PostgreSQL "$1" \
        "$(postgres_query contest "SELECT id || '|' || balance FROM account ORDER BY id" | digest)"
    record_peer 'PostgreSQL, batches' "$(verified "$(postgres_pragmas)" "$figures")" <"$tmp/peer.json"
    postgres_drop contest
}

# ---- PostgreSQL, a transaction a transfer -------------------------------------------------------

# Transactions that collide are tried again by pgbench, as a client would.
pgbench_run() {
    PGOPTIONS='-c default_transaction_isolation=serializable' pgbench -n -h "$postgres_dir" \
        -U postgres -f bench/peers/pgbench.sql -D accounts="$accounts" -c "$pgbench_clients" -j 2 \
        -M prepared --max-tries=0 -T "$(by_mode 1 3 20)" contest
}

contest_pgbench() {
    local figures
    postgres_copy loaded contest
    settle
    postgres_forget_syncs
    pgbench_run >"$tmp/pgbench.log" 2>&1 || die "pgbench: $(tail -n 3 "$tmp/pgbench.log")"
    figures=$(postgres_figures)
    [[ $(postgres_query contest 'SELECT sum(balance) FROM account') == $((500000000 / accounts * accounts)) ]] ||
        die 'pgbench: money was made or lost'
    jq -cn --argjson items "$(postgres_query contest 'SELECT count(*) FROM journal')" \
        --argjson rejected "$(postgres_query contest 'SELECT count(*) FROM journal WHERE NOT accepted')" \
        --argjson items_per_second "$(sed -n 's/^tps = \([0-9.]*\).*/\1/p' "$tmp/pgbench.log")" \
        --argjson retried "$(sed -n 's/^total number of retries: \([0-9]*\)$/\1/p' "$tmp/pgbench.log")" \
        '$ARGS.named + {seconds: ($items / $items_per_second)}' |
        record_peer 'PostgreSQL, one by one' \
            "$(verified "$(postgres_pragmas)" "$figures" | jq -c '.audit = "sum of balances kept"')"
    postgres_drop contest
}
