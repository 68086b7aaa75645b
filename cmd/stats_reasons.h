// SPDX-License-Identifier: MIT
//
// How often each reason rejected an item, gathered outcome by outcome:
//
//   {0} → add* → (read the fields, sort) → free
//
// A reason keeps its place in `list`, so that whoever remembers its count knows later how often it
// rejected since.
#ifndef AS_STATS_REASONS_H
#define AS_STATS_REASONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "stream/verdict.h"

enum {
    STATS_REASONS_MAX = 1000,  // distinct reasons told apart; the rest is counted together
    STATS_REASON_SLOTS = 2048, // of the hash table that finds them, a power of two
};

struct stats_reason {
    uint8_t kind;
    char *name;
    size_t size;
    uint64_t count;
};

struct stats_reasons {
    struct stats_reason list[STATS_REASONS_MAX]; // first seen first
    size_t count;
    uint64_t other;                     // rejections beyond STATS_REASONS_MAX reasons
    uint64_t by_kind[AS_REJECT_KINDS];  // all rejections; nothing is of kind 0
    uint16_t slots[STATS_REASON_SLOTS]; // 0, or 1 + a reason's index
};

// An outcome (stream/verdict.h); false where it is malformed.
bool stats_reasons_add(struct stats_reasons *reasons, const void *outcome, size_t size);
void stats_reasons_free(struct stats_reasons *reasons);

// The reasons by how often they rejected, most frequent first, as indexes of `list`; returns how
// many.
size_t stats_reasons_sort(const struct stats_reasons *reasons, uint16_t order[STATS_REASONS_MAX]);

#endif
