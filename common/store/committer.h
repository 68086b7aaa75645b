// SPDX-License-Identifier: MIT
//
// The writer's commit stage: one transaction for every batch that waits, COMMIT, and only then
// their verdicts (D1). The only thread that has the journal.
#ifndef AS_STORE_COMMITTER_H
#define AS_STORE_COMMITTER_H

#include <stdatomic.h>

#include "store/batch.h"
#include "store/duplicates.h"
#include "store/folder.h"
#include "store/store.h"
#include "stream/telemetry.h"

struct as_writer_totals {
    uint64_t items, accepted, rejected, duplicates, batches;
    uint64_t frame_bytes;
    uint64_t commits;
    // Over commits, n items each, T from BEGIN to the end of COMMIT: what a fit T = a + b·n needs.
    uint64_t commit_items, commit_ns, commit_items_squared, commit_items_ns; // see telemetry.h
    uint64_t send_wait_ns;
};

struct as_committer {
    struct as_store *store;
    struct as_batch_pool *pool;
    struct as_folder *folder;  // NULL: a dry run
    const atomic_bool *failed; // set by others: nothing more may be committed (D3)
    struct as_queue in;        // batches that are decided, and marks
    void *context;             // of `send`: see store/writer.h
    bool (*send)(void *context, const struct as_buffer *frames);
    void (*measure)(void *context, struct as_telemetry *telemetry);
    uint64_t telemetry_interval_ns; // 0: none is sent
    void (*nobody_listens)(void *context);
    struct as_duplicates duplicates;
    struct as_queue_item *group, **group_last; // batches in the transaction at hand
    bool begun;                                // it has begun: one of them has new items
    uint64_t begun_ns, begun_wall_ns;          // monotonic, wall clock
    uint64_t group_items;                      // new ones in it
    struct as_fold *fold;                      // marked in it
    uint64_t dry_batches, dry_items;           // positions of a dry run
    struct as_writer_totals totals;
    uint64_t telemetry_due_ns;
    struct as_telemetry telemetry; // the commits since the last one was sent
    struct as_buffer verdicts;
    bool sends;
};

void as_committer_open(
    struct as_committer *committer); // the caller has set what comes from outside
void as_committer_close(struct as_committer *committer);
// Takes batches until its queue is closed. AS_IO: final (D3); AS_DATA: of a frame.
int as_committer_run(struct as_committer *committer, struct as_error *error);
// The last TELEMETRY frame and the END frame of the verdict stream.
void as_committer_end(struct as_committer *committer);

#endif
