# shellcheck shell=bash disable=SC2154 # what bench/run sets
# SPDX-License-Identifier: MIT
#
# The article's scenarios, one variable changed at a time against broker: the batch (ceiling), the
# shape of the same load (dense), the disk (each of the three again with syncs of 2.05 ms, as the
# article's had).

article_sync_us=2050

broker() { as-gen --batch 1000 "$@"; }
ceiling() { as-gen --batch 2000 "$@"; }
dense() { as-gen --batch 100 --sources 64 "$@"; }

theme_scenarios() {
    local repeat scenario items
    items=$(by_mode 20k 2M 20M)
    for ((repeat = 1; repeat <= comparisons; repeat++)); do
        for scenario in broker ceiling dense; do
            measure scenarios "$scenario" null "$scenario" --items "$items"
            sync_us=$article_sync_us measure scenarios "$scenario, 2.05 ms a sync" null \
                "$scenario" --items "$items"
        done
    done
}

# Full speed for a minute; and in bench-full ten minutes, which at full speed would fill the disk: at
# a million items a second, or what half of the room that is left allows.
theme_sustained() {
    local repeat=1 seconds
    seconds=$(by_mode 1 8 60)
    measure sustained "broker, $seconds s" null broker --duration "${seconds}s"
    seconds=$(by_mode 2 0 600)
    ((seconds == 0)) || paced "$seconds"
}

paced() { # SECONDS
    local bytes rate
    bytes=$(jq -s 'map(select(.theme == "sustained"))[0] | .journal_bytes / .journal_items' "$results")
    rate=$(jq -n "[1000000, $(free_bytes) / 2 / $1 / $bytes] | min | floor")
    measure sustained "broker, $1 s at $rate items/s" null broker --duration "$1s" --rate "$rate"
}
