// SPDX-License-Identifier: MIT
//
// Which CSV column fills which parameter.
#ifndef AS_INGEST_COLUMNS_H
#define AS_INGEST_COLUMNS_H

#include <stddef.h>
#include <stdint.h>

#include "base/buffer.h"
#include "base/error.h"
#include "ingest_schema.h"

enum { INGEST_COLUMNS_MAX = 4096, INGEST_NO_PARAM = -1 };

struct ingest_columns {
    int16_t *params; // a parameter's index a column, or INGEST_NO_PARAM
    size_t count;    // columns of every row
};

void ingest_columns_free(struct ingest_columns *columns);

// From a header: `names` holds `count` names, each followed by a NUL. A column that no parameter
// wants is not read. AS_DATA where a wanted column is missing or there twice.
int ingest_columns_by_name(struct ingest_columns *columns, const struct ingest_command *command,
                           const struct as_buffer *names, size_t count, struct as_error *error);

// Without one: by the numbers that parameters are mapped to, or in their order. `count` is that of
// the first row.
int ingest_columns_by_number(struct ingest_columns *columns, const struct ingest_command *command,
                             size_t count, struct as_error *error);

#endif
