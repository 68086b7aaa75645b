# shellcheck shell=bash disable=SC2154 # what bench/run sets
# SPDX-License-Identifier: MIT
#
# One variable at a time, all else as in broker: batches of 1,000, 1,000 accounts, 1 % rejects.

theme_curves() {
    local repeat
    for ((repeat = 1; repeat <= repeats; repeat++)); do
        curve_batch
        curve_aggregates
        curve_payload
        curve_rejects
        curve_invariants
    done
}

# Small batches cost a row of the journal each: fewer items then, for the same time.
curve_batch() {
    local batch items most
    most=$(by_mode 20k 500k 10M)
    for batch in 1 10 100 1000 10000; do
        items=$((most * batch / (batch + 20) + 2000))
        measure curves batch "$batch" as-gen --batch "$batch" --items "$items"
    done
}

# The accounts are opened first and do not count. Each run's resident set tells memory an aggregate.
curve_aggregates() {
    local keys most items
    most=$(by_mode 10k 1M 10M) items=$(by_mode 20k 500k 10M)
    for ((keys = 1000; keys <= most; keys *= 10)); do
        skip=$keys measure curves 'aggregates, uniform' "$keys" \
            as-gen --keys "$keys" --items "$((keys + items))"
        skip=$keys measure curves 'aggregates, Zipf 1.1' "$keys" \
            as-gen --keys "$keys" --items "$((keys + items))" --skew zipf:1.1
    done
}

curve_payload() {
    local bytes items
    items=$(by_mode 20k 300k 5M)
    for bytes in 0 64 256 1024; do
        measure curves payload "$bytes" as-gen --payload "$bytes" --items "$items"
    done
}

curve_rejects() {
    local percent items
    items=$(by_mode 20k 500k 10M)
    for percent in 0.1 1 10 50 100; do
        measure curves rejects "$percent" as-gen --reject "$percent" --items "$items"
    done
}

# ---- Invariants ---------------------------------------------------------------------------------

# The bank with N CHECKs on an account: no_overdraft and N - 1 others that always hold. Each is
# decided for both accounts of a transfer.
bank_with_invariants() { # N
    local extra='' i
    for ((i = 1; i < $1; i++)); do
        extra+="  , CONSTRAINT above_minus_$i CHECK (balance >= 0 - $i)"$'\n'
    done
    awk -v extra="$extra" '{ print } /CONSTRAINT no_overdraft/ { printf "%s", extra }' \
        bench/workloads/bank.sql
}

# The same items for each domain, from a file: what differs is the domain alone.
curve_invariants() {
    local count
    as-gen --items "$(by_mode 20k 500k 5M)" >"$tmp/items"
    for count in 1 2 5 10 20 50; do
        bank_with_invariants "$count" >"$tmp/bank.sql"
        measure curves invariants "$count" restream_items
    done
    rm "$tmp/items" "$tmp/bank.sql"
}

restream_items() { restream "$tmp/bank.sql" <"$tmp/items"; }
