// SPDX-License-Identifier: MIT
//
// The writer's engine stage: decides each batch in memory, in order, ahead of the disk; now and
// then takes a copy of what changed for the fold. The only thread that has the engine and the
// sources.
#ifndef AS_STORE_DECIDER_H
#define AS_STORE_DECIDER_H

#include <stdatomic.h>

#include "store/batch.h"
#include "store/folder.h"
#include "store/store.h"

struct as_decider {
    struct as_store *store;
    struct as_batch_pool *pool;
    struct as_folder *folder; // NULL: a dry run
    struct as_queue in;       // batches with a frame
    struct as_queue *out;     // the committer's
    struct as_batch mark;     // goes to the committer where a fold was taken
    bool changed;             // since the last fold, or there was none yet
    uint64_t due_ns;          // when to ask for a fold
    // For whoever measures, on any thread.
    atomic_uint_fast64_t decide_ns, rows, dirty_rows;
};

// Takes batches until its queue is closed, then closes the committer's. AS_DATA where a frame is
// wrong ("frame 3 at byte 400: …"): nothing of it or behind it is handed on.
int as_decider_run(struct as_decider *decider, struct as_error *error);

#endif
