# shellcheck shell=bash
# SPDX-License-Identifier: MIT
#
# For the Bats files about stores: `load store` behind `load helper`. The functions are exported, so
# that a command under test can use them, and need nothing but sqlite3 to look into a store.

export PATH=$PATH:$BUILD/tests

# All rows of a query, over the segments of the journal in their order.
journal() { # STORE QUERY
    local segment
    for segment in "$1"/journal/*.db; do
        sqlite3 -readonly -cmd ".timeout 5000" "$segment" "$2" || return
    done
}

head_hash() { # STORE
    journal "$1" 'SELECT lower(hex(hash)) FROM batch' | tail -n 1
}

journal_items() { # STORE
    local items
    items=$(journal "$1" 'SELECT first_item + items FROM batch' | tail -n 1)
    echo "${items:-0}"
}

# A table of the state, in the order of its first column.
state() { # STORE TABLE
    sqlite3 -readonly -cmd ".timeout 5000" "$1/state.db" "SELECT * FROM $2 ORDER BY 1, 2"
}

state_items() { # STORE
    sqlite3 -readonly -cmd ".timeout 5000" "$1/state.db" 'SELECT items FROM as_position'
}

# Everything that decides whether two stores are the same: chain and state.
fingerprint() { # STORE
    head_hash "$1"
    state_items "$1"
    sqlite3 -readonly -cmd ".timeout 5000" "$1/state.db" .dump | grep -v '^CREATE\|as_position' | LC_ALL=C sort
}

# How many items the verdicts in a file acknowledge, wherever they were cut off.
acknowledged() { # FILE
    { verdict_dump <"$1" 2>/dev/null || true; } | awk '/^VERDICTS/ { n += $11 } END { print n + 0 }'
}

# Waits until a command succeeds. Only a test that fails waits long.
eventually() { # COMMAND
    local i
    for ((i = 0; i < 600; i++)); do
        if eval "$1"; then return; fi
        sleep 0.1
    done
    echo "never happened: $1" >&2
    return 1
}

export -f journal head_hash journal_items state state_items fingerprint acknowledged eventually

# A store of three segments: 4000 items in 14 batches each from three sources, batches 1 to 42.
make_segments() { # STORE
    local source
    for source in a b c; do
        as-gen --items 4k --batch 300 --reject 5 --keys 50 --source "$source" |
            as-commit --segment-size 136Ki "$1" >verdicts
    done
}

# Goes to a directory in memory, for tests by brute force: a fault that is injected and a process
# that is killed need no disk to lose what was not synced.
in_memory() {
    memory=$(mktemp -d -p /dev/shm 2>/dev/null || mktemp -d)
    cd "$memory" || return
}

teardown() {
    cd "$BATS_TEST_TMPDIR" || return
    [[ -z ${memory:-} ]] || rm -rf "$memory"
}
