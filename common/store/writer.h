// SPDX-License-Identifier: MIT
//
// The writer: frames of items in, decided in order, committed, verdicts out. Its stages run in
// threads of their own, so that the sync of one batch overlaps the deciding of the next; the slower
// the disk, the more batches share a commit.
//
//   caller --offer--> [engine: decide] ----> [committer: one transaction for all that waits,
//                          |                    COMMIT, then its verdicts] --send--> caller's send
//                          +--- mark: fold ---> [folder: state.db]         journal.c: [sealer]
//
//   open → (take → decode a frame into batch->frame → offer)… → finish → close
//
// A verdict is sent only when its batch is durable (D1). After a failed write or sync nothing more
// is committed, folded or sent (D3). After a frame that is wrong, what came before it is committed
// and nothing else; the state in memory then counts no more.
#ifndef AS_STORE_WRITER_H
#define AS_STORE_WRITER_H

#include <stdatomic.h>

#include "store/batch.h"
#include "store/committer.h"
#include "store/decider.h"
#include "store/folder.h"
#include "store/store.h"

// Who offers frames and wants their verdicts.
struct as_writer_client {
    void *context;
    // On the committer's thread: frames of verdicts, whole. False: nobody wants them any more; what
    // is on its way is still committed.
    bool (*send)(void *context, const struct as_buffer *frames);
    // On any of the writer's threads, once or more: stop offering, there is a failure or nobody
    // wants verdicts any more.
    void (*stop)(void *context);
};

struct as_writer_intervals {
    uint64_t fold_ns;      // how often state.db is brought up to date, at best
    uint64_t telemetry_ns; // how often a TELEMETRY frame is sent; 0: never
};

struct as_writer {
    struct as_store *store;
    struct as_writer_client client;
    struct as_batch_pool pool;
    struct as_decider decider;
    struct as_committer committer;
    struct as_folder folder;
    bool folds; // false: a dry run
    pthread_t decider_thread, committer_thread;
    uint64_t started_ns, taken_ns; // monotonic
    atomic_uint_fast64_t read_ns;  // from take to offer
    atomic_bool failed;            // the disk, finally (D3)
    atomic_bool unsound;           // the state in memory is not that of the journal
    pthread_mutex_t error_mutex;
    struct as_error error; // the first one, or the disk's
};

// The store is open and stays the caller's. AS_IO where the system has no threads.
int as_writer_open(struct as_writer *writer, struct as_store *store,
                   const struct as_writer_client *client, const struct as_writer_intervals *every,
                   struct as_error *error);

// A batch to decode a frame into, then to be offered or given back.
struct as_batch *as_writer_take(struct as_writer *writer);
void as_writer_give_back(struct as_writer *writer, struct as_batch *batch);
// Hands a batch over; waits where too much is on its way. False: stop offering.
bool as_writer_offer(struct as_writer *writer, struct as_batch *batch);

// No more frames: waits for those on their way, folds, and sends the END frame where nothing failed
// and the input was `complete`. AS_OK, or the failure: AS_DATA (a frame), AS_IO (D3: the store may
// only be abandoned).
int as_writer_finish(struct as_writer *writer, bool complete, struct as_error *error);
// On the committer's thread (in send), or after finish.
const struct as_writer_totals *as_writer_totals(const struct as_writer *writer);
void as_writer_measure(struct as_writer *writer, struct as_telemetry *telemetry);
// After finish; harmless where open failed or was never called on a zeroed writer.
void as_writer_close(struct as_writer *writer);

#endif
