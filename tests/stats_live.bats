# shellcheck shell=bash disable=SC2016,SC2154
# SPDX-License-Identifier: MIT
#
# as-stats on a terminal: one of tmux's, whose screen is read as text.

load helper

export PATH=$PATH:$BUILD/tests

# Its own server, so that nothing of the user's tmux matters.
screen() { tmux -S "$BATS_TEST_TMPDIR/tmux" -f /dev/null "$@"; }
show() { # COLUMNS ROWS COMMAND
    screen new-session -d -x "$1" -y "$2" "exec bash -c '$3; exec sleep 300'"
}
captured() { screen capture-pane -p; }
until_shown() { # TEXT
    until captured | grep -qF -- "$1"; do sleep 0.05; done
}
export -f screen show captured until_shown

# Two seconds and more of a run, by the real clock.
a_run='accept:1000000 reject:20000:1:no_overdraft reject:5:6:closed set:uptime:0 telemetry sleep:1100 accept:500000
    set:uptime:1000000000 set:read_wait:100000000 set:room_wait:600000000 set:commit:910000000 set:decide:300000000 set:commits:400 set:batches:800
    set:journal:50000000 set:wal:120000000 set:segments:3 set:rows:1000 set:dirty_rows:12 set:fold_lag:800000000 set:fold_lag_items:4000
    set:cpu_user:500000000 set:cpu_system:250000000 set:resident_memory:20000000 telemetry sleep:1100'
a_run=${a_run//$'\n'/ } # it goes through several shells
export a_run

setup() {
    cd "$BATS_TEST_TMPDIR" || exit
    command -v tmux >/dev/null || skip 'tmux is not installed'
}
teardown() {
    screen kill-server 2>/dev/null || true
}

@test "live: on 80 columns every figure is there, and no line is too long" {
    ok 'show 80 24 "verdict_stream $a_run sleep:60000 | as-stats"; until_shown "bound by"; captured'
    for text in 'items/s now' 'last 2 s ' '1,520,005: 1,500,000 accepted, 20,005 rejected (1.32 %)' '20,000 check no_overdraft' '5 raise closed' \
        'p50 ' 'p99.9 ' 'bound by   disk: the committer writes and syncs 91 % of the time' '400 commits/s of 2.0 batches, 2.27 ms each; 50 MB/s' \
        'WAL 120 MB; 3 segments, 0 B being sealed' '1,000 rows, 12 changed; state.db 800 ms, 4,000 items behind' 'waits for input 10 %, for room 60 %' \
        'decides 30 %' 'commits 91 %' 'CPU 50 % in the program, 25 % in the system; memory 20 MB'; do
        assert_output_has "$text"
    done
    if grep -qE '.{80}' <<<"$output"; then complain 'a line is too long'; fi
}

@test "live: on 200 columns it is the same, with a longer past" {
    ok 'show 200 50 "verdict_stream $a_run accept:1*1 sleep:60000 | as-stats"; until_shown "bound by"; captured'
    assert_output_has 'committer  commits 91 %, waits for batches 0 %, for the reader of verdicts 0 %'
}

@test "live: a window that is made small and large again is drawn anew" {
    ok 'show 80 24 "verdict_stream $a_run sleep:60000 | as-stats"; until_shown "bound by"
        screen resize-window -x 30 -y 6; until ! captured | grep -qF "last 2 s  "; do :; done; sleep 1.5; captured >small
        screen resize-window -x 120 -y 30; until_shown "being sealed"; sleep 1.5; captured >large
        grep -c . small; awk "length > 29" small; grep -c "items/s now" large; grep -c "^committer" large'
    assert_output '5
1
1'
}

@test "live: nothing about the terminal is changed at the end" {
    ok 'show 80 24 "stty -a >before; verdict_stream $a_run end | as-stats; echo \$? >status; stty -a >after"
        until [[ -s after ]]; do sleep 0.1; done; diff before after; cat status; screen display-message -p "#{alternate_on} #{cursor_flag} #{cursor_x}"; captured | grep "^accepted"'
    assert_output '0
0 1 0
accepted    1500000'
}

@test "live: nothing about the terminal is changed by a signal" {
    ok 'show 80 24 "stty -a >before; verdict_stream $a_run sleep:60000 | as-stats & sleep 2.5; pkill -TERM -P \$\$ -x as-stats; wait; stty -a >after"
        until_shown "accepted    1500000"; screen display-message -p "#{alternate_on} #{cursor_flag}"'
    assert_output '0 1'
}

@test "live: a second's view is one write, which clears nothing before it draws" {
    ok 'TERM=xterm script -qec "verdict_stream $a_run end | ASAN_OPTIONS=$ASAN_OPTIONS:detect_leaks=0 strace -e trace=write -o trace as-stats >out" seen >/dev/null
        grep -c "write(2" trace; grep -cF "$(printf "\033[2J")" seen || true; grep -cF "$(printf "\033[J")" seen || true'
    assert_output '2
0
0'
}

@test "live: a name cannot move the cursor" {
    ok 'show 80 24 "verdict_stream \"reject:1:6:$(printf "evil\033[2J\033[H\u009bH\rname")\" accept:1 sleep:60000 | as-stats"; until_shown evil; captured | grep evil | tr -s " "'
    assert_output 'rejected 1 raise evil [2J [H H name'
}

@test "live: a dumb terminal gets a line an interval, --no-progress none" {
    ok 'show 80 24 "TERM=dumb; export TERM; verdict_stream $a_run end | as-stats --interval 1s 2>lines >/dev/null; TERM=dumb script -qec \"verdict_stream $(echo $a_run) end | as-stats >/dev/null\" seen >/dev/null; touch done"
        until [[ -e done ]]; do sleep 0.1; done; wc -l <lines; sed -n 2p lines; grep -c "items, " seen
        verdict_stream $a_run end | as-stats --interval 1s --no-progress'
    IFS=$'\n' read -rd '' -a lines <<<"$output" || true
    [[ ${lines[0]} == 3 && ${lines[1]} == '2 s: 500,000 items, '*'/s, 0 rejected, p99 '*'; disk: the committer writes and syncs 91 % of the time' ]]
    [[ ${lines[2]} == [23] && ${lines[3]} == 'items '* ]]
}

@test "live: lines on a dumb terminal put no rows into the JSON" {
    ok 'TERM=dumb script -qec "verdict_stream accept:1 sleep:1300 accept:1 end | as-stats --json >out" seen >/dev/null; wc -l <out; jq .items out; grep -c "items, " seen'
    assert_output '1
2
2'
}
