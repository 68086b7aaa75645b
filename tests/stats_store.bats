# shellcheck shell=bash disable=SC2016,SC2154
# SPDX-License-Identifier: MIT
#
# as-stats STORE, and that everyone who counts rejections counts the same.

load helper

@test "store: its figures as text" {
    ok 'as-gen -n 30k --reject 10 --seed 3 | as-commit --segment-size 256k bank >/dev/null; as-stats bank | sed -E "s/[0-9.]+ [kM]?B/SIZE/; s/until .*/until T/"'
    assert_output_has 'items       30000
accepted    '
    assert_output_has '
batches     30
journal     '
    assert_output_has '  00000000000000000000.db  sealed  SIZE, '
    assert_output_has 'as of batch 30, item 30000: 0 items behind
  account 1000 rows
sources     1'
}

@test "store: the JSON's parts add up" {
    ok 'as-gen -n 30k --reject 10 | as-commit --segment-size 256k bank >/dev/null; as-stats --json bank >s
        jq -c "[.items, .batches, (.segments | map(.items) | add), (.segments | map(.batches) | add), (.segments | map(.accepted) | add) == .accepted, (.rejected_by | map(.count) | add) == .rejected, .accepted + .rejected]" s
        jq -c "[(.segments | length) > 2, (.segments | map(.sealed) | unique), .segments[-1].sealed, (.segments | map(.bytes) | min > 0), .state.items, .state.lag_items, .state.rows, .state.sources]" s'
    assert_output '[30000,30,30000,30,true,true,30000]
[true,[false,true],false,true,30000,0,{"account":1000},1]'
}

@test "store: without state.db, without batches, and what is no store" {
    ok 'as-gen -n 2k | as-commit bank >/dev/null; rm bank/state.db; as-stats bank | grep -E "^(items|state)"; as-stats --json bank | jq .state
        as-gen --print-domain >d.sql; echo id,balance | as-ingest --domain d.sql --command open | as-commit empty >/dev/null; as-stats --json empty | jq -c "[.items, .batches, .rejected_by]"'
    assert_output 'items       2000
state       nothing folded yet
null
[0,0,[]]'
    fails 74 'none: No such file or directory' 'as-stats none'
    fails 65 'not a store' 'mkdir dir; as-stats dir'
    fails 64 'come as text or --json' 'as-stats --csv dir'
    fails 64 'come as text or --json' 'as-stats --pass dir'
}

@test "store: verdicts that are damaged are 65 with the batch" {
    fails 65 '00000000000000000000.db: batch 2: malformed verdicts' 'as-gen -n 2k --reject 10 | as-commit bank >/dev/null
        sqlite3 bank/journal/*.db "UPDATE batch SET verdicts = x'"'0100'"' WHERE accepted < items"; as-stats bank'
}

@test "store: in use it is read without hindering its writer, which goes on and seals" {
    ok 'mkfifo in verdicts; cat verdicts >v & as-commit --segment-size 300k bank <in >verdicts & writer=$!
        (as-gen -n 20k --reject 5; sleep 0) >half; head -c -64 half >in & exec 4>in; until as-stats --json bank 2>/dev/null | jq -e ".items == 20000" >/dev/null; do sleep 0.05; done
        for ((i = 0; i < 20; i++)); do as-stats bank >/dev/null || echo failed; done
        as-stats --json bank | jq -c "[.items, .accepted + .rejected, (.segments | length) > 1]"
        tail -c 64 half >&4; exec 4>&-; wait $writer; echo $?; as-audit bank | tail -n 1 | cut -c 1-12; as-stats --json bank | jq -c ".segments | map(.sealed) | [.[:-1] | all, .[-1]]"'
    assert_output '[20000,20000,true]
0
INTEGRITY_OK
[[true,true],false]' || true
    [[ $output == '[20000,20000,true]
0
INTEGRITY_OK
'* ]]
}

# "kind name count" a line, sorted.
from_json() { jq -r '.rejected_by[] | "\(.kind) \(.name) \(.count)"' | sort; }
from_rows() { jq -r 'select(.type == "sample") | .rejected_by[] | "\(.kind)\t\(.name)\t\(.count)"' | add_up; }
from_csv() { tail -n +2 | sed 's/.*,"\[/[/; s/"$//; s/""/"/g' | jq -r '.[] | "\(.kind)\t\(.name)\t\(.count)"' | add_up; }
add_up() { awk -F'\t' '{ n[$1 " " $2] += $3 } END { for (k in n) print k, n[k] }' | sort; }
from_prometheus() {
    sed -n 's/^atomic_state_rejected_total{kind="\(.*\)",name="\(.*\)"} \(.*\)/\1 \2 \3/p' | grep -v '^other  0$' | sort
}
from_report() { sed -n 's/^<tr><td>\([a-z_]* .*\)<\/td><td class="number">\(.*\)<\/td><td class="bar">.*/\1 \2/p' | tr -d , | sort; }
from_text() { sed -n 's/^  \([a-z_]* .* [0-9]*\)$/\1/p' | grep -v 'rows$' | sort; }
from_log() { jq -r '"\(.kind) \(.name)"' | sort | uniq -c | sed -E 's/^ *([0-9]+) (.*)/\2 \1/' | sort; }
export -f from_json from_rows from_csv add_up from_prometheus from_report from_text from_log

@test "rejections: every view counts the same, to the item, and so do the audit and the journal" {
    ok 'as-gen -n 60k --batch 50 --reject 17 --seed 5 | as-commit bank | as-stats --pass --csv --interval 100ms -o live.csv >v
        as-log --rejected --format ndjson bank | from_log >wanted; (($(wc -l <wanted) > 2)) || echo too few
        as-stats --json <v | from_json >json; as-stats <v | from_text >text; as-stats --prometheus <v | from_prometheus >prometheus
        as-stats --recorded --json --interval 100ms <v | from_rows >rows; from_csv <live.csv >csv
        as-stats --recorded --report r.html <v >/dev/null; from_report <r.html >report
        as-stats --json bank | from_json >store; as-stats bank | from_text >store_text
        for view in json text prometheus rows csv report store store_text; do diff wanted $view && echo $view; done
        as-audit --json bank | jq .rejected | diff - <(awk "{ n += \$NF } END { print n }" wanted) && echo audit'
    assert_output 'json
text
prometheus
rows
csv
report
store
store_text
audit'
}
