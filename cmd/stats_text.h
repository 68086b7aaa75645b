// SPDX-License-Identifier: MIT
//
// The summary as text for a person; one line for an interval.
#ifndef AS_STATS_TEXT_H
#define AS_STATS_TEXT_H

#include "base/buffer.h"
#include "stats_sample.h"

void stats_text_summary(const struct stats_summary *summary, struct as_buffer *out);
// A line for each reason, the most frequent first.
void stats_text_reasons(const struct stats_reasons *reasons, struct as_buffer *out);
// "12 s: 1,234,567 items, …", with a newline.
void stats_text_sample(const struct stats_sample *sample, struct as_buffer *out);

#endif
