// SPDX-License-Identifier: MIT
#include "stats_json.h"

#include "base/clock.h"
#include "stats_fit.h"
#include "stats_format.h"
#include "stream/value.h"

typedef unsigned long long ull;

static void put_reason(struct as_buffer *out, bool first, const char *kind, const char *name,
                       size_t size, uint64_t count) {
    as_buffer_printf(out, "%s{\"kind\":\"%s\",\"name\":", first ? "" : ",", kind);
    as_json_string(out, name, size);
    as_buffer_printf(out, ",\"count\":%llu}", (ull)count);
}

void stats_json_reasons(const struct stats_reasons *reasons, const uint64_t *counts,
                        struct as_buffer *out) {
    uint16_t order[STATS_REASONS_MAX];
    size_t count = stats_reasons_sort(reasons, order);
    uint64_t other = counts ? counts[STATS_REASONS_MAX] : reasons->other;
    bool first = true;
    as_buffer_u8(out, '[');
    for (size_t i = 0; i < count; i++) {
        const struct stats_reason *reason = &reasons->list[order[i]];
        uint64_t times = counts ? counts[order[i]] : reason->count;
        if (times)
            put_reason(out, first, as_reject_kind_name(reason->kind), reason->name, reason->size,
                       times);
        first = first && !times;
    }
    if (other)
        put_reason(out, first, "other", "", 0, other);
    as_buffer_u8(out, ']');
}

// ---- Summary ------------------------------------------------------------------------------------

static void put_quantiles(const char *name, const struct as_histogram *h, struct as_buffer *out) {
    static const struct {
        const char *name;
        double q;
    } quantiles[] = {{"p50", 0.5}, {"p90", 0.9}, {"p99", 0.99}, {"p99_9", 0.999}, {"max", 1}};
    as_buffer_printf(out, ",\"%s\":", name);
    for (size_t i = 0; i < sizeof quantiles / sizeof *quantiles; i++)
        as_buffer_printf(out, "%c\"%s\":%.3f", i ? ',' : '{', quantiles[i].name,
                         (double)as_histogram_quantile(h, quantiles[i].q) / AS_NS_PER_MS);
    as_buffer_u8(out, '}');
}

static void put_fit(const struct stats_summary *summary, struct as_buffer *out) {
    struct stats_fit fit;
    if (stats_fit(summary->telemetry, &fit))
        as_buffer_printf(out, ",\"fit\":{\"commit_us\":%.3f,\"item_ns\":%.3f}", fit.commit_us,
                         fit.item_ns);
    else
        as_buffer_printf(out, ",\"fit\":null");
}

static void put_bound_by(const struct stats_sample *sample, struct as_buffer *out) {
    struct as_buffer text = {0};
    stats_explain(sample, &text);
    as_buffer_printf(out, ",\"bound_by\":");
    if (text.size)
        as_json_string(out, (char *)text.data, text.size);
    else
        as_buffer_printf(out, "null");
    as_buffer_free(&text);
}

static void put_telemetry(const uint64_t *values, struct as_buffer *out) {
    for (size_t i = 0; i < AS_TELEMETRY_FIELDS; i++) {
        const struct as_telemetry_info *info = &as_telemetry_info[i];
        as_buffer_printf(out, "%s\"%s", i ? "," : ",\"telemetry\":{", info->name);
        if (info->unit == AS_TELEMETRY_NANOSECONDS)
            as_buffer_printf(out, "_seconds\":%.9f", (double)values[i] / AS_NS_PER_S);
        else
            as_buffer_printf(out, "%s\":%llu", info->unit == AS_TELEMETRY_BYTES ? "_bytes" : "",
                             (ull)values[i]);
    }
    as_buffer_u8(out, '}');
}

static void put_counts(const struct stats_summary *summary, struct as_buffer *out) {
    as_buffer_printf(out,
                     "\"items\":%llu,\"accepted\":%llu,\"rejected\":%llu,\"duplicates\":%llu,"
                     "\"batches\":%llu,\"seconds\":%.6f,\"items_per_second\":%.1f,\"dry_run\":%s,",
                     (ull)stats_summary_items(summary), (ull)summary->accepted,
                     (ull)summary->rejected, (ull)summary->duplicates, (ull)summary->batches,
                     stats_summary_seconds(summary), stats_summary_rate(summary),
                     summary->dry_run ? "true" : "false");
}

void stats_json_summary(const struct stats_summary *summary, bool typed, struct as_buffer *out) {
    struct stats_sample whole;
    as_buffer_printf(out, typed ? "{\"type\":\"summary\"," : "{");
    put_counts(summary, out);
    as_buffer_printf(out, "\"rejected_by\":");
    stats_json_reasons(&summary->reasons, NULL, out);
    put_quantiles("round_trip_ms", &summary->round_trip_ns, out);
    if (summary->measured) {
        put_quantiles("commit_ms", &summary->commit_ns, out);
        put_fit(summary, out);
        stats_sample_whole(summary, &whole);
        put_bound_by(&whole, out);
        put_telemetry(summary->telemetry, out);
    }
    as_buffer_u8(out, '}');
}

// ---- Sample -------------------------------------------------------------------------------------

void stats_json_sample(const struct stats_sample *sample, const struct stats_summary *summary,
                       const struct stats_window *window, struct as_buffer *out) {
    as_buffer_printf(out, "{\"type\":\"sample\",\"time\":\"");
    stats_put_time(out, sample->at_ns);
    as_buffer_u8(out, '"');
    for (enum stats_field f = 0; f < STATS_FIELDS; f++) {
        as_buffer_printf(out, ",\"%s\":", stats_field_info[f].name);
        if (stats_sample_has(sample, f))
            as_buffer_printf(out, "%.*f", stats_field_info[f].decimals, sample->values[f]);
        else
            as_buffer_printf(out, "null");
    }
    put_bound_by(sample, out);
    as_buffer_printf(out, ",\"rejected_by\":");
    stats_json_reasons(&summary->reasons, window->rejected_by, out);
    as_buffer_u8(out, '}');
}
