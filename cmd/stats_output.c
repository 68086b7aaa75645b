// SPDX-License-Identifier: MIT
#include "stats_output.h"

#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/io.h"
#include "stats_csv.h"
#include "stats_json.h"
#include "stats_prometheus.h"
#include "stats_text.h"

enum { TICK_NS = AS_NS_PER_S, JSON_FILE_MAX = 16 << 20 };

// ---- Opening ------------------------------------------------------------------------------------

static int open_destination(struct stats_output *o, struct as_error *error) {
    const char *path = o->options->output;
    o->fd = o->options->pass ? STDERR_FILENO : STDOUT_FILENO;
    o->what = o->options->pass ? "stderr" : "stdout";
    if (!path)
        return AS_OK;
    o->what = path;
    o->fd = -1;
    if (o->options->format == STATS_PROMETHEUS)
        return AS_OK;
    o->fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
    return o->fd < 0 ? as_error_errno(error, AS_IO, "%s", path) : AS_OK;
}

static int read_json(const char *path, json_t **json, struct as_error *error) {
    struct as_buffer text = {0};
    json_error_t why;
    if (!path)
        return AS_OK;
    int code = as_io_read_file(path, JSON_FILE_MAX, &text, error);
    if (!code && !(*json = json_loadb((char *)text.data, text.size, 0, &why)))
        code = as_error_set(error, AS_DATA, "%s: line %d: %s", path, why.line, why.text);
    if (!code && !json_is_object(*json))
        code = as_error_set(error, AS_DATA, "%s: not a JSON object", path);
    as_buffer_free(&text);
    return code;
}

// A report that cannot be written should be known before the run, not after.
static int check_report(const char *path, struct as_error *error) {
    int fd = path ? open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0644) : -1;
    if (path && fd < 0)
        return as_error_errno(error, AS_IO, "%s", path);
    if (path)
        close(fd);
    return AS_OK;
}

static int write_rows(struct stats_output *o, const struct as_buffer *text,
                      struct as_error *error) {
    return as_io_write_full(o->fd, text->data, text->size, o->what, error);
}

static int write_header(struct stats_output *o, struct as_error *error) {
    struct as_buffer text = {0};
    if (o->options->format == STATS_CSV)
        stats_csv_header(&text);
    int code = text.size ? write_rows(o, &text, error) : AS_OK;
    as_buffer_free(&text);
    return code;
}

static int set_up(struct stats_output *o, struct as_error *error) {
    int code = open_destination(o, error);
    if (!code)
        code = check_report(o->options->report, error);
    if (!code)
        code = read_json(o->options->preflight, &o->preflight, error);
    if (!code)
        code = read_json(o->options->audit, &o->audit, error);
    if (!code && o->options->listen)
        code = stats_http_open(o->options->listen, &o->http, error);
    return code ? code : write_header(o, error);
}

// ---- Pages --------------------------------------------------------------------------------------

static struct stats_page make_page(const struct stats_output *o, uint64_t now_ns,
                                   const struct as_error *failure) {
    return (struct stats_page){
        .title = o->options->title ? o->options->title : "Atomic State: a run",
        .summary = o->summary,
        .series = &o->series,
        .now_ns = now_ns,
        .state = !failure        ? STATS_PAGE_RUNNING
                 : failure->code ? STATS_PAGE_BROKEN
                                 : STATS_PAGE_ENDED,
        .complaint = failure ? failure->text : "",
        .preflight = o->preflight,
        .audit = o->audit,
    };
}

// live.json: the summary's object, and the page's content as its member `body`.
static void put_live(const struct stats_output *o, const struct stats_page *page,
                     struct as_buffer *out) {
    struct as_buffer body = {0};
    stats_page_body(page, &body);
    stats_json_summary(o->summary, false, out);
    out->data[out->size - 1] = ',';
    as_buffer_printf(out, "\"body\":");
    as_json_string(out, (char *)body.data, body.size);
    as_buffer_printf(out, "}\n");
    as_buffer_free(&body);
}

static void publish(struct stats_output *o, uint64_t now_ns) {
    struct as_buffer texts[STATS_HTTP_PATHS] = {0};
    struct stats_page page = make_page(o, now_ns, NULL);
    if (!o->http)
        return;
    stats_page_document(&page, true, &texts[STATS_HTTP_PAGE]);
    put_live(o, &page, &texts[STATS_HTTP_LIVE]);
    stats_prometheus(o->summary, false, &texts[STATS_HTTP_METRICS]);
    stats_http_publish(o->http, texts);
}

static int write_report(const struct stats_output *o, uint64_t now_ns,
                        const struct as_error *failure, struct as_error *error) {
    const char *path = o->options->report;
    struct as_buffer text = {0};
    struct stats_page page = make_page(o, now_ns, failure);
    if (!path)
        return AS_OK;
    stats_page_document(&page, false, &text);
    int code = as_io_write_file_durably(path, text.data, text.size, error);
    as_buffer_free(&text);
    return code;
}

// ---- Intervals ----------------------------------------------------------------------------------

static int write_prometheus(const struct stats_output *o, bool ended, struct as_error *error) {
    struct as_buffer text = {0};
    stats_prometheus(o->summary, ended, &text);
    int code = stats_prometheus_write(o->options->output, &text, error);
    as_buffer_free(&text);
    return code;
}

