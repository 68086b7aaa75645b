// SPDX-License-Identifier: MIT
#include "stream/value.h"

#include <math.h>
#include <stdio.h>

// 17 significant digits give the same double back; ".0" keeps an integral REAL apart from an
// INTEGER.
static void print_real(struct as_buffer *out, double v) {
    if (isinf(v)) {
        as_buffer_printf(out, "%s1e999", v < 0 ? "-" : "");
        return;
    }
    char text[40];
    snprintf(text, sizeof text, "%.17g", v);
    as_buffer_printf(out, "%s%s", text, text[strcspn(text, ".e")] ? "" : ".0");
}

// An SQL literal, except that a control byte shows as \xNN: it must not reach a terminal.
static void print_text(struct as_buffer *out, const char *text, size_t size) {
    as_buffer_u8(out, '\'');
    for (size_t i = 0; i < size; ++i) {
        uint8_t c = (uint8_t)text[i];
        if (c < 0x20 || c == 0x7f) {
            as_buffer_printf(out, "\\x%02x", c);
            continue;
        }
        if (c == '\'')
            as_buffer_u8(out, c);
        as_buffer_u8(out, c);
    }
    as_buffer_u8(out, '\'');
}

void as_value_print(struct as_buffer *out, const struct as_value *value) {
    if (value->type == AS_TEXT)
        print_text(out, value->text, value->size);
    else if (value->type == AS_REAL)
        print_real(out, value->real);
    else if (value->type == AS_INTEGER)
        as_buffer_printf(out, "%lld", (long long)value->integer);
    else
        as_buffer_append(out, "NULL", 4);
}

void as_value_print_json(struct as_buffer *out, const struct as_value *value) {
    if (value->type == AS_TEXT)
        as_json_string(out, value->text, value->size);
    else if (value->type == AS_NULL)
        as_buffer_append(out, "null", 4);
    else
        as_value_print(out, value);
}

static void print_escape(struct as_buffer *out, uint8_t c) {
    static const char letters[] = "\b\f\n\r\t\"\\", names[] = "bfnrt\"\\";
    const char *known = memchr(letters, c, sizeof letters - 1);
    if (known)
        as_buffer_printf(out, "\\%c", names[known - letters]);
    else
        as_buffer_printf(out, "\\u%04x", c);
}

void as_json_string(struct as_buffer *out, const char *text, size_t size) {
    as_buffer_u8(out, '"');
    size_t done = 0;
    for (size_t i = 0; i < size; ++i) {
        uint8_t c = (uint8_t)text[i];
        if (c >= 0x20 && c != '"' && c != '\\' && c != 0x7f)
            continue;
        as_buffer_append(out, text + done, i - done);
        print_escape(out, c);
        done = i + 1;
    }
    as_buffer_append(out, text + done, size - done);
    as_buffer_u8(out, '"');
}
