// SPDX-License-Identifier: MIT
#include "ingest_row.h"

#include <string.h>

void ingest_row_free(struct ingest_row *row) {
    as_buffer_free(&row->values);
}

void ingest_row_clear(struct ingest_row *row) {
    row->values.size = 0;
    memset(row->encoded, 0, sizeof row->encoded);
}

void ingest_row_put(const struct ingest_row *row, const struct ingest_command *command,
                    uint8_t flags, struct as_buffer *out) {
    struct as_item_head head = {
        .command = command->number, .flags = flags, .values = (uint8_t)command->count};
    as_item_encode_head(out, &head);
    for (size_t i = 0; i < command->count; i++) {
        const struct as_buffer *absent = &command->params[i].absent;
        if (row->encoded[i].size)
            as_buffer_append(out, row->values.data + row->encoded[i].at, row->encoded[i].size);
        else
            as_buffer_append(out, absent->data, absent->size);
    }
}
