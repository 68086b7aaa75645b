// SPDX-License-Identifier: MIT
//
// Batches: accepted records gathered into ITEMS frames on a file descriptor.
//
//   init → begin (DOMAIN) → (append to `out` → take | drop)* → flush → end (END) → free
//
// Records are numbered from 0 in the order in which they are taken. They are encoded where their
// frame will be sent from, so that no byte of them is copied:
//
//   out:  | whole frames | header | records taken | what is being added |
//         0              begin                    taken                 size
//
// A batch becomes a frame when it holds records_max records, or when its oldest record has waited
// linger_ns and the input is idle; the input asks for that (ingest_input.h), because only it knows.
// Frames are written when there is a good piece of them, and before each read of more input: small
// batches share a write, and none is held back while the input is waited for.
#ifndef AS_INGEST_BATCH_H
#define AS_INGEST_BATCH_H

#include <stdint.h>

#include "base/buffer.h"
#include "base/diag.h"
#include "base/error.h"
#include "stream/frame.h"

struct ingest_batch {
    int fd;
    uint32_t records_max;
    uint64_t linger_ns;
    uint64_t source;
    uint64_t domain;
    uint8_t flags;

    struct as_buffer out;
    size_t begin, taken;
    uint32_t records;   // taken since `begin`
    uint64_t framed;    // records in whole frames
    uint64_t oldest_ns; // monotonic time of the batch's first record
    bool failed;        // a write did: nothing more is sent
    struct as_progress *progress;
};

void ingest_batch_free(struct ingest_batch *batch);

// Writes the DOMAIN frame.
int ingest_batch_begin(struct ingest_batch *batch, const char *sql, size_t size,
                       struct as_error *error);

// Could the records appended since the last take be a frame of their own, `count` of them?
bool ingest_batch_fits(const struct ingest_batch *batch, uint64_t count);

// Takes the records appended, which must stay in one frame and fit it, or forgets them.
int ingest_batch_take(struct ingest_batch *batch, uint32_t count, struct as_error *error);
void ingest_batch_drop(struct ingest_batch *batch);

// How long the batch may still wait for more, in ns: 0 where it is due, -1 where it is empty.
int64_t ingest_batch_patience_ns(const struct ingest_batch *batch);

// Writes the whole frames. What was not taken is forgotten.
int ingest_batch_send(struct ingest_batch *batch, struct as_error *error);

// Makes a frame of what was taken, if anything, and writes it, too.
int ingest_batch_flush(struct ingest_batch *batch, struct as_error *error);

// Flushes, and sends END. A stream that must not count as complete ends without it.
int ingest_batch_end(struct ingest_batch *batch, struct as_error *error);

#endif
