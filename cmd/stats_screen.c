// SPDX-License-Identifier: MIT
#include "stats_screen.h"

#include <stdio.h>
#include <wchar.h>

#include "stats_fit.h"
#include "stats_format.h"

// What is being drawn: a line is put together in `text`, then goes to `out`, cut to the width.
struct drawing {
    const struct stats_screen *screen;
    const double *v;
    struct as_buffer *out;
    struct as_buffer text;
    size_t lines;
};

// ---- Lines --------------------------------------------------------------------------------------

// How many bytes of a text fit into so many columns. Names are UTF-8 whatever the terminal can
// show: what it cannot ends the line.
static size_t fit_columns(const char *text, size_t size, size_t columns) {
    mbstate_t state = {0};
    size_t at = 0, used = 0;
    while (at < size) {
        wchar_t c;
        size_t n = mbrtowc(&c, text + at, size - at, &state);
        int width = n > 0 && n <= size - at ? wcwidth(c) : -1;
        if (width < 0 || used + (size_t)width > columns)
            break;
        used += (size_t)width;
        at += n;
    }
    return at;
}

static void end_line(struct drawing *d, const char *label) {
    const struct stats_screen *s = d->screen;
    if (d->lines < s->rows && s->columns > 0) {
        size_t room = s->columns > STATS_SCREEN_LABEL ? s->columns - STATS_SCREEN_LABEL : 0;
        int width = s->columns > STATS_SCREEN_LABEL ? STATS_SCREEN_LABEL : (int)s->columns;
        as_buffer_printf(d->out, "%s%-*.*s%s", s->bold ? "\033[1m" : "", width, width, label,
                         s->bold ? "\033[0m" : "");
        as_buffer_append(d->out, d->text.data,
                         fit_columns((char *)d->text.data, d->text.size, room));
        as_buffer_printf(d->out, "\033[K\n");
        d->lines++;
    }
    d->text.size = 0;
}

static void say(struct drawing *d, const char *words) {
    as_buffer_printf(&d->text, "%s", words);
}

static void say_count(struct drawing *d, const char *before, double v, const char *behind) {
    say(d, before);
    stats_put_count(&d->text, v);
    say(d, behind);
}

static void say_short(struct drawing *d, const char *before, double v, const char *behind) {
    say(d, before);
    stats_put_short(&d->text, v);
    say(d, behind);
}

static void say_bytes(struct drawing *d, const char *before, double v, const char *behind) {
    say(d, before);
    stats_put_bytes(&d->text, v);
    say(d, behind);
}

static void say_ms(struct drawing *d, const char *before, double v, const char *behind) {
    say(d, before);
    stats_put_ms(&d->text, v);
    say(d, behind);
}

// ---- The view -----------------------------------------------------------------------------------

// Eighths of a line's height; 0 is a blank only where nothing came at all.
static void say_bar(struct drawing *d, double share) {
    static const char *const blocks[] = {"\u2581", "\u2582", "\u2583", "\u2584",
                                         "\u2585", "\u2586", "\u2587", "\u2588"};
    int level = (int)(share * 8);
    level = level > 7 ? 7 : level;
    if (d->screen->utf8)
        say(d, share > 0 ? blocks[level] : " ");
    else
        as_buffer_u8(&d->text, (uint8_t) " .:-=+*#@"[share > 0 ? level + 1 : 0]);
}

static void draw_sparkline(struct drawing *d) {
    const struct stats_screen *s = d->screen;
    size_t room = s->columns > STATS_SCREEN_LABEL + 1 ? s->columns - STATS_SCREEN_LABEL - 1 : 0;
    char label[32];
    size_t first = s->rate_count > room ? s->rate_count - room : 0;
    double max = 0;
    for (size_t i = first; i < s->rate_count; i++)
        max = s->rates[i] > max ? s->rates[i] : max;
    for (size_t i = first; i < s->rate_count; i++)
        say_bar(d, max > 0 ? s->rates[i] / max : 0);
    snprintf(label, sizeof label, "last %zu s", s->rate_count - first);
    end_line(d, label);
}

static void draw_rate(struct drawing *d) {
    say_count(d, "", d->v[STATS_RATE], " items/s now; ");
    say_count(d, "", stats_summary_rate(d->screen->summary), " since the start, ");
    stats_put_seconds(&d->text, d->v[STATS_ELAPSED_S]);
    end_line(d, "rate");
    draw_sparkline(d);
}

