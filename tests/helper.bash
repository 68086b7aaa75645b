# shellcheck shell=bash
# SPDX-License-Identifier: MIT
#
# For every Bats file: `load helper`. Each test starts in an empty directory of its own with the
# programs under test in PATH. A command is given as text and run by `bash -o pipefail`, so that the
# failure of any part of a pipeline is seen.
#
#   ok 'as-gen --items 10 | as-commit bank > verdicts'      must exit 0 with an empty stderr
#   fails 65 'body checksum' 'as-commit bank < broken'      must exit 65 with one line that says so
#   pipe 'as-log bank | head -c 10'                         only runs it
#
# A command that takes longer than $TEST_TIMEOUT seconds is killed, exit status 124.
#
# All three leave $status, $output (stdout) and $stderr; what holds of them is said by assert_*.

bats_require_minimum_version 1.5.0

repo=$(realpath "$BATS_TEST_DIRNAME/..")
BUILD=${BUILD:-build}
[[ $BUILD == /* ]] || BUILD=$repo/$BUILD
export repo BUILD
export PATH=$BUILD:$PATH
export LC_ALL=C.UTF-8

# Under a sanitizer: an exit code that no program has, and faults may be preloaded.
export ASAN_OPTIONS=exitcode=99:verify_asan_link_order=0:abort_on_error=0
export UBSAN_OPTIONS=exitcode=99:print_stacktrace=1
export LSAN_OPTIONS=exitcode=99
export TSAN_OPTIONS=exitcode=99

setup() {
    cd "$BATS_TEST_TMPDIR" || exit
}

pipe() { # COMMAND
    command_run=$1
    run --separate-stderr timeout -k 5 "${TEST_TIMEOUT:-120}" bash -o pipefail -c "$1"
}

ok() { # COMMAND
    pipe "$1"
    assert_status 0
    assert_no_stderr
}

fails() { # STATUS TEXT COMMAND
    pipe "$3"
    assert_status "$1"
    assert_stderr_has "$2"
    [[ $stderr != *$'\n'* ]] || complain 'expected one line on stderr'
}

# shellcheck disable=SC2154 # status, output and stderr are set by run
complain() { # MESSAGE
    printf '%s\ncommand: %s\nexit status: %s\nstdout: %s\nstderr: %s\n' \
        "$1" "$command_run" "$status" "$output" "$stderr" >&2
    return 1
}

assert_status() { # STATUS
    [[ $status == "$1" ]] || complain "expected exit status $1"
}

assert_no_stderr() {
    [[ -z $stderr ]] || complain 'expected an empty stderr'
}

assert_output() { # TEXT
    [[ $output == "$1" ]] || complain "expected stdout: $1"
}

assert_output_has() { # TEXT
    [[ $output == *"$1"* ]] || complain "expected on stdout: $1"
}

assert_stderr_has() { # TEXT
    [[ $stderr == *"$1"* ]] || complain "expected on stderr: $1"
}
