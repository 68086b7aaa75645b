// SPDX-License-Identifier: MIT
//
// A batch on its way through the writer's stages, and the pool that bounds how many there are:
//
//   take → decode a frame into it → admit → [engine: decide, admit_outcome] → [committer] → release
//
// Exactly one stage has a batch at any time. When the pool is stopped, nobody waits any more.
#ifndef AS_STORE_BATCH_H
#define AS_STORE_BATCH_H

#include "base/queue.h"
#include "stream/frame.h"

enum {
    // Of the frames between the reader and their commit. More than this only waits longer: four
    // times as much was 3 % faster and trebled the round trip's 99th percentile.
    AS_BATCH_FRAMES_BYTES_MAX = 1 << 20,
    // Of decisions that wait for their commit.
    AS_BATCH_OUTCOMES_BYTES_MAX = 16 << 20,
    // Each batch counts for at least this much: there are never more than a thousand.
    AS_BATCH_OVERHEAD = 1 << 10,
    // Buffers larger than this are not kept for the next batch.
    AS_BATCH_BUFFER_KEPT = 256 << 10,
};

struct as_fold; // store/folder.h

struct as_batch {
    struct as_queue_item item; // first: a queue's item is its batch
    struct as_frame frame;     // as it came; the verbatim bytes go into the journal
    uint64_t arrived_ns, decided_ns;
    struct as_buffer decided;  // outcome of its new items, for the journal
    struct as_buffer answered; // outcome of all its items, where some are duplicates
    uint32_t items, accepted;  // new
    uint32_t skip;             // duplicates, the leading records of the frame
    uint32_t skip_rejected;
    uint64_t batch, first_item; // when committed
    struct as_fold *fold;       // no batch, but a mark: what came before it is to be folded
    size_t charged, outcome_charged;
};

struct as_batch_pool {
    pthread_mutex_t mutex;
    pthread_cond_t changed;
    struct as_queue_item *free; // a stack: the batch released last is in the cache
    size_t frames_bytes, outcomes_bytes;
    bool stopped;
    uint64_t waited_ns; // of the reader, for room
};

void as_batch_pool_init(struct as_batch_pool *pool);
void as_batch_pool_free(struct as_batch_pool *pool); // every batch must have been released

// Never waits.
struct as_batch *as_batch_pool_take(struct as_batch_pool *pool);
// Waits until there is room for the batch's frame; false once the pool is stopped.
bool as_batch_pool_admit(struct as_batch_pool *pool, struct as_batch *batch);
// The same for what was decided.
bool as_batch_pool_admit_outcome(struct as_batch_pool *pool, struct as_batch *batch);
void as_batch_pool_release(struct as_batch_pool *pool, struct as_batch *batch);
// Releases a list of batches, linked as queue items.
void as_batch_pool_release_all(struct as_batch_pool *pool, struct as_queue_item *batches);
// How long the reader has waited for room.
uint64_t as_batch_pool_waited_ns(struct as_batch_pool *pool);
void as_batch_pool_stop(struct as_batch_pool *pool);

#endif
