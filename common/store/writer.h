// SPDX-License-Identifier: MIT
//
// The writer's stages behind the reader (DESIGN: reader → engine → committer → fold): frames are
// offered and decided in memory; what waits is committed in one transaction, and only then are its
// verdicts there to be sent (D1).
//
//   open → (offer … → commit → send writer->verdicts)… → close
//
// After offer failed with AS_DATA nothing of that frame counts, what waits may still be committed,
// and the state in memory must not be folded. After commit failed only abandon (D3).
#ifndef AS_STORE_WRITER_H
#define AS_STORE_WRITER_H

#include "store/duplicates.h"
#include "store/store.h"
#include "stream/frame.h"

enum {
    AS_WRITER_BATCHES_MAX = 256,   // that wait for one commit
    AS_WRITER_BYTES_MAX = 8 << 20, // of their frames, about
};

struct as_writer_totals {
    uint64_t items, accepted, rejected, duplicates, batches, commits;
};

struct as_writer_batch; // a frame that was decided and waits

struct as_writer {
    struct as_store *store;
    struct as_duplicates duplicates;
    struct as_writer_batch *batches;
    size_t waiting;
    size_t waiting_bytes;
    uint64_t dry_batches, dry_items; // positions of a dry run
    struct as_writer_totals totals;
    struct as_buffer verdicts; // frames of what is committed; the caller sends and empties it
};

void as_writer_open(struct as_writer *writer, struct as_store *store);
void as_writer_close(struct as_writer *writer);

// Decides a frame of items. Takes over the frame's bytes (swaps buffers). May commit what waits
// before it, where it has duplicates.
int as_writer_offer(struct as_writer *writer, struct as_frame *frame, uint64_t arrived_ns,
                    struct as_error *error);
bool as_writer_full(const struct as_writer *writer);
int as_writer_commit(struct as_writer *writer, struct as_error *error);
// The END frame of the verdict stream.
void as_writer_end(struct as_writer *writer);

#endif
