// SPDX-License-Identifier: MIT
#include <sys/utsname.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/diag.h"
#include "stats_fit.h"
#include "stats_format.h"
#include "stats_page_parts.h"

enum { REASONS_SHOWN = 50 };

typedef unsigned long long ull;

static void put_text(struct as_buffer *out, const char *text) {
    stats_page_escape(out, text, strlen(text));
}

// ---- Reasons ------------------------------------------------------------------------------------

static void put_reason(struct as_buffer *out, const char *kind, const char *name, size_t size,
                       uint64_t count, uint64_t most) {
    as_buffer_printf(out, "<tr><td>%s ", kind);
    stats_page_escape(out, name, size);
    as_buffer_printf(out, "</td><td class=\"number\">");
    stats_put_count(out, (double)count);
    as_buffer_printf(out, "</td><td class=\"bar\"><i style=\"width:%.1f%%\"></i></td></tr>\n",
                     100 * (double)count / (double)most);
}

static void put_reasons(const struct stats_reasons *reasons, struct as_buffer *out) {
    uint16_t order[STATS_REASONS_MAX];
    size_t count = stats_reasons_sort(reasons, order);
    uint64_t rest = reasons->other;
    as_buffer_printf(out, "<section><h2>Why items were rejected</h2>\n");
    if (!count)
        as_buffer_printf(out, "<p class=\"note\">None was.</p>");
    as_buffer_printf(out, "<table>\n");
    for (size_t i = 0; i < count; i++) {
        const struct stats_reason *reason = &reasons->list[order[i]];
        if (i < REASONS_SHOWN)
            put_reason(out, as_reject_kind_name(reason->kind), reason->name, reason->size,
                       reason->count, reasons->list[order[0]].count);
        else
            rest += reason->count;
    }
    if (rest)
        put_reason(out, "other", "", 0, rest, rest);
    as_buffer_printf(out, "</table></section>\n");
}

// ---- Rows of two --------------------------------------------------------------------------------

static void begin_row(struct as_buffer *out, const char *name) {
    as_buffer_printf(out, "<tr><th>%s</th><td class=\"number\">", name);
}

static void end_row(struct as_buffer *out) {
    as_buffer_printf(out, "</td></tr>\n");
}

static void put_count_row(struct as_buffer *out, const char *name, double v) {
    begin_row(out, name);
    stats_put_count(out, v);
    end_row(out);
}

static void put_bytes_row(struct as_buffer *out, const char *name, double v) {
    begin_row(out, name);
    stats_put_bytes(out, v);
    end_row(out);
}

// ---- Commits ------------------------------------------------------------------------------------

static void put_fit(const uint64_t *t, struct as_buffer *out) {
    struct stats_fit fit;
    if (stats_fit(t, &fit))
        as_buffer_printf(out,
                         "<p class=\"note\">A commit of <i>n</i> items takes T(n) = <b>%.0f µs + "
                         "%.0f ns · n</b>, by least squares over all commits.</p>\n",
                         fit.commit_us, fit.item_ns);
    else
        as_buffer_printf(out, "<p class=\"note\">No fit of a commit's cost: their sizes did not "
                              "vary enough.</p>\n");
}

static void put_commits(const struct stats_summary *s, struct as_buffer *out) {
    const uint64_t *t = s->telemetry;
    double commits = (double)t[AS_TELEMETRY_COMMITS];
    as_buffer_printf(out, "<section><h2>What a commit costs</h2>\n");
    put_fit(t, out);
    as_buffer_printf(out, "<table>\n");
    put_count_row(out, "commits, one sync each", commits);
    if (commits > 0) {
        put_count_row(out, "items a commit", (double)t[AS_TELEMETRY_COMMIT_ITEMS] / commits);
        begin_row(out, "time of one: median, p99, longest");
        stats_put_ms(out, (double)as_histogram_quantile(&s->commit_ns, 0.5) / AS_NS_PER_MS);
        as_buffer_printf(out, ", ");
        stats_put_ms(out, (double)as_histogram_quantile(&s->commit_ns, 0.99) / AS_NS_PER_MS);
        as_buffer_printf(out, ", ");
        stats_put_ms(out, (double)s->commit_ns.max / AS_NS_PER_MS);
        end_row(out);
    }
    put_bytes_row(out, "journalled", (double)t[AS_TELEMETRY_JOURNAL_BYTES]);
    put_count_row(out, "segments, of them sealed in this run", (double)t[AS_TELEMETRY_SEGMENTS]);
    out->size -= strlen("</td></tr>\n");
    as_buffer_printf(out, ", %llu", (ull)t[AS_TELEMETRY_SEALS]);
    end_row(out);
    put_count_row(out, "rows of all aggregates", (double)t[AS_TELEMETRY_ROWS]);
    as_buffer_printf(out, "</table></section>\n");
}

// ---- The run ------------------------------------------------------------------------------------

static void put_machine(struct as_buffer *out) {
    struct utsname name;
    double memory = (double)sysconf(_SC_PHYS_PAGES) * (double)sysconf(_SC_PAGESIZE);
    begin_row(out, "machine of as-stats");
    if (uname(&name) == 0) {
        put_text(out, name.sysname);
        as_buffer_printf(out, " ");
        put_text(out, name.release);
        as_buffer_printf(out, ", ");
    }
    as_buffer_printf(out, "%ld cores, ", sysconf(_SC_NPROCESSORS_ONLN));
    stats_put_bytes(out, memory);
    end_row(out);
}

static void put_run(const struct stats_page *page, struct as_buffer *out) {
    const struct stats_summary *s = page->summary;
    double items = (double)stats_summary_items(s), batches = (double)s->batches;
    as_buffer_printf(out, "<section><h2>The run</h2>\n<table>\n");
    put_count_row(out, "batches", batches);
    put_count_row(out, "items a batch, on average", batches > 0 ? items / batches : 0);
    if (s->measured && items > 0)
        put_bytes_row(out, "an item in its frame",
                      (double)s->telemetry[AS_TELEMETRY_FRAME_BYTES] / items);
    put_count_row(out, "decided before (duplicates)", (double)s->duplicates);
    begin_row(out, "fingerprint of the domain");
    as_buffer_printf(out, "%016llx", (ull)s->domain);
    end_row(out);
    begin_row(out, "a point of a chart");
    stats_put_seconds(out,
                      page->series->count ? page->series->samples[0].values[STATS_INTERVAL_S] : 0);
    end_row(out);
    put_machine(out);
    begin_row(out, "as-stats");
    as_buffer_printf(out, "%s", AS_VERSION);
    end_row(out);
    as_buffer_printf(out, "</table></section>\n");
}

void stats_page_tables(const struct stats_page *page, struct as_buffer *out) {
    put_reasons(&page->summary->reasons, out);
    if (page->summary->measured)
        put_commits(page->summary, out);
    put_run(page, out);
}
