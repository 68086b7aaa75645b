// SPDX-License-Identifier: MIT
#include "stats_chart.h"

#include <math.h>

#include "stats_format.h"

// Drawn for a column of a phone's width; wider ones enlarge it.
enum { WIDTH = 360, HEIGHT = 180, LEFT = 46, RIGHT = 8, TOP = 10, BOTTOM = 22, TICKS_MAX = 4 };

struct axes {
    double from_s, to_s; // elapsed
    double top;
    int ticks; // steps from 0 to the top
};

static double value(const struct stats_chart *chart, const struct stats_sample *sample,
                    enum stats_field field) {
    bool telemetry = field > STATS_MEASURED_S && field < STATS_REJECTED_CHECK;
    double v = sample->values[field];
    double seconds = sample->values[telemetry ? STATS_MEASURED_S : STATS_INTERVAL_S];
    if (!chart->per_second)
        return v;
    return seconds > 0 ? v / seconds : 0;
}

static double x_of(const struct axes *axes, double elapsed_s) {
    return LEFT + (WIDTH - LEFT - RIGHT) * (elapsed_s - axes->from_s) / (axes->to_s - axes->from_s);
}

static double y_of(const struct axes *axes, double v) {
    return HEIGHT - BOTTOM - (HEIGHT - TOP - BOTTOM) * v / axes->top;
}

// ---- Axes ---------------------------------------------------------------------------------------

// 1, 2, 2.5 or 5 times a power of ten, at least v: steps that a reader can add up.
static double round_step(double v) {
    static const double steps[] = {1, 2, 2.5, 5, 10};
    double power = pow(10, floor(log10(v)));
    for (size_t i = 0; i < sizeof steps / sizeof *steps; i++)
        if (steps[i] * power >= v * (1 - 1e-9))
            return steps[i] * power;
    return 10 * power;
}

static double greatest(const struct stats_chart *chart, const struct stats_series *series) {
    double max = 0;
    for (size_t i = 0; i < series->count; i++)
        for (size_t k = 0; k < chart->line_count; k++)
            if (stats_sample_has(&series->samples[i], chart->lines[k].field))
                max = fmax(max, value(chart, &series->samples[i], chart->lines[k].field));
    return max;
}

static void set_axes(const struct stats_chart *chart, const struct stats_series *series,
                     struct axes *axes) {
    double top = fmax(greatest(chart, series), chart->least_top);
    double step = top > 0 ? round_step(top / TICKS_MAX) : 1;
    const double *first = series->samples[0].values;
    axes->from_s = first[STATS_ELAPSED_S] - first[STATS_INTERVAL_S];
    axes->to_s = series->samples[series->count - 1].values[STATS_ELAPSED_S];
    axes->ticks = top > 0 ? (int)ceil(top / step - 1e-9) : TICKS_MAX;
    axes->top = axes->ticks * step;
}

static void put_grid(const struct stats_chart *chart, const struct axes *axes,
                     struct as_buffer *out) {
    for (int i = 0; i <= axes->ticks; i++) {
        double v = axes->top * i / axes->ticks, y = y_of(axes, v);
        as_buffer_printf(out,
                         "<path class=\"grid\" d=\"M%d %.1fH%d\"/><text x=\"%d\" y=\"%.1f\" "
                         "class=\"y\">",
                         LEFT, y, WIDTH - RIGHT, LEFT - 4, y + 3.5);
        chart->put(out, v);
        as_buffer_printf(out, "</text>");
    }
}

static void put_times(const struct axes *axes, struct as_buffer *out) {
    static const char *const anchors[] = {"start", "middle", "end"};
    for (int i = 0; i < 3; i++) {
        double s = axes->from_s + (axes->to_s - axes->from_s) * i / 2;
        as_buffer_printf(out, "<text x=\"%.1f\" y=\"%d\" text-anchor=\"%s\">", x_of(axes, s),
                         HEIGHT - 6, anchors[i]);
        stats_put_seconds(out, s);
        as_buffer_printf(out, "</text>");
    }
}

