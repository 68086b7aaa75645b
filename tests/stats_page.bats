# shellcheck shell=bash disable=SC2016,SC2154
# SPDX-License-Identifier: MIT
#
# as-stats --report: what the page says, and that it is whole in itself. How it looks is for
# stats_look.bats.

load helper

export PATH=$PATH:$BUILD/tests

# The page without its style sheet and tags, a text of one line.
words() { # FILE
    sed '/<style>/,/<\/style>/d' "$1" | sed 's/<[^>]*>/ /g' | tr '\n' ' ' | tr -s ' '
}
# The points of a chart's line, by its number.
points() { # FILE TITLE LINE
    sed -n "s/^<figure><figcaption>$2<.*<polyline class=\"line c$3\" points=\"\([^\"]*\)\".*/\1/p" "$1" | tr ' ' '\n'
}
export -f words points

# Seconds of a run, with all that makes a chart.
seconds_of_a_run() { # COUNT
    printf 'clock:0 set:uptime:0 telemetry accept:0 '
    for ((i = 1; i <= $1; i++)); do
        printf 'pass:1000 accept:900 reject:100:1:no_overdraft set:uptime:%d set:commits:%d set:wal:%d telemetry ' \
            $((i * 1000000000)) $((i * 10)) $((i * 1000000))
    done
    printf 'end'
}
export -f seconds_of_a_run

@test "report: the point of it stands on top" {
    ok 'verdict_stream $(seconds_of_a_run 10) | as-stats --recorded --report r.html >/dev/null; words r.html | grep -oE "10,000 items .* rejected\."
        grep -c "<svg" r.html; words r.html | grep -oE "check no_overdraft [0-9,]+"'
    assert_output '10,000 items decided and made durable in 10 s: 1,000 items/s . 9,000 accepted, 1,000 rejected.
12
check no_overdraft 1,000'
}

@test "report: it loads nothing and runs nothing" {
    ok 'verdict_stream $(seconds_of_a_run 5) | as-stats --recorded --report r.html >/dev/null
        grep -oE "https?://|<script|<img|@import|url\(|src=|href=.*" r.html || true; grep -o "default-src .none." r.html'
    assert_output 'href="data:,">
default-src '"'none'"
}

@test "report: what comes from a stream, a title or a file is text" {
    ok 'nasty="<script>alert(1)</script>&\"'"'"'"
        printf "{\"integrity\":\"failed\",\"failure\":\"<b>f\",\"head\":\"<i>h\",\"checks\":[{\"check\":\"<u>c\",\"result\":\"failed\",\"text\":\"<s>t\"}]}" >audit
        printf "{\"pass\":false,\"directory\":\"<em>d\",\"findings\":[{\"check\":\"<q>\",\"result\":\"failure\",\"text\":\"<p>x\"}],\"measurements\":[{\"what\":\"<hr>\"}]}" >preflight
        verdict_stream "reject:1:6:$nasty" end | as-stats --report r.html --title "$nasty" --audit audit --preflight preflight >/dev/null
        grep -cF "&lt;script&gt;alert(1)&lt;/script&gt;&amp;&quot;&#39;" r.html; grep -oE "<(script|b>f|i>h|u>|s>|em>|q>|p>x|hr)" r.html || true'
    assert_output 3
}

@test "report: audit and preflight are told, and what they found" {
    ok 'as-gen -n 20k --reject 5 | as-commit bank >v; as-audit --json bank >audit
        as-stats --recorded --report r.html --audit audit <v >/dev/null; words r.html | grep -oE "INTEGRITY_[A-Z]+" | sort | uniq -c | xargs; words r.html | grep -oF "$(jq -r .head audit)" | wc -l
        echo "{\"pass\":true}" >preflight; as-stats --recorded --report r.html --preflight preflight <v >/dev/null; words r.html | grep -oE "preflight (PASS|FAIL)|INTEGRITY"
        as-gen -n 20k --source more | as-commit bank >v; as-stats --recorded --report r.html --audit audit <v >/dev/null; words r.html | grep -o "INTEGRITY_OK: but.*fewer items" || true
        rm -rf bank; as-gen -n 30k | as-commit bank >v; as-stats --recorded --report r.html --audit audit <v >/dev/null; words r.html | grep -o "INTEGRITY_OK: but.*fewer items"'
    assert_output '2 INTEGRITY_OK
1
preflight PASS
INTEGRITY_OK: but the audit saw fewer items'
}

@test "report: a stream that was cut short, and a dry run, are called so" {
    pipe 'verdict_stream dry accept:10 | as-stats --report r.html >/dev/null'
    assert_status 65
    ok 'words r.html | grep -oE "cut short: [a-zA-Z ]*: [a-z ]*END|dry run: nothing was made durable"; words r.html | grep -c "made durable in"  || true'
    assert_output 'cut short: stdin: ends without an END
dry run: nothing was made durable
0'
}

# How high a chart's line goes in all: its axis ends at y = 10.
highest() { cut -d, -f2 | sort -n | head -n 1; }
export -f highest

@test "report: ten hours make no more points than eight minutes, and no height is lost" {
    ok 'for s in 400 36000; do
            verdict_stream clock:0 accept:10 pass:1000 age:4000 accept:1 age:0 $(for ((i = 1; i < s; i++)); do echo pass:1000 accept:10; done) end |
                as-stats --recorded --report r.html >/dev/null
            points r.html "Items a second" 0 | wc -l; points r.html "Round trip of a batch" 2 | highest
        done'
    read -r -d '' -a lines <<<"$output" || true
    ((lines[0] == 400 && lines[2] > 240 && lines[2] <= 480)) || complain 'points'
    [[ ${lines[1]} == 10.0 && ${lines[3]} == 10.0 ]] || complain 'heights'
}

@test "report: a run without telemetry has charts of what the verdicts tell" {
    ok 'verdict_stream clock:0 accept:10 pass:1000 accept:20 pass:1000 accept:5 pass:1000 accept:1 end | as-stats --recorded --report r.html >/dev/null
        grep -oE "<figcaption>[^<]*" r.html; verdict_stream accept:1 end | as-stats --report r.html >/dev/null; words r.html | grep -o "Too short for charts over time"'
    assert_output '<figcaption>Items a second
<figcaption>Round trip of a batch
Too short for charts over time'
}

@test "report: files that cannot be used are told before the stream is read" {
    fails 74 'no/r.html: No such file or directory' 'verdict_stream accept:1 end | as-stats --report no/r.html'
    [[ -z $output ]]
    fails 65 'audit: line 2: ' 'echo "{" >audit; verdict_stream accept:1 end | as-stats --report r.html --audit audit'
    fails 65 'audit: not a JSON object' 'echo "[]" >audit; verdict_stream accept:1 end | as-stats --report r.html --audit audit'
    fails 74 'none: No such file' 'verdict_stream accept:1 end | as-stats --report r.html --preflight none'
}
