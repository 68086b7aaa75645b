// SPDX-License-Identifier: MIT
//
// Memory for the TEXT of stored rows: blocks of a few size classes cut from slabs, reused through
// free lists, so that a state that stays the same size stays the same size.
#ifndef AS_DOMAIN_TEXT_POOL_H
#define AS_DOMAIN_TEXT_POOL_H

#include <stdint.h>

enum { AS_TEXT_CLASSES = 40 };

struct as_text_block {
    uint32_t size; // bytes of text
    char text[];
};

struct as_text_pool {
    void *free_lists[AS_TEXT_CLASSES];
    char *at;
    char *end;
    void *slabs; // linked through their first bytes
};

const struct as_text_block *as_text_pool_add(struct as_text_pool *pool, const char *text,
                                             uint32_t size);
void as_text_pool_remove(struct as_text_pool *pool, const struct as_text_block *block);
void as_text_pool_free(struct as_text_pool *pool);

#endif
