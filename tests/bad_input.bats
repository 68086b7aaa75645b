# shellcheck shell=bash disable=SC2016,SC2154
# SPDX-License-Identifier: MIT
#
# as-commit and input, stores and outputs that are wrong: one clear line, the documented exit code,
# what was committed before stays, never a crash or a hang. Made to run under sanitizers, too.

load helper
load store

# Seven small batches, the same bytes each time.
export SMALL='as-gen --items 70 --batch 10 --keys 8 --reject 10 --stamp 1'

# "tiny": a stream of three batches, small enough to be broken in every place.
tiny() {
    printf '%s\n' 'CREATE TABLE t(i INT PRIMARY KEY)STRICT;' 'CREATE TABLE c(i INT NOT NULL)STRICT;' \
        'CREATE TRIGGER d AFTER INSERT ON c BEGIN INSERT INTO t VALUES(NEW.i);END;' >tiny.sql
    printf 'i\n1\n1\n2\n' | as-ingest --domain tiny.sql --command c --batch 1 >tiny
}

# Where the frames of a stream end, by the stored lengths in their headers.
frame_ends() { # FILE
    local at=0 size length
    size=$(stat -c %s "$1")
    while ((at < size)); do
        length=$(od -An -tu4 -j$((at + 16)) -N4 "$1")
        ((at += 64 + length))
        echo "$at"
    done
}

# Once: where "tiny"'s frames end, and how large the verdict stream is behind each batch.
measure_tiny() {
    tiny
    mapfile -t ends < <(frame_ends tiny)
    as-commit whole <tiny >verdicts
    mapfile -t sizes < <(echo 0 && frame_ends verdicts)
}

