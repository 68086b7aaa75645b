// SPDX-License-Identifier: MIT
#include "store/writer.h"

#include "base/clock.h"

// ---- Failure ------------------------------------------------------------------------------------

// Keeps the first failure, or the disk's, and sees to it that nobody waits for more.
static void fail(struct as_writer *w, const struct as_error *error) {
    pthread_mutex_lock(&w->error_mutex);
    bool final = error->code == AS_IO && !atomic_load(&w->failed);
    if (!w->error.code || final)
        w->error = *error;
    if (final)
        atomic_store(&w->failed, true);
    atomic_store(&w->unsound, true);
    pthread_mutex_unlock(&w->error_mutex);
    as_batch_pool_stop(&w->pool);
    w->client.stop(w->client.context);
}

static void fail_fold(void *context, const struct as_error *error) {
    fail(context, error);
}

static void stop_client(void *context) {
    struct as_writer *w = context;
    w->client.stop(w->client.context);
}

static bool send_to_client(void *context, const struct as_buffer *frames) {
    struct as_writer *w = context;
    return w->client.send(w->client.context, frames);
}

// ---- Threads ------------------------------------------------------------------------------------

static void measure(void *context, struct as_telemetry *telemetry) {
    as_writer_measure(context, telemetry);
}

static void *decide(void *context) {
    struct as_writer *w = context;
    struct as_error error;
    if (as_decider_run(&w->decider, &error))
        fail(w, &error);
    return NULL;
}

static void *commit(void *context) {
    struct as_writer *w = context;
    struct as_error error;
    if (as_committer_run(&w->committer, &error))
        fail(w, &error);
    return NULL;
}

static int start_threads(struct as_writer *w, struct as_error *error) {
    int code = as_thread_start(&w->decider_thread, "as-engine", decide, w, error);
    if (code)
        return code;
    code = as_thread_start(&w->committer_thread, "as-committer", commit, w, error);
    if (code) {
        as_queue_close(&w->decider.in);
        pthread_join(w->decider_thread, NULL);
    }
    return code;
}

static void connect(struct as_writer *w, uint64_t telemetry_interval_ns) {
    struct as_folder *folder = w->folds ? &w->folder : NULL;
    w->decider = (struct as_decider){.store = w->store,
                                     .pool = &w->pool,
                                     .folder = folder,
                                     .changed = !w->store->has_folded,
                                     .out = &w->committer.in};
    w->committer = (struct as_committer){.store = w->store,
                                         .pool = &w->pool,
                                         .folder = folder,
                                         .failed = &w->failed,
                                         .context = w,
                                         .send = send_to_client,
                                         .measure = measure,
                                         .telemetry_interval_ns = telemetry_interval_ns,
                                         .nobody_listens = stop_client};
    as_queue_init(&w->decider.in);
    as_queue_init(&w->committer.in);
    as_committer_open(&w->committer);
}

int as_writer_open(struct as_writer *w, struct as_store *store,
                   const struct as_writer_client *client, const struct as_writer_intervals *every,
                   struct as_error *error) {
    *w = (struct as_writer){.store = store,
                            .client = *client,
                            .folds = !store->read_only,
                            .started_ns = as_clock_monotonic_ns()};
    pthread_mutex_init(&w->error_mutex, NULL);
    as_batch_pool_init(&w->pool);
    connect(w, every->telemetry_ns);
    w->folder = (struct as_folder){.fail = fail_fold, .context = w};
    int code = w->folds ? as_folder_open(&w->folder, store, every->fold_ns, error) : AS_OK;
    if (!code)
        code = start_threads(w, error);
    if (code)
        as_writer_close(w);
    return code;
}

struct as_batch *as_writer_take(struct as_writer *w) {
    w->taken_ns = as_clock_monotonic_ns();
    return as_batch_pool_take(&w->pool);
}

void as_writer_give_back(struct as_writer *w, struct as_batch *batch) {
    as_batch_pool_release(&w->pool, batch);
}

bool as_writer_offer(struct as_writer *w, struct as_batch *batch) {
    batch->arrived_ns = as_clock_monotonic_ns();
    atomic_fetch_add_explicit(&w->read_ns, batch->arrived_ns - w->taken_ns, memory_order_relaxed);
    if (!as_batch_pool_admit(&w->pool, batch)) {
        as_batch_pool_release(&w->pool, batch);
        return false;
    }
    as_queue_put(&w->decider.in, &batch->item);
    return true;
}

// ---- The end ------------------------------------------------------------------------------------

int as_writer_finish(struct as_writer *w, bool complete, struct as_error *error) {
    as_queue_close(&w->decider.in);
    pthread_join(w->decider_thread, NULL);
    pthread_join(w->committer_thread, NULL);
    if (w->folds)
        as_folder_finish(&w->folder);
    struct as_error last;
    if (w->folds && !atomic_load(&w->unsound) && as_store_fold(w->store, &last))
        fail(w, &last);
    w->folder.figures.items = w->store->folded.items;
    as_duplicates_close(&w->committer.duplicates); // or the last checkpoint would wait for it
    if (w->error.code)
        *error = w->error;
    else if (complete)
        as_committer_end(&w->committer);
    return w->error.code;
}

const struct as_writer_totals *as_writer_totals(const struct as_writer *w) {
    return &w->committer.totals;
}

static void drain(struct as_writer *w, struct as_queue *queue) {
    bool ended;
    as_batch_pool_release_all(&w->pool, as_queue_take_all(queue, 0, &ended));
    as_queue_free(queue);
}

void as_writer_close(struct as_writer *w) {
    if (!w->store)
        return;
    if (w->folds)
        as_folder_close(&w->folder);
    as_committer_close(&w->committer);
    drain(w, &w->decider.in);
    drain(w, &w->committer.in);
    as_batch_pool_free(&w->pool);
    pthread_mutex_destroy(&w->error_mutex);
    w->store = NULL;
}
