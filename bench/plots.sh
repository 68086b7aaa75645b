# shellcheck shell=bash disable=SC2154 # what bench/run sets
# SPDX-License-Identifier: MIT
#
# The figures as pictures: SVG by gnuplot, on white, so that they are readable on a dark page too.
# A plot without results is left out.

draw_plots() {
    mkdir -p "$out/plots"
    rm -f "$out"/plots/*.svg
    plot_data=$(mktemp -d)
    plot_scenarios
    plot_openloop
    plot_batch
    plot_lines aggregates 'Number of accounts' 'accounts' curves 'aggregates, uniform' 'aggregates, Zipf 1.1'
    plot_lines payload 'Size of an item' 'bytes of note an item' curves payload
    plot_lines rejects 'Share of rejects' 'rejected, percent' curves rejects
    plot_lines invariants 'Invariants' 'CHECKs on an account' curves invariants
    plot_memory
    plot_startup
    plot_peers
    rm -rf "$plot_data"
}

# A case's runs as "x median min max", a line for each x. False where there are none.
series() { # THEME CASE FIELD FILE
    jq -rs --arg theme "$1" --arg case "$2" 'map(select(.theme == $theme and .case == $case))
        | group_by(.x)[] | .[0].x as $x | map('"$3"') | sort
        | [$x, .[length / 2 | floor], .[0], .[-1]] | @tsv' "$results" >"$plot_data/$4"
    [[ -s $plot_data/$4 ]]
}

plot() { # NAME, commands on stdin
    {
        cat <<-END
		set terminal svg size 760,440 font 'sans-serif,13' background '#ffffff'
		set output '$out/plots/$1.svg'
		set grid ytics lc rgb '#dddddd'
		set border 3
		set tics nomirror out
		set key outside top center horizontal noautotitle
		set autoscale xfix
		set style data yerrorlines
		set errorbars small
		set linetype 1 lc rgb '#1f6fb4' lw 2 pt 7 ps 0.7
		set linetype 2 lc rgb '#c8551b' lw 2 pt 5 ps 0.7
		set linetype 3 lc rgb '#5b8c3a' lw 2 pt 9 ps 0.8
		set linetype 4 lc rgb '#7a5195' lw 2 pt 11 ps 0.8
		set style fill solid 0.85 border -1
		set format y '%.0s%c'
		END
        cat
    } | gnuplot || die "gnuplot: $1"
}

# Items a second against x, one line a case.
plot_lines() { # NAME TITLE XLABEL THEME CASE...
    local name=$1 title=$2 xlabel=$3 theme=$4 case lines=() log=''
    shift 4
    for case; do
        series "$theme" "$case" .items_per_second "$name.${#lines[@]}" || return 0
        lines+=("'$plot_data/$name.${#lines[@]}' title '${case#*, }'")
    done
    [[ $name != aggregates ]] || log='set logscale x; set format x "10^{%L}"'
    plot "$name" <<-END
	set title "$title"
	set xlabel '$xlabel'
	set ylabel 'items/s: median and range'
	set yrange [0:*]
	set key $([[ ${#lines[@]} == 1 ]] && echo off || echo on)
	$log
	plot $(IFS=, && echo "${lines[*]}")
	END
}

plot_batch() {
    series curves batch .items_per_second batch.rate && series curves batch .round_trip_ms.p99 batch.p99 || return 0
    plot batch <<-END
	set title 'Batch size'
	set xlabel 'items a batch'
	set ylabel 'items/s: median and range'
	set y2label 'round trip p99, ms'
	set logscale xyy2
	set y2tics
	set border 11
	set format x '10^{%L}'
	plot '$plot_data/batch.rate' title 'items/s', \
	     '$plot_data/batch.p99' axes x1y2 title 'p99, ms (right)'
	END
}

plot_openloop() {
    local quantile lines=()
    for quantile in p50 p99 p99_9; do
        series openloop 'percent of the peak' ".round_trip_ms.$quantile" "openloop.$quantile" || return 0
        lines+=("'$plot_data/openloop.$quantile' title '${quantile/_/.}'")
    done
    plot openloop <<-END
	set title 'Latency under a load that does not wait'
	set xlabel 'load, percent of the peak'
	set ylabel 'from due time to verdict, ms: median and range'
	set xrange [0:100]
	set logscale y
	set format y '%g'
	plot $(IFS=, && echo "${lines[*]}")
	END
}

plot_memory() {
    series curves 'aggregates, uniform' '.rss_bytes' memory || return 0
    plot memory <<-END
	set title 'Memory of as-commit'
	set xlabel 'accounts'
	set ylabel 'resident set, bytes'
	set logscale xy
	set format x '10^{%L}'
	set key off
	plot '$plot_data/memory'
	END
}

plot_startup() {
    series startup state .start_seconds startup.state && series startup tail .start_seconds startup.tail || return 0
    plot startup <<-END
	set title 'From start to clean end, one item between'
	set xlabel 'accounts, or items'
	set ylabel 'seconds: median and range'
	set logscale xy
	set format x '10^{%L}'
	set format y '%g'
	plot '$plot_data/startup.state' title 'accounts in state.db', \
	     '$plot_data/startup.tail' title 'items of the journal behind state.db'
	END
}

# ---- Bars ---------------------------------------------------------------------------------------

# Medians as "label value value…": one row a case, one column a variant.
plot_scenarios() {
    jq -rs 'def median_of($case): map(select(.theme == "scenarios" and .case == $case) | .items_per_second)
            | sort | .[length / 2 | floor] // empty;
        {broker: 33091, dense: 5992} as $article | ("broker", "ceiling", "dense") as $case
        | [$case, median_of($case), median_of($case + ", 2.05 ms a sync"), $article[$case] // "?"] | @tsv' \
        "$results" >"$plot_data/scenarios"
    [[ -s $plot_data/scenarios ]] || return 0
    bars scenarios "The article's scenarios" 'this disk' '2.05 ms a sync' 'the article'
}

plot_peers() {
    local sizes
    sizes=$(jq -rs '[.[] | select(.theme == "peers") | .x] | unique | map(tostring + " accounts") | @tsv' "$results")
    jq -rs 'map(select(.theme == "peers")) | group_by(.case)
        | map([(.[0].case | sub(" write"; "\nwrite") | sub(", "; ",\n")), (group_by(.x)[] | map(.items_per_second) | sort | .[length / 2 | floor])])
        | sort_by(-.[1])[] | [(.[0] | tojson)] + .[1:] | join("\t")' "$results" >"$plot_data/peers"
    [[ -s $plot_data/peers ]] || return 0
    IFS=$'\t' read -ra sizes <<<"$sizes"
    bars peers 'The same transfers, durable' "${sizes[@]}"
}

bars() { # NAME TITLE VARIANT...
    local name=$1 title=$2 columns=() i=1
    shift 2
    for variant; do
        i=$((i + 1))
        columns+=("'$plot_data/$name' using $i:xtic(1) title '$variant'")
    done
    plot "$name" <<-END
	set title "$title"
	set ylabel 'items/s: median'
	set style data histogram
	set style histogram clustered gap 1
	set logscale y
	set yrange [1000:*]
	set datafile missing '?'
	set xtics font ',11'
	set xrange [-0.6:*]
	set bmargin 3
	plot $(IFS=, && echo "${columns[*]}")
	END
}
