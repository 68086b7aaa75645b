// SPDX-License-Identifier: MIT
#include "stats_text.h"

#include "base/clock.h"
#include "stats_fit.h"
#include "stats_format.h"

typedef unsigned long long ull;

void stats_text_reasons(const struct stats_reasons *reasons, struct as_buffer *out) {
    uint16_t order[STATS_REASONS_MAX];
    size_t count = stats_reasons_sort(reasons, order);
    for (size_t i = 0; i < count; i++) {
        const struct stats_reason *reason = &reasons->list[order[i]];
        as_buffer_printf(out, "  %s ", as_reject_kind_name(reason->kind));
        stats_put_line(out, reason->name, reason->size);
        as_buffer_printf(out, " %llu\n", (ull)reason->count);
    }
    if (reasons->other)
        as_buffer_printf(out, "  other %llu\n", (ull)reasons->other);
}

static double quantile_ms(const struct as_histogram *h, double q) {
    return (double)as_histogram_quantile(h, q) / AS_NS_PER_MS;
}

static void put_quantiles(const char *what, const struct as_histogram *h, struct as_buffer *out) {
    as_buffer_printf(out, "%-11s p50 %.2f ms, p90 %.2f, p99 %.2f, p99.9 %.2f, max %.2f\n", what,
                     quantile_ms(h, 0.5), quantile_ms(h, 0.9), quantile_ms(h, 0.99),
                     quantile_ms(h, 0.999), quantile_ms(h, 1));
}

static void put_why(const struct stats_summary *summary, struct as_buffer *out) {
    struct stats_sample whole;
    stats_sample_whole(summary, &whole);
    as_buffer_printf(out, "bound by    ");
    stats_explain(&whole, out);
    as_buffer_u8(out, '\n');
}

static void put_telemetry(const struct stats_summary *summary, struct as_buffer *out) {
    const uint64_t *t = summary->telemetry;
    struct stats_fit fit;
    as_buffer_printf(
        out, "commits     %llu, %.1f batches each, %llu segment%s\n", (ull)t[AS_TELEMETRY_COMMITS],
        t[AS_TELEMETRY_COMMITS] ? (double)t[AS_TELEMETRY_BATCHES] / (double)t[AS_TELEMETRY_COMMITS]
                                : 0,
        (ull)t[AS_TELEMETRY_SEGMENTS], t[AS_TELEMETRY_SEGMENTS] == 1 ? "" : "s");
    put_quantiles("commit", &summary->commit_ns, out);
    if (stats_fit(t, &fit))
        as_buffer_printf(out, "fit         T(n) = %.0f us + %.0f ns * n\n", fit.commit_us,
                         fit.item_ns);
    put_why(summary, out);
}

void stats_text_summary(const struct stats_summary *summary, struct as_buffer *out) {
    as_buffer_printf(out, "items       %llu in %.3f s, %.0f items/s\n",
                     (ull)stats_summary_items(summary), stats_summary_seconds(summary),
                     stats_summary_rate(summary));
    as_buffer_printf(out, "accepted    %llu\n", (ull)summary->accepted);
    as_buffer_printf(out, "rejected    %llu\n", (ull)summary->rejected);
    stats_text_reasons(&summary->reasons, out);
    as_buffer_printf(out, "duplicates  %llu\n", (ull)summary->duplicates);
    as_buffer_printf(out, "batches     %llu%s\n", (ull)summary->batches,
                     summary->dry_run ? " (dry run: nothing was made durable)" : "");
    put_quantiles("round trip", &summary->round_trip_ns, out);
    if (summary->measured)
        put_telemetry(summary, out);
}

void stats_text_sample(const struct stats_sample *sample, struct as_buffer *out) {
    const double *v = sample->values;
    as_buffer_printf(out, "%.0f s: ", v[STATS_ELAPSED_S]);
    stats_put_count(out, v[STATS_ITEMS]);
    as_buffer_printf(out, " items, ");
    stats_put_short(out, v[STATS_RATE]);
    as_buffer_printf(out, "/s, ");
    stats_put_count(out, v[STATS_REJECTED]);
    as_buffer_printf(out, " rejected, p99 ");
    stats_put_ms(out, v[STATS_P99_MS]);
    if (sample->measured) {
        as_buffer_printf(out, "; ");
        stats_explain(sample, out);
    }
    as_buffer_u8(out, '\n');
}
