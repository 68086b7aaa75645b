// SPDX-License-Identifier: MIT
//
// What the commit path is measured with: genuine batches of the workload bank (as-gen's default),
// with the verdicts that the engine gave them, and what deciding costs.
#ifndef AS_PREFLIGHT_LOAD_H
#define AS_PREFLIGHT_LOAD_H

#include "base/buffer.h"
#include "base/error.h"
#include "base/hash.h"
#include "preflight.h"

struct preflight_batch {
    uint32_t items, accepted;
    struct as_buffer frame, verdicts;
};

struct preflight_load {
    struct preflight_batch batches[PREFLIGHT_BATCHES]; // from small to large
    uint8_t domain[AS_SHA256_SIZE];
    double decide_ns; // an item: its frame checked and decoded, the item decided
};

// Takes some tens of milliseconds. AS_BUG where our own workload does not load.
int preflight_load_make(struct preflight_load *load, struct as_error *error);
void preflight_load_free(struct preflight_load *load);

#endif
