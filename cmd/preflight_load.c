// SPDX-License-Identifier: MIT
#include "preflight_load.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/histogram.h"
#include "domain/engine.h"
#include "domain/load.h"
#include "stream/frame.h"
#include "workload.h"

enum {
    KEYS = 1000,
    REJECT_PERCENT = 1, // as as-gen has it
    TIMED_FRAMES = 200,
    TIMED_ITEMS = 1000, // a frame
};

static const uint32_t batch_items[PREFLIGHT_BATCHES] = {10, 100, 1000, 10000};

struct maker {
    struct as_domain *domain;
    struct as_engine *engine;
    void *workload;
    struct as_buffer body;
    struct as_frame frame;
    struct as_decision decision;
};

static void make_frame(struct maker *m, uint32_t items, struct as_buffer *out) {
    m->body.size = 0;
    for (uint32_t i = 0; i < items; i++)
        workload_bank.next(m->workload, &m->body);
    struct as_frame_header header = {
        .type = AS_FRAME_ITEMS, .records = items, .domain = as_domain_fingerprint(m->domain)};
    out->size = 0;
    as_frame_encode(out, &header, m->body.data, m->body.size);
}

// What the writer does with a frame before its commit.
static int decide(struct maker *m, const struct as_buffer *frame, struct as_error *error) {
    int code = as_frame_decode(&m->frame, frame->data, frame->size, error);
    m->decision.outcome.size = 0;
    if (code)
        return code;
    return as_engine_decide(m->engine, m->frame.body, m->frame.header.inflated_size,
                            m->frame.header.records, 0, &m->decision, error);
}

// The first frame opens the accounts. Then the middle of many frames' times: another process at
// work makes some of them longer, none of them shorter.
static int time_deciding(struct maker *m, double *decide_ns, struct as_error *error) {
    struct as_buffer frame = {0};
    struct as_histogram *times = as_alloc_zero(1, sizeof *times);
    make_frame(m, KEYS, &frame);
    int code = decide(m, &frame, error);
    for (int i = 0; !code && i < TIMED_FRAMES; i++) {
        make_frame(m, TIMED_ITEMS, &frame);
        uint64_t started_ns = as_clock_monotonic_ns();
        code = decide(m, &frame, error);
        as_histogram_add(times, as_clock_monotonic_ns() - started_ns, 1);
    }
    *decide_ns = (double)as_histogram_quantile(times, 0.5) / TIMED_ITEMS;
    as_buffer_free(&frame);
    free(times);
    return code;
}

static int make_batch(struct maker *m, struct preflight_batch *batch, uint32_t items,
                      struct as_error *error) {
    make_frame(m, items, &batch->frame);
    int code = decide(m, &batch->frame, error);
    batch->items = items;
    batch->accepted = m->decision.accepted;
    as_buffer_append(&batch->verdicts, m->decision.outcome.data, m->decision.outcome.size);
    return code;
}

static int fill(struct maker *m, struct preflight_load *load, struct as_error *error) {
    memcpy(load->domain, as_domain_digest(m->domain), AS_SHA256_SIZE);
    int code = time_deciding(m, &load->decide_ns, error);
    for (size_t i = 0; !code && i < PREFLIGHT_BATCHES; i++)
        code = make_batch(m, &load->batches[i], batch_items[i], error);
    return code;
}

static void maker_free(struct maker *m) {
    if (m->workload)
        workload_bank.release(m->workload);
    as_engine_free(m->engine);
    as_domain_free(m->domain);
    as_buffer_free(&m->body);
    as_buffer_free(&m->decision.outcome);
    as_frame_free(&m->frame);
}

int preflight_load_make(struct preflight_load *load, struct as_error *error) {
    struct maker m = {0};
    const char *sql = workload_bank.sql;
    *load = (struct preflight_load){0};
    int code = as_domain_load("bank", sql, strlen(sql), &m.domain, error);
    if (!code)
        code = as_engine_create(m.domain, &m.engine, error);
    if (!code) {
        m.workload = workload_bank.prepare(
            &(struct workload_options){.keys = KEYS, .reject_percent = REJECT_PERCENT, .seed = 1});
        code = fill(&m, load, error);
    }
    maker_free(&m);
    if (code)
        error->code = AS_BUG;
    return code ? AS_BUG : AS_OK;
}

void preflight_load_free(struct preflight_load *load) {
    for (size_t i = 0; i < PREFLIGHT_BATCHES; i++) {
        as_buffer_free(&load->batches[i].frame);
        as_buffer_free(&load->batches[i].verdicts);
    }
}
