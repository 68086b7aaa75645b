// SPDX-License-Identifier: MIT
#include "stats_report.h"

typedef unsigned long long ull;

// The text of a CHECK may span lines; a line of the report may not.
static void put_line_text(struct as_buffer *out, const char *text, size_t size) {
    for (size_t i = 0; i < size; i++)
        as_buffer_u8(out, (unsigned char)text[i] < 0x20 ? ' ' : (uint8_t)text[i]);
}

static void put_reasons(const struct stats_summary *summary, struct as_buffer *out) {
    for (size_t i = 0; i < summary->reason_count; i++) {
        const struct stats_reason *reason = &summary->reasons[i];
        as_buffer_printf(out, "  %s ", as_reject_kind_name(reason->kind));
        put_line_text(out, reason->name, reason->size);
        as_buffer_printf(out, " %llu\n", (ull)reason->count);
    }
    if (summary->other)
        as_buffer_printf(out, "  other %llu\n", (ull)summary->other);
}

void stats_report_text(struct stats_summary *summary, struct as_buffer *out) {
    stats_summary_sort_reasons(summary);
    as_buffer_printf(out, "items       %llu in %.3f s, %.0f items/s\n",
                     (ull)stats_summary_items(summary), stats_summary_seconds(summary),
                     stats_summary_rate(summary));
    as_buffer_printf(out, "accepted    %llu\n", (ull)summary->accepted);
    as_buffer_printf(out, "rejected    %llu\n", (ull)summary->rejected);
    put_reasons(summary, out);
    as_buffer_printf(out, "duplicates  %llu\n", (ull)summary->duplicates);
    as_buffer_printf(out, "batches     %llu%s\n", (ull)summary->batches,
                     summary->dry_run ? " (dry run: nothing was made durable)" : "");
    as_buffer_printf(
        out, "round trip  p50 %.2f ms, p90 %.2f, p99 %.2f, p99.9 %.2f, max %.2f\n",
        stats_summary_round_trip_ms(summary, 0.5), stats_summary_round_trip_ms(summary, 0.9),
        stats_summary_round_trip_ms(summary, 0.99), stats_summary_round_trip_ms(summary, 0.999),
        stats_summary_round_trip_ms(summary, 1));
}

static void put_json_reason(struct as_buffer *out, size_t index, const char *kind, const char *name,
                            size_t size, uint64_t count) {
    as_buffer_printf(out, "%s{\"kind\":\"%s\",\"name\":", index ? "," : "", kind);
    as_json_string(out, name, size);
    as_buffer_printf(out, ",\"count\":%llu}", (ull)count);
}

static void put_json_reasons(const struct stats_summary *summary, struct as_buffer *out) {
    as_buffer_printf(out, "\"rejected_by\":[");
    for (size_t i = 0; i < summary->reason_count; i++) {
        const struct stats_reason *reason = &summary->reasons[i];
        put_json_reason(out, i, as_reject_kind_name(reason->kind), reason->name, reason->size,
                        reason->count);
    }
    if (summary->other)
        put_json_reason(out, summary->reason_count, "other", "", 0, summary->other);
    as_buffer_printf(out, "]");
}

void stats_report_json(struct stats_summary *summary, struct as_buffer *out) {
    stats_summary_sort_reasons(summary);
    as_buffer_printf(out,
                     "{\"items\":%llu,\"accepted\":%llu,\"rejected\":%llu,\"duplicates\":%llu,"
                     "\"batches\":%llu,\"seconds\":%.6f,\"items_per_second\":%.1f,\"dry_run\":%s,",
                     (ull)stats_summary_items(summary), (ull)summary->accepted,
                     (ull)summary->rejected, (ull)summary->duplicates, (ull)summary->batches,
                     stats_summary_seconds(summary), stats_summary_rate(summary),
                     summary->dry_run ? "true" : "false");
    put_json_reasons(summary, out);
    as_buffer_printf(
        out,
        ",\"round_trip_ms\":{\"p50\":%.3f,\"p90\":%.3f,\"p99\":%.3f,\"p99_9\":%.3f,"
        "\"max\":%.3f}}\n",
        stats_summary_round_trip_ms(summary, 0.5), stats_summary_round_trip_ms(summary, 0.9),
        stats_summary_round_trip_ms(summary, 0.99), stats_summary_round_trip_ms(summary, 0.999),
        stats_summary_round_trip_ms(summary, 1));
}
