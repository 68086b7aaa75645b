# shellcheck shell=bash disable=SC2016,SC2154
# SPDX-License-Identifier: MIT
#
# as-preflight: its figures, its gates, what it looks for. No disk is expected to be fast: what must
# be slow is delayed by a preloaded library, what must pass has wide gates and a machine of its own.

load helper

export DELAY=$BUILD/tests/delay.so MACHINE=$BUILD/tests/machine.so FAULT=$BUILD/tests/fault.so
export GATES='--max-latency 60M --max-p99 60M'

# A quiet machine of four gigabytes under ./machine, an ext4 that syncs, a SQLite without the bug, a
# fio that takes no time: a preflight there finds nothing, unless a variable in front of `fit` says
# otherwise. (Where the tests are run in memory, the delay makes up for it.)
quiet_machine() {
    mkdir -p machine/proc/sys/fs machine/proc/self machine/sys/fs/cgroup fio dir
    echo '0.10 0.10 0.10 1/100 1000' >machine/proc/loadavg
    echo 'cpu  100 0 100 1000 0 0 0 0 0 0' >machine/proc/stat
    printf 'MemTotal: 4194304 kB\nMemAvailable: 4194304 kB\n' >machine/proc/meminfo
    echo 1048576 >machine/proc/sys/fs/pipe-max-size
    echo max >machine/sys/fs/cgroup/memory.max
    echo 0 >machine/sys/fs/cgroup/memory.current
    fake_fio <<'FIO'
echo '{"fio version": "fio-9", "jobs": [{"error": 0,
 "write": {"iops": 10, "lat_ns": {"N": 5, "mean": 1000000, "max": 5000000, "percentile": {"50.000000": 900000, "99.000000": 4000000, "99.900000": 5000000}}},
 "sync": {"lat_ns": {"N": 6, "mean": 3000000, "max": 7000000, "percentile": {"50.000000": 2900000, "99.000000": 6000000, "99.900000": 7000000}}}}]}'
FIO
}

fit() { # OPTION...
    LD_PRELOAD="$DELAY $MACHINE" AS_DELAY_US=${AS_DELAY_US:-300} AS_MACHINE_ROOT=$PWD/machine \
        AS_MACHINE_FS=${AS_MACHINE_FS:-ef53} AS_MACHINE_SQLITE=${AS_MACHINE_SQLITE:-3051003} \
        PATH=$PWD/fio:$PATH as-preflight --runtime 200ms "$@"
}

findings() { # FILE
    jq -r '.findings[] | "\(.result) \(.check): \(.text)"' "$1"
}

# A fio of the test's own, in front of the real one; the script is on stdin.
fake_fio() {
    { echo '#!/bin/bash'; cat; } >fio/fio
    chmod +x fio/fio
}

real_fio() {
    rm fio/fio
}
export -f fit findings fake_fio

setup() {
    cd "$BATS_TEST_TMPDIR" || exit
    quiet_machine
}

# Whatever happened: nothing stays.
teardown() {
    cd "$BATS_TEST_TMPDIR" || return
    [[ -z $(ls -A dir) ]] || { ls -lA dir; return 1; }
}

# ---- Figures

@test "preflight: the figures of fio's jobs are those that fio itself gives of the same run" {
    real=$(command -v fio)
    export real raw=$PWD
    fake_fio <<<'n=$(find "$raw" -name "raw.*" | wc -l); "$real" "$@" | tee "$raw/raw.$n"'
    ok 'fit $GATES --json dir >report
        near() { awk -v a="$1" -v b="$2" "BEGIN { exit !(a > 0 && a > 0.9 * b && a < 1.1 * b) }" || echo "$3: $1, fio says $2"; }
        compare() { # FILE NAME MEMBER
            for figure in mean:mean max:max p50:percentile.\"50.000000\" p99:percentile.\"99.000000\" p99_9:percentile.\"99.900000\"; do
                near "$(jq ".measurements[] | select(.name == \"$2\").latency_seconds.${figure%%:*} * 1e9" report)" \
                    "$(jq ".jobs[0].$3.lat_ns.${figure#*:}" "$1")" "$2 ${figure%%:*}"
            done
            near "$(jq ".measurements[] | select(.name == \"$2\").operations_per_second" report)" "$(jq .jobs[0].write.iops "$1")" "$2"
            near "$(jq ".measurements[] | select(.name == \"$2\").operations" report)" "$(jq .jobs[0].$3.lat_ns.N "$1")" "$2"
        }
        compare raw.0 fio_randwrite write; compare raw.1 fio_append sync
        jq -r ".jobs[0].\"job options\" | [.rw, .bs, .direct, .sync, .fdatasync] | @csv" raw.0 raw.1'
    assert_output '"randwrite","4096","1","1",
"write","36864",,,"1"'
}

