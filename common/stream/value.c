// SPDX-License-Identifier: MIT
#include "stream/value.h"

#include <assert.h>
#include <math.h>
#include <stdio.h>

// ---- Encoding -----------------------------------------------------------------------------------

// Nine bytes fit every value but the bytes of a text.
static void encode_integer(struct as_buffer *out, int64_t v) {
    uint8_t *p = as_buffer_reserve(out, 9);
    if (v == (int8_t)v) {
        p[0] = AS_TAG_INTEGER_8;
        p[1] = (uint8_t)v;
        out->size += 2;
    } else if (v == (int16_t)v) {
        p[0] = AS_TAG_INTEGER_16;
        as_store_le16(p + 1, (uint16_t)v);
        out->size += 3;
    } else if (v == (int32_t)v) {
        p[0] = AS_TAG_INTEGER_32;
        as_store_le32(p + 1, (uint32_t)v);
        out->size += 5;
    } else {
        p[0] = AS_TAG_INTEGER_64;
        as_store_le64(p + 1, (uint64_t)v);
        out->size += 9;
    }
}

static void encode_real(struct as_buffer *out, double v) {
    assert(!isnan(v)); // SQLite has none: NaN is NULL there
    uint64_t bits;
    memcpy(&bits, &v, sizeof bits);
    as_buffer_u8(out, AS_TAG_REAL);
    as_buffer_le64(out, bits);
}

static void encode_text(struct as_buffer *out, const char *text, uint32_t size) {
    assert(size <= AS_TEXT_MAX);
    uint8_t *p = as_buffer_reserve(out, (size_t)size + 5);
    size_t head = 1;
    if (size <= AS_SHORT_TEXT_MAX) {
        p[0] = (uint8_t)(AS_TAG_SHORT_TEXT + size);
    } else {
        p[0] = AS_TAG_TEXT;
        as_store_le32(p + 1, size);
        head = 5;
    }
    if (size)
        memcpy(p + head, text, size);
    out->size += head + size;
}

void as_value_encode(struct as_buffer *out, const struct as_value *value) {
    switch ((enum as_type)value->type) {
    case AS_NULL:
        as_buffer_u8(out, AS_TAG_NULL);
        return;
    case AS_INTEGER:
        encode_integer(out, value->integer);
        return;
    case AS_REAL:
        encode_real(out, value->real);
        return;
    case AS_TEXT:
        encode_text(out, value->text, value->size);
        return;
    }
    assert(!"a type that is none");
}

// ---- Decoding, the rare forms -------------------------------------------------------------------

static bool decode_integer_16(struct as_cursor *in, int64_t *v) {
    uint16_t bits;
    bool ok = as_cursor_le16(in, &bits);
    if (ok)
        *v = (int16_t)bits;
    return ok;
}

static bool decode_integer_64(struct as_cursor *in, int64_t *v) {
    uint64_t bits;
    bool ok = as_cursor_le64(in, &bits);
    if (ok)
        *v = (int64_t)bits;
    return ok;
}

static bool decode_real(struct as_cursor *in, double *v) {
    uint64_t bits;
    if (!as_cursor_le64(in, &bits))
        return false;
    memcpy(v, &bits, sizeof *v);
    return !isnan(*v);
}

bool as_value_decode_rare(struct as_cursor *in, uint8_t tag, struct as_value *value) {
    uint32_t size;
    switch (tag) {
    case AS_TAG_INTEGER_16:
        *value = as_value_integer(0);
        return decode_integer_16(in, &value->integer);
    case AS_TAG_INTEGER_64:
        *value = as_value_integer(0);
        return decode_integer_64(in, &value->integer);
    case AS_TAG_REAL:
        *value = as_value_real(0);
        return decode_real(in, &value->real);
    case AS_TAG_TEXT:
        return as_cursor_le32(in, &size) && size <= AS_TEXT_MAX &&
               as_value_take_text(in, size, value);
    default:
        return false;
    }
}

bool as_value_same(const struct as_value *a, const struct as_value *b) {
    if (a->type != b->type)
        return false;
    if (a->type == AS_TEXT)
        return a->size == b->size && (a->size == 0 || memcmp(a->text, b->text, a->size) == 0);
    return a->type == AS_NULL || a->integer == b->integer; // a REAL's bits lie there too
}
