// SPDX-License-Identifier: MIT
#include "base/clock.h"
#include "stats_fit.h"
#include "stats_format.h"
#include "stats_page_parts.h"

const char *stats_page_text(const json_t *object, const char *name) {
    const char *text = json_string_value(json_object_get(object, name));
    return text ? text : "";
}

static void put_text(struct as_buffer *out, const char *text) {
    stats_page_escape(out, text, strlen(text));
}

// ---- Title --------------------------------------------------------------------------------------

static void put_state(const struct stats_page *page, struct as_buffer *out) {
    static const char *const states[] = {"running, ", "", "cut short, "};
    as_buffer_printf(out, "<h1>");
    put_text(out, page->title);
    as_buffer_printf(out, "</h1>\n<p class=\"state\" id=\"state\">%s", states[page->state]);
    if (page->summary->batches) {
        stats_put_time(out, page->summary->first_created_ns);
        as_buffer_printf(out, " to ");
    }
    stats_put_time(out, page->summary->batches ? page->summary->last_arrived_ns : page->now_ns);
    as_buffer_printf(out, "</p>\n");
}

// ---- Verdict ------------------------------------------------------------------------------------

static void put_verdict(const struct stats_page *page, struct as_buffer *out) {
    const struct stats_summary *s = page->summary;
    as_buffer_printf(out, "<p class=\"verdict\"><b>");
    stats_put_count(out, (double)stats_summary_items(s));
    as_buffer_printf(out, " items</b> decided%s in ", s->dry_run ? "" : " and made durable");
    stats_put_seconds(out, stats_summary_seconds(s));
    as_buffer_printf(out, ": <b>");
    stats_put_count(out, stats_summary_rate(s));
    as_buffer_printf(out, " items/s</b>. ");
    stats_put_count(out, (double)s->accepted);
    as_buffer_printf(out, " accepted, ");
    stats_put_count(out, (double)s->rejected);
    as_buffer_printf(out, " rejected.</p>\n");
}

static void put_bound(const struct stats_page *page, struct as_buffer *out) {
    struct stats_sample whole;
    struct as_buffer why = {0};
    stats_sample_whole(page->summary, &whole);
    stats_explain(&whole, &why);
    if (why.size) {
        as_buffer_printf(out, "<p class=\"bound\">What bounded the rate: <b>");
        stats_page_escape(out, (char *)why.data, why.size);
        as_buffer_printf(out, "</b></p>\n");
    }
    as_buffer_free(&why);
}

// ---- Badges -------------------------------------------------------------------------------------

static void put_badge(struct as_buffer *out, const char *class, const char *text,
                      const char *detail) {
    as_buffer_printf(out, "<li class=\"%s\">%s", class, text);
    if (*detail) {
        as_buffer_printf(out, ": ");
        put_text(out, detail);
    }
    as_buffer_printf(out, "</li>");
}

// An audit vouches for the run only if it was made behind it.
static bool audit_covers(const struct stats_page *page) {
    const struct stats_summary *s = page->summary;
    json_int_t items = json_integer_value(json_object_get(page->audit, "items"));
    return items >= 0 && (uint64_t)items + s->duplicates >= stats_summary_items(s);
}

static void put_audit_badge(const struct stats_page *page, struct as_buffer *out) {
    bool ok = strcmp(stats_page_text(page->audit, "integrity"), "ok") == 0;
    if (!ok)
        put_badge(out, "bad", "INTEGRITY_FAILED", stats_page_text(page->audit, "failure"));
    else if (audit_covers(page))
        put_badge(out, "good", "INTEGRITY_OK", "");
    else
        put_badge(out, "so-so", "INTEGRITY_OK", "but the audit saw fewer items than this run has");
}

static void put_badges(const struct stats_page *page, struct as_buffer *out) {
    as_buffer_printf(out, "<ul class=\"badges\">");
    if (page->state == STATS_PAGE_BROKEN)
        put_badge(out, "bad", "cut short", page->complaint);
    if (page->summary->dry_run)
        put_badge(out, "so-so", "dry run", "nothing was made durable");
    if (page->audit)
        put_audit_badge(page, out);
    if (page->preflight && json_is_true(json_object_get(page->preflight, "pass")))
        put_badge(out, "good", "preflight PASS", "");
    else if (page->preflight)
        put_badge(out, "bad", "preflight FAIL", "");
    as_buffer_printf(out, "</ul>\n");
}

// ---- Tiles --------------------------------------------------------------------------------------

static void end_tile(struct as_buffer *out, const char *label) {
    as_buffer_printf(out, "</b><span>%s</span></div>\n", label);
}

static void put_round_trip(const struct stats_page *page, double q, const char *label,
                           struct as_buffer *out) {
    as_buffer_printf(out, "<div><b>");
    stats_put_ms(out,
                 (double)as_histogram_quantile(&page->summary->round_trip_ns, q) / AS_NS_PER_MS);
    end_tile(out, label);
}

static void put_tiles(const struct stats_page *page, struct as_buffer *out) {
    const struct stats_summary *s = page->summary;
    double items = (double)stats_summary_items(s);
    as_buffer_printf(out, "<div class=\"tiles\"><div><b>");
    stats_put_short(out, stats_summary_rate(s));
    end_tile(out, "items a second");
    as_buffer_printf(out, "<div><b>%.2f %%", items > 0 ? 100 * (double)s->accepted / items : 0);
    end_tile(out, "accepted");
    put_round_trip(page, 0.5, "round trip, median", out);
    put_round_trip(page, 0.99, "round trip, p99", out);
    put_round_trip(page, 1, "round trip, longest", out);
    as_buffer_printf(out, "</div>\n");
}

void stats_page_headline(const struct stats_page *page, struct as_buffer *out) {
    put_state(page, out);
    put_verdict(page, out);
    put_bound(page, out);
    put_badges(page, out);
    put_tiles(page, out);
}
