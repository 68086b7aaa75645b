# shellcheck shell=bash disable=SC2154 # what bench/run sets
# SPDX-License-Identifier: MIT
#
# Text end to end: transfers in a file, as CSV and as NDJSON, parsed and typed by as-ingest, decided,
# durable and answered.

theme_formats() {
    local repeat rows format
    rows=$(by_mode 20k 500k 10M)
    write_transfers "$rows"
    for ((repeat = 1; repeat <= repeats; repeat++)); do
        for format in csv ndjson; do
            prefill=open_accounts measure formats "$format" null "ingest_$format"
        done
    done
    rm "$tmp"/transfers.*
}

# Among a thousand accounts, drawn by a linear congruence; each hundredth amount is zero: rejected.
write_transfers() { # ROWS
    awk -v rows="$1" -v csv="$tmp/transfers.csv" -v ndjson="$tmp/transfers.ndjson" 'BEGIN {
        print "src,dst,amount" >csv
        for (i = n = 1; i <= rows; i++) {
            n = (n * 1103515245 + 12345) % 2147483648
            src = int(n / 2048) % 1000
            dst = (src + 1 + int(n / 4194304)) % 1000
            if (src == dst) dst = (dst + 1) % 1000
            amount = i % 100 ? 1 + i % 97 : 0
            printf "acct-%07d,acct-%07d,%d\n", src, dst, amount >csv
            printf "{\"transfer\":{\"src\":\"acct-%07d\",\"dst\":\"acct-%07d\",\"amount\":%d}}\n",
                src, dst, amount >ndjson
        }
    }'
}

open_accounts() { fill_store as-gen --items 1000; }
ingest_csv() {
    as-ingest --domain bench/workloads/bank.sql --command transfer "$tmp/transfers.csv"
}
ingest_ndjson() {
    as-ingest --domain bench/workloads/bank.sql --format ndjson "$tmp/transfers.ndjson"
}
