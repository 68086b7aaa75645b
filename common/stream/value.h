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
// An encoder uses the shortest form; a decoder takes any. TEXT is valid UTF-8 without NUL, of at most
// AS_TEXT_MAX bytes; a decoder refuses anything else.
#ifndef AS_STREAM_VALUE_H
#define AS_STREAM_VALUE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buffer.h"
#include "base/bytes.h"

enum as_type { AS_NULL = 0, AS_INTEGER = 1, AS_REAL = 2, AS_TEXT = 3 };

enum { AS_TEXT_MAX = 1 << 20 }; // bytes

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

void as_value_encode(struct as_buffer *out, const struct as_value *value);

// Decodes one value; a TEXT points into the cursor's bytes. False on anything malformed.
bool as_value_decode(struct as_cursor *in, struct as_value *value);

// Same type and same content (bitwise for REAL).
bool as_value_same(const struct as_value *a, const struct as_value *b);

// Valid UTF-8 (no surrogates, no overlong forms, at most U+10FFFF) without NUL.
bool as_utf8_valid(const char *text, size_t size);

// Appends a value for a person or for a JSON document (REAL with 17 significant digits; infinities
// as ±1e999).
void as_value_print(struct as_buffer *out, const struct as_value *value);
void as_value_print_json(struct as_buffer *out, const struct as_value *value);
void as_json_string(struct as_buffer *out, const char *text, size_t size);

#endif
