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

void *as_alloc(size_t size);                           // uninitialised
void *as_alloc_zero(size_t count, size_t size);        // zeroed
void *as_realloc(void *old, size_t size);              // like realloc
char *as_strdup(const char *text);
char *as_strndup(const char *text, size_t size);       // always NUL-terminated

struct as_buffer {
    uint8_t *data;
    size_t size;     // bytes in use
    size_t capacity; // bytes allocated
};

void as_buffer_free(struct as_buffer *b);
// Makes room for `extra` more bytes and returns where they would go.
uint8_t *as_buffer_reserve(struct as_buffer *b, size_t extra);
void as_buffer_append(struct as_buffer *b, const void *data, size_t size);
void as_buffer_u8(struct as_buffer *b, uint8_t v);
void as_buffer_le16(struct as_buffer *b, uint16_t v);
void as_buffer_le32(struct as_buffer *b, uint32_t v);
void as_buffer_le64(struct as_buffer *b, uint64_t v);
// Appends formatted text; a NUL follows it that `size` does not count.
void as_buffer_printf(struct as_buffer *b, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

#endif
