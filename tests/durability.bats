# shellcheck shell=bash disable=SC2016,SC2154
# SPDX-License-Identifier: MIT
#
# The durability rules, D1 to D8 (as-store(5)): what as-commit does on its way to the disk, and what
# it does when the disk fails or the store was tampered with. Rules that only a hand-made journal can
# break (a wrong verdict in a right chain, D7; a pragma that does not take, D5) are in test_store.

load helper
load store

export FAULT=$BUILD/tests/fault.so

# Eight hundred small batches, the same bytes each time.
export MANY='as-gen --items 8000 --batch 10 --keys 20 --stamp 1'
export SMALL='as-gen --items 70 --batch 10 --keys 8 --reject 10 --stamp 1'
# Small segments and many folds, so that each of them is met.
export BUSY='--segment-size 64Ki --fold-interval 1ms'

need_strace() {
    strace -o /dev/null true 2>/dev/null || skip 'strace may not trace here'
}

# The system calls that matter of a run of as-commit, a line each, with the paths of descriptors.
# LeakSanitizer cannot run under ptrace.
traced() { # COMMAND
    ASAN_OPTIONS=$ASAN_OPTIONS:detect_leaks=0 strace -f -y -o trace \
        -e trace=openat,write,pwrite64,fsync,fdatasync,rename,mkdir,ftruncate "$@"
}
export -f traced

# ---- D1: a verdict leaves the process only after its commit

