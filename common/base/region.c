// SPDX-License-Identifier: MIT
#include "base/region.h"

#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"

enum { BLOCK_MIN = 16 * 1024, ALIGNMENT = 16 };

struct as_region_block {
    struct as_region_block *next;
    size_t size;
    _Alignas(ALIGNMENT) char data[];
};

static void add_block(struct as_region *region, size_t size) {
    size_t last = region->blocks ? region->blocks->size * 2 : BLOCK_MIN;
    if (size < last)
        size = last;
    struct as_region_block *block = as_alloc(sizeof *block + size);
    block->next = region->blocks;
    block->size = size;
    region->blocks = block;
    region->at = block->data;
    region->end = block->data + size;
}

void *as_region_alloc(struct as_region *region, size_t size) {
    size = (size + ALIGNMENT - 1) & ~(size_t)(ALIGNMENT - 1);
    if ((size_t)(region->end - region->at) < size || !region->at)
        add_block(region, size);
    void *p = region->at;
    region->at += size;
    return p;
}

void *as_region_zero(struct as_region *region, size_t size) {
    return memset(as_region_alloc(region, size), 0, size);
}

char *as_region_text(struct as_region *region, const char *text, size_t size) {
    char *copy = as_region_alloc(region, size + 1);
    memcpy(copy, text, size);
    copy[size] = 0;
    return copy;
}

void *as_region_grow(struct as_region *region, void *array, size_t count, size_t element_size) {
    if (count & (count - 1))
        return array;
    void *larger = as_region_alloc(region, (count ? count * 2 : 1) * element_size);
    if (count)
        memcpy(larger, array, count * element_size);
    return larger;
}

static void free_blocks(struct as_region_block *block) {
    while (block) {
        struct as_region_block *next = block->next;
        free(block);
        block = next;
    }
}

void as_region_reset(struct as_region *region) {
    if (!region->blocks)
        return;
    free_blocks(region->blocks->next);
    region->blocks->next = NULL;
    region->at = region->blocks->data;
}

void as_region_free(struct as_region *region) {
    free_blocks(region->blocks);
    *region = (struct as_region){0};
}
