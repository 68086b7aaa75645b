# shellcheck shell=bash
# SPDX-License-Identifier: MIT
#
# What make leaves behind, and what all programs have in common.

load helper

programs() {
    basename -s .c "$repo"/cmd/as-*.c
}

@test "build: install puts programs, man pages and completions in place, uninstall removes them" {
    ok 'make -s -C "$repo" BUILD="$BUILD" DESTDIR="$PWD/root" PREFIX=/usr install'
    for program in $(programs); do
        [[ -x root/usr/bin/$program ]]
        [[ -f root/usr/share/man/man1/$program.1 ]]
        [[ -f root/usr/share/bash-completion/completions/$program ]]
        [[ -f root/usr/share/fish/vendor_completions.d/$program.fish ]]
    done
    for page in as-domain.5 as-frame.5 as-store.5 atomic-state.7; do
        [[ -f root/usr/share/man/man${page##*.}/$page ]]
    done
    [[ -f root/usr/share/zsh/site-functions/_atomic-state ]]
    root/usr/bin/as-gen --version
    ok 'make -s -C "$repo" BUILD="$BUILD" DESTDIR="$PWD/root" PREFIX=/usr uninstall'
    [[ -z $(find root -type f) ]]
}

@test "build: --help and --version are on stdout, exit 0" {
    for program in $(programs); do
        ok "$program --help"
        [[ $output == "usage: $program "* ]] || complain 'expected the usage'
        ok "$program --version"
        [[ $output =~ ^"$program "[0-9]+\.[0-9]+\.[0-9]+$ ]] || complain 'expected a version'
    done
}

@test "build: an unknown option is one line on stderr, exit 64" {
    for program in $(programs); do
        fails 64 "$program: " "$program --no-such-option </dev/null"
        assert_stderr_has 'no-such-option'
        assert_output ''
    done
}

@test "build: --help into a full disk exits 74" {
    for program in $(programs); do
        fails 74 "$program: stdout: No space left on device" "$program --help >/dev/full"
    done
}

@test "build: frames are neither written to nor read from a terminal" {
    as-gen --print-domain >bank.sql
    for command in as-gen 'as-ingest --domain bank.sql --command open' 'as-commit bank' as-stats; do
        pipe "script -qec '$command' /dev/null </dev/null | tr -d '\r'"
        assert_output_has 'terminal'
    done
}