@test "preflight: what a delayed sync takes is measured by each of the measurements" {
    real_fio
    for us in 2000 20000; do
        ok "AS_DELAY_US=$us fit \$GATES --json dir |
            jq -r '.measurements[] | select(.latency_seconds | [.mean, .p50, .p99, .max] | min < $us / 1e6) // empty | .name'"
        assert_output ''
    done
}

@test "preflight: a measurement has its mean between nothing and its maximum, and its percentiles in order" {
    real_fio
    ok 'fit $GATES --json dir | jq -c ".measurements | length, map(.latency_seconds |
        .mean > 0 and .mean <= .max and .p50 <= .p99 and .p99 <= .p99_9 and .p99_9 <= .max * 1.01) == [range(6) | true]"'
    assert_output $'6\ntrue'
}

# ---- Gates

@test "preflight: a sync of 20 ms fails by the default gate, with each measurement that it fails" {
    real_fio
    pipe 'AS_DELAY_US=20000 fit --max-p99 60M dir'
    assert_status 1
    [[ ${lines[-1]} == 'FAIL (latency: fio randwrite 4 KiB, direct, sync: mean of 2'*' us, more than 5000)' ]] || complain 'expected FAIL'
    [[ $(grep -c '^FAILURE    latency: .*: mean of' <<<"$output") == 3 ]] || complain 'expected three failures'
}

@test "preflight: a sync of 2 ms fails by a gate below, and passes by one above" {
    real_fio
    pipe 'AS_DELAY_US=2000 fit --max-latency 1999 --max-p99 60M --json dir >report'
    assert_status 1
    [[ $(findings report | grep -c '^failure latency: .*: mean of [2-9]') == 3 ]] || complain "$(findings report)"
    ok 'AS_DELAY_US=2000 fit $GATES dir | tail -n 1'
    assert_output PASS
}

@test "preflight: the 99th percentile has a gate of its own" {
    real_fio
    pipe 'AS_DELAY_US=2000 fit --max-latency 60M --max-p99 1999 --json dir >report'
    assert_status 1
    [[ $(findings report | grep -c '^failure latency: .*: p99 of') == 3 ]] || complain "$(findings report)"
    [[ $(findings report) != *'mean of'* ]] || complain 'expected no mean'
}

# The fake fio has means of 1 and 3 ms, and 99th percentiles of 4 and 6 ms.
@test "preflight: each gate looks at its own figure, and only what is beyond it fails" {
    pipe 'fit --max-latency 2999 --max-p99 60M --json dir >report; findings report | grep fio'
    assert_output 'failure latency: fio append 36 KiB, fdatasync: mean of 3000 us, more than 2999'
    pipe 'fit --max-latency 3000 --max-p99 5999 --json dir >report; findings report | grep fio'
    assert_output 'failure latency: fio append 36 KiB, fdatasync: p99 of 6000 us, more than 5999'
    pipe 'fit --max-latency 3000 --max-p99 6000 --json dir >report; findings report | grep fio'
    assert_output ''
}

# ---- Syncs that do nothing, file systems

@test "preflight: memory is unfit" {
    [[ $(stat -f -c %T /dev/shm) == tmpfs ]] || skip '/dev/shm is not in memory here'
    shm=$(mktemp -d -p /dev/shm)
    pipe "as-preflight --runtime 200ms $GATES $shm"
    rmdir "$shm"
    assert_status 1
    [[ ${lines[-1]} == 'FAIL (file_system: tmpfs is memory: '* ]] || complain 'expected FAIL'
}

@test "preflight: a sync that does nothing is found out whatever the file system says" {
    pipe 'AS_DELAY_US=0 AS_DELAY_SKIP=1 fit $GATES --json dir >report'
    assert_status 1
    [[ $(findings report) == 'failure sync: fdatasync takes '*' us: no disk is that fast, so it does nothing' ]] || complain "$(findings report)"
}

