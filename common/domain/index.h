// SPDX-License-Identifier: MIT
//
// A hash index from a 64-bit hash to row numbers: open addressing with linear probing, cut into
// parts by bits of the hash that the probe does not use. Each part grows by itself, so that no
// insertion ever pays for more than 1/256 of the whole (no pause when ten million rows rehash).
//
// The index knows nothing of keys: whoever searches compares the rows that have the same 32-bit
// tag.
#ifndef AS_DOMAIN_INDEX_H
#define AS_DOMAIN_INDEX_H

#include <stdbool.h>
#include <stdint.h>

enum { AS_INDEX_PARTS = 256 };

#define AS_ROW_NONE UINT32_MAX

struct as_index_part {
    uint64_t *slots; // tag << 32 | row + 1; 0 is empty
    uint32_t mask;   // slots - 1, 0 while there are none
    uint32_t count;
};

struct as_index {
    struct as_index_part parts[AS_INDEX_PARTS];
};

// A search: next returns rows with the hash's tag, AS_ROW_NONE when there are no more.
struct as_index_search {
    const struct as_index_part *part;
    uint32_t tag;
    uint32_t at;
};

static inline struct as_index_part *as_index_part_of(const struct as_index *index, uint64_t hash) {
    return (struct as_index_part *)&index->parts[(hash >> 32) % AS_INDEX_PARTS];
}

static inline struct as_index_search as_index_find(const struct as_index *index, uint64_t hash) {
    const struct as_index_part *part = as_index_part_of(index, hash);
    return (struct as_index_search){part, (uint32_t)hash, (uint32_t)hash & part->mask};
}

// The first of them.
static inline uint32_t as_index_first(const struct as_index *index, uint64_t hash) {
    const struct as_index_part *part = as_index_part_of(index, hash);
    if (!part->slots)
        return AS_ROW_NONE;
    for (uint32_t at = (uint32_t)hash;; at++) {
        uint64_t slot = part->slots[at & part->mask];
        if ((uint32_t)(slot >> 32) == (uint32_t)hash || slot == 0)
            return (uint32_t)slot - 1; // of 0: AS_ROW_NONE
    }
}

static inline uint32_t as_index_next(struct as_index_search *search) {
    const struct as_index_part *part = search->part;
    if (!part->slots)
        return AS_ROW_NONE;
    for (;;) {
        uint64_t slot = part->slots[search->at];
        if (slot == 0)
            return AS_ROW_NONE;
        search->at = (search->at + 1) & part->mask;
        if ((uint32_t)(slot >> 32) == search->tag)
            return (uint32_t)slot - 1;
    }
}

// What a search will look at first, to be fetched by the caller (GCC drops a call to a function
// that does nothing but fetch).
static inline const void *as_index_home(const struct as_index *index, uint64_t hash) {
    const struct as_index_part *part = as_index_part_of(index, hash);
    return part->slots + ((uint32_t)hash & part->mask);
}

void as_index_add(struct as_index *index, uint64_t hash, uint32_t row);
void as_index_remove(struct as_index *index, uint64_t hash, uint32_t row); // must be there
void as_index_free(struct as_index *index);

#endif