static void draw_items(struct drawing *d) {
    const struct stats_summary *s = d->screen->summary;
    double items = (double)stats_summary_items(s);
    say_count(d, "", items, ": ");
    say_count(d, "", (double)s->accepted, " accepted, ");
    say_count(d, "", (double)s->rejected, " rejected");
    as_buffer_printf(&d->text, " (%.2f %%)", items > 0 ? 100 * (double)s->rejected / items : 0);
    if (s->duplicates)
        say_count(d, ", ", (double)s->duplicates, " duplicates");
    say(d, s->dry_run ? " (dry run)" : "");
    end_line(d, "items");
}

static void draw_reasons(struct drawing *d) {
    const struct stats_reasons *reasons = &d->screen->summary->reasons;
    uint16_t order[STATS_REASONS_MAX];
    size_t count = stats_reasons_sort(reasons, order);
    for (size_t i = 0; i < count && i < STATS_SCREEN_REASONS; i++) {
        const struct stats_reason *reason = &reasons->list[order[i]];
        say_count(d, "", (double)reason->count, " ");
        say(d, as_reject_kind_name(reason->kind));
        say(d, " ");
        stats_put_line(&d->text, reason->name, reason->size);
        end_line(d, i ? "" : "rejected");
    }
    if (count > STATS_SCREEN_REASONS) {
        say_count(d, "and ", (double)(count - STATS_SCREEN_REASONS), " other reasons");
        end_line(d, "");
    }
}

static void draw_round_trip(struct drawing *d) {
    say_ms(d, "p50 ", d->v[STATS_P50_MS], ", ");
    say_ms(d, "p90 ", d->v[STATS_P90_MS], ", ");
    say_ms(d, "p99 ", d->v[STATS_P99_MS], ", ");
    say_ms(d, "p99.9 ", d->v[STATS_P99_9_MS], ", ");
    say_ms(d, "max ", d->v[STATS_MAX_MS], "");
    end_line(d, "round trip");
}

static void draw_journal(struct drawing *d) {
    const double *v = d->v;
    double seconds = v[STATS_MEASURED_S] > 0 ? v[STATS_MEASURED_S] : 1;
    say_short(d, "", v[STATS_COMMITS] / seconds, " commits/s");
    as_buffer_printf(&d->text, " of %.1f batches, ", v[STATS_COMMIT_BATCHES]);
    say_ms(d, "", v[STATS_COMMIT_MS], " each; ");
    say_bytes(d, "", v[STATS_JOURNAL_BYTES] / seconds, "/s");
    end_line(d, "commits");
    say_bytes(d, "WAL ", v[STATS_WAL_BYTES], "; ");
    say_count(d, "", v[STATS_SEGMENTS], v[STATS_SEGMENTS] == 1 ? " segment, " : " segments, ");
    say_bytes(d, "", v[STATS_SEALING_BYTES], " being sealed");
    end_line(d, "journal");
}

static void draw_state(struct drawing *d) {
    const double *v = d->v;
    say_count(d, "", v[STATS_ROWS], " rows, ");
    say_count(d, "", v[STATS_DIRTY_ROWS], " changed; state.db ");
    say_ms(d, "", v[STATS_FOLD_LAG_MS], ", ");
    say_count(d, "", v[STATS_FOLD_LAG_ITEMS], " items behind");
    end_line(d, "state");
}

static void draw_stages(struct drawing *d) {
    const double *v = d->v;
    as_buffer_printf(&d->text, "waits for input %.0f %%, for room %.0f %%", v[STATS_READ_WAIT],
                     v[STATS_ROOM_WAIT]);
    end_line(d, "reader");
    as_buffer_printf(&d->text, "decides %.0f %%, waits for batches %.0f %%", v[STATS_DECIDE],
                     v[STATS_ENGINE_WAIT]);
    end_line(d, "engine");
    as_buffer_printf(
        &d->text, "commits %.0f %%, waits for batches %.0f %%, for the reader of verdicts %.0f %%",
        v[STATS_COMMIT], v[STATS_COMMIT_WAIT], v[STATS_SEND_WAIT]);
    end_line(d, "committer");
    as_buffer_printf(&d->text, "CPU %.0f %% in the program, %.0f %% in the system; ",
                     v[STATS_CPU_USER], v[STATS_CPU_SYSTEM]);
    say_bytes(d, "memory ", v[STATS_RSS_BYTES], "");
    end_line(d, "process");
}

size_t stats_screen_draw(const struct stats_screen *screen, struct as_buffer *out) {
    struct drawing d = {.screen = screen, .v = screen->sample->values, .out = out};
    draw_rate(&d);
    draw_items(&d);
    draw_reasons(&d);
    draw_round_trip(&d);
    if (screen->sample->measured) {
        stats_explain(screen->sample, &d.text);
        end_line(&d, "bound by");
        draw_journal(&d);
        draw_state(&d);
        draw_stages(&d);
    }
    as_buffer_free(&d.text);
    return d.lines;
}
