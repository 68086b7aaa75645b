// SPDX-License-Identifier: MIT
#include "stats_chart.h"
#include "stats_format.h"
#include "stats_page_parts.h"

static void put_percent(struct as_buffer *out, double v) {
    as_buffer_printf(out, "%.0f %%", v);
}

static const struct stats_chart charts[] = {
    {"Items a second", stats_put_short, false, 0, 1, {{"items/s", STATS_RATE}}},
    {"Round trip of a batch",
     stats_put_ms,
     false,
     0,
     3,
     {{"median", STATS_P50_MS}, {"p99", STATS_P99_MS}, {"longest", STATS_MAX_MS}}},
    {"What the stages do",
     put_percent,
     false,
     100,
     5,
     {{"reader waits for input", STATS_READ_WAIT},
      {"reader waits for room", STATS_ROOM_WAIT},
      {"engine decides", STATS_DECIDE},
      {"committer writes and syncs", STATS_COMMIT},
      {"committer waits for the reader of verdicts", STATS_SEND_WAIT}}},
    {"Write-ahead log",
     stats_put_bytes,
     false,
     0,
     2,
     {{"active segment", STATS_WAL_BYTES}, {"being sealed", STATS_SEALING_BYTES}}},
    {"Segments of the journal", stats_put_short, false, 0, 1, {{"segments", STATS_SEGMENTS}}},
    {"How old the state in state.db is",
     stats_put_ms,
     false,
     0,
     1,
     {{"fold lag", STATS_FOLD_LAG_MS}}},
    {"Journal written, a second", stats_put_bytes, true, 0, 1, {{"bytes", STATS_JOURNAL_BYTES}}},
    {"Time of a commit, on average", stats_put_ms, false, 0, 1, {{"time", STATS_COMMIT_MS}}},
    {"Batches a commit", stats_put_short, false, 0, 1, {{"batches", STATS_COMMIT_BATCHES}}},
    {"CPU of the writer, of one core",
     put_percent,
     false,
     100,
     2,
     {{"program", STATS_CPU_USER}, {"system", STATS_CPU_SYSTEM}}},
    {"Memory of the writer", stats_put_bytes, false, 0, 1, {{"resident", STATS_RSS_BYTES}}},
};

// Lines for those kinds of reasons that came at all.
static void put_rejections(const struct stats_page *page, struct as_buffer *out) {
    struct stats_chart chart = {
        .title = "Rejections a second", .put = stats_put_short, .per_second = true};
    for (uint8_t kind = 1; kind < AS_REJECT_KINDS; kind++)
        if (page->summary->reasons.by_kind[kind])
            chart.lines[chart.line_count++] = (struct stats_chart_line){
                as_reject_kind_name(kind), STATS_REJECTED_CHECK + kind - 1u};
    stats_chart_put(&chart, page->series, out);
}

void stats_page_charts(const struct stats_page *page, struct as_buffer *out) {
    size_t before = out->size;
    as_buffer_printf(out, "<h2>Over time</h2>\n<div class=\"charts\">\n");
    size_t none = out->size;
    for (size_t i = 0; i < sizeof charts / sizeof *charts; i++) {
        stats_chart_put(&charts[i], page->series, out);
        if (i == 1)
            put_rejections(page, out);
    }
    if (out->size == none) {
        out->size = before;
        as_buffer_printf(out, "<p class=\"note\">Too short for charts over time.</p>\n");
    } else {
        as_buffer_printf(out, "</div>\n");
    }
}
