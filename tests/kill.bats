# shellcheck shell=bash disable=SC2016,SC2154
# SPDX-License-Identifier: MIT
#
# as-commit killed at any point (kill -9), then the same pipeline again: every verdict that was
# delivered is in the store, nothing is there twice, the final state is that of an undisturbed run.
# Segments and folds are small, so that making, sealing and folding are met as well.
#
#   KILL_SEED    of the random points (a new one a run; a failing test prints it)
#   KILL_ROUNDS  how many of them a test tries (20)

load helper
load store

export FAULT=$BUILD/tests/fault.so
export BUSY='--segment-size 64Ki --fold-interval 1ms'
export KILL_SEED=${KILL_SEED:-$RANDOM} KILL_ROUNDS=${KILL_ROUNDS:-20}

# Nine hundred small batches, the same bytes each time.
export MANY='as-gen --items 9000 --batch 10 --keys 20 --reject 10 --stamp 1'

# All that must be the same in the end: each batch, each row, the chain's head.
outcome() { # STORE
    journal "$1" "SELECT $ROW FROM batch"
    fingerprint "$1"
}
export ROW='batch, first_item, items, accepted, source, offset, hex(verdicts)'

undisturbed() {
    echo "seed $KILL_SEED" >&2
    RANDOM=$KILL_SEED
    $MANY >in
    as-commit whole $BUSY <in >verdicts
    outcome whole >whole.outcome
}

# What was delivered until the kill, as rows that the journal must have; added to "delivered".
deliver() { # VERDICTS
    verdict_dump rows <"$1" 2>/dev/null >>delivered || true
}

# The same pipeline once more, undisturbed: is all of it there, and once?
complete() { # WHEN
    local message
    message=$(as-commit bank $BUSY <in 2>&1 >verdicts) || echo "$1: rerun: $message"
    [[ -z $message ]] || echo "$1: rerun: $message"
    outcome bank | cmp -s - whole.outcome || echo "$1: another outcome"
    as-audit bank >report 2>&1 || echo "$1: $(<report)"
    [[ -z $(sort -u delivered | comm -23 - <(sort whole.outcome)) ]] || echo "$1: delivered and lost"
}

# Kills a run at its Nth call of a kind, then looks. The sealer's thread makes some calls come more
# or less often from run to run, so the last ones may never come.
killed_at() { # CALL:N[:torn]
    local status=0 action=${2:-kill}
    rm -rf bank delivered
    { AS_FAULT=$1:$action AS_FAULT_PATH=bank/ LD_PRELOAD=$FAULT timeout 60 as-commit bank $BUSY <in >verdicts; } 2>/dev/null || status=$?
    ((status == 137 || status == 0)) || echo "$1: exit status $status"
    deliver verdicts
    complete "$1"
}

# How often a run makes that call.
count_calls() { # CALL
    rm -rf bank
    AS_FAULT=$1:999999:kill AS_FAULT_PATH=bank/ AS_FAULT_COUNT=count LD_PRELOAD=$FAULT as-commit bank $BUSY <in >verdicts
    cut -d' ' -f1 count
}
export -f outcome undisturbed deliver complete killed_at count_calls

# Stderr is the seed alone.
found_nothing() {
    assert_status 0
    [[ $stderr == "seed $KILL_SEED" ]] || complain 'expected nothing but the seed on stderr'
    assert_output ''
}

@test "kill: at random system calls" {
    in_memory
    pipe 'undisturbed; calls=$(count_calls any)
        for ((i = 0; i < KILL_ROUNDS; i++)); do killed_at any:$((RANDOM % calls + 1)); done'
    found_nothing
}

@test "kill: at each removal, renaming, change of mode and making of a directory" {
    in_memory
    pipe 'undisturbed
        for call in mkdir rename unlink chmod; do
            for ((n = $(count_calls $call); n > 0; n--)); do killed_at $call:$n; done
        done'
    found_nothing
}

@test "kill: at random syncs and truncations" {
    in_memory
    pipe 'undisturbed
        for call in sync truncate; do
            calls=$(count_calls $call)
            for ((i = 0; i < KILL_ROUNDS / 2; i++)); do killed_at $call:$((RANDOM % calls + 1)); done
        done'
    found_nothing
}

@test "kill: in the middle of a write" {
    in_memory
    pipe 'undisturbed; calls=$(count_calls write)
        for ((i = 0; i < KILL_ROUNDS; i++)); do killed_at write:$((RANDOM % calls + 1)) torn; done'
    found_nothing
}

# Runs the paced pipeline and kills the writer after a moment; the producer dies of its broken pipe.
killed_in() { # MILLISECONDS
    mkfifo pipe
    (
        $MANY --rate 30k >pipe &
        as-commit bank $BUSY <pipe >verdicts 2>message &
        pid=$!
        sleep "$(printf '0.%03d' "$1")"
        kill -KILL $pid
        wait
    ) 2>/dev/null
    rm pipe
    [[ ! -s message ]] || echo "$1 ms: $(<message)"
    deliver verdicts
}
export -f killed_in

@test "kill: at random moments of a paced run, several times in a row" {
    in_memory
    pipe 'undisturbed
        for ((i = 0; i < KILL_ROUNDS / 4; i++)); do
            rm -rf bank delivered; touch delivered; when=
            for ((j = RANDOM % 3; j >= 0; j--)); do ms=$((RANDOM % 350)); killed_in $ms; when+="$ms ms "; done
            complete "$when"
        done'
    found_nothing
}

@test "kill: on a disk, at random moments" {
    pipe 'undisturbed
        for ((i = 0; i < KILL_ROUNDS / 4; i++)); do
            rm -rf bank delivered; touch delivered
            ms=$((RANDOM % 350)); killed_in $ms; complete "$ms ms"
        done'
    found_nothing
}

@test "kill: in the recovery from a kill" {
    in_memory
    pipe 'undisturbed; calls=$(count_calls any)
        for ((i = 0; i < KILL_ROUNDS / 2; i++)); do
            rm -rf bank delivered; when=
            for limit in $calls 40 40; do
                n=$((RANDOM % limit + 1)); when+="any:$n "
                { AS_FAULT=any:$n:kill AS_FAULT_PATH=bank/ LD_PRELOAD=$FAULT as-commit bank $BUSY <in >verdicts; } 2>/dev/null || true
                deliver verdicts
            done
            complete "$when"
        done'
    found_nothing
}

@test "kill: a run of other batches behind a kill ends in the same state" {
    in_memory
    pipe 'undisturbed; calls=$(count_calls any); as-gen --items 9000 --batch 64 --keys 20 --reject 10 --stamp 1 >other
        state whole account >whole.state
        for ((i = 0; i < KILL_ROUNDS / 4; i++)); do
            rm -rf bank; n=$((RANDOM % calls + 1))
            { AS_FAULT=any:$n:kill AS_FAULT_PATH=bank/ LD_PRELOAD=$FAULT as-commit bank $BUSY <in >verdicts; } 2>/dev/null || true
            as-commit bank $BUSY <other >verdicts || echo "$n: rerun failed"
            state bank account | cmp -s - whole.state || echo "$n: another state"
            [[ $(journal bank "SELECT sum(items) FROM batch" | paste -sd+ | bc) == 9000 ]] || echo "$n: not 9000 items"
        done'
    found_nothing
}
