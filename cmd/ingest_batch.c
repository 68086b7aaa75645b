// SPDX-License-Identifier: MIT
#include "ingest_batch.h"

#include "base/clock.h"
#include "base/io.h"

void ingest_batch_free(struct ingest_batch *batch) {
    as_buffer_free(&batch->body);
    as_buffer_free(&batch->frame);
}

static int send_frame(struct ingest_batch *batch, uint8_t type, const void *body, size_t size,
                      struct as_error *error) {
    struct as_frame_header header = {
        .type = type,
        .flags = type == AS_FRAME_ITEMS ? batch->flags : 0,
        .records = batch->records,
        .source = batch->source,
        .offset = batch->sent,
        .created_ns = as_clock_wall_ns(),
        .domain = batch->domain,
    };
    batch->frame.size = 0;
    as_frame_encode(&batch->frame, &header, body, size);
    int rc = as_io_write_full(batch->fd, batch->frame.data, batch->frame.size, "stdout", error);
    batch->failed = rc != 0;
    return rc;
}

int ingest_batch_begin(struct ingest_batch *batch, const char *sql, size_t size,
                       struct as_error *error) {
    return send_frame(batch, AS_FRAME_DOMAIN, sql, size, error);
}

bool ingest_batch_fits(size_t size, uint64_t count) {
    return size <= AS_FRAME_BODY_MAX && count <= AS_FRAME_RECORDS_MAX;
}

int ingest_batch_add(struct ingest_batch *batch, const void *records, size_t size, uint32_t count,
                     struct as_error *error) {
    if (!ingest_batch_fits(batch->body.size + size, (uint64_t)batch->records + count)) {
        int rc = ingest_batch_flush(batch, error);
        if (rc)
            return rc;
    }
    if (batch->records == 0)
        batch->oldest_ns = as_clock_monotonic_ns();
    as_buffer_append(&batch->body, records, size);
    batch->records += count;
    return batch->records < batch->records_max ? 0 : ingest_batch_flush(batch, error);
}

int64_t ingest_batch_patience_ns(const struct ingest_batch *batch) {
    if (batch->records == 0)
        return -1;
    uint64_t waited = as_clock_monotonic_ns() - batch->oldest_ns;
    return waited < batch->linger_ns ? (int64_t)(batch->linger_ns - waited) : 0;
}

int ingest_batch_flush(struct ingest_batch *batch, struct as_error *error) {
    if (batch->records == 0 || batch->failed)
        return 0;
    int rc = send_frame(batch, AS_FRAME_ITEMS, batch->body.data, batch->body.size, error);
    batch->sent += batch->records;
    batch->records = 0;
    batch->body.size = 0;
    as_progress_show(batch->progress, "items", batch->sent, 0);
    return rc;
}

int ingest_batch_end(struct ingest_batch *batch, struct as_error *error) {
    int rc = ingest_batch_flush(batch, error);
    return rc ? rc : send_frame(batch, AS_FRAME_END, NULL, 0, error);
}
