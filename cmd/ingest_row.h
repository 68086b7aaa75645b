// SPDX-License-Identifier: MIT
//
// One record in the making: values are encoded in the order in which the input has them, and then
// put together in the command's order. Bad ones leave nothing to undo.
#ifndef AS_INGEST_ROW_H
#define AS_INGEST_ROW_H

#include <stdint.h>

#include "base/buffer.h"
#include "ingest_schema.h"
#include "stream/item.h"

struct ingest_row {
    struct as_buffer values;
    struct {
        uint32_t at, size; // in values; size 0 where the parameter is absent
    } encoded[AS_ITEM_VALUES_MAX];
};

void ingest_row_free(struct ingest_row *row);
void ingest_row_clear(struct ingest_row *row); // every parameter is absent

// Between start and end the caller appends one value of that parameter to row->values.
static inline void ingest_row_start(struct ingest_row *row, size_t param) {
    row->encoded[param].at = (uint32_t)row->values.size;
}
static inline void ingest_row_end(struct ingest_row *row, size_t param) {
    row->encoded[param].size = (uint32_t)row->values.size - row->encoded[param].at;
}

// Appends the record (stream/item.h) to `out`.
void ingest_row_put(const struct ingest_row *row, const struct ingest_command *command,
                    uint8_t flags, struct as_buffer *out);

#endif
