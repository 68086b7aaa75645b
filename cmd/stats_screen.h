// SPDX-License-Identifier: MIT
//
// The lines of the live view: labels and texts, for any width.
#ifndef AS_STATS_SCREEN_H
#define AS_STATS_SCREEN_H

#include "base/buffer.h"
#include "stats_sample.h"

enum {
    STATS_SCREEN_LABEL = 11,     // columns
    STATS_SCREEN_REASONS = 5,    // shown, the most frequent ones
    STATS_SCREEN_RATES_MAX = 240 // samples of the sparkline: four minutes of seconds
};

struct stats_screen {
    const struct stats_sample *sample;
    const struct stats_summary *summary;
    const double *rates; // items a second of the last samples, oldest first
    size_t rate_count;
    size_t columns, rows; // of the terminal
    bool utf8;
    bool bold; // labels
};

// Appends at most `rows` lines of at most `columns` columns each; every line clears what was behind
// it and ends in "\n". Returns how many.
size_t stats_screen_draw(const struct stats_screen *screen, struct as_buffer *out);

#endif
