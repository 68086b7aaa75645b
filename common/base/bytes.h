// SPDX-License-Identifier: MIT
//
// Bytes on a wire: explicit little-endian loads and stores, and a bounded cursor for decoding.
// A decoder never casts a pointer to a struct and never reads past the cursor's end.
#ifndef AS_BASE_BYTES_H
#define AS_BASE_BYTES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

static inline uint16_t as_load_le16(const uint8_t *p) {
    return (uint16_t)(p[0] | p[1] << 8);
}

static inline uint32_t as_load_le32(const uint8_t *p) {
    return (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}

static inline uint64_t as_load_le64(const uint8_t *p) {
    return (uint64_t)as_load_le32(p) | (uint64_t)as_load_le32(p + 4) << 32;
}

static inline void as_store_le16(uint8_t *p, uint16_t v) {
    p[0] = (uint8_t)v;
    p[1] = (uint8_t)(v >> 8);
}

static inline void as_store_le32(uint8_t *p, uint32_t v) {
    as_store_le16(p, (uint16_t)v);
    as_store_le16(p + 2, (uint16_t)(v >> 16));
}

static inline void as_store_le64(uint8_t *p, uint64_t v) {
    as_store_le32(p, (uint32_t)v);
    as_store_le32(p + 4, (uint32_t)(v >> 32));
}

// What is left to decode: [at, end).
struct as_cursor {
    const uint8_t *at;
    const uint8_t *end;
};

static inline struct as_cursor as_cursor_over(const void *data, size_t size) {
    const uint8_t *p = (const uint8_t *)data;
    return (struct as_cursor){p, p + size};
}

static inline size_t as_cursor_left(const struct as_cursor *c) {
    return (size_t)(c->end - c->at);
}

// Takes `size` bytes; NULL, and nothing taken, where fewer are left.
static inline const uint8_t *as_cursor_take(struct as_cursor *c, size_t size) {
    if (as_cursor_left(c) < size)
        return NULL;
    const uint8_t *p = c->at;
    c->at += size;
    return p;
}

static inline bool as_cursor_u8(struct as_cursor *c, uint8_t *v) {
    const uint8_t *p = as_cursor_take(c, 1);
    if (p)
        *v = *p;
    return p != NULL;
}

static inline bool as_cursor_le16(struct as_cursor *c, uint16_t *v) {
    const uint8_t *p = as_cursor_take(c, 2);
    if (p)
        *v = as_load_le16(p);
    return p != NULL;
}

static inline bool as_cursor_le32(struct as_cursor *c, uint32_t *v) {
    const uint8_t *p = as_cursor_take(c, 4);
    if (p)
        *v = as_load_le32(p);
    return p != NULL;
}

static inline bool as_cursor_le64(struct as_cursor *c, uint64_t *v) {
    const uint8_t *p = as_cursor_take(c, 8);
    if (p)
        *v = as_load_le64(p);
    return p != NULL;
}

#endif
