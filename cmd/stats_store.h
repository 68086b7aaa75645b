// SPDX-License-Identifier: MIT
//
// The figures of a store (store/survey.h), as text or as one JSON object on a line.
#ifndef AS_STATS_STORE_H
#define AS_STATS_STORE_H

#include "base/buffer.h"
#include "base/error.h"

int stats_store(const char *store, bool json, struct as_buffer *out, struct as_error *error);

#endif
