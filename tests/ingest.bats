# shellcheck shell=bash disable=SC2016,SC2154
# SPDX-License-Identifier: MIT
#
# as-ingest, seen through tests/unit/frame_dump.c. The domain `shop` has a command take (sku TEXT,
# pieces INTEGER, both needed) and a command add_item with every type and defaults.

load helper

export SHOP=$repo/tests/fixtures/shop.sql
export BERKA_SQL=$repo/tests/fixtures/berka.sql
export PATH=$PATH:$BUILD/tests

# The records alone, without frames around them.
records() { # COMMAND
    ok "$1 | frame_dump | grep command"
}

# A run with bad records, which are told on stderr.
bad() { # STATUS COMMAND
    pipe "$2"
    assert_status "$1"
}

# ---- CSV

@test "ingest: a CSV header names the parameters, in any order and any case" {
    records 'printf "pieces,other,SKU\n3,x,a\n-4,y,b\n" | as-ingest -d $SHOP -c take'
    assert_output $'0 command 1 (\'a\', 3)\n1 command 1 (\'b\', -4)'
}

@test "ingest: the stream is DOMAIN, ITEMS, END, and offsets count on over the frames" {
    ok 'printf "a,1\nb,2\nc,3\n" | as-ingest -d $SHOP -c take --no-header --batch 2 | frame_dump | sed "s/[0-9]* bytes/N bytes/"'
    assert_output "DOMAIN N bytes
ITEMS at 0, 2 records
0 command 1 ('a', 1)
1 command 1 ('b', 2)
ITEMS at 2, 1 records
2 command 1 ('c', 3)
END"
}

@test "ingest: quotes, doubled quotes, delimiters and line ends within quotes, CRLF and a byte order mark" {
    records 'printf "\xef\xbb\xbfsku,pieces,note\r\n\"a,b\",1,\"say \"\"hi\"\"\"\r\n\"c\r\nd\",2,\"\"\r\n" | as-ingest -d $SHOP -c add_item'
    assert_output "0 command 0 ('a,b', 1, NULL, NULL, 'say \"hi\"')
1 command 0 ('c\\x0d\\x0ad', 2, NULL, NULL, '')"
}

@test "ingest: rows may end in a carriage return alone, and the last one in nothing" {
    records 'printf "sku;pieces\ra;1\rb;2" | as-ingest -d $SHOP -c take --delimiter ";"'
    assert_output $'0 command 1 (\'a\', 1)\n1 command 1 (\'b\', 2)'
}

@test "ingest: tabs delimit, blanks belong to a field, empty lines are passed over" {
    records 'printf "sku\tpieces\n\n a \t1\n\n\n" | as-ingest -d $SHOP -c take --delimiter "\\t"'
    assert_output "0 command 1 (' a ', 1)"
}

@test "ingest: an empty field is NULL, a quoted one the empty text, an absent parameter its default or NULL" {
    records 'printf "sku,note\na,\nb,\"\"\n" | as-ingest -d $SHOP -c add_item'
    assert_output "0 command 0 ('a', 1, NULL, NULL, NULL)
1 command 0 ('b', 1, NULL, NULL, '')"
    records 'printf "sku\na\n" | as-ingest -d $SHOP -c add_item'
    assert_output "0 command 0 ('a', 1, NULL, NULL, 'new')"
}

@test "ingest: --map takes a column by another name, and then not by its own" {
    records 'printf "sku,article,pieces\nx,a,1\n" | as-ingest -d $SHOP -c take --map sku=article'
    assert_output "0 command 1 ('a', 1)"
}

@test "ingest: --no-header takes columns in order, or by number with --map" {
    records 'printf "a,1\n" | as-ingest -d $SHOP -c take --no-header'
    assert_output "0 command 1 ('a', 1)"
    records 'printf "1,x,a\n" | as-ingest -d $SHOP -c take --no-header --map sku=3 --map pieces=1'
    assert_output "0 command 1 ('a', 1)"
}

@test "ingest: the only command of a domain needs no --command" {
    records 'printf "account,kind,amount\n1,PRIJEM,5\n" | as-ingest -d $BERKA_SQL'
    assert_output "0 command 0 (1, 'PRIJEM', 5)"
    fails 64 '--command NAME is needed: the domain has 2 commands' 'as-ingest -d $SHOP </dev/null >/dev/null'
}

