// SPDX-License-Identifier: MIT
#include "base/error.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

// Formats beside error->text, because an argument may well be error->text itself.
static void set_text(struct as_error *error, const char *format, va_list args, const char *suffix) {
    char text[AS_ERROR_TEXT_MAX];
    vsnprintf(text, sizeof text, format, args);
    size_t size = strlen(text);
    if (*suffix)
        snprintf(text + size, sizeof text - size, ": %s", suffix);
    strcpy(error->text, text);
}

int as_error_set(struct as_error *error, int code, const char *format, ...) {
    va_list args;
    va_start(args, format);
    set_text(error, format, args, "");
    va_end(args);
    return error->code = code;
}

int as_error_errno(struct as_error *error, int code, const char *format, ...) {
    const char *reason = strerror(errno);
    va_list args;
    va_start(args, format);
    set_text(error, format, args, reason);
    va_end(args);
    return error->code = code;
}

int as_error_wrap(struct as_error *error, const char *format, ...) {
    char inner[AS_ERROR_TEXT_MAX];
    memcpy(inner, error->text, sizeof inner);
    va_list args;
    va_start(args, format);
    set_text(error, format, args, inner);
    va_end(args);
    return error->code;
}
