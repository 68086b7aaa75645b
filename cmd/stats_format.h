// SPDX-License-Identifier: MIT
//
// Numbers as a person reads them.
#ifndef AS_STATS_FORMAT_H
#define AS_STATS_FORMAT_H

#include "base/buffer.h"

void stats_put_count(struct as_buffer *out, double v);   // "1,234,567"
void stats_put_short(struct as_buffer *out, double v);   // "1.23M", "412k", "17"
void stats_put_bytes(struct as_buffer *out, double v);   // "537 MB"
void stats_put_ms(struct as_buffer *out, double ms);     // "0.84 ms", "2.1 s"
void stats_put_seconds(struct as_buffer *out, double s); // "11.6 s", "3 min 20 s", "10 h 2 min"
// RFC 3339, UTC, with milliseconds.
void stats_put_time(struct as_buffer *out, uint64_t ns);
// Without what could move a terminal's cursor: control characters become spaces.
void stats_put_line(struct as_buffer *out, const char *text, size_t size);

#endif
