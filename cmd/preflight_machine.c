// SPDX-License-Identifier: MIT
#include "preflight_machine.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/io.h"
#include "base/number.h"
#include "store/sqlite.h"
#include "store/store.h"

enum {
    PROC_FILE_MAX = 4 << 20, // bytes
    FILES_MIN = 64,          // open at a time: the store's, and a reader's
    PIPE_BYTES_MIN = 256 << 10,
    MEMORY_BYTES_MIN = 512 << 20,
    STEAL_PERCENT_WARN = 1,
    STEAL_PERCENT_FAIL = 10,
};
static const double load_per_cpu_max = 0.5; // half a CPU is not ours: worth a line

// ---- Files of the kernel ------------------------------------------------------------------------

// The whole text, NUL-terminated, or empty where the file cannot be read; the caller frees it.
static struct as_buffer read_text(const char *path) {
    struct as_buffer text = {0};
    struct as_error ignored;
    if (as_io_read_file(path, PROC_FILE_MAX, &text, &ignored))
        text.size = 0;
    as_buffer_u8(&text, 0);
    return text;
}

// The first number in the file; UINT64_MAX where there is none ("max").
static uint64_t read_number(const char *path) {
    struct as_buffer text = read_text(path);
    uint64_t v;
    if (sscanf((const char *)text.data, "%" SCNu64, &v) != 1)
        v = UINT64_MAX;
    as_buffer_free(&text);
    return v;
}

// ---- CPUs ---------------------------------------------------------------------------------------

// cpu  user nice system idle iowait irq softirq steal guest guest_nice; guests are in user already.
static struct preflight_ticks read_ticks(void) {
    enum { COLUMNS = 8, STEAL = 7 };
    struct as_buffer text = read_text("/proc/stat");
    struct preflight_ticks ticks = {0};
    uint64_t column[COLUMNS] = {0};
    sscanf((const char *)text.data,
           "cpu %" SCNu64 " %" SCNu64 " %" SCNu64 " %" SCNu64 " %" SCNu64 " %" SCNu64 " %" SCNu64
           " %" SCNu64,
           &column[0], &column[1], &column[2], &column[3], &column[4], &column[5], &column[6],
           &column[STEAL]);
    for (size_t i = 0; i < COLUMNS; i++)
        ticks.total += column[i];
    ticks.steal = column[STEAL];
    as_buffer_free(&text);
    return ticks;
}

static double read_load(void) {
    struct as_buffer text = read_text("/proc/loadavg");
    double load = 0;
    sscanf((const char *)text.data, "%lf", &load);
    as_buffer_free(&text);
    return load;
}

static void look_at_cpus(struct preflight *p) {
    long cpus = sysconf(_SC_NPROCESSORS_ONLN);
    p->machine.cpus = cpus > 0 ? (unsigned)cpus : 1;
    p->machine.load = read_load();
    if (p->machine.load > load_per_cpu_max * p->machine.cpus)
        preflight_find(&p->findings, PREFLIGHT_WARNING, "load",
                       "%.2f on %u CPUs before the measurements: others are at work here",
                       p->machine.load, p->machine.cpus);
}

void preflight_machine_look_back(struct preflight *p, const struct preflight_ticks *started) {
    struct preflight_ticks now = read_ticks();
    if (now.total <= started->total || now.steal < started->steal)
        return;
    double percent =
        100.0 * (double)(now.steal - started->steal) / (double)(now.total - started->total);
    p->machine.steal_percent = percent;
    if (percent >= STEAL_PERCENT_WARN)
        preflight_find(&p->findings,
                       percent >= STEAL_PERCENT_FAIL ? PREFLIGHT_FAILURE : PREFLIGHT_WARNING,
                       "steal", "%.1f %% of the CPU time went to other virtual machines", percent);
}

// ---- Memory and limits --------------------------------------------------------------------------

static uint64_t available_memory(void) {
    struct as_buffer text = read_text("/proc/meminfo");
    const char *line = strstr((const char *)text.data, "MemAvailable:");
    uint64_t kib, bytes = UINT64_MAX;
    if (line && sscanf(line, "MemAvailable: %" SCNu64, &kib) == 1)
        bytes = kib << 10;
    as_buffer_free(&text);
    return bytes;
}

// What a container's own limit leaves (cgroup v2).
static uint64_t available_in_group(void) {
    uint64_t max = read_number("/sys/fs/cgroup/memory.max");
    uint64_t used = read_number("/sys/fs/cgroup/memory.current");
    if (max == UINT64_MAX || used == UINT64_MAX)
        return UINT64_MAX;
    return used < max ? max - used : 0;
}

static void look_at_memory(struct preflight *p) {
    uint64_t bytes = available_memory(), group = available_in_group();
    bytes = group < bytes ? group : bytes;
    p->machine.available_bytes = bytes;
    if (bytes < MEMORY_BYTES_MIN)
        preflight_find(&p->findings, PREFLIGHT_WARNING, "memory",
                       "%.0f MB available: the state of all aggregates is kept in memory, and the "
                       "journal passes through it",
                       (double)bytes / 1e6);
}

static uint64_t soft_limit(int resource) {
    struct rlimit limit;
    return getrlimit(resource, &limit) == 0 ? (uint64_t)limit.rlim_cur : UINT64_MAX;
}

static void look_at_limits(struct preflight *p) {
    struct preflight_findings *f = &p->findings;
    uint64_t files = soft_limit(RLIMIT_NOFILE), file_bytes = soft_limit(RLIMIT_FSIZE);
    uint64_t pipe_bytes = read_number("/proc/sys/fs/pipe-max-size");
    if (files < FILES_MIN)
        preflight_find(f, PREFLIGHT_FAILURE, "open_files",
                       "%" PRIu64 " files may be open, fewer than %d (ulimit -n)", files,
                       FILES_MIN);
    if (file_bytes < AS_SEGMENT_BYTES)
        preflight_find(f, PREFLIGHT_FAILURE, "file_size",
                       "a file may have %" PRIu64
                       " bytes, and a segment of the journal has %d (ulimit -f)",
                       file_bytes, AS_SEGMENT_BYTES);
    if (pipe_bytes < PIPE_BYTES_MIN)
        preflight_find(f, PREFLIGHT_WARNING, "pipe_size",
                       "a pipe holds %" PRIu64
                       " bytes, less than 256 KiB: programs wait for each other more often "
                       "(sysctl fs.pipe-max-size)",
                       pipe_bytes);
}

// ---- SQLite -------------------------------------------------------------------------------------

// sqlite.org/wal.html, "The WAL-reset bug"; 3.44.6 and 3.50.7 have the repair, too.
static bool has_wal_reset_bug(int version) {
    bool repaired =
        (version >= 3044006 && version < 3045000) || (version >= 3050007 && version < 3051000);
    return version >= 3007000 && version <= 3051002 && !repaired;
}

static void look_at_sqlite(struct preflight *p) {
    if (has_wal_reset_bug(sqlite3_libversion_number()))
        preflight_find(&p->findings, PREFLIGHT_WARNING, "sqlite",
                       "%s has the WAL-reset bug (3.7.0 to 3.51.2), which needs two connections "
                       "that write; as-commit keeps one a file, which avoids it",
                       sqlite3_libversion());
}

void preflight_machine_look(struct preflight *p, struct preflight_ticks *started) {
    *started = read_ticks();
    look_at_cpus(p);
    look_at_memory(p);
    look_at_limits(p);
    look_at_sqlite(p);
}
