# shellcheck shell=bash disable=SC2016,SC2154
# SPDX-License-Identifier: MIT
#
# as-stats as its users see it: a Prometheus that scrapes, a browser that shows. `make test-look`
# installs what these tests need; screenshots stay in $BUILD/look.

load helper

export PATH=$PATH:$BUILD/tests LOOK=$BUILD/look

need() { # PROGRAM...
    for program in "$@"; do
        command -v "$program" >/dev/null || skip "$program is not installed: make test-look"
    done
}
setup_file() {
    mkdir -p "$BUILD/look"
}
teardown() {
    [[ ! -s pids ]] || xargs kill <pids 2>/dev/null || true
}

browse() { # ARGUMENT...
    chromium --headless=new --no-sandbox --disable-gpu --hide-scrollbars --allow-file-access-from-files \
        --user-data-dir="$BATS_TEST_TMPDIR/chromium" "$@" 2>/dev/null
}
dom_text() { # the text that a DOM shows, on one line
    sed '/<style>/,/<\/style>/d; /<script>/,/<\/script>/d' | sed 's/<[^>]*>/ /g' | tr '\n' ' ' | tr -s ' '
}
screenshot() { # NAME URL WIDTH HEIGHT [ARGUMENT]...
    browse --screenshot="$LOOK/$1.png" --window-size="$3,$4" "${@:5}" "$2" >/dev/null
    (($(stat -c %s "$LOOK/$1.png") > 20000))
}
# A page in a frame of that width; its own width and its background, as the browser has them.
measure() { # URL WIDTH [ARGUMENT]...
    cat >frame.html <<-HTML
		<body><iframe src="$1" width="$2" height="800" style="border:0"></iframe><script>
		document.querySelector('iframe').onload = e => {
		  const d = e.target.contentDocument;
		  document.body.textContent = 'width ' + d.documentElement.scrollWidth + ' background ' + getComputedStyle(d.body).backgroundColor;
		};</script></body>
	HTML
    browse --window-size=1400,900 "${@:3}" --dump-dom "file://$PWD/frame.html" | grep -oE 'width [0-9]+ background rgb\([^)]*\)'
}
free_port() {
    local port
    for ((port = 20000 + RANDOM % 20000; ; port++)); do
        (: <"/dev/tcp/127.0.0.1/$port") 2>/dev/null || break
    done
    echo "$port"
}
wait_for() { # PATTERN FILE
    until grep -qs -- "$1" "$2"; do sleep 0.05; done
}
export -f browse dom_text screenshot measure free_port wait_for

# Half a minute of a run whose figures are known, an audit and a preflight.
make_report() {
    local words='clock:0 set:uptime:0 telemetry' t
    for ((t = 1; t <= 30; t++)); do
        words+=" pass:900 age:$((t % 7 * 12 + 20)) accept:$((800000 + t % 5 * 40000)) reject:$((2000 + t % 3 * 500)):1:no_overdraft"
        words+=" reject:$((t * 20)):5:transfer.dst age:4 pass:100 accept:1 commit:$((t % 4 * 900 + 500)):$((t % 4 * 500 + 900))*40"
        words+=" set:uptime:${t}000000000 set:batches:$((t * 200)) set:read_wait:$((t * 150))000000 set:room_wait:$((t * 620))000000 set:decide:$((t * 480 + t % 6 * 30))000000"
        words+=" set:send_wait:$((t * 20))000000 set:journal:$((t * 60))000000 set:wal:$((t * 60 % 500))000000 set:segments:$((t * 60 / 500 + 1)) set:sealing:$((t * 60 % 500 < 120 && t > 8 ? 200 - t * 60 % 500 : 0))000000"
        words+=" set:rows:1000 set:fold_lag:$((700 + t % 4 * 90))000000 set:cpu_user:$((t * 830))000000 set:cpu_system:$((t * 240))000000 set:resident_memory:$((20 + t / 3))000000 telemetry"
    done
    verdict_stream $words end >v
    echo '{"integrity":"ok","aggregates":1000,"items":99000000,"accepted":98000000,"rejected":1000000,"batches":9000,"head":"3f2a","checks":[{"check":"files","result":"ok","text":"4 files sound by SQLite'"'"'s integrity check"}]}' >audit
    echo '{"pass":true,"directory":"/srv/bank","file_system":"ext4","findings":[{"check":"load","result":"warning","text":"0.90 on 2 CPUs"}],"measurements":[{"what":"append 36 KiB, fdatasync","latency_seconds":{"mean":0.0019,"p99":0.0024}}]}' >preflight
    as-stats --recorded --report r.html --title 'Bank, half a minute' --audit audit --preflight preflight <v >/dev/null
}
export -f make_report

@test "look: promtool finds nothing to say about the metrics" {
    need promtool
    ok 'as-gen -n 50k --reject 5 | as-commit bank | as-stats --prometheus >m; promtool check metrics <m; verdict_stream "reject:1:6:say \"no\" \\" end | as-stats --prometheus | promtool check metrics
        verdict_stream end | as-stats --prometheus | promtool check metrics'
    assert_output ''
}

