// SPDX-License-Identifier: MIT
#include "preflight_report.h"

#include <inttypes.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "preflight_model.h"
#include "store/sqlite.h"

// Batches whose cost is predicted, beside the one that is advised.
static const uint64_t predicted[] = {100, 1000, 10000, 100000};
enum { PREDICTED = sizeof predicted / sizeof *predicted, JSON_DIGITS = 9 };

// The jobs of fio come first, where there is one: what the others are compared with.
static double ratio(const struct preflight *p, const struct preflight_job *job) {
    return job->mean_ns / p->jobs[0].mean_ns;
}

static const char *text_or(const char *text, const char *otherwise) {
    return *text ? text : otherwise;
}

// ---- Text ---------------------------------------------------------------------------------------

static void put_us(struct as_buffer *out, double ns) {
    double us = ns / AS_NS_PER_US;
    as_buffer_printf(out, " %9.*f", us < 99.95 ? 1 : 0, us);
}

static void put_job(const struct preflight *p, const struct preflight_job *job,
                    struct as_buffer *out) {
    as_buffer_printf(out, "%-34s", job->what);
    put_us(out, job->mean_ns);
    put_us(out, job->p50_ns);
    put_us(out, job->p99_ns);
    put_us(out, job->p99_9_ns);
    put_us(out, job->max_ns);
    as_buffer_printf(out, " %8.0f %6.2f\n", job->operations_per_s, ratio(p, job));
}

static void put_jobs(const struct preflight *p, struct as_buffer *out) {
    if (!p->job_count)
        return;
    as_buffer_printf(out, "\n%-34s %9s %9s %9s %9s %9s %8s %6s\n", "latency in us", "mean", "p50",
                     "p99", "p99.9", "max", "per s", "ratio");
    for (size_t i = 0; i < p->job_count; i++)
        put_job(p, &p->jobs[i], out);
}

static void put_prediction(const struct preflight_model *m, uint64_t batch, struct as_buffer *out) {
    as_buffer_printf(out, "%15" PRIu64 " %12.0f %12.0f%s\n", batch,
                     preflight_model_latency_ns(m, (double)batch) / AS_NS_PER_US,
                     preflight_model_rate(m, (double)batch), batch == m->batch ? "  advised" : "");
}

static void put_predictions(const struct preflight_model *m, struct as_buffer *out) {
    bool put = false;
    as_buffer_printf(out, "%15s %12s %12s\n", "batch", "us", "items/s");
    for (size_t i = 0; i < PREDICTED; i++) {
        if (!put && m->batch < predicted[i])
            put_prediction(m, m->batch, out);
        put = put || m->batch <= predicted[i];
        put_prediction(m, predicted[i], out);
    }
    if (!put)
        put_prediction(m, m->batch, out);
}

static void put_model(const struct preflight *p, struct as_buffer *out) {
    const struct preflight_model *m = &p->model;
    if (!m->known)
        return;
    double batch = (double)m->batch;
    as_buffer_printf(out, "\nmodel      T(n) = %.0f us + %.3f us * n, of which deciding %.3f\n",
                     m->commit_ns.a / AS_NS_PER_US, m->commit_ns.b / AS_NS_PER_US,
                     m->decide_ns / AS_NS_PER_US);
    put_predictions(m, out);
    as_buffer_printf(out, "advice     --batch %" PRIu64 "; %.0f bytes of journal an item\n",
                     m->batch, (m->wal_bytes.a + m->wal_bytes.b * batch) / batch);
}

static void put_machine(const struct preflight *p, struct as_buffer *out) {
    const struct preflight_machine *m = &p->machine;
    as_buffer_printf(out, "directory  %s: %s, %.3g GB free\n", p->options->directory,
                     p->disk.file_system, (double)p->disk.free_bytes / 1e9);
    as_buffer_printf(out, "machine    %u CPUs, load %.2f, steal %.1f %%, ", m->cpus, m->load,
                     m->steal_percent);
    if (m->available_bytes != UINT64_MAX)
        as_buffer_printf(out, "%.3g GB of memory available, ", (double)m->available_bytes / 1e9);
    as_buffer_printf(out, "SQLite %s, %s\n", sqlite3_libversion(),
                     text_or(p->fio_version, "no fio"));
}

static void put_findings(const struct preflight *p, struct as_buffer *out) {
    if (p->findings.count)
        as_buffer_u8(out, '\n');
    for (size_t i = 0; i < p->findings.count; i++) {
        const struct preflight_finding *finding = &p->findings.list[i];
        as_buffer_printf(out, "%-10s %s: %s\n",
                         finding->result == PREFLIGHT_FAILURE ? "FAILURE" : "warning",
                         finding->check, finding->text);
    }
}

void preflight_report_text(const struct preflight *p, struct as_buffer *out) {
    const struct preflight_finding *failure = preflight_failure(&p->findings);
    put_machine(p, out);
    put_jobs(p, out);
    put_model(p, out);
    put_findings(p, out);
    if (failure)
        as_buffer_printf(out, "FAIL (%s: %s)\n", failure->check, failure->text);
    else
        as_buffer_printf(out, "PASS\n");
}

