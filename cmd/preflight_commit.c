// SPDX-License-Identifier: MIT
#include "preflight_commit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/histogram.h"
#include "base/io.h"
#include "preflight_model.h"
#include "store/segment.h"

enum {
    WINDOWS = 5,            // that the runtime is cut into, to compare the first with the last
    WINDOW_COMMITS_MIN = 8, // in each of the two
    BURST_RATIO = 2,        // of their medians, from which it is worth a warning
};
// A shorter window tells more of its neighbours' doings than of credit.
static const uint64_t window_ns_min = AS_NS_PER_S / 2;

static const char *const names[PREFLIGHT_BATCHES] = {"commit_10", "commit_100", "commit_1000",
                                                     "commit_10000"};

struct timing {
    struct as_histogram commit_ns;
    uint64_t wal_bytes; // of all of them
};

struct preflight_commit {
    struct preflight *preflight;
    const struct preflight_load *load;
    struct as_segment segment; // path is NULL while there is none
    char *path, *wal_path;
    uint64_t batch, item;
    uint8_t hash[AS_SHA256_SIZE];
    struct timing timings[PREFLIGHT_BATCHES];
    struct as_histogram windows[WINDOWS]; // of the smallest batch
    uint64_t ran_ns;
    bool failed;
};

struct preflight_commit *preflight_commit_open(struct preflight *p,
                                               const struct preflight_load *load) {
    struct preflight_commit *c = as_alloc_zero(1, sizeof *c);
    c->preflight = p;
    c->load = load;
    c->path = as_io_join(p->scratch, "segment.db");
    c->wal_path = as_io_join(p->scratch, "segment.db-wal");
    return c;
}

// ---- The segment --------------------------------------------------------------------------------

static uint64_t wal_size(const struct preflight_commit *c) {
    struct stat st;
    return stat(c->wal_path, &st) == 0 ? (uint64_t)st.st_size : 0;
}

static int start_segment(struct preflight_commit *c, struct as_error *error) {
    struct as_segment_start start = {.first_batch = c->batch + 1, .first_item = c->item};
    memcpy(start.domain, c->load->domain, AS_SHA256_SIZE);
    memcpy(start.previous_hash, c->hash, AS_SHA256_SIZE);
    int code = as_segment_make(c->path, error);
    if (!code)
        code = as_segment_open(c->path, &c->segment, error);
    if (!code)
        code = as_segment_start(&c->segment, &start, error);
    return code ? code : as_segment_commit(&c->segment, error);
}

static int drop_segment(struct preflight_commit *c, struct as_error *error) {
    if (c->segment.path)
        as_segment_abandon(&c->segment);
    return as_sqlite_remove(c->path, error);
}

// The writer never waits for a checkpoint, and a sealer does not wait here either: a segment that
// has filled the room is thrown away.
static int ready_segment(struct preflight_commit *c, struct as_error *error) {
    int code = AS_OK;
    if (c->segment.path && wal_size(c) >= c->preflight->disk.room_bytes)
        code = drop_segment(c, error);
    if (!code && !c->segment.path)
        code = start_segment(c, error);
    return code;
}

// ---- A commit -----------------------------------------------------------------------------------

static int commit_row(struct preflight_commit *c, struct as_journal_row *row,
                      struct as_error *error) {
    int code = as_segment_begin(&c->segment, error);
    as_segment_hash(c->hash, row, row->hash);
    if (!code)
        code = as_segment_append(&c->segment, row, error);
    return code ? code : as_segment_commit(&c->segment, error);
}

static int commit_batch(struct preflight_commit *c, size_t size, uint64_t *took_ns,
                        struct as_error *error) {
    const struct preflight_batch *batch = &c->load->batches[size];
    struct as_journal_row row = {.batch = c->batch + 1,
                                 .first_item = c->item,
                                 .items = batch->items,
                                 .accepted = batch->accepted,
                                 .offset = c->item,
                                 .committed_ns = as_clock_wall_ns(),
                                 .frame = {batch->frame.data, batch->frame.size},
                                 .verdicts = {batch->verdicts.data, batch->verdicts.size}};
    uint64_t started_ns = as_clock_monotonic_ns();
    int code = commit_row(c, &row, error);
    *took_ns = as_clock_monotonic_ns() - started_ns;
    c->batch++;
    c->item += batch->items;
    memcpy(c->hash, row.hash, AS_SHA256_SIZE);
    return code;
}

