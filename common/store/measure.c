// SPDX-License-Identifier: MIT
//
// What the writer tells about itself: the figures of its stages, put together once a second.
#include <stdio.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/clock.h"
#include "store/writer.h"

static uint64_t resident_bytes(void) {
    unsigned long long size, resident = 0;
    FILE *file = fopen("/proc/self/statm", "re");
    if (!file)
        return 0;
    if (fscanf(file, "%llu %llu", &size, &resident) != 2)
        resident = 0;
    fclose(file);
    return resident * (uint64_t)sysconf(_SC_PAGESIZE);
}

static uint64_t time_ns(const struct timeval *t) {
    return (uint64_t)t->tv_sec * AS_NS_PER_S + (uint64_t)t->tv_usec * AS_NS_PER_US;
}

static void measure_process(uint64_t *v) {
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    v[AS_TELEMETRY_CPU_USER_NS] = time_ns(&usage.ru_utime);
    v[AS_TELEMETRY_CPU_SYSTEM_NS] = time_ns(&usage.ru_stime);
    v[AS_TELEMETRY_RSS_BYTES] = resident_bytes();
}

static void measure_commits(const struct as_writer_totals *t, uint64_t *v) {
    v[AS_TELEMETRY_ITEMS] = t->items;
    v[AS_TELEMETRY_ACCEPTED] = t->accepted;
    v[AS_TELEMETRY_REJECTED] = t->rejected;
    v[AS_TELEMETRY_DUPLICATES] = t->duplicates;
    v[AS_TELEMETRY_BATCHES] = t->batches;
    v[AS_TELEMETRY_COMMITS] = t->commits;
    v[AS_TELEMETRY_FRAME_BYTES] = t->frame_bytes;
    v[AS_TELEMETRY_COMMIT_ITEMS] = t->commit_items;
    v[AS_TELEMETRY_COMMIT_NS] = t->commit_ns;
    v[AS_TELEMETRY_COMMIT_ITEMS_SQUARED] = t->commit_items_squared;
    v[AS_TELEMETRY_COMMIT_ITEMS_NS] = t->commit_items_ns;
    v[AS_TELEMETRY_SEND_WAIT_NS] = t->send_wait_ns;
}

static void measure_stages(struct as_writer *w, uint64_t *v) {
    size_t depth;
    v[AS_TELEMETRY_READ_WAIT_NS] = atomic_load_explicit(&w->read_ns, memory_order_relaxed);
    v[AS_TELEMETRY_ROOM_WAIT_NS] = as_batch_pool_waited_ns(&w->pool);
    v[AS_TELEMETRY_DECIDE_NS] = atomic_load_explicit(&w->decider.decide_ns, memory_order_relaxed);
    v[AS_TELEMETRY_ROWS] = atomic_load_explicit(&w->decider.rows, memory_order_relaxed);
    v[AS_TELEMETRY_DIRTY_ROWS] = atomic_load_explicit(&w->decider.dirty_rows, memory_order_relaxed);
    as_queue_measure(&w->decider.in, &depth, &v[AS_TELEMETRY_ENGINE_WAIT_NS]);
    v[AS_TELEMETRY_ENGINE_DEPTH] = depth;
    as_queue_measure(&w->committer.in, &depth, &v[AS_TELEMETRY_COMMIT_WAIT_NS]);
    v[AS_TELEMETRY_COMMIT_DEPTH] = depth;
}

static void measure_store(struct as_writer *w, uint64_t now_ns, uint64_t *v) {
    struct as_journal_figures journal;
    struct as_folder_figures fold;
    if (w->store->read_only)
        return;
    as_journal_measure(w->store->journal, &journal);
    v[AS_TELEMETRY_JOURNAL_BYTES] = journal.appended_bytes;
    v[AS_TELEMETRY_WAL_BYTES] = journal.active_bytes;
    v[AS_TELEMETRY_SEGMENTS] = journal.segments;
    v[AS_TELEMETRY_SEALS] = journal.seals;
    v[AS_TELEMETRY_SEALING_BYTES] = journal.sealing_bytes;
    uint64_t items = as_journal_head(w->store->journal)->items;
    as_folder_measure(&w->folder, &fold);
    v[AS_TELEMETRY_FOLDS] = fold.folds;
    v[AS_TELEMETRY_FOLD_NS] = fold.took_ns;
    v[AS_TELEMETRY_FOLD_LAG_ITEMS] = items - fold.items;
    v[AS_TELEMETRY_FOLD_LAG_NS] = items > fold.items ? now_ns - fold.as_of_ns : 0;
}

void as_writer_measure(struct as_writer *w, struct as_telemetry *t) {
    uint64_t now_ns = as_clock_monotonic_ns();
    t->values[AS_TELEMETRY_UPTIME_NS] = now_ns - w->started_ns;
    measure_commits(&w->committer.totals, t->values);
    measure_stages(w, t->values);
    measure_store(w, now_ns, t->values);
    measure_process(t->values);
}