@test "ingest: --decimal is exact and refuses more digits" {
    records 'printf "sku,price\na,700.00\nb,7\nc,-0.5\nd,92233720368547758.07\n" | as-ingest -d $SHOP -c add_item --decimal price:2'
    assert_output "0 command 0 ('a', 1, 70000, NULL, 'new')
1 command 0 ('b', 1, 700, NULL, 'new')
2 command 0 ('c', 1, -50, NULL, 'new')
3 command 0 ('d', 1, 9223372036854775807, NULL, 'new')"
    fails 65 'stdin: line 2 at byte 10: price: "1.005" has more digits' \
        'printf "sku,price\na,1.005\n" | as-ingest -d $SHOP -c add_item --decimal price:2 >/dev/null'
    fails 65 'price: "92233720368547758.08" is out of the range of INTEGER' \
        'printf "sku,price\na,92233720368547758.08\n" | as-ingest -d $SHOP -c add_item --decimal price:2 >/dev/null'
}

@test "ingest: several files are one source, each with its own header" {
    printf 'sku,pieces\na,1\n' >one.csv
    printf 'pieces,sku\n2,b' >two.csv
    records 'as-ingest -d $SHOP -c take one.csv two.csv'
    assert_output $'0 command 1 (\'a\', 1)\n1 command 1 (\'b\', 2)'
    records 'printf "sku,pieces\nc,3\n" | as-ingest -d $SHOP -c take one.csv -'
    assert_output $'0 command 1 (\'a\', 1)\n1 command 1 (\'c\', 3)'
}

@test "ingest: the source is --source, or else the first file's name" {
    printf 'a,1\n' >a.csv
    ok 'source_id() { tail -c 64 | od -An -tx8 -j32 -N8; }
        as-ingest -d $SHOP -c take --no-header a.csv | source_id
        as-ingest -d $SHOP -c take --no-header --source a.csv - <a.csv | source_id
        as-ingest -d $SHOP -c take --no-header <a.csv | source_id'
    [[ ${output%%$'\n'*} == "$(sed -n 2p <<<"$output")" ]]
    [[ ${output%%$'\n'*} != "$(sed -n 3p <<<"$output")" ]]
}

@test "ingest: the same input gives the same records whatever the batches, deflated or not" {
    ok 'seq 1 5000 | sed "s/.*/a&,&/" >in
        for options in "" "--batch 1" "--batch 4999 --compress" "--batch 1M"; do
            as-ingest -d $SHOP -c take --no-header $options in | frame_dump | grep command | sha256sum
        done | uniq | wc -l'
    assert_output 1
    ok 'as-ingest -d $SHOP -c take --no-header --compress in | frame_dump | grep -c deflated'
    assert_output 5
}

# ---- Time

@test "ingest: a batch that is not full is sent when the input pauses" {
    ok 'mkfifo in; as-ingest -d $SHOP -c take --no-header --linger 10ms <in | frame_dump >out &
        exec 3>in; echo a,1 >&3
        for i in $(seq 100); do grep -q command out && break; sleep 0.05; done
        grep command out; exec 3>&-; wait'
    assert_output "0 command 1 ('a', 1)"
}

@test "ingest: a full batch is sent before more input is waited for, however long the linger" {
    ok 'mkfifo in; as-ingest -d $SHOP -c take --no-header --linger 1h --batch 2 <in | frame_dump >out &
        exec 3>in; printf "a,1\nb,2\nc,3\n" >&3
        for i in $(seq 100); do grep -q "1 command" out && break; sleep 0.05; done
        cp out before; exec 3>&-; wait; grep command before; grep -c command out'
    assert_output $'0 command 1 (\'a\', 1)\n1 command 1 (\'b\', 2)\n3'
}

@test "ingest: small batches share a write" {
    strace -o /dev/null true 2>/dev/null || skip 'strace may not trace here'
    ok 'for i in {1..5000}; do echo "a,$i"; done >in
        ASAN_OPTIONS=$ASAN_OPTIONS:detect_leaks=0 strace -o trace -e trace=write \
            as-ingest -d $SHOP -c take --no-header --batch 1 in >out
        frame_dump <out | grep -c ITEMS; grep -c "^write(1," trace'
    [[ ${lines[0]} == 5000 ]] || complain 'expected a frame a record'
    ((lines[1] > 1 && lines[1] < 20)) || complain 'expected a write for many frames'
}

