# shellcheck shell=bash disable=SC2154 # what bench/run sets
# SPDX-License-Identifier: MIT
#
# Latency under a load that does not wait: batches are due at fixed times whatever the writer does,
# and a round trip counts from when the batch was due. Rates are shares of broker's median, measured
# in the same run.

theme_openloop() {
    local repeat share peak seconds
    peak=$(median_of items_per_second scenarios broker)
    [[ $peak != null ]] || die 'openloop: no peak is known: run scenarios as well, or --append'
    seconds=$(by_mode 1 2 30)
    for ((repeat = 1; repeat <= repeats; repeat++)); do
        for share in 10 50 90; do
            measure openloop 'percent of the peak' "$share" \
                broker --duration "${seconds}s" --rate "$(jq -n "$peak * $share / 100 | floor")"
        done
    done
}
