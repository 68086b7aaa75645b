// SPDX-License-Identifier: MIT
#include "stats_csv.h"

#include "stats_format.h"
#include "stats_json.h"

void stats_csv_header(struct as_buffer *out) {
    as_buffer_printf(out, "time");
    for (enum stats_field f = 0; f < STATS_FIELDS; f++)
        as_buffer_printf(out, ",%s", stats_field_info[f].name);
    as_buffer_printf(out, ",rejected_by\n");
}

static void put_quoted(struct as_buffer *out, const struct as_buffer *text) {
    as_buffer_u8(out, '"');
    for (size_t i = 0; i < text->size; i++) {
        if (text->data[i] == '"')
            as_buffer_u8(out, '"');
        as_buffer_u8(out, text->data[i]);
    }
    as_buffer_u8(out, '"');
}

// Names may hold whatever SQL lets them: in JSON they are told apart, and one line stays one line.
static void put_reasons(const struct stats_summary *summary, const struct stats_window *window,
                        struct as_buffer *out) {
    struct as_buffer json = {0};
    stats_json_reasons(&summary->reasons, window->rejected_by, &json);
    as_buffer_u8(out, ',');
    put_quoted(out, &json);
    as_buffer_free(&json);
}

void stats_csv_sample(const struct stats_sample *sample, const struct stats_summary *summary,
                      const struct stats_window *window, struct as_buffer *out) {
    stats_put_time(out, sample->at_ns);
    for (enum stats_field f = 0; f < STATS_FIELDS; f++) {
        as_buffer_u8(out, ',');
        if (stats_sample_has(sample, f))
            as_buffer_printf(out, "%.*f", stats_field_info[f].decimals, sample->values[f]);
    }
    put_reasons(summary, window, out);
    as_buffer_u8(out, '\n');
}
