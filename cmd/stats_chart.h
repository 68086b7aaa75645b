// SPDX-License-Identifier: MIT
//
// Charts of a series over time, as inline SVG with a legend in HTML. Colours, fonts and dark mode
// are the style sheet's (cmd/web/page.css).
#ifndef AS_STATS_CHART_H
#define AS_STATS_CHART_H

#include "base/buffer.h"
#include "stats_series.h"

enum { STATS_CHART_LINES_MAX = AS_REJECT_KINDS };

typedef void stats_put_number(struct as_buffer *out, double v);

struct stats_chart_line {
    const char *label;
    enum stats_field field;
};

struct stats_chart {
    const char *title;
    stats_put_number *put; // a value with its unit
    bool per_second;       // divide by the interval's length
    double least_top;      // the axis goes up to this at least; 0: to the greatest value
    size_t line_count;
    struct stats_chart_line lines[STATS_CHART_LINES_MAX];
};

// Appends nothing where there are fewer than two points to join.
void stats_chart_put(const struct stats_chart *chart, const struct stats_series *series,
                     struct as_buffer *out);

#endif
