// SPDX-License-Identifier: MIT
//
//   IDLE --begin--> BEGUN --write--> WRITING --thread--> IDLE      close --> CLOSED
#include "store/folder.h"

#include "base/clock.h"

enum {
    REST = 9, // after a fold its thread rests for nine times as long as that took, at least
    ASK_AGAIN_NS = 50 * AS_NS_PER_MS,
};

static void write_fold(struct as_folder *f) {
    struct as_error error;
    uint64_t started_ns = as_clock_monotonic_ns();
    bool failed = as_store_write_fold(f->store, &f->fold.changes, &f->fold.sources, &f->fold.head,
                                      &error) != AS_OK;
    uint64_t done_ns = as_clock_monotonic_ns(), rest_ns = (done_ns - started_ns) * REST;
    if (failed)
        f->fail(f->context, &error);
    f->fold.changes.size = f->fold.sources.size = 0;
    pthread_mutex_lock(&f->mutex);
    f->figures.folds++;
    f->figures.took_ns = done_ns - started_ns;
    f->figures.items = f->fold.head.items;
    f->figures.as_of_ns = f->writing_as_of_ns;
    f->due_ns = done_ns + (rest_ns > f->interval_ns ? rest_ns : f->interval_ns);
    f->state = AS_FOLDER_IDLE;
    pthread_cond_signal(&f->changed);
    pthread_mutex_unlock(&f->mutex);
}

static enum as_folder_state wait_for_work(struct as_folder *f) {
    pthread_mutex_lock(&f->mutex);
    while (f->state == AS_FOLDER_IDLE || f->state == AS_FOLDER_BEGUN)
        pthread_cond_wait(&f->changed, &f->mutex);
    enum as_folder_state state = f->state;
    pthread_mutex_unlock(&f->mutex);
    return state;
}

static void *run(void *argument) {
    struct as_folder *f = argument;
    while (wait_for_work(f) == AS_FOLDER_WRITING)
        write_fold(f);
    return NULL;
}

int as_folder_open(struct as_folder *f, struct as_store *store, uint64_t interval_ns,
                   struct as_error *error) {
    f->store = store;
    f->interval_ns = interval_ns;
    f->figures.as_of_ns = as_clock_monotonic_ns();
    f->figures.items = store->folded.items;
    f->due_ns = f->figures.as_of_ns + interval_ns;
    f->state = AS_FOLDER_IDLE;
    pthread_mutex_init(&f->mutex, NULL);
    as_cond_init(&f->changed);
    int code = as_thread_start(&f->thread, "as-fold", run, f, error);
    if (code)
        f->state = AS_FOLDER_CLOSED;
    return code;
}

static void set_state(struct as_folder *f, enum as_folder_state state) {
    pthread_mutex_lock(&f->mutex);
    f->state = state;
    pthread_cond_signal(&f->changed);
    pthread_mutex_unlock(&f->mutex);
}

void as_folder_finish(struct as_folder *f) {
    pthread_mutex_lock(&f->mutex);
    while (f->state == AS_FOLDER_WRITING)
        pthread_cond_wait(&f->changed, &f->mutex);
    bool runs = f->state != AS_FOLDER_CLOSED;
    pthread_mutex_unlock(&f->mutex);
    set_state(f, AS_FOLDER_CLOSED);
    if (runs)
        pthread_join(f->thread, NULL);
}

void as_folder_close(struct as_folder *f) {
    as_folder_finish(f);
    pthread_cond_destroy(&f->changed);
    pthread_mutex_destroy(&f->mutex);
    as_buffer_free(&f->fold.changes);
    as_buffer_free(&f->fold.sources);
}

struct as_fold *as_folder_begin(struct as_folder *f, uint64_t now_ns, uint64_t *due_ns) {
    pthread_mutex_lock(&f->mutex);
    bool begins = f->state == AS_FOLDER_IDLE && now_ns >= f->due_ns;
    *due_ns = f->state == AS_FOLDER_IDLE ? f->due_ns : now_ns + ASK_AGAIN_NS;
    if (begins)
        f->state = AS_FOLDER_BEGUN;
    pthread_mutex_unlock(&f->mutex);
    return begins ? &f->fold : NULL;
}

void as_folder_write(struct as_folder *f, uint64_t now_ns) {
    f->writing_as_of_ns = now_ns; // the thread looks at it behind the mutex
    set_state(f, AS_FOLDER_WRITING);
}

void as_folder_measure(struct as_folder *f, struct as_folder_figures *figures) {
    pthread_mutex_lock(&f->mutex);
    *figures = f->figures;
    pthread_mutex_unlock(&f->mutex);
}
