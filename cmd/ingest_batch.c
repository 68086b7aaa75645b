// SPDX-License-Identifier: MIT
#include "ingest_batch.h"

#include "base/clock.h"
#include "base/io.h"

enum { PIECE_SIZE = 64 << 10 }; // bytes of frames that are worth a write of their own

void ingest_batch_free(struct ingest_batch *batch) {
    as_buffer_free(&batch->out);
}

// Ends the frame that `out` holds from `begin` on and starts the next one behind it.
static void close_frame(struct ingest_batch *batch, uint8_t type) {
    struct as_frame_header header = {
        .type = type,
        .flags = type == AS_FRAME_ITEMS ? batch->flags : 0,
        .records = batch->records,
        .source = batch->source,
        .offset = batch->framed,
        .created_ns = as_clock_wall_ns(),
        .domain = batch->domain,
    };
    as_frame_end(&batch->out, batch->begin, &header);
    batch->framed += batch->records;
    batch->records = 0;
    batch->begin = as_frame_begin(&batch->out);
    batch->taken = batch->out.size;
}

static void close_batch(struct ingest_batch *batch) {
    if (batch->records == 0)
        return;
    close_frame(batch, AS_FRAME_ITEMS);
    as_progress_show(batch->progress, "items", batch->framed, 0);
}

int ingest_batch_begin(struct ingest_batch *batch, const char *sql, size_t size,
                       struct as_error *error) {
    batch->begin = as_frame_begin(&batch->out);
    as_buffer_append(&batch->out, sql, size);
    close_frame(batch, AS_FRAME_DOMAIN);
    return ingest_batch_send(batch, error);
}

static bool fits(size_t size, uint64_t count) {
    return size <= AS_FRAME_BODY_MAX && count <= AS_FRAME_RECORDS_MAX;
}

bool ingest_batch_fits(const struct ingest_batch *batch, uint64_t count) {
    return fits(batch->out.size - batch->taken, count);
}

// What is being added goes behind the header of a frame of its own.
static void close_before_added(struct ingest_batch *batch) {
    struct as_buffer added = {0};
    as_buffer_append(&added, batch->out.data + batch->taken, batch->out.size - batch->taken);
    ingest_batch_drop(batch);
    close_batch(batch);
    as_buffer_append(&batch->out, added.data, added.size);
    as_buffer_free(&added);
}

int ingest_batch_take(struct ingest_batch *batch, uint32_t count, struct as_error *error) {
    size_t body_size = batch->out.size - batch->begin - AS_FRAME_HEADER_SIZE;
    if (!fits(body_size, (uint64_t)batch->records + count))
        close_before_added(batch);
    if (batch->records == 0)
        batch->oldest_ns = as_clock_monotonic_ns();
    batch->taken = batch->out.size;
    batch->records += count;
    if (batch->records >= batch->records_max)
        close_batch(batch);
    return batch->begin < PIECE_SIZE ? 0 : ingest_batch_send(batch, error);
}

void ingest_batch_drop(struct ingest_batch *batch) {
    batch->out.size = batch->taken;
}

int64_t ingest_batch_patience_ns(const struct ingest_batch *batch) {
    if (batch->records == 0)
        return -1;
    uint64_t waited = as_clock_monotonic_ns() - batch->oldest_ns;
    return waited < batch->linger_ns ? (int64_t)(batch->linger_ns - waited) : 0;
}

int ingest_batch_send(struct ingest_batch *batch, struct as_error *error) {
    size_t size = batch->begin;
    if (size == 0 || batch->failed)
        return 0;
    int rc = as_io_write_full(batch->fd, batch->out.data, size, "stdout", error);
    batch->failed = rc != 0;
    batch->begin = 0;
    batch->taken -= size;
    batch->out.size = batch->taken;
    memmove(batch->out.data, batch->out.data + size, batch->taken);
    return rc;
}

int ingest_batch_flush(struct ingest_batch *batch, struct as_error *error) {
    ingest_batch_drop(batch);
    close_batch(batch);
    return ingest_batch_send(batch, error);
}

int ingest_batch_end(struct ingest_batch *batch, struct as_error *error) {
    int rc = ingest_batch_flush(batch, error);
    if (rc)
        return rc;
    close_frame(batch, AS_FRAME_END);
    return ingest_batch_send(batch, error);
}