# Runs as-commit on "broken", whose first NUMBER bytes are right: exit 65 with one line; the batches
# that lie in them are acknowledged and in the store; no store where the domain does not.
breaks() { # NUMBER
    local status=0 batches=-1 end message acknowledged stored=0
    for end in "${ends[@]}"; do
        if ((end <= $1)); then ((++batches)); fi
    done
    if ((batches > 3)); then batches=3; fi
    rm -rf bank
    timeout 60 as-commit bank <broken >verdicts 2>message || status=$?
    mapfile -t message <message
    acknowledged=$(stat -c %s verdicts)
    if [[ -e bank/journal/00000000000000000000.db ]]; then
        stored=$(sqlite3 -readonly bank/journal/00000000000000000000.db 'SELECT count(*) FROM batch')
    fi
    if ((status != 65)) || ((${#message[@]} != 1)) || [[ ${message[0]} != 'as-commit: '* ]]; then
        echo "at $1: exit status $status: ${message[*]}"
    elif ((batches < 0)); then
        [[ ! -e bank ]] || echo "at $1: a store was made"
    elif ((acknowledged != sizes[batches] || stored != batches)); then
        echo "at $1: $acknowledged bytes of verdicts, $stored batches in the store, of $batches"
    fi
}

flip() { # FILE NUMBER: one bit of that byte
    local byte
    byte=$(od -An -tu1 -j"$2" -N1 "$1")
    cp "$1" broken
    printf '%b' "\\x$(printf %02x $((byte ^ (1 << $2 % 8))))" | dd of=broken bs=1 seek="$2" conv=notrunc status=none
}

export -f tiny frame_ends measure_tiny breaks flip

# Under a sanitizer address space is not to be limited.
unlimited() {
    if ldd "$BUILD/as-commit" | grep -qE 'libasan|libtsan'; then
        ulimit() { :; }
        export -f ulimit
    fi
}

# ---- Streams

@test "bad input: nothing at all is refused and makes no store" {
    fails 65 'as-commit: stdin: ends without an END frame' 'as-commit bank </dev/null'
    [[ ! -e bank ]]
}

@test "bad input: what is no frame is refused and makes no store" {
    fails 65 'stdin: frame 1 at byte 0: not a frame' 'echo "id,amount" | as-commit bank'
    fails 65 'stdin: frame 1 at byte 0: not a frame' 'head -c 100k /dev/zero | as-commit bank'
    [[ ! -e bank ]]
}

@test "bad input: a verdict stream is no item stream" {
    fails 65 'frame 1 at byte 0: a frame of type VERDICTS has no place' '$SMALL | as-commit --dry-run x >verdicts; as-commit bank <verdicts'
    [[ ! -e bank ]]
}

@test "bad input: end of file without END exits 65 and keeps acknowledged batches" {
    ok '$SMALL >in; head -c -64 in >cut'
    fails 65 'stdin' 'as-commit bank <cut >verdicts'
    ok 'acknowledged verdicts; journal_items bank; as-commit bank <in | verdict_dump | grep -c "duplicates 10$"'
    assert_output $'70\n70\n7'
}

@test "bad input: a malformed record commits nothing of its batch and folds nothing of it" {
    ok '$SMALL >in; frame_edit spoil:5 <in >spoilt'
    fails 65 'stdin: frame 6 at byte ' 'as-commit bank <spoilt >verdicts'
    ok 'acknowledged verdicts; journal_items bank
        frame_edit drop:7 <in | frame_edit drop:6 | frame_edit drop:5 | as-commit other >verdicts
        as-commit bank <in >verdicts; as-commit other <in >verdicts; diff <(fingerprint bank) <(fingerprint other) && state_items bank'
    assert_output $'40\n40\n70'
}

@test "bad input: every truncated prefix of a stream exits 65 and keeps the batches before" {
    in_memory
    ok 'measure_tiny; for ((i = 0; i < ends[4]; i++)); do head -c $i tiny >broken; breaks $i; done'
    assert_output ''
}

@test "bad input: every flipped byte of a stream exits 65 and keeps the batches before" {
    in_memory
    ok 'measure_tiny; for ((i = 0; i < ends[4]; i++)); do flip tiny $i; breaks $i; done'
    assert_output ''
}

@test "bad input: bytes behind END exit 65 and keep what was acknowledged" {
    ok 'measure_tiny; (cat tiny; echo) >broken; breaks $(stat -c %s tiny)'
    assert_output ''
    ok 'measure_tiny; cat tiny tiny >broken; breaks $(stat -c %s tiny)'
    assert_output ''
}

@test "bad input: lengths beyond the limits are refused before anything of that size is read" {
    unlimited
    ok '$SMALL >in'
    for field in 16 20 24; do # stored and inflated length, records
        ok "frame_edit header:2:$field:4294967295 <in >broken"
        fails 65 'frame 3 at byte' 'ulimit -v 4000000; as-commit bank <broken >verdicts'
        ok 'acknowledged verdicts; rm -r bank'
        assert_output 10
    done
}

@test "bad input: counts that the body does not bear out are refused" {
    ok '$SMALL >in'
    for records in 0 9 11; do
        # END counts the records that the frames should have.
        ok "frame_edit header:7:24:$records <in >broken"
        pipe 'as-commit bank <broken >verdicts'
        assert_status 65
        [[ ${#stderr_lines[@]} == 1 ]]
        ok 'journal_items bank; rm -r bank'
        assert_output 60
    done
}

@test "bad input: an unknown command, flag, number of values or type is refused" {
    ok '$SMALL >in'
    for patch in 0:9 1:255 2:2 3:1 3:200 4:9 4:255; do
        ok "frame_edit body:4:$patch <in >broken"
        fails 65 'stdin: frame 5 at byte' 'as-commit bank <broken >verdicts'
        assert_stderr_has 'record'
        ok 'acknowledged verdicts; journal_items bank; rm -r bank'
        assert_output $'30\n30'
    done
}

@test "bad input: a group that does not end in its frame is refused" {
    ok 'tiny; frame_edit body:3:2:1 <tiny >broken'
    fails 65 'stdin: frame 4 at byte' 'as-commit bank <broken >verdicts'
    ok 'acknowledged verdicts'
    assert_output 2
}

@test "bad input: a frame of another domain within a stream is refused" {
    ok '$SMALL | frame_edit header:3:56:1 >broken'
    fails 65 'frame 4 at byte' 'as-commit bank <broken >verdicts'
    assert_stderr_has 'another domain'
    ok 'acknowledged verdicts'
    assert_output 20
}

@test "bad input: an offset near the end of numbers is a gap, not an overflow" {
    ok '$SMALL | frame_edit header:3:44:4294967295 >broken'
    fails 65 'frame 4 at byte' 'as-commit bank <broken >verdicts'
    assert_stderr_has 'over the limit'
    ok 'acknowledged verdicts; $SMALL | frame_edit header:3:44:2147483647 >broken'
    assert_output 20
    fails 65 'records are missing' 'as-commit other <broken >verdicts'
    ok 'acknowledged verdicts'
    assert_output 20
}

# ---- Domains

# The stream's domain is executed by SQLite before it is compiled: it must not do anything.
refused_domain() { # TEXT SQL
    unlimited
    printf '%s' "$2" >domain.sql
    ok '$SMALL | frame_edit domain:domain.sql >in'
    TEST_TIMEOUT=60 fails 65 "stdin: domain:$1" 'ulimit -v 4000000; as-commit bank <in >verdicts'
    [[ ! -e bank && ! -e stolen.db ]]
}

table='CREATE TABLE t (id INTEGER PRIMARY KEY, n INTEGER) STRICT;
CREATE TABLE c (id INTEGER NOT NULL, n INTEGER) STRICT;
CREATE TRIGGER c_do AFTER INSERT ON c BEGIN INSERT INTO t VALUES (NEW.id, NEW.n); END;
'

@test "bad input: a domain cannot reach other files or SQLite's settings" {
    refused_domain "1: ATTACH" "ATTACH 'stolen.db' AS x; CREATE TABLE x.t (id INTEGER PRIMARY KEY) STRICT;"
    refused_domain "4: ATTACH" "${table}ATTACH 'stolen.db' AS x;"
    refused_domain "4: VACUUM" "${table}VACUUM INTO 'stolen.db';"
    refused_domain "4: PRAGMA" "${table}PRAGMA writable_schema = 1;"
    refused_domain "4: SELECT" "${table}SELECT load_extension('x.so');"
    refused_domain "4: " "${table}CREATE VIEW v AS SELECT load_extension('x.so') FROM t;"
    refused_domain "4: a virtual table" "${table}CREATE VIRTUAL TABLE v USING fts5 (x);"
    refused_domain "4: a transaction" "${table}ROLLBACK;"
    refused_domain "1: table as_position" 'CREATE TABLE as_position (id INTEGER PRIMARY KEY) STRICT;'
}

@test "bad input: a domain cannot keep the writer busy or fill its memory" {
    local endless='WITH RECURSIVE r (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM r)'
    refused_domain "4: a recursive query" "${table}INSERT INTO t $endless SELECT n, n FROM r;"
    refused_domain "4: " "${table}CREATE VIEW v AS $endless SELECT count(*) > 0 AS holds FROM r;"
    refused_domain "4: " "${table}INSERT INTO t SELECT a.name, 1 FROM pragma_function_list a, pragma_function_list b, pragma_function_list c;"
    refused_domain "4: string or blob too big" "${table}INSERT INTO t VALUES (1, length(randomblob(1000000000)));"
}

@test "bad input: a domain of a mebibyte of parentheses is refused" {
    refused_domain "1: " "$(head -c 1048000 /dev/zero | tr '\0' '(')"
    refused_domain "4: " "${table}CREATE TABLE u (id INTEGER PRIMARY KEY, CHECK ($(head -c 1000000 /dev/zero | tr '\0' '('))) STRICT;"
    refused_domain "4: " "${table}CREATE VIEW v AS SELECT $(yes '(1+' | head -n 200000 | tr -d '\n') AS holds FROM t;"
}

@test "bad input: a domain whose initial rows break an invariant makes no store" {
    refused_domain '' "CREATE TABLE t (id INTEGER PRIMARY KEY, n INTEGER CHECK (n < 5)) STRICT; INSERT INTO t VALUES (1, 7);"
}

@test "bad input: a stream of another domain than the store's or --domain's changes nothing" {
    ok '$SMALL >in; as-commit bank <in >verdicts; fingerprint bank >before; tiny'
    fails 65 'bank: has another domain than the stream' 'as-commit bank <tiny'
    fails 65 'tiny.sql: is not the domain of the stream' 'as-commit --domain tiny.sql bank <in'
    fails 74 'nowhere.sql' 'as-commit --domain nowhere.sql bank <in'
    ok 'fingerprint bank | diff before -'
}

# ---- Stores

@test "bad input: a directory with other things in it is left alone" {
    ok 'mkdir docs; echo text >docs/letter'
    fails 65 'docs: not a store' '$SMALL | as-commit docs'
    ok 'ls docs'
    assert_output letter
}

@test "bad input: a file is not a store" {
    ok 'echo text >letter'
    fails 65 'letter' '$SMALL | as-commit letter'
    ok 'cat letter'
    assert_output text
}

@test "bad input: a store in a directory that does not exist cannot be made" {
    fails 74 'nowhere/bank' '$SMALL | as-commit nowhere/bank'
}

@test "bad input: a store in a directory that must not be written cannot be made" {
    fails 74 'bank: mkdir: Permission denied' '$SMALL >in; AS_FAULT=mkdir:1:EACCES LD_PRELOAD=$BUILD/tests/fault.so as-commit bank <in'
    [[ ! -e bank ]]
    fails 74 '/proc/bank' '$SMALL | as-commit /proc/bank'
    ((EUID)) || return 0
    fails 74 'closed/bank' 'mkdir -m 500 closed; $SMALL | as-commit closed/bank'
}

@test "bad input: an empty directory becomes a store, and so does a half-made one" {
    ok 'mkdir -p empty half/journal; : >half/lock; echo "CREATE TABLE" >half/domain.sql.tmp; $SMALL >in
        as-commit empty <in >verdicts; as-commit half <in >verdicts; diff <(fingerprint empty) <(fingerprint half) && state_items half'
    assert_output 70
}

@test "bad input: a store with a damaged domain, journal or lock is refused" {
    ok '$SMALL >in; as-commit good <in >verdicts; for i in 1 2 3; do cp -r good bad-$i; done
        sed -i 1d bad-1/domain.sql; head -c 8192 /dev/urandom >bad-2/journal/00000000000000000000.db; rm bad-3/lock; mkdir bad-3/lock'
    fails 65 'bad-1: has another domain than the stream' 'as-commit bad-1 <in'
    fails 74 'bad-2/journal/00000000000000000000.db' 'as-commit bad-2 <in'
    fails 74 'bad-3/lock' 'as-commit bad-3 <in'
}

# ---- The other end

@test "bad input: a full stdout exits 74 and keeps the commit" {
    ok '$SMALL >in'
    fails 74 'as-commit: stdout: No space left on device' 'as-commit bank <in >/dev/full'
    ok 'n=$(journal_items bank); ((n > 0)); [[ $(state_items bank) == $n ]]; as-commit bank <in >verdicts; acknowledged verdicts'
    assert_output 70
}

@test "bad input: a reader of verdicts that goes away exits 74, with what was decided kept and folded" {
    ok 'as-gen --items 200k --keys 8 --batch 100 --stamp 1 >in'
    pipe '(as-commit bank <in; echo $? >code) | head -c 64 >/dev/null; cat code'
    assert_output 74
    assert_stderr_has 'as-commit: stdout: Broken pipe'
    ok 'n=$(journal_items bank); ((n > 0)); [[ $(state_items bank) == $n ]]; as-commit bank <in >verdicts; acknowledged verdicts'
    assert_output 200000
}

@test "bad input: a closed stdin or stdout is said, and no file of the store takes its place" {
    ok '$SMALL >in'
    fails 74 'as-commit: stdout: Bad file descriptor' 'as-commit bank <in >&-'
    fails 74 'as-commit: stdin: Bad file descriptor' 'as-commit bank <&-'
    fails 74 'as-commit: stdin: Is a directory' 'as-commit bank </'
    [[ ! -e bank ]]
}

@test "bad input: verdicts may go to /dev/null" {
    ok '$SMALL | as-commit bank >/dev/null; state_items bank'
    assert_output 70
}

# ---- Memory

@test "bad input: valgrind finds nothing in broken, repeated and hostile streams" {
    if ldd "$BUILD/as-commit" | grep -qE 'libasan|libtsan|libubsan'; then skip 'the build is sanitized'; fi
    in_memory
    printf '%s' "${table}ATTACH 'stolen.db' AS x;" >hostile.sql
    ok 'measure_tiny; $SMALL >in; frame_edit domain:hostile.sql <in >hostile; frame_edit spoil:5 <in >spoilt
        head -c -80 tiny >cut; flip tiny $((ends[1] + 70)); frame_edit drop:2 <in >gap
        for file in tiny tiny in in spoilt cut broken gap hostile /dev/null; do
            rm -rf other; store=other; if [[ $file == in || $file == spoilt ]]; then store=bank; fi
            status=0; valgrind -q --error-exitcode=99 --leak-check=full --errors-for-leak-kinds=definite \
                as-commit $store <$file >verdicts 2>message || status=$?
            echo "$status"; if ((status > 65)); then cat message >&2; fi
        done | xargs'
    assert_output '0 0 0 0 65 65 65 65 65 65'
}
