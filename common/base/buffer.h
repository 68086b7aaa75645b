// SPDX-License-Identifier: MIT
//
// A growable byte buffer, and allocation that does not fail: when memory is exhausted the process
// writes one line to stderr and leaves with exit code 74 (nothing that was acknowledged is lost;
// no caller could do better). Callers bound what they ask for by named limits.
#ifndef AS_BASE_BUFFER_H
#define AS_BASE_BUFFER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "base/bytes.h"

void *as_alloc(size_t size);                    // uninitialised
void *as_alloc_zero(size_t count, size_t size); // zeroed
void *as_realloc(void *old, size_t size);       // like realloc
char *as_strdup(const char *text);
char *as_strndup(const char *text, size_t size); // always NUL-terminated

struct as_buffer {
    uint8_t *data;
    size_t size;     // bytes in use
    size_t capacity; // bytes allocated
};

void as_buffer_free(struct as_buffer *b);
void as_buffer_grow(struct as_buffer *b, size_t extra); // the slow path of as_buffer_reserve

// Makes room for `extra` more bytes and returns where they would go.
static inline uint8_t *as_buffer_reserve(struct as_buffer *b, size_t extra) {
    if (b->capacity - b->size < extra)
        as_buffer_grow(b, extra);
    return b->data + b->size;
}

static inline void as_buffer_append(struct as_buffer *b, const void *data, size_t size) {
    if (size == 0)
        return; // data may then be NULL, which memcpy must not get
    memcpy(as_buffer_reserve(b, size), data, size);
    b->size += size;
}

static inline void as_buffer_u8(struct as_buffer *b, uint8_t v) {
    *as_buffer_reserve(b, 1) = v;
    b->size += 1;
}

static inline void as_buffer_le16(struct as_buffer *b, uint16_t v) {
    as_store_le16(as_buffer_reserve(b, 2), v);
    b->size += 2;
}

static inline void as_buffer_le32(struct as_buffer *b, uint32_t v) {
    as_store_le32(as_buffer_reserve(b, 4), v);
    b->size += 4;
}

static inline void as_buffer_le64(struct as_buffer *b, uint64_t v) {
    as_store_le64(as_buffer_reserve(b, 8), v);
    b->size += 8;
}

// Appends formatted text; a NUL follows it that `size` does not count.
void as_buffer_printf(struct as_buffer *b, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

#endif
