# shellcheck shell=bash disable=SC2154 # what bench/run sets
# SPDX-License-Identifier: MIT
#
# From $results: $out/results.json, plots/*.svg and RESULTS.md, whose tables also go to stdout.

report() {
    mkdir -p "$out"
    jq -s . "$results" | jq -c '.[]' | sed '1s/^/[/; $!s/$/,/; $s/$/]/' >"$out/results.json"
    if [[ $plots ]]; then draw_plots; fi
    jq -rs --arg plots "$plots" -f bench/report.jq "$results" >"$out/RESULTS.md"
    sed '/^## Every run/,$d; /^!\[/d' "$out/RESULTS.md"
    say "$out/RESULTS.md, results.json$([[ ! $plots ]] || echo ', plots')"
}