@test "ingest: a batch of more than 16 MiB is several frames" {
    ok 'for i in {1..20}; do head -c 1000000 /dev/zero | tr "\0" x; echo ",$i"; done >in
        as-ingest -d $SHOP -c take --no-header --batch 1M in | frame_dump | cut -d" " -f1-4 | grep ITEMS'
    assert_output $'ITEMS at 0, 16\nITEMS at 16, 4'
}

@test "ingest: SIGTERM and SIGINT send what was parsed and end the stream, exit 0" {
    for signal in TERM INT; do
        rm -f in out
        SIGNAL=$signal ok 'mkfifo in; exec 4<>in; echo a,1 >&4
            bash -c "trap - INT; exec as-ingest -d \$SHOP -c take --no-header --linger 1h" <in >out & pid=$!
            until [[ -s out ]]; do sleep 0.02; done; sleep 0.2
            kill -$SIGNAL $pid; wait $pid; frame_dump <out | tail -2'
        assert_output $'0 command 1 (\'a\', 1)\nEND'
    done
}

# ---- Bad records

@test "ingest: the first bad record ends it with 65, what is before it sent, without END" {
    printf 'sku,pieces\na,1\nb,abc\nc,3\n' >in.csv
    bad 65 'as-ingest -d $SHOP -c take in.csv >out'
    [[ $stderr == 'as-ingest: in.csv: line 3 at byte 15: pieces: "abc" is not an integer' ]]
    bad 65 'frame_dump <out'
    assert_output_has "0 command 1 ('a', 1)"
    [[ $output != *END* ]]
}