@test "preflight: file systems that machines share are unfit, FUSE and overlays are doubtful" {
    for kind in 6969:nfs ff534d42:cifs fe534d42:smb2 1021997:9p c36400:ceph; do
        pipe "AS_MACHINE_FS=${kind%:*} fit \$GATES dir"
        assert_status 1
        [[ ${lines[-1]} == "FAIL (file_system: ${kind#*:} is shared by machines: "* ]] || complain "expected ${kind#*:}"
    done
    for kind in 65735546:fuse 794c7630:overlay; do
        ok "AS_MACHINE_FS=${kind%:*} fit \$GATES dir"
        assert_output_has "warning    file_system: ${kind#*:} stands before another file system"
    done
    ok 'AS_MACHINE_FS=12345 fit $GATES --json dir | jq -r .file_system'
    assert_output 0x12345
}

@test "preflight: an overlay that is mounted volatile is unfit" {
    device=$(($(stat -c %d dir) >> 8)):$(($(stat -c %d dir) & 255))
    echo "36 35 $device / / rw,noatime - overlay overlay rw,lowerdir=/l,volatile" >machine/proc/self/mountinfo
    pipe 'AS_MACHINE_FS=794c7630 fit $GATES dir | tail -n 1'
    assert_status 1
    assert_output 'FAIL (file_system: overlay is mounted volatile: its fsync does nothing)'
    echo "36 35 0:1 / / rw,noatime - overlay overlay rw,lowerdir=/l,volatile" >machine/proc/self/mountinfo
    ok 'AS_MACHINE_FS=794c7630 fit $GATES dir | tail -n 1'
    assert_output PASS
}

# ---- Space

@test "preflight: a plan that does not fit is told with both figures, one that fits is not" {
    pipe 'fit $GATES --items 1000000G dir'
    assert_status 1
    [[ ${lines[-1]} =~ ^FAIL\ \(space:\ [0-9.e+]+\ GB\ needed\ for\ 1000000000000000\ items,\ [0-9.e+]+\ GB\ free\)$ ]] || complain 'expected FAIL'
    ok 'fit $GATES --items 1k --json dir | jq -c .findings'
    assert_output '[]'
}

@test "preflight: the bytes of an item in the journal are those that a store has" {
    ok 'fit $GATES --json dir >report; batch=$(jq .model.advised.batch_items report)
        as-gen --items 200k --batch $batch | as-commit bank >verdicts
        awk -v said="$(jq .model.journal_item_bytes report)" -v has="$(stat -c %s bank/journal/*.db)" \
            "BEGIN { has /= 200000; if (said < 0.8 * has || said > 2 * has) print said, has }"'
    assert_output ''
}

@test "preflight: a disk that fills up on the way is unfit, and nothing stays on it" {
    pipe 'LD_PRELOAD=$FAULT AS_FAULT=write:20:ENOSPC AS_FAULT_PATH=segment.db as-preflight --runtime 200ms --json dir >report'
    assert_status 1
    [[ $(findings report) == *'failure commit: '*'full'* ]] || complain "$(findings report)"
    [[ $(jq -c '[.model, .pass]' report) == '[null,false]' ]]
}

# ---- fio

@test "preflight: without fio it says so, and judges by the commit path" {
    ok 'PATH=$BUILD LD_PRELOAD="$DELAY $MACHINE" AS_DELAY_US=300 AS_MACHINE_ROOT=$PWD/machine AS_MACHINE_FS=ef53 AS_MACHINE_SQLITE=3051003 \
            $BUILD/as-preflight --runtime 200ms $GATES --json dir >report
        findings report; jq -c ".machine.fio_version, [.measurements[] | select(.gated).name], .measurements[0].ratio" report'
    assert_output 'warning fio: not installed: judged by the commit path alone
null
["commit_10"]
1'
    pipe 'PATH=$BUILD LD_PRELOAD=$DELAY AS_DELAY_US=20000 $BUILD/as-preflight --runtime 200ms --max-p99 60M dir'
    assert_status 1
    assert_output_has 'FAILURE    latency: commit of 10 items: mean of 2'
}

@test "preflight: where fio fails, its words are told and the rest is measured" {
    fake_fio <<<'echo "fio: no room at all" >&2; exit 1'
    ok 'fit $GATES --json dir >report; findings report; jq ".measurements | length" report'
    assert_output 'warning fio: fio randwrite 4 KiB, direct, sync is not measured: fio: no room at all
warning fio: fio append 36 KiB, fdatasync is not measured: fio: no room at all
4'
    for words in '' 'no JSON' '{"jobs": 1' '{"jobs": [{"error": 5}]}' '{}' '[1]'; do
        fake_fio <<<"echo '$words'"
        ok 'fit $GATES --json dir >report; findings report | grep -c "fio gave no figures"'
        assert_output 2
    done
    fake_fio <<<'kill -9 $$'
    ok 'fit $GATES dir | grep -c "is not measured: killed by signal 9"'
    assert_output 2
}

