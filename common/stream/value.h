// SPDX-License-Identifier: MIT
//
// A typed SQL value, in memory and on the wire.
//
// Encoding of a value (all integers little-endian):
//
//   tag 0x00            NULL
//   tag 0x01            INTEGER, 1 byte follows, two's complement
//   tag 0x02            INTEGER, 2 bytes
//   tag 0x03            INTEGER, 4 bytes
//   tag 0x04            INTEGER, 8 bytes
//   tag 0x05            REAL, 8 bytes, IEEE 754 binary64, never a NaN
//   tag 0x06            TEXT, 4 bytes of size, then that many bytes
//   tag 0x80 + size     TEXT of 0 to 127 bytes, which follow
//
// An encoder uses the shortest form; a decoder takes any. TEXT is valid UTF-8 without NUL, of at
// most AS_TEXT_MAX bytes; a decoder refuses anything else.
#ifndef AS_STREAM_VALUE_H
#define AS_STREAM_VALUE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buffer.h"
#include "base/bytes.h"

enum as_type { AS_NULL = 0, AS_INTEGER = 1, AS_REAL = 2, AS_TEXT = 3 };

enum { AS_TEXT_MAX = 1 << 20 }; // bytes

enum {
    AS_TAG_NULL = 0,
    AS_TAG_INTEGER_8 = 1,
    AS_TAG_INTEGER_16 = 2,
    AS_TAG_INTEGER_32 = 3,
    AS_TAG_INTEGER_64 = 4,
    AS_TAG_REAL = 5,
    AS_TAG_TEXT = 6,
    AS_TAG_SHORT_TEXT = 0x80,
    AS_SHORT_TEXT_MAX = 127,
};

struct as_value {
    uint8_t type;  // enum as_type
    uint32_t size; // of a TEXT, in bytes
    union {
        int64_t integer;
        double real;
        const char *text; // not NUL-terminated; owned by whoever made the value
    };
};

static inline struct as_value as_value_null(void) {
    return (struct as_value){.type = AS_NULL};
}
static inline struct as_value as_value_integer(int64_t v) {
    return (struct as_value){.type = AS_INTEGER, .integer = v};
}
static inline struct as_value as_value_real(double v) {
    return (struct as_value){.type = AS_REAL, .real = v};
}
static inline struct as_value as_value_text(const char *text, uint32_t size) {
    return (struct as_value){.type = AS_TEXT, .size = size, .text = text};
}

// Not 0 where one of eight bytes is not ASCII or NUL (a NUL borrows from its own high bit).
static inline uint64_t as_not_plain_8(const void *bytes) {
    const uint64_t ones = 0x0101010101010101u, high = ones << 7;
    uint64_t word;
    memcpy(&word, bytes, sizeof word);
    return ((word - ones) | word) & high;
}

bool as_utf8_check(const char *text, size_t size); // as_utf8_valid without its short cut

// Valid UTF-8 (no surrogates, no overlong forms, at most U+10FFFF) without NUL. Inline for keys:
// ASCII of 8 to 16 bytes is two loads, the second of which overlaps the first.
static inline bool as_utf8_valid(const char *text, size_t size) {
    if (size >= 8 && size <= 16 && !(as_not_plain_8(text) | as_not_plain_8(text + size - 8)))
        return true;
    return as_utf8_check(text, size);
}

void as_value_encode(struct as_buffer *out, const struct as_value *value);

// Decodes one value; a TEXT points into the cursor's bytes. False on anything malformed, *value and
// the cursor's place are then undefined. Inline with its commonest forms, since it runs for
// every value.
bool as_value_decode_rare(struct as_cursor *in, uint8_t tag, struct as_value *value);

static inline bool as_value_take_text(struct as_cursor *in, uint32_t size, struct as_value *value) {
    const char *text = (const char *)as_cursor_take(in, size);
    value->type = AS_TEXT;
    value->size = size;
    value->text = text;
    return text && as_utf8_valid(text, size);
}

static inline bool as_value_decode(struct as_cursor *in, struct as_value *value) {
    uint8_t tag;
    if (!as_cursor_u8(in, &tag))
        return false;
    if (tag >= AS_TAG_SHORT_TEXT)
        return as_value_take_text(in, tag - AS_TAG_SHORT_TEXT, value);
    if (tag == AS_TAG_NULL) {
        value->type = AS_NULL;
        return true;
    }
    const uint8_t *p;
    value->type = AS_INTEGER;
    if (tag == AS_TAG_INTEGER_8 && (p = as_cursor_take(in, 1))) {
        value->integer = (int8_t)*p;
        return true;
    }
    if (tag == AS_TAG_INTEGER_32 && (p = as_cursor_take(in, 4))) {
        value->integer = (int32_t)as_load_le32(p);
        return true;
    }
    return as_value_decode_rare(in, tag, value);
}

// The same bytes? Inline for keys: up to 16 bytes are compared by two loads that overlap.
static inline bool as_text_equal(const char *a, size_t a_size, const char *b, size_t b_size) {
    uint64_t a1, a2, b1, b2;
    if (a_size != b_size)
        return false;
    if (a_size < 8 || a_size > 16)
        return memcmp(a, b, a_size) == 0;
    memcpy(&a1, a, 8);
    memcpy(&b1, b, 8);
    memcpy(&a2, a + a_size - 8, 8);
    memcpy(&b2, b + a_size - 8, 8);
    return ((a1 ^ b1) | (a2 ^ b2)) == 0;
}

// Same type and same content (bitwise for REAL).
bool as_value_same(const struct as_value *a, const struct as_value *b);

// Appends a value for a person or for a JSON document (REAL with 17 significant digits; infinities
// as ±1e999).
void as_value_print(struct as_buffer *out, const struct as_value *value);
void as_value_print_json(struct as_buffer *out, const struct as_value *value);
void as_json_string(struct as_buffer *out, const char *text, size_t size);

#endif
