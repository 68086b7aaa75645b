// SPDX-License-Identifier: MIT
#include "stream/value.h"

static bool is_continuation(uint8_t byte) {
    return (byte & 0xc0) == 0x80;
}

// The size of the well-formed sequence of two to four bytes at p, or 0 (Unicode 15, table 3-7).
static size_t sequence_size(const uint8_t *p, const uint8_t *end) {
    size_t left = (size_t)(end - p);
    uint8_t first = p[0];
    if (first < 0xc2 || first > 0xf4 || left < 2)
        return 0;
    if (first < 0xe0)
        return is_continuation(p[1]) ? 2 : 0;
    uint8_t low = first == 0xe0 ? 0xa0 : first == 0xf0 ? 0x90 : 0x80;  // overlong below
    uint8_t high = first == 0xed ? 0x9f : first == 0xf4 ? 0x8f : 0xbf; // surrogates, > U+10FFFF
    size_t size = first < 0xf0 ? 3 : 4;
    if (left < size || p[1] < low || p[1] > high || !is_continuation(p[2]))
        return 0;
    return size == 3 || is_continuation(p[3]) ? size : 0;
}

bool as_utf8_check(const char *text, size_t size) {
    const uint8_t *p = (const uint8_t *)text, *end = p + size;
    while (p < end) {
        if (end - p >= 8 && !as_not_plain_8(p)) {
            p += 8;
            continue;
        }
        size_t n = *p == 0 ? 0 : *p < 0x80 ? 1 : sequence_size(p, end);
        if (n == 0)
            return false;
        p += n;
    }
    return true;
}