@test "ingest: each kind of bad CSV row is named, skipped, and gets no offset" {
    printf 'a,1\nb"b,2\n"c"c,3\nd,4,5\ne\nf,12345678901234567890\n\xff,6\ng,\n,7\nh,"8\n9"\nz,10\n' >in.csv
    bad 0 'as-ingest -d $SHOP -c take --no-header --on-error skip in.csv | frame_dump | grep command'
    assert_output "0 command 1 ('a', 1)
1 command 1 ('g', NULL)
2 command 1 (NULL, 7)
3 command 1 ('z', 10)"
    [[ $stderr == 'as-ingest: in.csv: line 2 at byte 4: a quote within a field, or text behind a closing one
as-ingest: in.csv: line 3 at byte 10: a quote within a field, or text behind a closing one
as-ingest: in.csv: line 4 at byte 17: columns: 3 instead of 2
as-ingest: in.csv: line 5 at byte 23: columns: 1 instead of 2
as-ingest: in.csv: line 6 at byte 25: pieces: "12345678901234567890" is out of the range of INTEGER
as-ingest: in.csv: line 7 at byte 48: sku: "?" is not UTF-8 text
as-ingest: in.csv: line 10 at byte 58: pieces: "8?9" is not an integer
as-ingest: 7 bad records skipped' ]] || complain 'other words on stderr'
}

@test "ingest: lines are counted through quoted fields that span them" {
    fails 65 'line 5 at byte 10' \
        'printf "\"a\n\nb\",1\n\nx,y\n" | as-ingest -d $SHOP -c take --no-header >/dev/null'
}

@test "ingest: a quote that is never closed is one bad record, at the line where it opens" {
    fails 65 'line 2 at byte 4: a quote is still open at the end of the input' \
        'printf "a,1\n\"b,2\nc,3\n" | as-ingest -d $SHOP -c take --no-header >/dev/null'
}

@test "ingest: a quarantine file is the bad rows as they were under their header, and is an input itself" {
    printf 'sku,pieces\r\na,1\r\nb,x\r\n"c\r\nc",y\r\nd,2\r\ne' >in.csv
    bad 0 'as-ingest -d $SHOP -c take --on-error quarantine:bad.csv in.csv | frame_dump | grep command'
    assert_output $'0 command 1 (\'a\', 1)\n1 command 1 (\'d\', 2)'
    [[ $stderr == 'as-ingest: 3 bad records in bad.csv, the reasons in bad.csv.reasons' ]]
    printf 'sku,pieces\r\nb,x\r\n"c\r\nc",y\r\ne\n' | cmp - bad.csv
    [[ $(<bad.csv.reasons) == 'in.csv: line 3 at byte 17: pieces: "x" is not an integer
in.csv: line 4 at byte 22: pieces: "y" is not an integer
in.csv: line 7 at byte 37: columns: 1 instead of 2' ]]
    records 'sed "s/x/7/; s/y/8/; s/^e$/e,9/" bad.csv | as-ingest -d $SHOP -c take'
    assert_output "0 command 1 ('b', 7)
1 command 1 ('c\\x0d\\x0ac', 8)
2 command 1 ('e', 9)"
}

@test "ingest: a quarantine file grows over runs, but never mixes headers or reads itself" {
    printf 'sku,pieces\na,x\n' >one.csv
    printf 'pieces,sku\nx,a\n' >two.csv
    bad 0 'as-ingest -d $SHOP -c take --on-error quarantine:bad.csv one.csv one.csv >/dev/null'
    bad 0 'as-ingest -d $SHOP -c take --on-error quarantine:bad.csv one.csv >/dev/null'
    [[ $(<bad.csv) == $'sku,pieces\na,x\na,x\na,x' ]]
    bad 65 'as-ingest -d $SHOP -c take --on-error quarantine:bad.csv two.csv >/dev/null'
    assert_stderr_has 'bad.csv: starts with another header than this input'
    fails 64 'bad.csv: the quarantine file is also an input' \
        'as-ingest -d $SHOP -c take --on-error quarantine:bad.csv bad.csv >/dev/null'
}

@test "ingest: --max-errors N ends it at bad record N+1" {
    printf 'a,x\nb,x\nc,x\n' >in.csv
    bad 0 'as-ingest -d $SHOP -c take --no-header --on-error skip --max-errors 3 in.csv >/dev/null'
    bad 65 'as-ingest -d $SHOP -c take --no-header --on-error skip --max-errors 2 in.csv >/dev/null'
    assert_stderr_has 'as-ingest: more than 2 bad records: in.csv: line 3 at byte 8'
    bad 65 'as-ingest -d $SHOP -c take --no-header --on-error skip --max-errors 0 in.csv >/dev/null'
    fails 64 '--max-errors goes with' 'as-ingest -d $SHOP -c take --max-errors 2 in.csv >/dev/null'
}

@test "ingest: a header without a needed column, or with one twice, fails whatever --on-error says" {
    fails 65 'line 1 at byte 0: no column for parameter pieces, which may not be NULL' \
        'printf "sku,piece\na,1\n" | as-ingest -d $SHOP -c take --on-error skip >/dev/null'
    fails 65 'no column nr (for parameter pieces)' \
        'printf "sku,pieces\na,1\n" | as-ingest -d $SHOP -c take --map pieces=nr >/dev/null'
    fails 65 'column sku is there twice' \
        'printf "sku,pieces,sku\na,1,b\n" | as-ingest -d $SHOP -c take >/dev/null'
    fails 65 'stdin: empty, not even a header' 'as-ingest -d $SHOP -c take </dev/null >/dev/null'
}

@test "ingest: text of a MiB passes, one byte more is a bad record" {
    ok '{ head -c 1048576 /dev/zero | tr "\0" x; echo ,1; } >in; as-ingest -d $SHOP -c take --no-header in | frame_dump | wc -c'
    ((output > 1048576))
    fails 65 'sku: 1048577 bytes are more than a text may have (1048576)' \
        '{ printf x; cat in; } | as-ingest -d $SHOP -c take --no-header >/dev/null'
}

@test "ingest: a record of more than 16 MiB ends it" {
    fails 65 'stdin: line 2 at byte 4: longer than 16777216 bytes' \
        '{ echo a,1; printf \"; yes; } | head -c 20M | as-ingest -d $SHOP -c take --no-header >/dev/null'
}

# ---- NDJSON

@test "ingest: NDJSON lines name their command, groups are arrays, blank lines are passed over" {
    cat >in <<'END'
{"take":{"sku":"a","pieces":1}}

[{"take":{"pieces":2,"sku":"b"}},{"ADD_ITEM":{"sku":"ä \"\u00e9\"","weight":1.5,"price":-3}}]
  [{"take":{"sku":"c","pieces":3}}]
END
    ok 'as-ingest -d $SHOP -f ndjson in | frame_dump | tail -n +2'
    assert_output "ITEMS at 0, 4 records
0 command 1 ('a', 1)
1 command 1 ('b', 2) and the next
2 command 0 ('ä \"é\"', 1, -3, 1.5, 'new')
3 command 1 ('c', 3)
END"
}

@test "ingest: a group stays in one frame" {
    ok 'for i in 1 2 3; do echo "[{\"sku\":\"a\",\"pieces\":1},{\"sku\":\"b\",\"pieces\":2}]"; done |
        as-ingest -d $SHOP -f ndjson -c take --batch 1 | frame_dump | grep ITEMS'
    assert_output $'ITEMS at 0, 2 records\nITEMS at 2, 2 records\nITEMS at 4, 2 records'
}

@test "ingest: with --command NDJSON lines are bare objects, and --map renames keys" {
    records 'printf "{\"article\":\"a\",\"pieces\":1}\r\n" | as-ingest -d $SHOP -f ndjson -c take --map sku=article'
    assert_output "0 command 1 ('a', 1)"
}

@test "ingest: JSON values become typed ones where that is exact" {
    cat >in <<'END'
{"sku":"a","pieces":true,"price":7.5,"weight":3,"note":null}
{"sku":12,"pieces":"-4","price":"0.07","weight":"1e3"}
{"sku":"c","pieces":1e3,"price":12,"weight":0.5}
{"sku":"d","pieces":-0,"price":1234567890123.45,"weight":-125e-3}
END
    records 'as-ingest -d $SHOP -f ndjson -c add_item --decimal price:2 in'
    assert_output "0 command 0 ('a', 1, 750, 3.0, NULL)
1 command 0 ('12', -4, 7, 1000.0, 'new')
2 command 0 ('c', 1000, 1200, 0.5, 'new')
3 command 0 ('d', 0, 123456789012345, -0.125, 'new')"
}

# Each line is bad for the reason that follows it.
bad_json() {
    cat <<'END'
{"take":{"sku":"a","pieces":1.5}}
pieces: 1.5 is not an integer
{"take":{"sku":"a","pieces":1,"pieces":2}}
duplicate object key
{"take":{"sku":"a","pieces":1,"Pieces":2}}
pieces: given twice
{"take":{"sku":"a","x":1}}
take has no parameter "x"
{"drop":{"sku":"a"}}
the domain has no command "drop"
{"take":{"sku":"a"},"add_item":{"sku":"a"}}
an item is an object of one key, the command
{"take":[1]}
take: its parameters are an object
{"take":{"sku":"a","pieces":[1]}}
pieces: an array where a single value belongs
{"take":{"sku":1.5}}
sku: 1.5 is not a text
{"take":{"sku":"a","pieces":"1x"}}
pieces: "1x" is not an integer
{"take":{"sku":"a","pieces":9223372036854775808}}
too big integer
{"take":{"sku":"a","pieces":1e15}}
pieces: 1e15 may not be exact: write it as a string
{"take":{"sku":"a","pieces":1.00000000000000000001}}
may not be exact
{"add_item":{"sku":"a","weight":9007199254740993}}
weight: 9007199254740993 is not exact as a REAL
{"add_item":{"sku":"a","weight":1e999}}
real number overflow
{"add_item":{"sku":"a\u0000b"}}
\u0000 is not allowed
{"take":
column
[]
a group without an item
[{"take":{"sku":"a","pieces":1}},{"take":{"sku":"b","pieces":"x"}}]
item 2 of the group: pieces: "x" is not an integer
12
expected near '12'
{"take":{"sku":"a"}} {}
end of file expected
END
}

@test "ingest: each kind of bad NDJSON line is named, and skipped without an offset" {
    bad_json | sed -n 1~2p >in
    echo '{"take":{"sku":"z","pieces":1}}' >>in
    bad 0 'as-ingest -d $SHOP -f ndjson --on-error skip in | frame_dump | grep command'
    assert_output "0 command 1 ('z', 1)"
    local number=0 said
    while read -r said; do
        number=$((number + 1))
        reason=$(sed -n "${number}p" <<<"$stderr")
        [[ $reason == "as-ingest: in: line $number at byte "*"$said"* ]] || complain "expected: $said"
    done < <(bad_json | sed -n 2~2p)
    ((number == 21))
}

@test "ingest: NDJSON in quarantine is the lines as they were" {
    printf '{"take":{"sku":"a","pieces":1}}\n{"take": \r\n{"take":{}}\nnonsense' >in
    bad 0 'as-ingest -d $SHOP -f ndjson --on-error quarantine:bad in >/dev/null'
    printf '{"take": \r\nnonsense\n' | cmp - bad
    [[ $(wc -l <bad.reasons) == 2 ]]
}

# ---- The command line, and what is around the program

@test "ingest: misuse is one line and 64" {
    fails 64 '--domain FILE is needed' 'as-ingest >/dev/null'
    fails 64 '--bogus: no such option' 'as-ingest --bogus >/dev/null'
    fails 64 'an argument is needed' 'as-ingest --domain >/dev/null'
    fails 64 '--batch: 0 is not a value' 'as-ingest --batch 0 >/dev/null'
    fails 64 '--batch: 2M is not a value' 'as-ingest --batch 2M >/dev/null'
    fails 64 '--linger: 10 is not a value' 'as-ingest --linger 10 >/dev/null'
    fails 64 '--delimiter: ;; is not a value' 'as-ingest --delimiter ";;" >/dev/null'
    fails 64 '--format: xml is not a value' 'as-ingest --format xml >/dev/null'
    fails 64 '--map: sku is not a value' 'as-ingest --map sku >/dev/null'
    fails 64 '--on-error: quarantine: is not a value' 'as-ingest --on-error quarantine: >/dev/null'
    fails 64 '--command nope: the domain has no such command' 'as-ingest -d $SHOP -c nope >/dev/null'
    fails 64 '--map x: take has no such parameter' 'as-ingest -d $SHOP -c take --map x=y >/dev/null'
    fails 64 'not an INTEGER parameter' 'as-ingest -d $SHOP -c take --decimal sku:2 >/dev/null'
    fails 64 'without a header a column is a number' 'echo a,1 | as-ingest -d $SHOP -c take --no-header --map sku=x >/dev/null'
}

@test "ingest: a domain that does not load is 65 in SQLite's words, a missing one 74" {
    echo 'CREATE TABEL x (a);' >wrong.sql
    fails 65 'near "TABEL"' 'as-ingest -d wrong.sql >/dev/null'
    fails 74 'nowhere.sql: No such file' 'as-ingest -d nowhere.sql >/dev/null'
}

@test "ingest: a missing input and a full stdout are 74" {
    fails 74 'nowhere.csv: No such file' 'as-ingest -d $SHOP -c take nowhere.csv >/dev/null'
    fails 74 'stdout: No space left' 'echo a,1 | as-ingest -d $SHOP -c take --no-header >/dev/full'
}

@test "ingest: --help is on stdout and starts with the usage" {
    ok 'as-ingest --help'
    [[ $output == 'usage: as-ingest '* ]]
    ok 'as-ingest --version'
    [[ $output == 'as-ingest '[0-9]* ]]
}

# ---- Real input

@test "ingest: the bank's transactions arrive as SQLite reads them" {
    berka=${AS_BERKA:-$repo/../shared/data/berka}
    [[ -r $berka/trans.csv.gz ]] || skip "no trans.csv.gz in $berka (set AS_BERKA)"
    export berka
    records 'zcat "$berka/trans.csv.gz" | as-ingest --domain $BERKA_SQL --command entry --delimiter ";" --map account=account_id --map kind=type --decimal amount:2 --source berka'
    printf '%s\n' "$output" | sed 's/[^(]*(//; s/)$//' >ours
    ok 'zcat "$berka/trans.csv.gz" >trans.csv
        sqlite3 :memory: ".mode csv" ".separator ;" ".import trans.csv t" ".mode list" ".separator \", \"" \
            "SELECT account_id, quote(type), CAST(round(amount * 100) AS INTEGER) FROM t" >theirs
        cmp ours theirs && wc -l <ours'
    assert_output 49102
}
