// SPDX-License-Identifier: MIT
//
// JSON values into typed ones, exactly or not at all.
#ifndef AS_INGEST_NUMBER_H
#define AS_INGEST_NUMBER_H

#include <jansson.h>

#include "ingest_schema.h"

// The line that a value stands in: a parsed real no longer shows how many digits it was written
// with.
struct ingest_json_line {
    const char *text;
    size_t size;
};

// Appends the value for `param`. AS_DATA where it does not fit.
int ingest_json_encode(const struct ingest_param *param, const json_t *value,
                       const struct ingest_json_line *line, struct as_buffer *out,
                       struct as_error *error);

#endif
