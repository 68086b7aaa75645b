// SPDX-License-Identifier: MIT
#include "stats_live.h"

#include <langinfo.h>
#include <locale.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/io.h"
#include "stats_text.h"

enum { COLUMNS = 80, ROWS = 24 }; // of a terminal that does not say

static bool has_cursor(void) {
    const char *term = getenv("TERM");
    return term && *term && strcmp(term, "dumb") != 0;
}

static enum stats_live_mode choose_mode(const struct stats_options *o) {
    if (!o->progress)
        return STATS_LIVE_OFF;
    if (isatty(STDERR_FILENO) && !o->recorded)
        return has_cursor() ? STATS_LIVE_VIEW : STATS_LIVE_LINES;
    return o->format == STATS_TEXT && o->interval_ns ? STATS_LIVE_LINES : STATS_LIVE_OFF;
}

void stats_live_start(struct stats_live *live, const struct stats_options *options) {
    *live = (struct stats_live){.mode = choose_mode(options), .bold = getenv("NO_COLOR") == NULL};
    if (live->mode != STATS_LIVE_VIEW)
        return;
    setlocale(LC_CTYPE, "");
    live->utf8 = strcmp(nl_langinfo(CODESET), "UTF-8") == 0;
}

static void remember_rate(struct stats_live *live, double rate) {
    if (live->rate_count == STATS_SCREEN_RATES_MAX)
        memmove(live->rates, live->rates + 1, --live->rate_count * sizeof *live->rates);
    live->rates[live->rate_count++] = rate;
}

// The last column stays free: what a terminal does behind it is not agreed upon.
static void measure_terminal(struct stats_screen *screen) {
    struct winsize size;
    screen->columns = COLUMNS;
    screen->rows = ROWS;
    if (ioctl(STDERR_FILENO, TIOCGWINSZ, &size) < 0 || size.ws_col == 0 || size.ws_row == 0)
        return;
    screen->columns = size.ws_col - 1u;
    screen->rows = size.ws_row - 1u; // the cursor's own
}

// Where the lines of the view begin. A terminal that was made narrower may have broken them in two,
// nobody knows into how many: then the screen is begun anew.
static void go_back(const struct stats_live *live, const struct stats_screen *screen,
                    struct as_buffer *out) {
    if (live->lines && (screen->columns < live->columns || screen->rows < live->rows))
        as_buffer_printf(out, "\033[H\033[J");
    else if (live->lines)
        as_buffer_printf(out, "\r\033[%zuA", live->lines);
    else
        as_buffer_printf(out, "\r"); // another program's progress may stand here
}

static void draw(struct stats_live *live, struct stats_screen *screen) {
    struct as_buffer out = {0};
    struct as_error ignored;
    measure_terminal(screen);
    go_back(live, screen, &out);
    size_t lines = stats_screen_draw(screen, &out);
    if (lines < live->lines)
        as_buffer_printf(&out, "\033[J");
    as_io_write_full(STDERR_FILENO, out.data, out.size, "stderr", &ignored);
    as_buffer_free(&out);
    live->lines = lines;
    live->columns = screen->columns;
    live->rows = screen->rows;
}

void stats_live_redraw(struct stats_live *live, const struct stats_summary *summary) {
    struct stats_screen screen = {
        .sample = &live->sample,
        .summary = summary,
        .rates = live->rates,
        .rate_count = live->rate_count,
        .utf8 = live->utf8,
        .bold = live->bold,
    };
    if (live->mode == STATS_LIVE_VIEW && live->rate_count)
        draw(live, &screen);
}

// Telemetry comes once a second too, so that now and then a second is without any: then the figures
// of the one before stay, rather than blink.
static void remember_sample(struct stats_live *live, const struct stats_sample *sample) {
    struct stats_sample before = live->sample;
    live->sample = *sample;
    if (sample->measured || !before.measured)
        return;
    live->sample.measured = true;
    for (enum stats_field f = STATS_MEASURED_S; f <= STATS_RSS_BYTES; f++)
        live->sample.values[f] = before.values[f];
}

void stats_live_tick(struct stats_live *live, const struct stats_sample *sample,
                     const struct stats_summary *summary) {
    remember_rate(live, sample->values[STATS_RATE]);
    remember_sample(live, sample);
    stats_live_redraw(live, summary);
}

void stats_live_line(const struct stats_live *live, const struct stats_sample *sample) {
    struct as_buffer out = {0};
    struct as_error ignored;
    if (live->mode != STATS_LIVE_LINES)
        return;
    stats_text_sample(sample, &out);
    as_io_write_full(STDERR_FILENO, out.data, out.size, "stderr", &ignored);
    as_buffer_free(&out);
}

void stats_live_end(struct stats_live *live) {
    live->mode = STATS_LIVE_OFF;
}