// ---- Lines --------------------------------------------------------------------------------------

// The points of one line as "x,y x,y …"; how many.
static size_t put_points(const struct stats_chart *chart, const struct stats_series *series,
                         const struct axes *axes, enum stats_field field, struct as_buffer *out) {
    size_t count = 0;
    for (size_t i = 0; i < series->count; i++) {
        const struct stats_sample *sample = &series->samples[i];
        if (!stats_sample_has(sample, field))
            continue;
        as_buffer_printf(out, "%s%.1f,%.1f", count ? " " : "",
                         x_of(axes, sample->values[STATS_ELAPSED_S]),
                         y_of(axes, value(chart, sample, field)));
        count++;
    }
    return count;
}

static void put_line(const struct stats_chart *chart, const struct stats_series *series,
                     const struct axes *axes, size_t line, struct as_buffer *out) {
    as_buffer_printf(out, "<polyline class=\"line c%zu\" points=\"", line);
    put_points(chart, series, axes, chart->lines[line].field, out);
    as_buffer_printf(out, "\"/>");
}

// Where the line has its next point, from sample i on in steps of +1 or -1.
static double point_x(const struct stats_chart *chart, const struct stats_series *series,
                      const struct axes *axes, size_t i, size_t step) {
    while (!stats_sample_has(&series->samples[i], chart->lines[0].field))
        i += step;
    return x_of(axes, series->samples[i].values[STATS_ELAPSED_S]);
}

// A single line stands on its area.
static void put_area(const struct stats_chart *chart, const struct stats_series *series,
                     const struct axes *axes, struct as_buffer *out) {
    double bottom = y_of(axes, 0);
    as_buffer_printf(out, "<polygon class=\"area c0\" points=\"%.1f,%.1f ",
                     point_x(chart, series, axes, 0, 1), bottom);
    put_points(chart, series, axes, chart->lines[0].field, out);
    as_buffer_printf(out, " %.1f,%.1f\"/>",
                     point_x(chart, series, axes, series->count - 1, SIZE_MAX), bottom);
}

static void put_legend(const struct stats_chart *chart, struct as_buffer *out) {
    if (chart->line_count < 2)
        return;
    as_buffer_printf(out, "<p class=\"legend\">");
    for (size_t i = 0; i < chart->line_count; i++)
        as_buffer_printf(out, "<span class=\"c%zu\">%s</span> ", i, chart->lines[i].label);
    as_buffer_printf(out, "</p>");
}

static bool has_points(const struct stats_chart *chart, const struct stats_series *series) {
    size_t count = 0;
    for (size_t i = 0; i < series->count; i++)
        count += stats_sample_has(&series->samples[i], chart->lines[0].field);
    return count > 1 && series->samples[0].values[STATS_ELAPSED_S] <
                            series->samples[series->count - 1].values[STATS_ELAPSED_S];
}

void stats_chart_put(const struct stats_chart *chart, const struct stats_series *series,
                     struct as_buffer *out) {
    struct axes axes;
    if (!chart->line_count || !has_points(chart, series))
        return;
    set_axes(chart, series, &axes);
    as_buffer_printf(out, "<figure><figcaption>%s</figcaption>", chart->title);
    put_legend(chart, out);
    as_buffer_printf(out, "<svg viewBox=\"0 0 %d %d\" role=\"img\" aria-label=\"%s over time\">",
                     WIDTH, HEIGHT, chart->title);
    put_grid(chart, &axes, out);
    put_times(&axes, out);
    if (chart->line_count == 1)
        put_area(chart, series, &axes, out);
    for (size_t i = 0; i < chart->line_count; i++)
        put_line(chart, series, &axes, i, out);
    as_buffer_printf(out, "</svg></figure>\n");
}