static unsigned window(const struct preflight_commit *c, uint64_t ran_ns) {
    double share = (double)ran_ns / (double)c->preflight->options->runtime_ns;
    return share < 1 ? (unsigned)(share * WINDOWS) : WINDOWS - 1;
}

static int time_commit(struct preflight_commit *c, size_t size, uint64_t ran_ns,
                       struct as_error *error) {
    struct timing *timing = &c->timings[size];
    uint64_t took_ns, before = wal_size(c);
    int code = commit_batch(c, size, &took_ns, error);
    if (code)
        return code;
    as_histogram_add(&timing->commit_ns, took_ns, 1);
    timing->wal_bytes += wal_size(c) - before;
    if (size == 0)
        as_histogram_add(&c->windows[window(c, ran_ns)], took_ns, 1);
    return AS_OK;
}

static int run_round(struct preflight_commit *c, uint64_t ran_ns, struct as_error *error) {
    int code = ready_segment(c, error);
    for (size_t size = 0; !code && size < PREFLIGHT_BATCHES; size++)
        code = time_commit(c, size, ran_ns, error);
    as_progress_say(&c->preflight->progress, "commit path: %.0f of %.0f s", (double)ran_ns / 1e9,
                    (double)c->preflight->options->runtime_ns / 1e9);
    return code;
}

// At least one round, however short the time.
void preflight_commit_run(struct preflight_commit *c, uint64_t until_ns) {
    struct as_error error;
    uint64_t started_ns = as_clock_monotonic_ns(), before_ns = c->ran_ns;
    while (!c->failed && !*c->preflight->stop) {
        if (run_round(c, c->ran_ns, &error)) {
            c->failed = true;
            preflight_find(&c->preflight->findings, PREFLIGHT_FAILURE, "commit", "%s", error.text);
        }
        c->ran_ns = before_ns + (as_clock_monotonic_ns() - started_ns);
        if (c->ran_ns >= until_ns)
            break;
    }
}

// ---- What came of it ----------------------------------------------------------------------------

static void add_job(struct preflight_commit *c, size_t size) {
    const struct timing *timing = &c->timings[size];
    const struct as_histogram *h = &timing->commit_ns;
    struct preflight_job *job = preflight_add_job(c->preflight, names[size]);
    job->items = c->load->batches[size].items;
    job->bytes = c->load->batches[size].frame.size + c->load->batches[size].verdicts.size;
    job->gated = size == 0;
    job->operations = h->count;
    job->operations_per_s = (double)h->count / (h->sum / 1e9); // as if it had run by itself
    job->mean_ns = h->sum / (double)h->count;
    job->p50_ns = (double)as_histogram_quantile(h, 0.5);
    job->p99_ns = (double)as_histogram_quantile(h, 0.99);
    job->p99_9_ns = (double)as_histogram_quantile(h, 0.999);
    job->max_ns = (double)h->max;
    job->wal_bytes = (double)timing->wal_bytes / (double)h->count;
    snprintf(job->what, sizeof job->what, "commit of %llu items", (unsigned long long)job->items);
}

static void look_for_burst(struct preflight_commit *c) {
    const struct as_histogram *first = &c->windows[0], *last = &c->windows[WINDOWS - 1];
    if (c->preflight->options->runtime_ns / WINDOWS < window_ns_min ||
        first->count < WINDOW_COMMITS_MIN || last->count < WINDOW_COMMITS_MIN)
        return;
    uint64_t before_ns = as_histogram_quantile(first, 0.5);
    uint64_t after_ns = as_histogram_quantile(last, 0.5);
    if (after_ns > BURST_RATIO * before_ns)
        preflight_find(&c->preflight->findings, PREFLIGHT_WARNING, "burst",
                       "a commit took %.0f us at first and %.0f us at last (medians): burst credit "
                       "may be running out; try a longer --runtime",
                       (double)before_ns / 1e3, (double)after_ns / 1e3);
}

void preflight_commit_close(struct preflight_commit *c) {
    struct as_error error;
    bool whole = !c->failed && c->timings[PREFLIGHT_BATCHES - 1].commit_ns.count > 0;
    for (size_t size = 0; whole && size < PREFLIGHT_BATCHES; size++)
        add_job(c, size);
    if (whole) {
        look_for_burst(c);
        preflight_model_fit(c->preflight, c->load->decide_ns);
    }
    drop_segment(c, &error); // what stays is the scratch directory's to tell
    free(c->path);
    free(c->wal_path);
    free(c);
}
