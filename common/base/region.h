// SPDX-License-Identifier: MIT
//
// A region: many small allocations that end together. Nothing is freed alone; reset keeps the
// largest block for reuse, so that a region used for scratch space settles without allocating.
#ifndef AS_BASE_REGION_H
#define AS_BASE_REGION_H

#include <stddef.h>

struct as_region_block;

struct as_region {
    struct as_region_block *blocks; // newest first
    char *at;
    char *end;
};

void *as_region_alloc(struct as_region *region, size_t size); // aligned to 16, uninitialised
void *as_region_zero(struct as_region *region, size_t size);
char *as_region_text(struct as_region *region, const char *text, size_t size); // NUL-terminated
// Room for one more element behind the `count` that an array in the region has: the array itself
// or, at powers of two, a copy twice as large.
void *as_region_grow(struct as_region *region, void *array, size_t count, size_t element_size);
void as_region_reset(struct as_region *region);
void as_region_free(struct as_region *region);

#endif
