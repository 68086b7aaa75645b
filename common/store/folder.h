// SPDX-License-Identifier: MIT
//
// The fold: state.db is brought up to date every now and then by a thread of its own, from a copy
// of the rows that changed. The copy is written only once the journal has everything it stands for.
//
//   engine:     begin → fill the fold's changes and sources → hand it on behind the last batch
//   committer:  commit that batch → fill fold->head → write
//
// There is at most one fold at a time.
#ifndef AS_STORE_FOLDER_H
#define AS_STORE_FOLDER_H

#include "base/buffer.h"
#include "base/queue.h"
#include "store/store.h"

struct as_fold {
    struct as_buffer changes; // as_engine_take_changes
    struct as_buffer sources; // as_sources_take_changes
    struct as_journal_head head;
};

enum as_folder_state { AS_FOLDER_IDLE, AS_FOLDER_BEGUN, AS_FOLDER_WRITING, AS_FOLDER_CLOSED };

struct as_folder_figures {
    uint64_t folds, took_ns;  // how many, and how long the last one took
    uint64_t items, as_of_ns; // where state.db is, and when that was committed (monotonic)
};

struct as_folder {
    struct as_store *store;
    uint64_t interval_ns;
    // On the folder's thread, where it failed: the disk's word is final (D3).
    void (*fail)(void *context, const struct as_error *error);
    void *context;
    struct as_fold fold;
    pthread_t thread;
    pthread_mutex_t mutex; // guards what follows
    pthread_cond_t changed;
    enum as_folder_state state;
    uint64_t due_ns; // monotonic
    struct as_folder_figures figures;
    uint64_t writing_as_of_ns; // when the head of the fold at hand was committed
};

// `fail` and `context` are set by the caller before.
int as_folder_open(struct as_folder *folder, struct as_store *store, uint64_t interval_ns,
                   struct as_error *error);
// Waits for the fold that is being written; one that was begun and not handed over is dropped. Once
// more is harmless.
void as_folder_finish(struct as_folder *folder);
void as_folder_close(struct as_folder *folder); // after open, whatever it returned

// The fold to fill where one is due, else NULL and *due_ns tells when to ask again.
struct as_fold *as_folder_begin(struct as_folder *folder, uint64_t now_ns, uint64_t *due_ns);
// The fold's head was committed at now_ns.
void as_folder_write(struct as_folder *folder, uint64_t now_ns);

void as_folder_measure(struct as_folder *folder, struct as_folder_figures *figures);

#endif
