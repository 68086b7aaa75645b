// SPDX-License-Identifier: MIT
#include "domain/index.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"

enum { SLOTS_MIN = 4 };

static void put(struct as_index_part *part, uint64_t slot) {
    uint32_t at = (uint32_t)(slot >> 32) & part->mask;
    while (part->slots[at])
        at = (at + 1) & part->mask;
    part->slots[at] = slot;
}

static void grow(struct as_index_part *part) {
    uint32_t old = part->slots ? part->mask + 1 : 0;
    uint64_t *old_slots = part->slots;
    uint32_t larger = old ? old * 2 : SLOTS_MIN;
    part->slots = as_alloc_zero(larger, sizeof *part->slots);
    part->mask = larger - 1;
    for (uint32_t i = 0; i < old; i++) {
        if (old_slots[i])
            put(part, old_slots[i]);
    }
    free(old_slots);
}

void as_index_add(struct as_index *index, uint64_t hash, uint32_t row) {
    struct as_index_part *part = as_index_part_of(index, hash);
    // At most 7/8 full, and always one empty slot to end a search.
    if (!part->slots || (uint64_t)(part->count + 1) * 8 > (uint64_t)(part->mask + 1) * 7)
        grow(part);
    put(part, hash << 32 | (uint64_t)(row + 1));
    part->count++;
}

// Closes the gap at `hole` by moving back what probed past it (Knuth 6.4, algorithm R).
static void close_gap(struct as_index_part *part, uint32_t hole) {
    for (uint32_t at = (hole + 1) & part->mask; part->slots[at]; at = (at + 1) & part->mask) {
        uint32_t home = (uint32_t)(part->slots[at] >> 32) & part->mask;
        if (((at - home) & part->mask) >= ((at - hole) & part->mask)) {
            part->slots[hole] = part->slots[at];
            hole = at;
        }
    }
    part->slots[hole] = 0;
}

void as_index_remove(struct as_index *index, uint64_t hash, uint32_t row) {
    struct as_index_part *part = as_index_part_of(index, hash);
    uint64_t wanted = hash << 32 | (uint64_t)(row + 1);
    uint32_t at = (uint32_t)hash & part->mask;
    while (part->slots[at] != wanted) {
        assert(part->slots[at]);
        at = (at + 1) & part->mask;
    }
    close_gap(part, at);
    part->count--;
}

void as_index_free(struct as_index *index) {
    for (int i = 0; i < AS_INDEX_PARTS; i++)
        free(index->parts[i].slots);
    memset(index, 0, sizeof *index);
}