@test "look: a Prometheus scrapes a run, and its sums are those of the summary" {
    need prometheus curl
    ok 'as-gen -t 8s --rate 50k --reject 5 | as-commit bank | as-stats --json --listen 127.0.0.1:0 >summary 2>err & echo $! >pids
        wait_for "listening on port" err; port=$(sed -n "s/.*listening on port //p" err); web=$(free_port)
        printf "scrape_configs:\n- job_name: bank\n  scrape_interval: 500ms\n  static_configs: [{targets: [\"127.0.0.1:%d\"]}]\n" $port >p.yml
        prometheus --config.file=p.yml --storage.tsdb.path=tsdb --web.listen-address=127.0.0.1:$web >/dev/null 2>log & echo $! >>pids; trap "kill $!" EXIT
        ask() { curl -sG "http://127.0.0.1:$web/api/v1/query" --data-urlencode "query=$1" | jq -r ".data.result[0].value[1]"; }
        until [[ $(ask "rate(atomic_state_items_total[2s]) > bool 10000") == 1 ]]; do sleep 0.2; done
        ask "up"; ask "sum(atomic_state_rejected_total) + sum(atomic_state_accepted_total) - sum(atomic_state_items_total)"
        ask "histogram_quantile(0.99, rate(atomic_state_round_trip_seconds_bucket[2s])) > bool 0"; ask "sum by (kind, name) (atomic_state_rejected_total{name=\"no_overdraft\"}) > bool 100"
        until [[ -s summary ]]; do sleep 0.2; done; jq .items summary'
    [[ $output == $'1\n0\n1\n1\n'[0-9]* ]] || complain 'figures'
}

@test "look: the report says in a browser what a person looks for, in light, in dark, on a phone, on paper" {
    need chromium
    ok 'make_report; browse --dump-dom "file://$PWD/r.html" | dom_text >text
        for words in "Bank, half a minute" "$(as-stats --recorded --json <v | jq .items | sed -E ":a; s/([0-9])([0-9]{3})(,|$)/\1,\2\3/; ta") items decided and made durable in 29.1 s" "What bounded the rate: engine: deciding takes 48 % of the time" INTEGRITY_OK "preflight PASS" \
            "Items a second" "Round trip of a batch" "Rejections a second" "Write-ahead log" "Segments of the journal" "CPU of the writer" "Memory of the writer" "check no_overdraft" "reference transfer.dst" "T(n) = 622 µs + 556 ns · n" "/srv/bank"; do
            grep -qF -- "$words" text || echo "not there: $words"
        done
        screenshot report-light "file://$PWD/r.html" 1280 2300; screenshot report-dark "file://$PWD/r.html" 1280 2300 --blink-settings=preferredColorScheme=0
        screenshot report-phone "file://$PWD/r.html" 390 2800; browse --print-to-pdf="$LOOK/report.pdf" "file://$PWD/r.html"; head -c 5 "$LOOK/report.pdf"; cp r.html "$LOOK/report.html"
        measure "file://$PWD/r.html" 390; measure "file://$PWD/r.html" 320 --blink-settings=preferredColorScheme=0'
    assert_output '%PDF-width 390 background rgb(255, 255, 255)
width 320 background rgb(18, 22, 27)'
}

# With a budget of virtual time Chromium's timers run ahead while a fetch takes the time it takes: 200
# seconds of refreshing pass in some five.
@test "look: the live page follows the stream, and says when it has ended" {
    need chromium
    ok 'mkfifo in; exec 4<>in; as-stats --listen 127.0.0.1:0 <in >/dev/null 2>err & echo $! >pids; as_stats=$!
        wait_for "listening on port" err; url=http://127.0.0.1:$(sed -n "s/.*listening on port //p" err)/
        verdict_stream $(for ((i = 1; i < 400; i++)); do echo accept:$((1000 + i % 9 * 50)) reject:$((i % 3)):1:no_overdraft set:uptime:${i}00000000 set:wal:${i}00000 set:room_wait:${i}0000000 set:commit:${i}0000000 telemetry sleep:100; done) >&4 &
        echo $! >>pids; trap "xargs kill <pids 2>/dev/null" EXIT
        sleep 2; browse --virtual-time-budget=200000 --dump-dom "$url" | dom_text >text & first=$(curl -s "$url" | dom_text | grep -oE "[0-9,]+ items decided"); wait $!
        echo "$first" | grep -c items; grep -oE "running, 2" text; if grep -qF "$first" text; then echo "it stood still"; fi
        grep -oE "What bounded the rate: disk" text; grep -oF "Items a second" text
        screenshot live-page "$url" 1280 1500; screenshot live-page-phone "$url" 390 2400 --blink-settings=preferredColorScheme=0
        browse --virtual-time-budget=200000 --dump-dom "$url" | dom_text >text & sleep 3; kill $as_stats; wait $!; grep -oE "as-stats has ended; these are its last figures" text'
    assert_output '1
running, 2
What bounded the rate: disk
Items a second
as-stats has ended; these are its last figures'
}

@test "look: the live view on 80 and 200 columns" {
    need tmux
    for columns in 80 200; do
        tmux -S "$PWD/tmux" -f /dev/null new-session -d -x $columns -y 24 \
            "bash -c 'as-gen -t 6s --reject 2 --no-progress | as-commit --no-progress bank$columns | as-stats; sleep 60'"
        sleep 5
        tmux -S "$PWD/tmux" capture-pane -p >"$LOOK/live-$columns.txt"
        tmux -S "$PWD/tmux" kill-server
        grep -q '^bound by   [a-z]*: ' "$LOOK/live-$columns.txt"
    done
}
