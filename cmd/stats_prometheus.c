// SPDX-License-Identifier: MIT
#include "stats_prometheus.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/diag.h"
#include "base/io.h"
#include "stats_fit.h"

#define PREFIX "atomic_state_"

typedef unsigned long long ull;

static void put_head(struct as_buffer *out, const char *name, const char *type, const char *help) {
    as_buffer_printf(out, "# HELP " PREFIX "%s %s\n# TYPE " PREFIX "%s %s\n", name, help, name,
                     type);
}

static void put_count(struct as_buffer *out, const char *name, const char *type, const char *help,
                      uint64_t value) {
    put_head(out, name, type, help);
    as_buffer_printf(out, PREFIX "%s %llu\n", name, (ull)value);
}

static void put_real(struct as_buffer *out, const char *name, const char *help, double value) {
    put_head(out, name, "gauge", help);
    as_buffer_printf(out, PREFIX "%s %.9g\n", name, value);
}

// ---- Reasons ------------------------------------------------------------------------------------

// Backslash, quote and newline are escaped, as the format has it.
static void put_label_text(struct as_buffer *out, const char *text, size_t size) {
    for (size_t i = 0; i < size; i++) {
        if (text[i] == '\n')
            as_buffer_printf(out, "\\n");
        else if (text[i] == '\\' || text[i] == '"')
            as_buffer_printf(out, "\\%c", text[i]);
        else
            as_buffer_u8(out, (uint8_t)text[i]);
    }
}

// A name that is cut off, between characters, gets its number, so that no two become one.
static void put_name(struct as_buffer *out, const struct stats_reason *reason, size_t number) {
    size_t size = reason->size;
    if (size > STATS_LABEL_BYTES_MAX) {
        size = STATS_LABEL_BYTES_MAX;
        while (size > 0 && ((uint8_t)reason->name[size] & 0xc0) == 0x80)
            size--;
    }
    put_label_text(out, reason->name, size);
    if (size < reason->size)
        as_buffer_printf(out, "... (%zu)", number);
}

static void put_reasons(const struct stats_reasons *reasons, struct as_buffer *out) {
    uint64_t other = reasons->other;
    put_head(out, "rejected_total", "counter", "Items rejected, by the reason's kind and name.");
    for (size_t i = 0; i < reasons->count; i++) {
        const struct stats_reason *reason = &reasons->list[i];
        if (i >= STATS_LABELS_MAX) {
            other += reason->count;
            continue;
        }
        as_buffer_printf(out, PREFIX "rejected_total{kind=\"%s\",name=\"",
                         as_reject_kind_name(reason->kind));
        put_name(out, reason, i);
        as_buffer_printf(out, "\"} %llu\n", (ull)reason->count);
    }
    as_buffer_printf(out, PREFIX "rejected_total{kind=\"other\",name=\"\"} %llu\n", (ull)other);
}

// ---- Histograms ---------------------------------------------------------------------------------

static void put_histogram(struct as_buffer *out, const char *name, const char *help,
                          const struct as_histogram *h) {
    static const double bounds_s[] = {0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025,
                                      0.05,   0.1,     0.25,   0.5,   1,      2.5,   5,    10};
    put_head(out, name, "histogram", help);
    for (size_t i = 0; i < sizeof bounds_s / sizeof *bounds_s; i++)
        as_buffer_printf(out, PREFIX "%s_bucket{le=\"%g\"} %llu\n", name, bounds_s[i],
                         (ull)as_histogram_count_to(h, (uint64_t)(bounds_s[i] * AS_NS_PER_S)));
    as_buffer_printf(
        out, PREFIX "%s_bucket{le=\"+Inf\"} %llu\n" PREFIX "%s_sum %.9f\n" PREFIX "%s_count %llu\n",
        name, (ull)h->count, name, h->sum / AS_NS_PER_S, name, (ull)h->count);
}

// ---- Telemetry ----------------------------------------------------------------------------------

