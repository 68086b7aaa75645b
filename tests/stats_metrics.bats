# shellcheck shell=bash disable=SC2016,SC2154
# SPDX-License-Identifier: MIT
#
# as-stats: Prometheus' text format, in a file, on stdout and over HTTP.

load helper

export PATH=$PATH:$BUILD/tests

# One request, without a client of HTTP: the answer with its header.
get() { # PORT PATH [METHOD]
    exec 3<>"/dev/tcp/127.0.0.1/$1" || return
    printf '%s %s HTTP/1.0\r\n\r\n' "${3:-GET}" "$2" >&3
    tr -d '\r' <&3
    exec 3<&-
}
body() { get "$@" | sed '1,/^$/d'; }
# as-stats on a free port, reading what descriptor 4 is given; sets pid and port.
listen() { # ARGUMENT...
    mkfifo in
    exec 4<>in
    as-stats --listen 127.0.0.1:0 "$@" <in >out 2>err &
    export pid=$!
    until grep -qs 'listening on port' err; do sleep 0.02; done
    port=$(sed -n 's/.*listening on port //p' err)
}
until_body() { # PATH TEXT
    until body "$port" "$1" | grep -qF -- "$2"; do sleep 0.05; done
}
export -f get body listen until_body

@test "metrics: counters of the stream, in base units, with help and type" {
    ok 'verdict_stream clock:0 age:40 accept:10 reject:5:1:no_overdraft duplicate:4 end | as-stats --recorded --prometheus >m
        grep -E "^atomic_state_(items|accepted|rejected|duplicates|batches)_total|^[a-z_]*_ended" m; grep -A1 "HELP atomic_state_rejected" m
        grep -E "round_trip_seconds_(bucket.*\"(0.025|0.05|.Inf)\"|sum|count)" m'
    assert_output 'atomic_state_items_total 19
atomic_state_accepted_total 14
atomic_state_rejected_total{kind="check",name="no_overdraft"} 5
atomic_state_rejected_total{kind="other",name=""} 0
atomic_state_duplicates_total 4
atomic_state_batches_total 3
atomic_state_stream_ended 1
# HELP atomic_state_rejected_total Items rejected, by the reason'"'"'s kind and name.
# TYPE atomic_state_rejected_total counter
atomic_state_round_trip_seconds_bucket{le="0.025"} 0
atomic_state_round_trip_seconds_bucket{le="0.05"} 3
atomic_state_round_trip_seconds_bucket{le="+Inf"} 3
atomic_state_round_trip_seconds_sum 0.120000000
atomic_state_round_trip_seconds_count 3'
}

@test "metrics: telemetry has its units, commits are a histogram" {
    ok 'verdict_stream clock:0 set:read_wait:1500000000 set:wal:4096 set:frame:7 commit:10:2000 telemetry end | as-stats --recorded --prometheus >m
        grep -E "^atomic_state_writer_(read_wait|wal|frame|commits)|^atomic_state_commit_duration_seconds_(count|bucket.*\"0.0(01|025)\")" m'
    assert_output 'atomic_state_writer_commits_total 1
atomic_state_writer_frame_bytes_total 7
atomic_state_writer_read_wait_seconds_total 1.500000000
atomic_state_writer_wal_bytes 4096
atomic_state_commit_duration_seconds_bucket{le="0.001"} 0
atomic_state_commit_duration_seconds_bucket{le="0.0025"} 1
atomic_state_commit_duration_seconds_count 1'
}

@test "metrics: labels are escaped, long ones cut off and told apart" {
    ok 'long=$(printf "é%.0s" {1..150})
        verdict_stream "reject:1:6:say \"no\" \\ $(printf "x\ny")" "reject:2:1:${long}a" "reject:3:1:${long}b" end | as-stats --prometheus | grep ^atomic_state_rejected'
    long=$(printf 'é%.0s' {1..100})
    assert_output 'atomic_state_rejected_total{kind="raise",name="say \"no\" \\ x\ny"} 1
atomic_state_rejected_total{kind="check",name="'$long'... (1)"} 2
atomic_state_rejected_total{kind="check",name="'$long'... (2)"} 3
atomic_state_rejected_total{kind="other",name=""} 0'
}

