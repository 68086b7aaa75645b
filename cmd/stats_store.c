// SPDX-License-Identifier: MIT
#include "stats_store.h"

#include <stdlib.h>

#include "stats_format.h"
#include "stats_json.h"
#include "stats_text.h"
#include "store/survey.h"

typedef unsigned long long ull;

static bool add_outcome(void *context, const void *outcome, size_t size) {
    return stats_reasons_add(context, outcome, size);
}

// A writer may be between two figures.
static uint64_t lag(const struct as_survey *s) {
    return s->items > s->folded.items ? s->items - s->folded.items : 0;
}

static uint64_t active_wal(const struct as_survey *s) {
    return s->segment_count ? s->segments[s->segment_count - 1].wal_bytes : 0;
}

// ---- Text ---------------------------------------------------------------------------------------

static void put_segment(const struct as_survey_segment *s, struct as_buffer *out) {
    const char *slash = strrchr(s->path, '/');
    as_buffer_printf(out, "  %s  %-6s  ", slash ? slash + 1 : s->path,
                     s->sealed ? "sealed" : "active");
    stats_put_bytes(out, (double)s->bytes);
    as_buffer_printf(out, ", %llu batches, %llu items", (ull)s->batches, (ull)s->items);
    if (s->batches) {
        as_buffer_printf(out, ", until ");
        stats_put_time(out, s->last_ns);
    }
    as_buffer_u8(out, '\n');
}

static void put_journal(const struct as_survey *s, struct as_buffer *out) {
    as_buffer_printf(out, "journal     %zu segment%s, write-ahead log ", s->segment_count,
                     s->segment_count == 1 ? "" : "s");
    stats_put_bytes(out, (double)active_wal(s));
    as_buffer_u8(out, '\n');
    for (size_t i = 0; i < s->segment_count; i++)
        put_segment(&s->segments[i], out);
}

static void put_state(const struct as_survey *s, struct as_buffer *out) {
    as_buffer_printf(out, "state       ");
    if (!s->has_folded) {
        as_buffer_printf(out, "nothing folded yet\n");
        return;
    }
    stats_put_bytes(out, (double)s->state_bytes);
    as_buffer_printf(out, ", as of batch %llu, item %llu: %llu items behind\n",
                     (ull)s->folded.batches, (ull)s->folded.items, (ull)lag(s));
    for (size_t i = 0; i < as_domain_table_count(s->domain); i++)
        as_buffer_printf(out, "  %s %llu rows\n", as_domain_table(s->domain, i)->name,
                         (ull)s->rows[i]);
    as_buffer_printf(out, "sources     %llu\n", (ull)s->sources);
}

static void put_text(const struct as_survey *s, const struct stats_reasons *reasons,
                     struct as_buffer *out) {
    as_buffer_printf(out, "items       %llu\naccepted    %llu\nrejected    %llu\n", (ull)s->items,
                     (ull)s->accepted, (ull)(s->items - s->accepted));
    stats_text_reasons(reasons, out);
    as_buffer_printf(out, "batches     %llu\n", (ull)s->batches);
    put_journal(s, out);
    put_state(s, out);
}

// ---- JSON ---------------------------------------------------------------------------------------

static void put_json_segment(const struct as_survey_segment *s, bool first, struct as_buffer *out) {
    const char *slash = strrchr(s->path, '/');
    const char *name = slash ? slash + 1 : s->path;
    as_buffer_printf(out, "%s{\"name\":", first ? "" : ",");
    as_json_string(out, name, strlen(name));
    as_buffer_printf(out,
                     ",\"sealed\":%s,\"bytes\":%llu,\"wal_bytes\":%llu,\"first_batch\":%llu,"
                     "\"first_item\":%llu,\"batches\":%llu,\"items\":%llu,\"accepted\":%llu,"
                     "\"first_commit_ns\":%llu,\"last_commit_ns\":%llu}",
                     s->sealed ? "true" : "false", (ull)s->bytes, (ull)s->wal_bytes,
                     (ull)s->first_batch, (ull)s->first_item, (ull)s->batches, (ull)s->items,
                     (ull)s->accepted, (ull)s->first_ns, (ull)s->last_ns);
}

static void put_json_rows(const struct as_survey *s, struct as_buffer *out) {
    as_buffer_printf(out, "\"rows\":{");
    for (size_t i = 0; i < as_domain_table_count(s->domain); i++) {
        const char *name = as_domain_table(s->domain, i)->name;
        as_buffer_printf(out, i ? "," : "");
        as_json_string(out, name, strlen(name));
        as_buffer_printf(out, ":%llu", (ull)s->rows[i]);
    }
    as_buffer_u8(out, '}');
}

static void put_json_state(const struct as_survey *s, struct as_buffer *out) {
    as_buffer_printf(out, ",\"state\":");
    if (!s->has_folded) {
        as_buffer_printf(out, "null");
        return;
    }
    as_buffer_printf(out,
                     "{\"bytes\":%llu,\"wal_bytes\":%llu,\"batches\":%llu,\"items\":%llu,"
                     "\"lag_items\":%llu,\"sources\":%llu,",
                     (ull)s->state_bytes, (ull)s->state_wal_bytes, (ull)s->folded.batches,
                     (ull)s->folded.items, (ull)lag(s), (ull)s->sources);
    put_json_rows(s, out);
    as_buffer_u8(out, '}');
}

static void put_json(const struct as_survey *s, const struct stats_reasons *reasons,
                     struct as_buffer *out) {
    as_buffer_printf(out,
                     "{\"items\":%llu,\"accepted\":%llu,\"rejected\":%llu,\"batches\":%llu,"
                     "\"rejected_by\":",
                     (ull)s->items, (ull)s->accepted, (ull)(s->items - s->accepted),
                     (ull)s->batches);
    stats_json_reasons(reasons, NULL, out);
    as_buffer_printf(out, ",\"segments\":[");
    for (size_t i = 0; i < s->segment_count; i++)
        put_json_segment(&s->segments[i], i == 0, out);
    as_buffer_u8(out, ']');
    put_json_state(s, out);
    as_buffer_printf(out, "}\n");
}

int stats_store(const char *store, bool json, struct as_buffer *out, struct as_error *error) {
    struct stats_reasons *reasons = as_alloc_zero(1, sizeof *reasons);
    struct as_survey survey;
    int code = as_survey_take(store, add_outcome, reasons, &survey, error);
    if (!code && json)
        put_json(&survey, reasons, out);
    else if (!code)
        put_text(&survey, reasons, out);
    as_survey_free(&survey);
    stats_reasons_free(reasons);
    free(reasons);
    return code;
}
