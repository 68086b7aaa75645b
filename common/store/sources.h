// SPDX-License-Identifier: MIT
//
// How far each source has come: the offset of the record that it must send next. Kept in memory by
// the writer, written to state.db by the fold, brought up to date by replay.
#ifndef AS_STORE_SOURCES_H
#define AS_STORE_SOURCES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buffer.h"

enum { AS_SOURCES_MAX = 1 << 20 };

struct as_source_entry {
    uint64_t id;
    uint64_t next; // offset of the first record that was not decided yet
    bool used;
    bool changed; // since the last fold
};

struct as_sources {
    struct as_source_entry *entries; // open addressing
    size_t capacity;
    size_t count;
};

void as_sources_free(struct as_sources *sources);
// The source's entry, made with next = 0 where it is new; NULL where there are AS_SOURCES_MAX
// already. Valid until the next call.
struct as_source_entry *as_sources_get(struct as_sources *sources, uint64_t id);

// Appends id and next (8 bytes each, little-endian) of every source that changed, and forgets that
// they changed.
void as_sources_take_changes(struct as_sources *sources, struct as_buffer *out);

#endif