@test "metrics: no more than 200 reasons have a series of their own, and nothing is lost" {
    ok 'verdict_stream $(seq -f "reject:2:6:reason%g" 1010) end | as-stats --prometheus >m
        grep -c ^atomic_state_rejected_total m; grep other m; sed -n "s/^atomic_state_rejected_total.* //p" m | awk "{ n += \$1 } END { print n }"'
    assert_output '201
atomic_state_rejected_total{kind="other",name=""} 1620
2020'
}

@test "metrics: -o writes the file anew at each interval, never half of it" {
    ok 'mkfifo in; exec 4<>in; as-stats --prometheus -o m --interval 100ms <in & pid=$!
        verdict_stream accept:10 >&4; until grep -qs "items_total 10" m; do sleep 0.02; done; grep ^[a-z_]*ended m
        inode=$(stat -c %i m); until [[ $(stat -c %i m) != "$inode" ]]; do sleep 0.02; done
        for ((i = 0; i < 50; i++)); do tail -n 1 m | grep -q "^atomic_state_stream_ended 0" || echo half; done
        kill $pid; wait $pid; grep ^[a-z_]*ended m; ls m*'
    assert_output 'atomic_state_stream_ended 0
atomic_state_stream_ended 1
m'
}

@test "metrics: a file that cannot be replaced is 74, and nothing is left beside it" {
    fails 74 'm: Is a directory' 'mkdir m; verdict_stream accept:1 end | as-stats --prometheus -o m'
    ok 'ls -d m*'
    assert_output m
}

# ---- HTTP ---------------------------------------------------------------------------------------

@test "listen: /metrics, /live.json and / answer while the stream lasts" {
    ok 'listen; verdict_stream accept:10 reject:3:1:x >&4; until_body /metrics "items_total 13"
        get $port /metrics | grep -iE "^(HTTP|content-type)"; get $port / | grep -iE "^(HTTP|content-type)|<title>"
        body $port /live.json | jq -c "[.items, .rejected_by[0].name, (.body | contains(\"13 items\"))]"
        kill $pid; wait $pid; head -n 1 out | cut -c 1-20'
    assert_output 'HTTP/1.1 200 OK
Content-Type: text/plain; version=0.0.4; charset=utf-8
HTTP/1.1 200 OK
Content-Type: text/html; charset=utf-8
<title>Atomic State: a run</title>
[13,"x",true]
items       13 in 0.'
}

@test "listen: anything else is 404, and nothing can be sent" {
    ok 'listen; get $port /etc/passwd | head -n 1; get $port / POST | head -n 1; get $port /metrics HEAD | sed -n "1p;\$p"; kill $pid; wait $pid'
    assert_output 'HTTP/1.1 404 Not Found
HTTP/1.1 405 Method Not Allowed
HTTP/1.1 200 OK'
}

@test "listen: a client that says nothing holds up neither the stream nor others" {
    ok 'listen; for i in {5..20}; do eval "exec $i<>/dev/tcp/127.0.0.1/$port"; done
        verdict_stream accept:10 >&4; until_body /metrics "items_total 10"; kill $pid; wait $pid; head -n 1 out | cut -d " " -f 8'
    assert_output 10
}

@test "listen: an address in use is 74, one that is none is 64" {
    ok 'listen; as-stats --listen 127.0.0.1:$port </dev/null; echo $?; kill $pid; wait $pid' || true
    [[ $output == 74 && $stderr == *"as-stats: --listen 127.0.0.1:"*": Address already in use" ]]
    for address in 127.0.0.1 localhost:9464 127.0.0.1:http 127.0.0.1: :9464 127.0.0.1:99999; do
        fails 64 "--listen $address: not an address such as 127.0.0.1:9464" "as-stats --listen $address </dev/null"
    done
}