// ---- JSON ---------------------------------------------------------------------------------------

static json_t *seconds(double ns) {
    return json_real(ns / AS_NS_PER_S);
}

static json_t *count(uint64_t v) {
    return json_integer(v > INT64_MAX ? INT64_MAX : (json_int_t)v);
}

// NULL where it is unknown.
static json_t *text_or_null(const char *text) {
    return *text ? json_string(text) : json_null();
}

static json_t *latency(const struct preflight_job *job) {
    return json_pack("{s:o, s:o, s:o, s:o, s:o}", "mean", seconds(job->mean_ns), "p50",
                     seconds(job->p50_ns), "p99", seconds(job->p99_ns), "p99_9",
                     seconds(job->p99_9_ns), "max", seconds(job->max_ns));
}

static json_t *one_job(const struct preflight *p, const struct preflight_job *job) {
    return json_pack("{s:s, s:s, s:o, s:o, s:o, s:f, s:o, s:f, s:b}", "name", job->name, "what",
                     job->what, "operation_bytes", count(job->bytes), "operation_items",
                     job->items ? count(job->items) : json_null(), "operations",
                     count(job->operations), "operations_per_second", job->operations_per_s,
                     "latency_seconds", latency(job), "ratio", ratio(p, job), "gated",
                     (int)job->gated);
}

static json_t *jobs(const struct preflight *p) {
    json_t *list = json_array();
    for (size_t i = 0; i < p->job_count; i++)
        json_array_append_new(list, one_job(p, &p->jobs[i]));
    return list;
}

static json_t *prediction(const struct preflight_model *m, uint64_t batch) {
    return json_pack("{s:o, s:o, s:f}", "batch_items", count(batch), "latency_seconds",
                     seconds(preflight_model_latency_ns(m, (double)batch)), "items_per_second",
                     preflight_model_rate(m, (double)batch));
}

static json_t *model(const struct preflight_model *m) {
    if (!m->known)
        return json_null();
    double batch = (double)m->batch;
    json_t *predictions = json_array();
    for (size_t i = 0; i < PREDICTED; i++)
        json_array_append_new(predictions, prediction(m, predicted[i]));
    return json_pack("{s:o, s:o, s:o, s:f, s:o, s:o}", "commit_seconds", seconds(m->commit_ns.a),
                     "item_seconds", seconds(m->commit_ns.b), "decide_item_seconds",
                     seconds(m->decide_ns), "journal_item_bytes",
                     (m->wal_bytes.a + m->wal_bytes.b * batch) / batch, "predictions", predictions,
                     "advised", prediction(m, m->batch));
}

static json_t *findings(const struct preflight *p) {
    json_t *list = json_array();
    for (size_t i = 0; i < p->findings.count; i++) {
        const struct preflight_finding *finding = &p->findings.list[i];
        json_array_append_new(
            list, json_pack("{s:s, s:s, s:s}", "check", finding->check, "result",
                            finding->result == PREFLIGHT_FAILURE ? "failure" : "warning", "text",
                            finding->text));
    }
    return list;
}

static json_t *machine(const struct preflight *p) {
    const struct preflight_machine *m = &p->machine;
    return json_pack("{s:o, s:f, s:f, s:o, s:s, s:o}", "cpus", count(m->cpus), "load", m->load,
                     "steal_ratio", m->steal_percent / 100, "memory_available_bytes",
                     m->available_bytes == UINT64_MAX ? json_null() : count(m->available_bytes),
                     "sqlite_version", sqlite3_libversion(), "fio_version",
                     text_or_null(p->fio_version));
}

static json_t *limits(const struct preflight_options *o) {
    return json_pack("{s:o, s:o}", "mean", seconds((double)o->mean_ns_max), "p99",
                     seconds((double)o->p99_ns_max));
}

static void replace_invalid(char *text) {
    for (; *text; text++)
        *text = (unsigned char)*text < 0x80 ? *text : '?';
}

// JSON is UTF-8, names of directories need not be.
static json_t *directory(const char *name) {
    json_t *text = json_string(name);
    if (text)
        return text;
    char *copy = as_strdup(name);
    replace_invalid(copy);
    text = json_string(copy);
    free(copy);
    return text;
}

static json_t *report(const struct preflight *p) {
    return json_pack("{s:b, s:o, s:s, s:o, s:o, s:f, s:o, s:o, s:o, s:o}", "pass",
                     preflight_failure(&p->findings) == NULL, "directory",
                     directory(p->options->directory), "file_system", p->disk.file_system,
                     "free_bytes", count(p->disk.free_bytes), "machine", machine(p),
                     "runtime_seconds", (double)p->options->runtime_ns / AS_NS_PER_S,
                     "limit_latency_seconds", limits(p->options), "measurements", jobs(p), "model",
                     model(&p->model), "findings", findings(p));
}

void preflight_report_json(const struct preflight *p, struct as_buffer *out) {
    json_t *root = report(p);
    char *text = root ? json_dumps(root, JSON_COMPACT | JSON_REAL_PRECISION(JSON_DIGITS)) : NULL;
    as_buffer_printf(out, "%s\n", text ? text : "null");
    free(text);
    json_decref(root);
}
