# SPDX-License-Identifier: MIT
# bash completion for the programs of Atomic State

_atomic_state_options() { # PROGRAM
    case $1 in
    as-gen)
        echo --workload --items --duration --keys --skew --reject --payload --batch --rate --seed \
            --stamp --source --sources --compress --print-domain --no-progress
        ;;
    as-ingest)
        echo --domain --command --format --delimiter --no-header --map --decimal --batch --linger \
            --source --compress --on-error --max-errors --no-progress
        ;;
    as-commit)
        echo --domain --check --dry-run --fail-on-reject --segment-size --fold-interval --telemetry --no-progress
        ;;
    as-log) echo --from --to --follow --format --rejected ;;
    as-audit) echo --referee --since --rebuild-state --json --no-progress ;;
    as-stats)
        echo --json --csv --prometheus --output --interval --pass --listen --report --title \
            --preflight --audit --recorded --no-progress
        ;;
    as-preflight) echo --max-latency --max-p99 --runtime --items --json --no-progress ;;
    esac
    echo --help --version
}

# What an option takes: words; FILE or DIRECTORY; nothing to offer (-); empty where it takes nothing.
_atomic_state_values() { # PROGRAM OPTION
    case $1/$2 in
    as-gen/--workload | as-gen/-w) echo bank seats counter ;;
    as-gen/--skew) echo uniform zipf: ;;
    as-ingest/--format | as-ingest/-f) echo csv ndjson ;;
    as-ingest/--on-error) echo fail skip quarantine: ;;
    as-log/--format) echo frames ndjson csv ;;
    */--domain | as-ingest/-d | as-commit/--check) echo FILE ;;
    as-stats/--output | as-stats/-o | as-stats/--report | as-stats/--preflight | as-stats/--audit)
        echo FILE
        ;;
    as-gen/-[ntkbrs] | as-ingest/-[cb]) echo - ;;
    */--items | */--duration | */--keys | */--reject | */--payload | */--batch | */--rate | \
        */--seed | */--stamp | */--source | */--sources | */--command | */--delimiter | */--map | \
        */--decimal | */--linger | */--max-errors | */--segment-size | */--fold-interval | \
        */--telemetry | */--from | */--to | */--since | */--interval | */--listen | */--title | \
        */--max-latency | */--max-p99 | */--runtime) echo - ;;
    esac
}

_atomic_state() {
    local program=${COMP_WORDS[0]##*/} current=${COMP_WORDS[COMP_CWORD]}
    local option=${COMP_WORDS[COMP_CWORD - 1]}
    if [[ $current == = ]]; then # "--option=" is three words to readline
        current=
    elif [[ $option == = ]]; then
        option=${COMP_WORDS[COMP_CWORD - 2]}
    fi
    local values
    values=$(_atomic_state_values "$program" "$option")
    COMPREPLY=()
    if [[ $values == - ]]; then
        return
    elif [[ $values == FILE ]]; then
        compopt -o filenames 2>/dev/null
        mapfile -t COMPREPLY < <(compgen -f -- "$current")
    elif [[ $values ]]; then
        [[ $values != *: ]] || compopt -o nospace 2>/dev/null
        mapfile -t COMPREPLY < <(compgen -W "$values" -- "$current")
    elif [[ $current == -* ]]; then
        mapfile -t COMPREPLY < <(compgen -W "$(_atomic_state_options "$program")" -- "$current")
    elif [[ $program == as-ingest ]]; then
        compopt -o filenames 2>/dev/null
        mapfile -t COMPREPLY < <(compgen -f -- "$current")
    elif [[ $program == as-commit || $program == as-log || $program == as-audit ||
        $program == as-stats || $program == as-preflight ]]; then
        compopt -o filenames 2>/dev/null
        mapfile -t COMPREPLY < <(compgen -d -- "$current")
    fi
}

complete -F _atomic_state as-gen as-ingest as-commit as-log as-audit as-stats as-preflight
