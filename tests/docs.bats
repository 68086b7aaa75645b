# shellcheck shell=bash
# SPDX-License-Identifier: MIT
#
# Documents say what the programs do: synopsis and usage, examples, completions.

load helper

programs() {
    basename -s .c "$repo"/cmd/as-*.c
}

# Each long option that --help prints.
long_options() { # PROGRAM
    "$1" --help | grep -oE -- '(^|[^a-z-])--[a-z][a-z0-9-]*' | grep -oE -- '--.*' | sort -u
}

plain_man() { # PAGE
    mandoc -T ascii -O width=1000 "$1" | sed 's/.\x08//g'
}

# The literal blocks of section EXAMPLES, as a reader copies them.
examples() { # PAGE
    awk '/^\.Sh /      { examples = $2 == "EXAMPLES" }
         /^\.Ed/       { if (block) print "true"; block = 0 }
         block         { print }
         examples && /^\.Bd -literal/ { block = 1; print "#### example" }' "$1" |
        sed 's/\\e/\\/g; s/\\(aq/'"'"'/g; s/\\(dq/"/g; s/\\&//g; s/\\-/-/g'
}

# ---- Man pages

@test "docs: every program has a man page, and they are without a fault" {
    for program in $(programs); do
        [[ -f $repo/man/$program.1 ]]
    done
    ok 'mandoc -T lint -W warning "$repo"/man/*.[0-9]'
}

@test "docs: the synopsis of a man page is the usage of --help" {
    for program in $(programs); do
        usage=$("$program" --help | sed '/^$/,$d' | sed 's/^usage://; s/^ *or://' | xargs -d '\n' echo)
        synopsis=$(plain_man "$repo/man/$program.1" | sed -n '/^SYNOPSIS/,/^DESCRIPTION/p' | sed '1d;$d' | xargs -d '\n' echo)
        read -ra usage <<<"$usage"
        read -ra synopsis <<<"$synopsis"
        printf '%s\n' "usage:    ${usage[*]}" "synopsis: ${synopsis[*]}"
        [[ "${usage[*]}" == "${synopsis[*]}" ]]
    done
}

@test "docs: a man page explains every option of --help" {
    for program in $(programs); do
        plain_man "$repo/man/$program.1" | sed '1,/^DESCRIPTION/d' >page
        for option in $(long_options "$program"); do
            grep -qE -- "^ +(-[a-zA-Z], )?$option( |=|$)" page || {
                echo "$program.1: $option is not explained"
                return 1
            }
        done
    done
}

# Each page in a directory of its own, its examples in their order, each by a shell of its own.
run_examples() { # PAGE
    local page=$1 number=0
    mkdir page
    examples "$repo/man/$page" | csplit -s -z -f example. - '/^#### example$/' '{*}'
    for example in example.*; do
        number=$((number + 1))
        (cd page && timeout 60 bash -eu -o pipefail "../$example") >out 2>&1 || {
            echo "$page, example $number:"
            cat "$example" out
            return 1
        }
    done
    ((number > 0))
}

@test "docs: the examples of as-gen(1) run" { run_examples as-gen.1; }
@test "docs: the examples of as-ingest(1) run" { run_examples as-ingest.1; }
@test "docs: the examples of as-commit(1) run" { run_examples as-commit.1; }
@test "docs: the examples of as-log(1) run" { run_examples as-log.1; }
@test "docs: the examples of as-audit(1) run" { run_examples as-audit.1; }
@test "docs: the examples of as-stats(1) run" { run_examples as-stats.1; }
@test "docs: the examples of as-preflight(1) run" { run_examples as-preflight.1; }
@test "docs: the examples of as-domain(5) run" { run_examples as-domain.5; }
@test "docs: the examples of as-frame(5) run" { run_examples as-frame.5; }
@test "docs: the examples of as-store(5) run" { run_examples as-store.5; }
@test "docs: the examples of atomic-state(7) run" { run_examples atomic-state.7; }

@test "docs: the README's domain and pipelines run" {
    sed -n '/^```sql/,/^```$/p' "$repo/README.md" | grep -v '^```' >bank.sql
    sed -n '/^```sh/,/^```$/p' "$repo/README.md" | grep -v '^```' >pipelines
    ok 'grep -q "CREATE VIEW" bank.sql && bash -eu -o pipefail pipelines'
}

@test "docs: every page's examples are run here, and what pages refer to exists" {
    for page in "$repo"/man/*.[0-9]; do
        grep -qF "run_examples ${page##*/};" "$BATS_TEST_FILENAME"
    done
    grep -hoE '^\.Xr (as-[a-z]+|atomic-state) [0-9]' "$repo"/man/* | sort -u |
        while read -r _ name section; do
            [[ -f $repo/man/$name.$section ]] || { echo "no $name($section)"; exit 1; }
        done
}

# ---- Completions

bash_completes() { # WORD...
    bash -c 'source "$repo/completions/atomic-state.bash"
        COMP_WORDS=("$@") COMP_CWORD=$(($# - 1))
        _atomic_state; printf "%s\n" "${COMPREPLY[@]}"' bash "$@"
}

@test "docs: bash completes every option of every program" {
    for program in $(programs); do
        diff <(bash_completes "$program" -- | sort) <(long_options "$program")
    done
}

@test "docs: bash completes an option's values" {
    [[ $(bash_completes as-gen --workload b) == bank ]]
    [[ $(bash_completes as-gen --workload = s) == seats ]]
    [[ $(bash_completes as-ingest --on-error '' | xargs) == 'fail skip quarantine:' ]]
    mkdir store other
    touch file
    [[ $(bash_completes as-commit '' | sort | xargs) == 'other store' ]]
    [[ -z $(bash_completes as-gen --items '') ]]
    [[ $(bash_completes as-ingest --domain f) == file ]]
}

@test "docs: fish completes every option of every program" {
    export HOME=$PWD
    for program in $(programs); do
        diff <(fish --no-config -c "source $repo/completions/atomic-state.fish; complete -C '$program --'" |
            cut -f 1 | grep '^--' | sort -u) <(long_options "$program")
    done
    [[ $(fish --no-config -c "source $repo/completions/atomic-state.fish; complete -C 'as-gen --workload '" |
        cut -f 1 | sort | xargs) == 'bank counter seats' ]]
}

# _arguments is zsh's own; here it only says what it was told.
@test "docs: zsh completes every option of every program" {
    for program in $(programs); do
        diff <(service=$program zsh -f -c 'complete_now() {
                _arguments() { print -l -- "$@" }
                source $repo/completions/_atomic-state
            }; complete_now' | grep -oE -- '--[a-z][a-z0-9-]*(=?\[|=)' | grep -oE -- '--[a-z0-9-]*[a-z0-9]' | sort -u) \
            <(long_options "$program")
        grep -q "^#compdef.* $program" "$repo/completions/_atomic-state"
    done
}
