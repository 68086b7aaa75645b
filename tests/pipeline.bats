# shellcheck shell=bash disable=SC2016,SC2154
# SPDX-License-Identifier: MIT
#
# Whole pipelines, end to end: real bank transactions, and the three workloads of as-gen. What a
# store must hold is worked out here without the toolkit where that is possible.
#
#   AS_BERKA  trans.csv.gz, 49,102 transactions of the "Berka" data set (PKDD'99), semicolon-separated

load helper
load store

setup_file() {
    local candidate
    for candidate in "${AS_BERKA:-}" "$BATS_TEST_DIRNAME"/../../*/data/berka/trans.csv.gz; do
        if [[ -r $candidate ]]; then
            export AS_BERKA=$candidate
            return
        fi
    done
    unset AS_BERKA
}

need_berka() {
    [[ -n ${AS_BERKA:-} ]] || skip 'trans.csv.gz is not here: set AS_BERKA to its path'
}

export BERKA='zcat $AS_BERKA | as-ingest --domain '$BATS_TEST_DIRNAME'/fixtures/berka.sql --command entry --delimiter ";"
    --map account=account_id --map kind=type --decimal amount:2 --source berka'

berka() { # the pipeline, to as-stats
    bash -o pipefail -c "${BERKA//$'\n'/ } | as-commit $1 | as-stats --json"
}
export -f berka

figures='"\(.items) items, \(.accepted) accepted, \(.rejected) rejected, \(.duplicates) duplicates"'
export figures

# ---- Real input

@test "pipeline: real bank transactions end where plain SQLite ends" {
    need_berka
    ok 'berka bank >stats; jq -r "$figures" stats; jq -c .rejected_by stats
        sqlite3 -readonly bank/state.db "SELECT count(*), sum(balance), sum(entries), min(balance) >= 0 FROM account"'
    assert_output '49102 items, 49061 accepted, 41 rejected, 0 duplicates
[{"kind":"check","name":"no_overdraft","count":41}]
1229|4002937010|49061|1'
    ok 'as-audit --referee bank | tail -n 1'
    [[ $output == 'INTEGRITY_OK (1229 aggregates, 49102 items, head '* ]]
}

@test "pipeline: the same real input again changes nothing and is known for duplicates" {
    need_berka
    ok 'berka bank >stats; fingerprint bank >before; berka bank >again; fingerprint bank | diff before -
        jq -r "$figures" again; jq -c .rejected_by again'
    assert_output '49102 items, 49061 accepted, 41 rejected, 49102 duplicates
[{"kind":"check","name":"no_overdraft","count":41}]'
}

@test "pipeline: real input interrupted and run again ends in the same state" {
    need_berka
    ok "${BERKA//$'\n'/ }"' >in; as-commit whole <in >verdicts; head -c $(($(stat -c %s in) / 3)) in >part
        as-commit bank <part >verdicts 2>message || [[ $? == 65 ]] || echo "not 65"; as-commit bank --segment-size 64Ki <in >verdicts
        diff <(fingerprint whole) <(fingerprint bank) && state_items bank'
    assert_output 49102
}

# ---- Workloads

@test "pipeline: bank moves money, loses none and refuses what must be refused" {
    ok 'as-gen --workload bank --items 20k --keys 100 --reject 10 --stamp 1 | as-commit bank | as-stats --json >stats
        jq -r ".accepted + .rejected, (.rejected > 1500 and .rejected < 2500), .duplicates" stats
        sqlite3 -readonly bank/state.db "SELECT count(*), min(balance) >= 0 FROM account"'
    assert_output $'20000\ntrue\n0\n100|1'
    # The balances by hand, from the journal as text: what was accepted, item by item.
    ok 'as-log --format ndjson bank | jq -r "select(.verdict == \"accepted\") | .values as \$v |
            if .command == \"open\" then \"\(\$v.id) \(\$v.balance)\" else \"\(\$v.src) -\(\$v.amount)\n\(\$v.dst) \(\$v.amount)\" end" |
            awk "{ sum[\$1] += \$2; if (sum[\$1] < 0) below = 1 } END { for (id in sum) print id \"|\" sum[id]; if (below) print \"below\" }" | sort |
            diff - <(state bank account)
        as-audit --referee bank | tail -n 1'
    [[ $output == 'INTEGRITY_OK (100 aggregates, 20000 items, head '* ]]
}

@test "pipeline: counter counts" {
    ok 'as-gen --workload counter --items 20k --keys 50 --skew zipf:1.1 --reject 5 --stamp 1 | as-commit counter >verdicts
        as-log --format ndjson counter | jq -r "select(.verdict == \"accepted\") | \"\(.values.id) \(.values.by)\"" |
            awk "{ sum[\$1] += \$2 } END { for (id in sum) print id \"|\" sum[id] }" | sort | diff - <(state counter counter)
        as-audit --referee counter | tail -n 1'
    [[ $output == 'INTEGRITY_OK ('*' aggregates, 20000 items, head '* ]]
}

@test "pipeline: seats are refused exactly where SQLite refuses them, for each of the three limits" {
    ok 'as-gen --workload seats --reject 10 --items 20k --keys 200 --stamp 1 | as-commit seats | as-stats --json |
            jq -r "[.rejected_by[] | select(.count > 100) | .kind + \" \" + .name] | sort[]"; as-audit --referee seats | tail -n 2'
    [[ ${#lines[@]} == 5 && ${lines[3]} == 'referee '*'the same verdicts'* && ${lines[4]} == INTEGRITY_OK* ]]
    assert_output_has 'assertion organisation_holds_hundred
check free_holds_fewer_than_five
check team_holds_ten'
}

@test "pipeline: no limit on seats is passed at any prefix of the journal" {
    # All accepted items one by one; a prefix that breaks a limit is printed, and what was reached.
    ok 'as-gen --workload seats --reject 10 --items 20k --keys 200 --stamp 1 | as-commit seats >verdicts
        as-log --format ndjson seats | jq -r "select(.verdict == \"accepted\") | .values as \$v |
            \"\(.item) \(.command) \(\$v.team // \$v.id) \(\$v.seats // 0) \(\$v.organisation // \"-\") \(\$v.plan // \"-\")\"" | awk '"'"'
            $2 == "create_team" { org[$3] = $5; plan[$3] = $6 }
            $2 == "change_plan" { plan[$3] = $6 }
            $2 == "add_seats" { seats[$3] += $4; total[org[$3]] += $4 }
            $2 == "remove_seats" { seats[$3] -= $4; total[org[$3]] -= $4 }
            { if (total[org[$3]] > top) top = total[org[$3]]; if (seats[$3] > most) most = seats[$3]
              if (plan[$3] == "free" && seats[$3] > free) free = seats[$3]
              if (total[org[$3]] > 100 || seats[$3] > 10 || seats[$3] < 0 || plan[$3] == "free" && seats[$3] >= 5) print "broken at item " $1 }
            END { print top, most, free }'"'"
    assert_output '100 10 4'
}

@test "pipeline: a store is the same after a replica of it was made through as-log" {
    ok 'as-gen --workload seats --items 5k --reject 10 --batch 70 --stamp 1 | as-commit seats --segment-size 64Ki >verdicts
        as-log seats | as-commit copy >verdicts; diff <(fingerprint seats) <(fingerprint copy) && as-audit copy | tail -n 1'
    [[ $output == INTEGRITY_OK* ]]
}

@test "pipeline: many sources and compressed frames end where one plain source ends" {
    ok 'as-gen --items 5k --keys 50 --batch 100 --stamp 1 | as-commit plain >verdicts
        as-gen --items 5k --keys 50 --batch 100 --sources 7 --compress --stamp 1 | as-commit bank >verdicts
        diff <(state plain account) <(state bank account); as-audit --referee bank | tail -n 1'
    [[ $output == INTEGRITY_OK* ]]
}