static int write_row(struct stats_output *o, const struct stats_sample *sample,
                     struct as_error *error) {
    struct as_buffer text = {0};
    if (o->options->format == STATS_CSV) {
        stats_csv_sample(sample, o->summary, &o->rows, &text);
    } else if (o->options->format == STATS_JSON) {
        stats_json_sample(sample, o->summary, &o->rows, &text);
        as_buffer_u8(&text, '\n');
    }
    int code = text.size ? write_rows(o, &text, error) : AS_OK;
    as_buffer_free(&text);
    return code;
}

static int end_row(struct stats_output *o, uint64_t end_ns, struct as_error *error) {
    struct stats_sample sample;
    stats_window_take(&o->rows, o->summary, end_ns, &sample);
    stats_live_line(&o->live, &sample);
    if (o->options->format == STATS_PROMETHEUS && o->options->output && !o->options->recorded)
        return write_prometheus(o, false, error);
    return o->options->interval_ns ? write_row(o, &sample, error) : AS_OK;
}

static void end_tick(struct stats_output *o, uint64_t end_ns) {
    struct stats_sample sample;
    stats_window_take(&o->ticks, o->summary, end_ns, &sample);
    stats_series_add(&o->series, &sample);
    stats_live_tick(&o->live, &sample, o->summary);
    publish(o, end_ns);
}

int stats_output_tick(struct stats_output *output, uint64_t now_ns, struct as_error *error) {
    struct stats_output *o = output;
    if (!o->ticks.interval_ns) // not started: a recorded stream without a frame so far
        return AS_OK;
    if (stats_window_due(&o->ticks, now_ns))
        end_tick(o, stats_window_end_ns(&o->ticks, now_ns));
    if (o->rows.interval_ns && stats_window_due(&o->rows, now_ns))
        return end_row(o, stats_window_end_ns(&o->rows, now_ns), error);
    return AS_OK;
}

uint64_t stats_output_left_ns(const struct stats_output *output, uint64_t now_ns) {
    if (!output->ticks.interval_ns)
        return TICK_NS;
    uint64_t left_ns = stats_window_left_ns(&output->ticks, now_ns);
    uint64_t rows_ns =
        output->rows.interval_ns ? stats_window_left_ns(&output->rows, now_ns) : left_ns;
    return rows_ns < left_ns ? rows_ns : left_ns;
}

void stats_output_resized(struct stats_output *output) {
    stats_live_redraw(&output->live, output->summary);
}

int stats_output_add(struct stats_output *output, const struct as_frame *frame, uint64_t arrived_ns,
                     struct as_error *error) {
    int code = stats_summary_add(output->summary, frame, arrived_ns, error);
    if (code || frame->header.type != AS_FRAME_VERDICTS)
        return code;
    stats_window_add(&output->ticks, stats_round_trip_ns(frame, arrived_ns));
    stats_window_add(&output->rows, stats_round_trip_ns(frame, arrived_ns));
    return AS_OK;
}

// ---- Beginning and end --------------------------------------------------------------------------

int stats_output_open(struct stats_output **output, const struct stats_options *options,
                      struct as_error *error) {
    struct stats_output *o = *output = as_alloc_zero(1, sizeof *o);
    o->options = options;
    o->fd = -1;
    o->summary = stats_summary_create();
    int code = set_up(o, error);
    if (!code)
        stats_live_start(&o->live, options);
    if (!code)
        return AS_OK;
    stats_output_close(o);
    *output = NULL;
    return code;
}

void stats_output_start(struct stats_output *output, uint64_t now_ns) {
    struct stats_output *o = output;
    bool lines = o->live.mode == STATS_LIVE_LINES && !o->options->interval_ns;
    stats_window_start(&o->ticks, TICK_NS, now_ns);
    stats_window_start(&o->rows, lines ? TICK_NS : o->options->interval_ns, now_ns);
    publish(o, now_ns);
}

static void put_summary(const struct stats_output *o, struct as_buffer *out) {
    switch (o->options->format) {
    case STATS_JSON:
        stats_json_summary(o->summary, o->options->interval_ns > 0, out);
        as_buffer_u8(out, '\n');
        break;
    case STATS_PROMETHEUS:
        stats_prometheus(o->summary, true, out);
        break;
    case STATS_CSV:
        break;
    default:
        stats_text_summary(o->summary, out);
    }
}

static int write_summary(struct stats_output *o, struct as_error *error) {
    struct as_buffer text = {0};
    if (o->options->format == STATS_PROMETHEUS && o->options->output)
        return write_prometheus(o, true, error);
    put_summary(o, &text);
    int code = text.size ? write_rows(o, &text, error) : AS_OK;
    as_buffer_free(&text);
    return code;
}

// All of it is tried, whatever fails first: the figures are what a user has left.
int stats_output_end(struct stats_output *output, uint64_t now_ns, const struct as_error *failure,
                     struct as_error *error) {
    struct stats_output *o = output;
    struct as_error others;
    struct stats_sample sample;
    int code = o->rows.interval_ns ? end_row(o, now_ns, error) : AS_OK;
    stats_window_take(&o->ticks, o->summary, now_ns, &sample);
    stats_series_end(&o->series, &sample);
    stats_live_end(&o->live);
    if (write_summary(o, code ? &others : error) && !code)
        code = error->code;
    if (write_report(o, now_ns, failure, code ? &others : error) && !code)
        code = error->code;
    return code;
}

void stats_output_close(struct stats_output *output) {
    if (output->http)
        stats_http_close(output->http);
    if (output->fd > STDERR_FILENO)
        close(output->fd);
    json_decref(output->preflight);
    json_decref(output->audit);
    stats_summary_free(output->summary);
    free(output);
}
