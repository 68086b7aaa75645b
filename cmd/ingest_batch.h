// SPDX-License-Identifier: MIT
//
// Batches: accepted records gathered into ITEMS frames on a file descriptor.
//
//   init → begin (DOMAIN) → add* (ITEMS as they fill) → flush → end (END) → free
//
// Records are numbered from 0 in the order in which they are added. A batch is sent when it holds
// records_max records, or when its oldest record has waited linger_ns and the input is idle; the
// input asks for that (ingest_input.h), because only it knows.
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

    struct as_buffer body;
    struct as_buffer frame;
    uint32_t records;   // in the body
    uint64_t sent;      // records in frames already written
    uint64_t oldest_ns; // monotonic time of the body's first record
    bool failed;        // a write did: nothing more is sent
    struct as_progress *progress;
};

void ingest_batch_free(struct ingest_batch *batch);

// Writes the DOMAIN frame.
int ingest_batch_begin(struct ingest_batch *batch, const char *sql, size_t size,
                       struct as_error *error);

// Adds `count` encoded records that must stay in one frame. They must fit one: see
// ingest_batch_fits.
int ingest_batch_add(struct ingest_batch *batch, const void *records, size_t size, uint32_t count,
                     struct as_error *error);

// Could records of that size and number be a frame of their own?
bool ingest_batch_fits(size_t size, uint64_t count);

// How long the batch may still wait for more, in ns: 0 where it is due, -1 where it is empty.
int64_t ingest_batch_patience_ns(const struct ingest_batch *batch);

// Sends what is there, if anything.
int ingest_batch_flush(struct ingest_batch *batch, struct as_error *error);

// Sends what is there and END. A stream that must not count as complete ends without it.
int ingest_batch_end(struct ingest_batch *batch, struct as_error *error);

#endif
