// SPDX-License-Identifier: MIT
#include "stats_format.h"

#include <stdio.h>
#include <time.h>

#include "base/clock.h"

void stats_put_count(struct as_buffer *out, double v) {
    char digits[64];
    int size = snprintf(digits, sizeof digits, "%.0f", v);
    for (int i = 0; i < size; i++) {
        if (i > 0 && (size - i) % 3 == 0 && digits[i - 1] != '-')
            as_buffer_u8(out, ',');
        as_buffer_u8(out, (uint8_t)digits[i]);
    }
}

// Three significant digits before a unit.
static void put_scaled(struct as_buffer *out, double v, const char *space, const char *unit) {
    static const char *const prefixes[] = {"", "k", "M", "G", "T", "P", "E"};
    unsigned prefix = 0;
    for (; v >= 999.5 && prefix < 6; prefix++)
        v /= 1000;
    as_buffer_printf(out, "%.3g%s%s%s", v, space, prefixes[prefix], unit);
}

void stats_put_short(struct as_buffer *out, double v) {
    put_scaled(out, v, "", "");
}

void stats_put_bytes(struct as_buffer *out, double v) {
    put_scaled(out, v, " ", "B");
}

void stats_put_ms(struct as_buffer *out, double ms) {
    if (ms < 999.5)
        as_buffer_printf(out, "%.3g ms", ms);
    else
        stats_put_seconds(out, ms / 1000);
}

void stats_put_seconds(struct as_buffer *out, double s) {
    unsigned long long whole = (unsigned long long)(s + 0.5);
    if (s < 59.95)
        as_buffer_printf(out, "%.3g s", s);
    else if (whole < 3600)
        as_buffer_printf(out, "%llu min %llu s", whole / 60, whole % 60);
    else
        as_buffer_printf(out, "%llu h %llu min", whole / 3600, whole / 60 % 60);
}

void stats_put_time(struct as_buffer *out, uint64_t ns) {
    char text[64];
    struct tm tm;
    time_t seconds = (time_t)(ns / AS_NS_PER_S);
    gmtime_r(&seconds, &tm);
    strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%S", &tm);
    as_buffer_printf(out, "%s.%03uZ", text, (unsigned)(ns % AS_NS_PER_S / AS_NS_PER_MS));
}

// U+0080 to U+009F, two bytes each, are control characters too.
static bool is_control(const char *text, size_t left) {
    uint8_t c = (uint8_t)*text;
    return c < 0x20 || c == 0x7f || (c == 0xc2 && left > 1 && (uint8_t)text[1] < 0xa0);
}

void stats_put_line(struct as_buffer *out, const char *text, size_t size) {
    for (size_t i = 0; i < size; i++) {
        bool control = is_control(text + i, size - i);
        i += control && (uint8_t)text[i] == 0xc2;
        as_buffer_u8(out, control ? ' ' : (uint8_t)text[i]);
    }
}
