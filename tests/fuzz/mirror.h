// SPDX-License-Identifier: MIT
//
// What a fold would keep: the rows of every aggregate, made from nothing but the engine's changes.
#ifndef AS_FUZZ_MIRROR_H
#define AS_FUZZ_MIRROR_H

#include "domain/engine.h"

struct mirror_row {
    size_t table;
    struct as_buffer key, row; // encoded values
};

struct mirror {
    struct mirror_row *rows;
    size_t count;
};

// Takes the engine's changes; NULL, or what is wrong with them or with the rows that they leave.
const char *mirror_follow(struct mirror *m, struct as_engine *engine,
                          const struct as_domain *domain);
void mirror_free(struct mirror *m);

#endif
