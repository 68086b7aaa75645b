// SPDX-License-Identifier: MIT
#include "domain/text_pool.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"

enum { GRAIN = 8, SLAB_SIZE = 256 * 1024, SLAB_BLOCK_MAX = 8 * 1024 };

// Classes: 8, 16, … 64 bytes, then four to each power of two up to SLAB_BLOCK_MAX; the rest is
// malloc's.
static unsigned class_of(size_t bytes, size_t *rounded) {
    if (bytes <= 64) {
        unsigned grains = (unsigned)((bytes + GRAIN - 1) / GRAIN);
        *rounded = (size_t)grains * GRAIN;
        return grains - 1;
    }
    unsigned log = 63 - (unsigned)__builtin_clzll(bytes - 1); // 2^log < bytes <= 2^(log+1)
    size_t step = (size_t)1 << (log - 2);
    unsigned quarter = (unsigned)((bytes - 1 - ((size_t)1 << log)) / step);
    *rounded = ((size_t)1 << log) + (quarter + 1) * step;
    return 8 + (log - 6) * 4 + quarter;
}

static void *cut(struct as_text_pool *pool, size_t bytes) {
    if ((size_t)(pool->end - pool->at) < bytes || !pool->at) {
        char *slab = as_alloc(SLAB_SIZE);
        memcpy(slab, &pool->slabs, sizeof pool->slabs);
        pool->slabs = slab;
        pool->at = slab + 16;
        pool->end = slab + SLAB_SIZE;
    }
    void *block = pool->at;
    pool->at += bytes;
    return block;
}

// A large block is malloc's, with its neighbours in front so that the pool can free it at the end.
struct large {
    struct large *next;
    struct large **link;
    char block[];
};

static void *add_large(struct as_text_pool *pool, size_t bytes) {
    struct large **head = (struct large **)&pool->free_lists[AS_TEXT_CLASSES - 1];
    struct large *l = as_alloc(sizeof *l + bytes);
    l->next = *head;
    l->link = head;
    if (l->next)
        l->next->link = &l->next;
    *head = l;
    return l->block;
}

static void remove_large(void *block) {
    struct large *l = (struct large *)((char *)block - offsetof(struct large, block));
    *l->link = l->next;
    if (l->next)
        l->next->link = l->link;
    free(l);
}

const struct as_text_block *as_text_pool_add(struct as_text_pool *pool, const char *text,
                                             uint32_t size) {
    size_t bytes = sizeof(struct as_text_block) + size, rounded;
    struct as_text_block *block;
    if (bytes > SLAB_BLOCK_MAX) {
        block = add_large(pool, bytes);
    } else {
        unsigned class = class_of(bytes, &rounded);
        block = pool->free_lists[class];
        if (block)
            memcpy(&pool->free_lists[class], block, sizeof(void *));
        else
            block = cut(pool, rounded);
    }
    block->size = size;
    memcpy(block->text, text, size);
    return block;
}

void as_text_pool_remove(struct as_text_pool *pool, const struct as_text_block *block) {
    size_t bytes = sizeof *block + block->size, rounded;
    void *memory = (void *)(uintptr_t)block;
    if (bytes > SLAB_BLOCK_MAX) {
        remove_large(memory);
        return;
    }
    unsigned class = class_of(bytes, &rounded);
    memcpy(memory, &pool->free_lists[class], sizeof(void *));
    pool->free_lists[class] = memory;
}

void as_text_pool_free(struct as_text_pool *pool) {
    struct large *large = pool->free_lists[AS_TEXT_CLASSES - 1];
    while (large) {
        struct large *next = large->next;
        free(large);
        large = next;
    }
    for (void *slab = pool->slabs; slab;) {
        void *next;
        memcpy(&next, slab, sizeof next);
        free(slab);
        slab = next;
    }
    memset(pool, 0, sizeof *pool);
}