@test "durability D1: verdicts are written only when all of the WAL that was written is synced" {
    need_strace
    ok 'as-gen --items 20000 --batch 100 --keys 20 --rate 20k | traced as-commit --telemetry 0 bank >verdicts'
    # A call of another thread may stand between the two halves of a sync.
    ok 'awk '"'"'
        function done(process) { if (process in syncing) { delete syncing[process]; dirty = 0; synced++ } }
        / pwrite64\([0-9]+<[^>]*\/journal\/[^>]*-wal>/ { dirty = 1 }
        / f(data)?sync\([0-9]+<[^>]*\/journal\/[^>]*-wal>/ { syncing[$1] = 1; if (!/unfinished/) done($1) }
        /<\.\.\. f(data)?sync resumed>/ { done($1) }
        / write\(1<.* = 64$/ { next } # END alone
        / write\(1</ { writes++; if (dirty) print "written before the sync: " $0
                       if (synced < 1) print "written without a sync: " $0; synced = 0 }
        END { if (writes < 3) print "only " writes " writes" }'"'"' trace; acknowledged verdicts'
    assert_output 20000
}

@test "durability D1: what was acknowledged when the writer was killed at a sync is in the journal" {
    in_memory
    ok '$MANY >in; AS_FAULT=sync:999999:kill AS_FAULT_PATH=.db-wal AS_FAULT_COUNT=count LD_PRELOAD=$FAULT \
            as-commit whole $BUSY <in >verdicts
        killed=0
        for ((n = $(cut -d" " -f1 count); n > 0; n -= 2)); do
            rm -rf bank; status=0
            { AS_FAULT=sync:$n:kill AS_FAULT_PATH=.db-wal LD_PRELOAD=$FAULT as-commit bank $BUSY <in >verdicts; } 2>/dev/null || status=$?
            # How often the fold syncs differs from run to run, so the last calls may not come.
            ((status == 137 || status == 0)) || echo "$n: exit status $status"
            ((killed += status == 137))
            # What the journal had is what the next writer calls duplicates: a seal that is half
            # made keeps sqlite3 from reading it.
            known=$(as-commit bank $BUSY <in | verdict_dump | awk "/^VERDICTS/ { n += \$NF } END { print n + 0 }")
            (($(acknowledged verdicts) <= known)) || echo "$n: acknowledged and lost"
        done
        ((killed > 5)) || echo "only $killed killed"'
    assert_output ''
}

# ---- D2: one process writes a store

@test "durability D2: a second writer exits 75 with its input unread, and the first is unharmed" {
    ok 'mkfifo in; $MANY >stream; as-commit bank <in >verdicts & exec 3>in
        head -c 100000 stream >&3; eventually "[[ \$(acknowledged verdicts) -gt 0 ]]"
        status=0; exec 4<stream; as-commit bank <&4 >second 2>message || status=$?
        echo $status; cat message; cat <&4 | cmp - stream; [[ ! -s second ]] || echo verdicts; exec 4<&-
        status=0; as-commit --dry-run bank <stream >second 2>message || status=$?; echo $status
        tail -c +100001 stream >&3; exec 3>&-; wait %1; acknowledged verdicts; state_items bank'
    assert_output '75
as-commit: bank: another process writes this store
75
8000
8000'
}

@test "durability D2: of two writers that make the same store at once, one goes on" {
    ok '$SMALL >in; for ((i = 0; i < 40; i++)); do
            rm -rf bank; first=0; second=0
            as-commit bank <in >v1 2>m1 & pid=$!; as-commit bank <in >v2 2>m2 || second=$?; wait $pid || first=$?
            # One after the other is as good: the second then finds duplicates.
            case $first,$second in 0,0 | 0,75 | 75,0) ;; *) echo "$first, $second"; cat m1 m2 ;; esac
            journal_items bank
        done | sort -u'
    assert_output 70
}

@test "durability D2: readers hinder neither commits nor the end of the run" {
    ok 'mkfifo in; as-commit bank $BUSY <in >verdicts & exec 3>in; $MANY >stream; head -c 100000 stream >&3
        eventually "[[ \$(state_items bank 2>/dev/null) -gt 0 ]]"
        (echo "BEGIN; SELECT count(*) FROM account;"; sleep 0.5) | sqlite3 -readonly -cmd ".timeout 5000" bank/state.db >/dev/null &
        (echo "BEGIN; SELECT count(*) FROM batch;"; sleep 0.5) | sqlite3 -readonly -cmd ".timeout 5000" bank/journal/00000000000000000000.db >/dev/null &
        tail -c +100001 stream >&3; exec 3>&-; wait; acknowledged verdicts; state_items bank'
    assert_output $'8000\n8000'
}

# ---- D3: after a failure the writer stops

# Runs the writer with a fault, then the same pipeline without: exit 74 and one line; nothing was
# acknowledged that is not in the journal; the rerun ends where an undisturbed run does.
fault() { # CALL:N:ACTION PATH
    local status=0 message known calls_made
    rm -rf bank count
    # env, so that the count is not timeout's own.
    timeout 60 env AS_FAULT="$1" AS_FAULT_PATH="$2" AS_FAULT_COUNT=count LD_PRELOAD="$FAULT" \
        as-commit bank $BUSY <in >verdicts 2>message || status=$?
    mapfile -t message <message
    # The sealer's thread makes some calls come less often in one run than in another: not reached.
    read -r calls_made _ <count || calls_made=0
    if ((status == 0 && calls_made < $(cut -d: -f2 <<<"$1"))); then return; fi
    ((status == 74)) || echo "$1 $2: exit status $status: ${message[*]}"
    ((${#message[@]} == 1)) || echo "$1 $2: ${#message[@]} lines: ${message[*]}"
    as-commit bank $BUSY <in 2>message | verdict_dump >again || echo "$1 $2: rerun: $(<message)"
    known=$(awk '/^VERDICTS/ { n += $NF } END { print n + 0 }' again)
    (($(acknowledged verdicts) <= known)) || echo "$1 $2: acknowledged and lost"
    [[ $(fingerprint bank) == "$whole" ]] || echo "$1 $2: another state"
}

# How often an undisturbed run makes that call, and what it ends in.
undisturbed() { # CALL PATH
    rm -rf bank
    AS_FAULT=$1:999999:EIO AS_FAULT_PATH=$2 AS_FAULT_COUNT=count LD_PRELOAD=$FAULT as-commit bank $BUSY <in >verdicts
    whole=$(fingerprint bank)
    read -r calls _ <count
    ((calls > 0)) || echo "no $1"
}

# Each Nth call of a kind in turn.
each_fault() { # CALL STEP ACTION PATH
    $MANY >in
    undisturbed "$1" "$4"
    for ((n = 1; n <= calls; n += $2)); do fault "$1:$n:$3" "$4"; done
}
export -f fault undisturbed each_fault

@test "durability D3: a sync that fails ends the run with 74, acknowledges nothing, and a rerun is complete" {
    in_memory
    ok 'each_fault sync 6 EIO /bank'
    assert_output ''
}

# SQLite itself overlooks a directory's sync that fails once; ours of the same directory follows it.
@test "durability D3: a sync that fails only once is not taken for done" {
    in_memory
    ok 'each_fault sync 5 "EIO once" .db'
    assert_output ''
}

@test "durability D3: a write that fails ends the run likewise" {
    in_memory
    ok 'each_fault write 41 EIO /bank'
    assert_output ''
}

@test "durability D3: a full disk likewise" {
    in_memory
    ok 'each_fault write 43 ENOSPC /bank'
    assert_output ''
}

@test "durability D3: a rename, truncation, removal, change of mode or making of a directory likewise" {
    in_memory
    ok 'for call in rename truncate unlink chmod mkdir; do each_fault $call 2 EIO bank; done'
    assert_output ''
}

@test "durability D3: nothing is tried again on the descriptor of a WAL whose write or sync failed" {
    in_memory
    ok '$MANY >in; for call in sync write; do
            undisturbed $call .db-wal
            for ((n = 1; n <= calls; n += calls / 12 + 1)); do
                fault "$call:$n:EIO once" .db-wal; read -r _ retries <count
                ((retries == 0)) || echo "$call $n: $retries more"
            done
        done'
    assert_output ''
}

@test "durability D3: batches before the one that failed are acknowledged, those behind it are not decided" {
    ok '$SMALL >in; frame_edit only:1 <in >first; as-commit bank <first >verdicts'
    fails 74 'bank/journal/00000000000000000000.db: COMMIT: disk I/O error' \
        'AS_FAULT=sync:1:EIO AS_FAULT_PATH=journal LD_PRELOAD=$FAULT as-commit bank <in >verdicts'
    # The first batch is known, so it may have been answered already.
    ok '{ verdict_dump <verdicts 2>/dev/null || true; } | grep VERDICTS | grep -v "batch 0 .* duplicates 10$" || true'
    assert_output ''
}

# ---- D4: state.db may vanish

# Does something to state.db, then runs another stream: one note, and the state of an unhurt store.
rebuilt() { # TEXT COMMAND
    ok '$SMALL >in; as-gen --items 30 --keys 8 --reject 10 --source other --stamp 1 >other
        as-commit bank <in >verdicts; cp -r bank unhurt; as-commit unhurt <other >verdicts'
    ok "$2"
    pipe 'as-commit bank <other >verdicts'
    assert_status 0
    [[ $stderr == "as-commit: bank: state.db was $1: rebuilt from the journal" ]]
    ok 'diff <(fingerprint bank) <(fingerprint unhurt); acknowledged verdicts; sqlite3 -readonly bank/state.db "PRAGMA integrity_check"'
    assert_output $'30\nok'
}

@test "durability D4: state.db that vanished is rebuilt" {
    rebuilt missing 'rm bank/state.db*'
}

@test "durability D4: state.db that is empty is rebuilt" {
    rebuilt missing ': >bank/state.db; rm -f bank/state.db-*'
}

@test "durability D4: state.db that was cut short is rebuilt" {
    rebuilt 'damaged or not of this journal' 'truncate -s 50% bank/state.db 2>/dev/null || truncate -s 9000 bank/state.db'
}

@test "durability D4: state.db that is junk is rebuilt" {
    rebuilt 'damaged or not of this journal' 'head -c 20000 /dev/urandom >bank/state.db; rm -f bank/state.db-*'
}

@test "durability D4: state.db of another domain's store is rebuilt" {
    rebuilt 'damaged or not of this journal' 'as-gen --workload counter --items 20 | as-commit counter >verdicts
        cp counter/state.db bank/state.db; rm -f bank/state.db-*'
}

@test "durability D4: state.db of another store with the same domain is rebuilt" {
    rebuilt 'damaged or not of this journal' 'as-gen --items 20 --seed 9 --batch 10 | as-commit another >verdicts
        cp another/state.db bank/state.db; rm -f bank/state.db-*'
}

@test "durability D4: state.db as it was earlier is brought up to date without a word" {
    ok '$SMALL >in; as-commit whole <in >verdicts; frame_edit only:1 <in >first
        as-commit bank <first >verdicts; cp bank/state.db earlier; as-commit bank <in >verdicts
        cp earlier bank/state.db; rm -f bank/state.db-*; as-commit bank <in >verdicts; diff <(fingerprint bank) <(fingerprint whole); state_items bank'
    assert_output 70
}

@test "durability D4: where its batches are gone, state.db is not thrown away" {
    ok 'for i in 1 2 3; do as-gen --items 5k --source run-$i --stamp 1 | as-commit bank --segment-size 64Ki >verdicts; done
        cp -r bank archived; rm -f archived/journal/00000000000000000000.db; cp -r archived damaged; truncate -s 9000 damaged/state.db
        sha256sum damaged/state.db >before; $SMALL >in'
    # Sealed segments may be archived: the state has what they did.
    ok 'as-commit archived <in >verdicts; acknowledged verdicts; state_items archived'
    assert_output $'70\n15070'
    fails 74 'damaged/state.db' 'as-commit damaged <in >verdicts'
    ok 'sha256sum -c --quiet before'
}

# ---- D5: pragmas are read back

@test "durability D5: the writer refuses to run where synchronous or WAL mode do not take" {
    export LD_PRELOAD_PRAGMA=$BUILD/tests/pragma.so
    ok '$SMALL >in'
    fails 74 'PRAGMA synchronous is 1 where 2 is needed' \
        'AS_PRAGMA_FROM="synchronous = full" AS_PRAGMA_TO="synchronous = normal" LD_PRELOAD=$LD_PRELOAD_PRAGMA as-commit bank <in >verdicts'
    fails 74 'PRAGMA journal_mode is delete where wal is needed' \
        'AS_PRAGMA_FROM="journal_mode = wal" AS_PRAGMA_TO="journal_mode = delete" LD_PRELOAD=$LD_PRELOAD_PRAGMA as-commit other <in >verdicts'
    ok 'acknowledged verdicts; as-commit bank <in >verdicts; as-commit other <in >verdicts; diff <(fingerprint bank) <(fingerprint other) && state_items bank'
    assert_output $'0\n70'
}

# ---- D6, D7: the chain

# Changes the journal and takes state.db away, so that the replay covers all of it.
tampered() { # TEXT SQL
    ok 'rm -rf bank; cp -r original bank; rm bank/state.db*; sqlite3 bank/journal/*.db "'"$2"'"'
    fails 74 "$1" 'as-commit bank <in >verdicts'
    ok 'acknowledged verdicts'
    assert_output 0
}

@test "durability D6: a changed, moved, added or missing row is refused" {
    ok '$SMALL >in; as-commit original <in >verdicts; $SMALL --source x | as-commit original >verdicts'
    local hash='batch 3: its hash is not that of its content and the batch before it'
    tampered "$hash" 'UPDATE batch SET items = items + 1 WHERE batch = 3'
    tampered "$hash" 'UPDATE batch SET accepted = accepted - 1 WHERE batch = 3'
    tampered "$hash" 'UPDATE batch SET source = source + 1 WHERE batch = 3'
    tampered "$hash" 'UPDATE batch SET offset = offset + 1 WHERE batch = 3'
    tampered "$hash" "UPDATE batch SET verdicts = CAST(verdicts || x'00' AS BLOB) WHERE batch = 3"
    tampered "$hash" 'UPDATE batch SET frame = (SELECT frame FROM batch WHERE batch = 4) WHERE batch = 3'
    tampered "$hash" "UPDATE batch SET hash = x'$(printf '00%.0s' {1..32})' WHERE batch = 3"
    tampered "$hash" "UPDATE batch SET frame = CAST(replace(frame, x'01', x'02') AS BLOB) WHERE batch = 3"
    tampered 'batch 4: does not follow the batch before it' 'DELETE FROM batch WHERE batch = 3'
    tampered 'batch 3: does not follow the batch before it' 'UPDATE batch SET batch = 99 WHERE batch = 3; UPDATE batch SET batch = 3 WHERE batch = 4; UPDATE batch SET batch = 4 WHERE batch = 99'
    tampered 'batch 3: a column is out of range' "UPDATE batch SET hash = x'00' WHERE batch = 3"
    tampered 'batch 15: ' 'INSERT INTO batch SELECT 15, first_item + items, items, accepted, source, offset, committed_ns, frame, verdicts, hash FROM batch WHERE batch = 14'
}

@test "durability D6: the commit time is outside of the chain" {
    ok '$SMALL >in; as-commit bank <in >verdicts; rm bank/state.db*
        sqlite3 bank/journal/*.db "UPDATE batch SET committed_ns = 5"'
    pipe 'as-commit bank <in | verdict_dump | grep -c "duplicates 10"'
    assert_output 7
}

@test "durability D6: a journal that ends before state.db is refused, not taken for shorter" {
    ok '$SMALL >in; as-commit bank <in >verdicts; sqlite3 bank/journal/*.db "DELETE FROM batch WHERE batch > 5"; cp -r bank other; rm other/journal/*'
    fails 74 'bank/state.db: stands for batch 7 where the journal ends with 5' 'as-commit bank <in >verdicts'
    fails 74 'other/state.db: stands for batch 7 where the journal ends with 0' 'as-commit other <in >verdicts'
    ok 'state_items bank; state_items other'
    assert_output $'70\n70'
}

@test "durability D6: a missing segment is refused" {
    ok 'for i in 1 2 3; do as-gen --items 5k --batch 5k --source run-$i --stamp 1 >in; as-commit bank --segment-size 64Ki <in >verdicts; done
        rm bank/journal/*5000.db bank/state.db*'
    fails 74 'batches 2 to 2 are missing' 'as-commit bank <in >verdicts'
}

@test "durability D6: a segment of another domain is refused" {
    ok 'for i in 1 2; do as-gen --items 5k --source run-$i --stamp 1 >in; as-commit bank --segment-size 64Ki <in >verdicts; done
        as-gen --workload counter --items 5k | as-commit counter >verdicts; cp counter/journal/00000000000000000000.db bank/journal/'
    fails 74 'belongs to another domain' 'as-commit bank <in >verdicts'
}

@test "durability D7: state.db made anew from the journal is the same, and so is the chain's head" {
    ok 'as-gen --workload seats --items 5k --batch 50 --reject 20 --stamp 1 >in; as-commit team <in >verdicts; fingerprint team >before; rm team/state.db*'
    pipe 'as-commit team <in >verdicts; fingerprint team | diff before - && echo same'
    assert_output same
}

# ---- D8: files

@test "durability D8: a sealed segment is never written again" {
    ok 'run() { as-gen --items 5k --batch 5k --source run-$1 --stamp 1 | as-commit bank --segment-size 64Ki --fold-interval 1ms >verdicts; }
        look() { (cd bank/journal; for file in $(ls *.db | head -n -1); do stat -c "%n %Y %y %Z %i %a" $file; sha256sum $file; done); }
        for i in 1 2 3; do run $i; done; look >before; sleep 0.02; run 4; run 5; as-commit --dry-run bank --segment-size 64Ki < <($SMALL) >verdicts
        look | head -n $(wc -l <before) | diff before -; grep "^[0-9]*\.db " before | grep -v " 444$"
        for file in $(cd bank/journal; ls *.db | head -n -1); do
            sqlite3 -readonly bank/journal/$file "PRAGMA journal_mode; PRAGMA integrity_check"; ls bank/journal/$file-* 2>/dev/null || true
        done | sort | uniq -c | xargs'
    assert_output '4 delete 4 ok'
}

@test "durability D8: a last segment that is sealed is followed by a new one" {
    ok 'for i in 1 2; do as-gen --items 5k --batch 5k --source run-$i --stamp 1 >in-$i; as-commit bank --segment-size 64Ki <in-$i >verdicts; done
        rm bank/journal/*5000.db* bank/state.db*; stat -c "%Y %y %Z %i %a" bank/journal/*.db >before; sha256sum bank/journal/*.db >sums'
    pipe 'as-commit bank --segment-size 64Ki <in-2 >verdicts; stat -c "%Y %y %Z %i %a" bank/journal/00000000000000000000.db | diff before -
        sha256sum -c --quiet sums; (cd bank/journal; ls *.db); state_items bank'
    assert_output '00000000000000000000.db
00000000000000005000.db
10000'
}

@test "durability D8: a sealed segment is not opened for writing, whatever comes after it" {
    need_strace
    ok 'for i in 1 2 3; do as-gen --items 5k --source run-$i --stamp 1 | as-commit bank --segment-size 64Ki >verdicts; done; rm bank/state.db*
        sealed=$(cd bank/journal; ls *.db | head -n 2 | xargs | tr " " "|")'
    pipe 'as-gen --items 5k --source more | traced as-commit bank --segment-size 64Ki >verdicts
        sealed=$(cd bank/journal; ls *.db | head -n 2 | xargs | tr " " "|"); grep -cE "openat.*($sealed)\"" trace
        grep -E "openat.*($sealed).*O_RDWR|(write|sync|truncate)[0-9]*\(.*($sealed)" trace'
    [[ ${lines[0]} -gt 0 && ${#lines[@]} == 1 ]]
}

@test "durability D8: new directories and files are synced with the directory they are in" {
    need_strace
    # "all" is what is in the store; for each, its directory is synced behind its making.
    ok '$MANY >in; traced as-commit bank $BUSY <in >verdicts; awk -v here="$PWD" '"'"'
        function made(path) { if (path !~ /^\//) path = here "/" path; if (!(path in new)) new[path] = NR }
        function above(path) { sub(/\/[^\/]*$/, "", path); return path }
        / mkdir\("/ && / = 0$/ { split($0, part, "\""); made(part[2]) }
        / rename\("/ && / = 0$/ { split($0, part, "\""); made(part[4]) }
        /openat\(.*O_CREAT/ && / = [0-9]|<unfinished/ { split($0, part, "\""); made(part[2]) }
        / fsync\([0-9]+<|fdatasync\([0-9]+</ { path = $0; sub(/^[^<]*</, "", path); sub(/>.*/, "", path); synced[path] = NR }
        END {
            for (path in new) {
                if (path !~ /\/(bank|journal|domain\.sql|[0-9]+\.db|[0-9]+\.db-wal)$/) continue
                count++
                if (synced[above(path)] < new[path]) print path " is not synced in " above(path)
                if (path ~ /\.(db|db-wal)$/ && synced[path] < new[path]) print path " is not synced"
            }
            if (count < 5) print "only " count " were made"
        }'"'"' trace'
    assert_output ''
}
