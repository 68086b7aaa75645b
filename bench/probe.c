// SPDX-License-Identifier: MIT
//
// Preloaded into a program that is measured: counts and delays its syncs, reads SQLite's pragmas
// back, notes memory and processor time. It needs nothing of the program itself, so that it
// measures peers by the same means.
//
//   PROBE_FILE=FILE      where the figures go: six uint64_t in the machine's byte order, to which
//                        every process of a server adds; all but the last two survive SIGKILL
//   PROBE_MATCH=TEXT     syncs of files whose path contains TEXT are counted once more
//   PROBE_SYNC_US=N      a sync takes at least N microseconds, as on a disk that is that slow
//
//   figure 0  fsync calls       1  fdatasync calls      2  both, of files that match
//          3  ns spent in both  4  largest resident set of a process, bytes
//          5  processor time, user and system, microseconds
//
// FILE.sqlite gets a line "path<TAB>journal_mode<TAB>synchronous" for each connection that could
// write, asked when it is closed: what was really in force, whatever the program believes.
#include <dlfcn.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

enum { FSYNC, FDATASYNC, MATCHED, SYNC_NS, RSS_BYTES, CPU_US, FIGURES };

static _Atomic uint64_t unwatched[FIGURES];
static _Atomic uint64_t *figures = unwatched;
static const char *figures_path, *match;
static uint64_t sync_ns_min;

static void *next(const char *name) {
    void *function = dlsym(RTLD_NEXT, name);
    if (!function)
        abort();
    return function;
}

__attribute__((constructor)) static void start(void) {
    const char *delay_us = getenv("PROBE_SYNC_US");
    sync_ns_min = delay_us ? strtoull(delay_us, NULL, 10) * 1000 : 0;
    match = getenv("PROBE_MATCH");
    figures_path = getenv("PROBE_FILE");
    if (!figures_path)
        return;
    int fd = open(figures_path, O_RDWR | O_CREAT | O_CLOEXEC, 0666);
    if (fd < 0 || ftruncate(fd, sizeof unwatched) != 0)
        abort(); // better no run than one without figures
    void *shared = mmap(NULL, sizeof unwatched, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (shared == MAP_FAILED)
        abort();
    figures = shared;
    close(fd);
}

__attribute__((destructor)) static void end(void) {
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    uint64_t rss = (uint64_t)usage.ru_maxrss * 1024, most = atomic_load(&figures[RSS_BYTES]);
    while (rss > most && !atomic_compare_exchange_weak(&figures[RSS_BYTES], &most, rss))
        ;
    atomic_fetch_add(&figures[CPU_US],
                     (uint64_t)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * 1000000 +
                         (uint64_t)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec));
}

// ---- Syncs --------------------------------------------------------------------------------------

static uint64_t now_ns(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

static void sleep_until(uint64_t ns) {
    struct timespec due = {(time_t)(ns / 1000000000), (long)(ns % 1000000000)};
    while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &due, NULL) != 0)
        ;
}

static bool matches(int fd) {
    char link[64], path[4096];
    if (!match)
        return false;
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t size = readlink(link, path, sizeof path - 1);
    if (size < 0)
        return false;
    path[size] = 0;
    return strstr(path, match) != NULL;
}

static int timed_sync(int (*real)(int), int fd, int figure) {
    atomic_fetch_add(&figures[figure], 1);
    if (matches(fd))
        atomic_fetch_add(&figures[MATCHED], 1);
    uint64_t started_ns = now_ns();
    int result = real(fd);
    if (sync_ns_min)
        sleep_until(started_ns + sync_ns_min);
    atomic_fetch_add(&figures[SYNC_NS], now_ns() - started_ns);
    return result;
}

int fsync(int fd) {
    return timed_sync((int (*)(int))next("fsync"), fd, FSYNC);
}

int fdatasync(int fd) {
    return timed_sync((int (*)(int))next("fdatasync"), fd, FDATASYNC);
}

// ---- Pragmas ------------------------------------------------------------------------------------

// SQLite is the program's, not ours: its functions are looked up when it is there.
int sqlite3_close(void *db);
typedef int exec_function(void *db, const char *sql, int (*row)(void *, int, char **, char **),
                          void *context, char **message);

static int keep_text(void *context, int columns, char **values, char **names) {
    (void)names;
    if (columns == 1 && values[0])
        snprintf(context, 16, "%s", values[0]);
    return 0;
}

static void read_back(void *db, const char *path) {
    exec_function *exec = (exec_function *)next("sqlite3_exec");
    char mode[16] = "?", synchronous[16] = "?", file[4096], line[4200];
    exec(db, "PRAGMA journal_mode", keep_text, mode, NULL);
    exec(db, "PRAGMA synchronous", keep_text, synchronous, NULL);
    snprintf(file, sizeof file, "%s.sqlite", figures_path);
    int size = snprintf(line, sizeof line, "%s\t%s\t%s\n", path, mode, synchronous);
    int fd = open(file, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0666);
    if (fd < 0 || write(fd, line, (size_t)size) != size)
        abort();
    close(fd);
}

int sqlite3_close(void *db) {
    if (db && figures_path) {
        const char *path =
            ((const char *(*)(void *, const char *))next("sqlite3_db_filename"))(db, "main");
        int readonly = ((int (*)(void *, const char *))next("sqlite3_db_readonly"))(db, "main");
        if (path && *path && readonly == 0)
            read_back(db, path);
    }
    return ((int (*)(void *))next("sqlite3_close"))(db);
}
