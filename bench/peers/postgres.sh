# shellcheck shell=bash disable=SC2154 # what bench/run sets
# SPDX-License-Identifier: MIT
#
# A PostgreSQL of our own: a cluster in a directory that is removed afterwards, on a Unix socket, no
# network, tuned as for this work. The server refuses to run as root: its own user then runs it.
#
#   postgres_start → (postgres_create, postgres_copy, postgres_query …) → postgres_stop
#
# The probe is preloaded into the server, so that its syncs are counted as those of the others.

postgres_bin=/usr/lib/postgresql/15/bin
postgres_dir='' # while a server runs

as_postgres() { # COMMAND...
    if (($(id -u))); then
        "$@"
    else
        (cd / && setpriv --reuid=postgres --regid=postgres --clear-groups "$@")
    fi
}

# On the disk that is measured, unless the server's user cannot get there.
postgres_place() {
    postgres_dir=$tmp/postgres
    mkdir "$postgres_dir"
    if (($(id -u) == 0)) && ! as_postgres test -x "$postgres_dir"; then
        rmdir "$postgres_dir"
        postgres_dir=$(mktemp -d -p /var/tmp postgres.XXXXXX)
        [[ $(stat -c %d "$postgres_dir") == $(stat -c %d "$tmp") ]] ||
            die "the user postgres cannot enter $tmp, and /var/tmp is another disk: give --tmp"
    fi
    cp "$BUILD/bench/probe.so" "$postgres_dir"
    (($(id -u))) || chown -R postgres:postgres "$postgres_dir"
}

# A quarter of a machine's memory, rare checkpoints, the least WAL; nothing that costs durability.
postgres_configure() {
    cat >>"$postgres_dir/data/postgresql.conf" <<-END
	listen_addresses = ''
	unix_socket_directories = '$postgres_dir'
	shared_buffers = 2GB
	effective_cache_size = 8GB
	work_mem = 64MB
	max_wal_size = 16GB
	checkpoint_timeout = 30min
	wal_level = minimal
	max_wal_senders = 0
	wal_buffers = 64MB
	jit = off
	fsync = on
	synchronous_commit = on
	full_page_writes = on
	END
}

postgres_start() {
    postgres_place
    as_postgres "$postgres_bin/initdb" -D "$postgres_dir/data" -U postgres -A trust -E UTF8 \
        --locale=C >"$tmp/initdb.log" 2>&1 || die "initdb: $(tail -n 3 "$tmp/initdb.log")"
    postgres_configure
    as_postgres env LD_PRELOAD="$postgres_dir/probe.so" PROBE_FILE="$postgres_dir/probe" \
        PROBE_MATCH=pg_wal "$postgres_bin/pg_ctl" -D "$postgres_dir/data" -w -s \
        -l "$postgres_dir/log" start || die "postgres: $(tail -n 3 "$postgres_dir/log")"
}

postgres_stop() {
    [[ $postgres_dir ]] || return 0
    as_postgres "$postgres_bin/pg_ctl" -D "$postgres_dir/data" -m immediate -s stop || true
    rm -rf "$postgres_dir"
    postgres_dir=''
}

postgres_url() { # DATABASE
    printf 'host=%s user=postgres dbname=%s' "$postgres_dir" "$1"
}

postgres_query() { # DATABASE SQL
    psql -XqAt -v ON_ERROR_STOP=1 "$(postgres_url "$1")" -c "$2" || die "psql: $2"
}

postgres_create() { # DATABASE FILE.sql
    postgres_query postgres "CREATE DATABASE $1"
    psql -Xq -v ON_ERROR_STOP=1 -f "$2" "$(postgres_url "$1")" 2>"$tmp/psql.log" ||
        die "psql: $(tail -n 3 "$tmp/psql.log")"
}

postgres_copy() { # FROM TO
    postgres_query postgres "CREATE DATABASE $2 TEMPLATE $1 STRATEGY file_copy"
}

postgres_drop() { # DATABASE
    postgres_query postgres "DROP DATABASE $1"
}

# What was in force, as the server says.
postgres_pragmas() {
    postgres_query postgres "SELECT string_agg(name || '=' || setting, ' ' ORDER BY name) FROM pg_settings
        WHERE name IN ('fsync', 'synchronous_commit', 'full_page_writes', 'wal_sync_method')"
}