@test "preflight: fio's figures are taken from the right places, whatever it says around them" {
    sed -i '2i echo "note: something"' fio/fio
    echo 'echo "and so on"' >>fio/fio
    ok 'fit $GATES --json dir | jq -c ".machine.fio_version, (.measurements[:2][] | [.operations, .operations_per_second, .latency_seconds, .ratio])"'
    assert_output '"fio-9"
[5,10,{"mean":0.001,"p50":0.0009,"p99":0.004,"p99_9":0.005,"max":0.005},1]
[6,10,{"mean":0.003,"p50":0.0029,"p99":0.006,"p99_9":0.007,"max":0.007},3]'
}

# ---- The machine

@test "preflight: a quiet machine with a good disk has no findings" {
    ok 'fit $GATES --json dir | jq -c "[.pass, .findings]"'
    assert_output '[true,[]]'
}

@test "preflight: load, little memory, small pipes and SQLite's bug are warnings" {
    echo '90.00 1.00 1.00 1/100 1000' >machine/proc/loadavg
    echo 'MemAvailable: 200000 kB' >machine/proc/meminfo
    echo 65536 >machine/proc/sys/fs/pipe-max-size
    ok 'AS_MACHINE_SQLITE=3051002 fit $GATES --json dir >report; findings report | cut -c 1-60'
    [[ $output == 'warning load: 90.00 on '*'
warning memory: 205 MB available: the state of all aggregate
warning pipe_size: a pipe holds 65536 bytes, less than 256 K
warning sqlite: 3051002 has the WAL-reset bug (3.7.0 to 3.51' ]] || complain 'expected four warnings'
}

@test "preflight: the versions of SQLite that have the WAL-reset bug are told from the others" {
    for version in 3006023:0 3007000:1 3040001:1 3044005:1 3044006:0 3045000:1 3050006:1 3050007:0 3051000:1 3051002:1 3051003:0 3053001:0; do
        ok "AS_MACHINE_SQLITE=${version%:*} fit \$GATES --runtime 100ms --json dir | jq '[.findings[] | select(.check == \"sqlite\")] | length'"
        assert_output "${version#*:}"
    done
}

@test "preflight: a container's memory limit counts" {
    echo 500000000 >machine/sys/fs/cgroup/memory.max
    echo 400000000 >machine/sys/fs/cgroup/memory.current
    ok 'fit $GATES --json dir | jq -c "[.machine.memory_available_bytes, .findings[].check]"'
    assert_output '[100000000,"memory"]'
}

# The CPUs' counters go on while fio runs.
@test "preflight: time stolen by other machines is a warning, much of it a failure" {
    stat=$PWD/machine/proc/stat
    export stat
    for case in '1995 5 0 ' '1980 20 0 warning 1.0' '1800 200 1 failure 10.0'; do
        read -r idle steal expected result percent <<<"$case"
        echo 'cpu  0 0 0 0 0 0 0 0 0 0' >machine/proc/stat
        fake_fio <<<"echo 'cpu  0 0 0 $idle 0 0 0 $steal 0 0' >\$stat; exit 1"
        pipe 'fit $GATES --json dir >report; status=$?; findings report | grep steal; exit $status'
        assert_status "$expected"
        assert_output "${result:+$result steal: $percent % of the CPU time went to other virtual machines}"
    done
}

@test "preflight: limits that the writer would run into are failures" {
    pipe 'ulimit -n 32; fit $GATES --json dir >report'
    assert_status 1
    [[ $(findings report) == 'failure open_files: 32 files may be open, fewer than 64 (ulimit -n)' ]] || complain "$(findings report)"
    pipe 'ulimit -f 200000; fit $GATES --json dir >report'
    assert_status 1
    [[ $(findings report) == 'failure file_size: a file may have 204800000 bytes, '* ]] || complain "$(findings report)"
}

@test "preflight: where a file may hardly have any size, nothing is measured and the reason is told" {
    pipe 'ulimit -f 1000; fit $GATES --json dir | cat >report'
    assert_status 1
    [[ $(findings report) == 'failure file_size: '* ]] || complain "$(findings report)"
    [[ $(jq -c '[.measurements, .model]' report) == '[[],null]' ]]
}

# The one half of the commit path is measured before fio, the other behind it.
@test "preflight: commits that are slower at the end than at the beginning are a warning" {
    export AS_DELAY_IF=$PWD/credit_is_gone
    fake_fio <<<'touch "$AS_DELAY_IF"; exit 1'
    ok 'AS_DELAY_US=20000 fit --runtime 4s $GATES --json dir >report; findings report | grep burst'
    [[ $output == 'warning burst: a commit took '*' us at first and '*' us at last (medians): '* ]] || complain 'expected burst'
}

# ---- Model

@test "preflight: predictions lie on the line, and the advised batch is where its halves meet" {
    ok 'AS_DELAY_US=2000 fit $GATES --json dir | jq -r ".model as \$m |
        (.model.predictions + [.model.advised])[] |
        (.latency_seconds - (\$m.commit_seconds + \$m.item_seconds * .batch_items) | fabs < 1e-8),
        (.items_per_second * .latency_seconds / .batch_items - 1 | fabs < 1e-6),
        (\$m.commit_seconds / \$m.item_seconds / \$m.advised.batch_items | . > 0.4 and . < 2.5),
        (\$m.commit_seconds >= 0.0019), (\$m.decide_item_seconds > 0), (\$m.decide_item_seconds <= \$m.item_seconds)" | sort | uniq -c | xargs'
    assert_output '30 true'
}

# ---- Report

@test "preflight: --json is one object with the members of the manual" {
    ok 'fit $GATES --items 1k --json dir >report; wc -l <report; jq -e "
        def is(\$type): type == \$type;
        def latency: [.mean, .p50, .p99, .p99_9, .max] | all(is(\"number\"));
        def prediction: [.batch_items, .latency_seconds, .items_per_second] | all(is(\"number\"));
        (keys_unsorted == [\"pass\", \"directory\", \"file_system\", \"free_bytes\", \"machine\", \"runtime_seconds\", \"limit_latency_seconds\", \"measurements\", \"model\", \"findings\"])
        and (.pass == true) and (.directory == \"dir\") and (.file_system == \"ext4\") and (.free_bytes > 0)
        and (.machine | keys_unsorted == [\"cpus\", \"load\", \"steal_ratio\", \"memory_available_bytes\", \"sqlite_version\", \"fio_version\"])
        and (.machine | .cpus >= 1 and .load == 0.1 and .steal_ratio == 0 and .memory_available_bytes == 4294967296)
        and (.runtime_seconds == 0.2) and (.limit_latency_seconds == {mean: 60, p99: 60})
        and ([.measurements[].name] == [\"fio_randwrite\", \"fio_append\", \"commit_10\", \"commit_100\", \"commit_1000\", \"commit_10000\"])
        and ([.measurements[].operation_items] == [null, null, 10, 100, 1000, 10000])
        and ([.measurements[].gated] == [true, true, true, false, false, false])
        and (.measurements | all(keys_unsorted == [\"name\", \"what\", \"operation_bytes\", \"operation_items\", \"operations\", \"operations_per_second\", \"latency_seconds\", \"ratio\", \"gated\"]))
        and (.measurements | all((.latency_seconds | latency) and .operations > 0 and .operation_bytes > 0 and (.what | is(\"string\"))))
        and (.model | keys_unsorted == [\"commit_seconds\", \"item_seconds\", \"decide_item_seconds\", \"journal_item_bytes\", \"predictions\", \"advised\"])
        and (.model | (.predictions | all(prediction)) and (.advised | prediction))
        and (.findings == [])" report'
    assert_output $'1\ntrue'
}

@test "preflight: the directory is . by default; a name that is no UTF-8 does not break the JSON" {
    ok 'cd dir; fit() { PATH=$PWD/../fio:$PATH LD_PRELOAD="$DELAY $MACHINE" AS_DELAY_US=300 AS_MACHINE_FS=ef53 as-preflight --runtime 100ms --json $GATES "$@"; }
        fit | jq -r .directory; name=$(printf "n\\xff"); mkdir "$name"; fit "$name" | jq -r .directory; rmdir "$name"'
    assert_output $'.\nn?'
}

@test "preflight: the text has a table of all measurements, a model, an advice, and ends in PASS" {
    ok 'fit $GATES dir'
    [[ $(grep -cE '^(fio|commit of) .*( +[0-9.]+){7}$' <<<"$output") == 6 ]] || complain 'expected six rows'
    grep -qE '^advice +--batch [125]0*; [0-9]+ bytes of journal an item$' <<<"$output" || complain 'expected an advice'
    [[ $output == 'directory  dir: ext4, '*$'\nPASS' ]] || complain 'expected PASS'
}

@test "preflight: progress is for a terminal that wants it" {
    pipe 'script -qec "as-preflight --runtime 500ms dir" /dev/null </dev/null | grep -aE "commit path: |fio randwrite.*: [0-9] of " | wc -l'
    ((output > 0)) || complain 'expected progress'
    pipe 'script -qec "as-preflight --runtime 500ms --no-progress dir" /dev/null </dev/null | grep -ac "commit path: "'
    assert_output 0
}

# ---- Ends

# Sends the signal once FILE, a pattern, is there; leaves with the exit status. A preflight that goes
# on nevertheless is killed.
interrupted() { # SIGNAL FILE OPTION...
    local signal=$1 file=$2 pid i
    shift 2
    # env, for a shell has its background processes ignore SIGINT.
    PATH=$PWD/fio:$PATH env --default-signal=INT,HUP as-preflight "$@" >out 2>err &
    pid=$!
    until compgen -G "$file" >/dev/null; do sleep 0.02; done
    kill -"$signal" $pid
    for ((i = 0; i < 300; i++)); do
        kill -0 $pid 2>/dev/null || break
        sleep 0.1
    done
    kill -KILL $pid 2>/dev/null
    wait $pid
}
export -f interrupted

# A fio that would go on for long, with a child of its own. (One that was killed may still be listed,
# as a zombie.)
@test "preflight: an interrupt leaves no file and no fio behind, and is what the process dies of" {
    export pid_file=$PWD/fio.pid
    fake_fio <<<'echo $$ >"$pid_file"; echo data >fio.data; sleep 600; sleep 600'
    for signal in INT:130 TERM:143 HUP:129; do
        pipe "interrupted ${signal%:*} 'dir/.as-preflight-*/fio.data' --runtime 200ms dir; status=\$?
            ls -A dir; cat out err
            ps -e -o pgid=,stat=,args= | awk -v group=\$(<fio.pid) '\$1 == group && \$2 !~ /Z/'
            kill -KILL -- -\$(<fio.pid) 2>/dev/null; exit \$status"
        assert_status "${signal#*:}"
        assert_output ''
    done
}

@test "preflight: an interrupt while the real fio runs leaves no file behind" {
    real_fio
    pipe 'interrupted INT "dir/.as-preflight-*/fio.data" --runtime 3s dir; status=$?; ls -A dir; cat out err; exit $status'
    assert_status 130
    assert_output ''
}

@test "preflight: an interrupt of the commit path leaves no file behind" {
    pipe 'interrupted INT "dir/.as-preflight-*/segment.db-wal" --runtime 1h dir; status=$?; ls -A dir; cat out err; exit $status'
    assert_status 130
    assert_output ''
}

@test "preflight: a directory that cannot be written is 74, one that is none is 64" {
    touch file
    fails 74 'as-preflight: /sys: cannot write there: ' 'as-preflight /sys'
    fails 64 'as-preflight: nowhere: No such file or directory' 'as-preflight nowhere'
    fails 64 'as-preflight: file: not a directory' 'as-preflight file'
    if ((EUID)); then
        chmod a-w dir
        fails 74 'as-preflight: dir: cannot write there: Permission denied' 'as-preflight dir'
        chmod u+w dir
    fi
}

@test "preflight: misuse is one line and 64" {
    fails 64 '--max-latency 0: not a number of microseconds' 'as-preflight --max-latency 0'
    fails 64 '--max-p99 5ms: not a number of microseconds' 'as-preflight --max-p99 5ms'
    fails 64 '--runtime 99ms: not a duration from 100ms to 24h' 'as-preflight --runtime 99ms'
    fails 64 '--runtime 5: not a duration' 'as-preflight --runtime 5'
    fails 64 '--items none: not a number of items' 'as-preflight --items none'
    fails 64 '--items: needs a value' 'as-preflight --items'
    fails 64 'other: more than one directory' 'as-preflight dir other'
}

@test "preflight: a full stdout is 74, whatever the verdict" {
    fails 74 'as-preflight: stdout: No space left on device' 'as-preflight --runtime 100ms dir >/dev/full'
}
