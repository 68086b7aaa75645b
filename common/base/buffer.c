// SPDX-License-Identifier: MIT
#include "base/buffer.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/error.h"

enum { CAPACITY_MIN = 256 };

// No stdio: it may want memory itself.
static void *checked(void *p) {
    static const char line[] = "out of memory\n";
    if (!p) {
        ssize_t ignored = write(STDERR_FILENO, line, sizeof line - 1);
        (void)ignored;
        _exit(AS_IO);
    }
    return p;
}

void *as_alloc(size_t size) {
    return checked(malloc(size ? size : 1));
}

void *as_alloc_zero(size_t count, size_t size) {
    return checked(calloc(count ? count : 1, size ? size : 1));
}

void *as_realloc(void *old, size_t size) {
    return checked(realloc(old, size ? size : 1));
}

char *as_strdup(const char *text) {
    return as_strndup(text, strlen(text));
}

char *as_strndup(const char *text, size_t size) {
    char *copy = as_alloc(size + 1);
    memcpy(copy, text, size);
    copy[size] = 0;
    return copy;
}

void as_buffer_free(struct as_buffer *b) {
    free(b->data);
    *b = (struct as_buffer){0};
}

void as_buffer_grow(struct as_buffer *b, size_t extra) {
    size_t needed = b->size + extra;
    size_t doubled = b->capacity < SIZE_MAX / 2 ? b->capacity * 2 : SIZE_MAX;
    if (needed < extra)
        needed = SIZE_MAX; // wrapped around: let the allocation fail
    if (needed < doubled)
        needed = doubled;
    if (needed < CAPACITY_MIN)
        needed = CAPACITY_MIN;
    b->data = as_realloc(b->data, needed);
    b->capacity = needed;
}

void as_buffer_printf(struct as_buffer *b, const char *format, ...) {
    va_list args, again;
    va_start(args, format);
    va_copy(again, args);
    int size = vsnprintf(NULL, 0, format, args);
    va_end(args);
    if (size >= 0) {
        char *at = (char *)as_buffer_reserve(b, (size_t)size + 1);
        vsnprintf(at, (size_t)size + 1, format, again);
        b->size += (size_t)size;
    }
    va_end(again);
}