// Not those that the verdicts themselves tell, to the item, nor the sums that only a fit needs.
static bool is_exported(enum as_telemetry_field field) {
    return (field < AS_TELEMETRY_ITEMS || field > AS_TELEMETRY_BATCHES) &&
           field != AS_TELEMETRY_COMMIT_ITEMS_SQUARED && field != AS_TELEMETRY_COMMIT_ITEMS_NS;
}

static void put_field(struct as_buffer *out, const struct as_telemetry_info *info, uint64_t value) {
    static const char *const units[] = {"", "_bytes", "_seconds"};
    const char *type = info->kind == AS_TELEMETRY_COUNTER ? "counter" : "gauge";
    char name[128];
    snprintf(name, sizeof name, "writer_%s%s%s", info->name, units[info->unit],
             info->kind == AS_TELEMETRY_COUNTER ? "_total" : "");
    put_head(out, name, type, info->help);
    if (info->unit == AS_TELEMETRY_NANOSECONDS)
        as_buffer_printf(out, PREFIX "%s %.9f\n", name, (double)value / AS_NS_PER_S);
    else
        as_buffer_printf(out, PREFIX "%s %llu\n", name, (ull)value);
}

static void put_telemetry(const struct stats_summary *summary, struct as_buffer *out) {
    struct stats_fit fit;
    for (enum as_telemetry_field i = 0; i < AS_TELEMETRY_FIELDS; i++)
        if (is_exported(i))
            put_field(out, &as_telemetry_info[i], summary->telemetry[i]);
    put_histogram(out, "commit_duration_seconds", "Time from BEGIN to the end of COMMIT.",
                  &summary->commit_ns);
    if (!stats_fit(summary->telemetry, &fit))
        return;
    put_real(out, "fit_commit_seconds", "What a commit costs, by a least-squares fit.",
             fit.commit_us * AS_NS_PER_US / AS_NS_PER_S);
    put_real(out, "fit_item_seconds", "What an item costs in a commit, by the same fit.",
             fit.item_ns / AS_NS_PER_S);
}

void stats_prometheus(const struct stats_summary *summary, bool ended, struct as_buffer *out) {
    put_head(out, "build_info", "gauge", "A constant 1, with the version of as-stats.");
    as_buffer_printf(out, PREFIX "build_info{version=\"%s\"} 1\n", AS_VERSION);
    put_count(out, "items_total", "counter", "Items answered, duplicates included.",
              stats_summary_items(summary));
    put_count(out, "accepted_total", "counter", "Items accepted.", summary->accepted);
    put_reasons(&summary->reasons, out);
    put_count(out, "duplicates_total", "counter", "Items that had been decided before.",
              summary->duplicates);
    put_count(out, "batches_total", "counter", "Batches answered.", summary->batches);
    put_histogram(out, "round_trip_seconds",
                  "Time from a batch's creation to the arrival of its verdict.",
                  &summary->round_trip_ns);
    put_count(out, "dry_run", "gauge", "1 where nothing was made durable.", summary->dry_run);
    put_count(out, "stream_ended", "gauge", "1 once the stream has ended.", ended);
    if (summary->measured)
        put_telemetry(summary, out);
}

// ---- File ---------------------------------------------------------------------------------------

static int write_temporary(const char *path, const struct as_buffer *text, struct as_error *error) {
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
    if (fd < 0)
        return as_error_errno(error, AS_IO, "%s", path);
    int code = as_io_write_full(fd, text->data, text->size, path, error);
    if (close(fd) < 0 && !code)
        code = as_error_errno(error, AS_IO, "%s", path);
    return code;
}

// Whole rather than durable: a sync would make the disk slower that is being measured.
int stats_prometheus_write(const char *path, const struct as_buffer *text, struct as_error *error) {
    struct as_buffer temporary = {0};
    as_buffer_printf(&temporary, "%s.%ld.tmp", path, (long)getpid());
    const char *name = (char *)temporary.data;
    int code = write_temporary(name, text, error);
    if (!code && rename(name, path) < 0)
        code = as_error_errno(error, AS_IO, "%s", path);
    if (code)
        unlink(name);
    as_buffer_free(&temporary);
    return code;
}
