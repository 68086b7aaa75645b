// SPDX-License-Identifier: MIT
#include "preflight_model.h"

#include <math.h>

#include "store/store.h"
#include "stream/frame.h"

enum {
    BATCH_MAX = AS_FRAME_RECORDS_MAX / 2,
};

struct sums {
    double w, n, nn, y, ny; // weighed by w = 1/y²
};

static struct sums add_up(const double *n, const double *y, size_t count) {
    struct sums s = {0};
    for (size_t i = 0; i < count; i++) {
        double w = 1 / (y[i] * y[i]);
        s.w += w;
        s.n += w * n[i];
        s.nn += w * n[i] * n[i];
        s.y += w * y[i];
        s.ny += w * n[i] * y[i];
    }
    return s;
}

struct preflight_line preflight_fit(const double *n, const double *y, size_t count) {
    struct sums s = add_up(n, y, count);
    double determinant = s.w * s.nn - s.n * s.n;
    double b = determinant > 0 ? (s.w * s.ny - s.n * s.y) / determinant : 0;
    double a = (s.y - b * s.n) / s.w;
    if (b < 0)
        return (struct preflight_line){s.y / s.w, 0};
    if (a < 0)
        return (struct preflight_line){0, s.ny / s.nn};
    return (struct preflight_line){a, b};
}

// 1, 2 or 5 times a power of ten, the nearest by ratio.
static uint64_t round_125(double v) {
    double power = pow(10, floor(log10(v))), digits = v / power;
    double rounded = digits < sqrt(2) ? 1 : digits < sqrt(10) ? 2 : digits < sqrt(50) ? 5 : 10;
    return (uint64_t)(rounded * power + 0.5);
}

// Where throughput over latency, n / T(n)², is greatest (Kleinrock's power): n = a / b, where half
// of T is the commit's and half the items' own. A smaller batch loses more throughput than it gains
// latency, a larger one the reverse.
static uint64_t advise(const struct preflight_line *line) {
    double n = line->a / line->b;
    if (!(n > 1))
        return 1;
    return round_125(n < BATCH_MAX ? n : BATCH_MAX);
}

void preflight_model_fit(struct preflight *p, double decide_ns) {
    double n[PREFLIGHT_JOBS_MAX], ns[PREFLIGHT_JOBS_MAX], bytes[PREFLIGHT_JOBS_MAX];
    size_t count = 0;
    for (size_t i = 0; i < p->job_count; i++) {
        if (!p->jobs[i].items)
            continue;
        n[count] = (double)p->jobs[i].items;
        ns[count] = p->jobs[i].mean_ns;
        bytes[count++] = p->jobs[i].wal_bytes;
    }
    struct preflight_model *m = &p->model;
    *m = (struct preflight_model){.known = true, .decide_ns = decide_ns};
    m->commit_ns = preflight_fit(n, ns, count);
    m->commit_ns.b += decide_ns;
    m->wal_bytes = preflight_fit(n, bytes, count);
    m->batch = advise(&m->commit_ns);
}

double preflight_model_latency_ns(const struct preflight_model *m, double batch) {
    return m->commit_ns.a + m->commit_ns.b * batch;
}

double preflight_model_rate(const struct preflight_model *m, double batch) {
    return batch / preflight_model_latency_ns(m, batch) * 1e9;
}

// A sealed segment takes about what went into its WAL, less the pages that were written more than
// once. Beside the journal there is the WAL of the segment at work and of the one
// before it, which is being sealed or kept as a spare.
double preflight_model_space(const struct preflight_model *m, uint64_t items) {
    double batch = (double)m->batch;
    double item_bytes = (m->wal_bytes.a + m->wal_bytes.b * batch) / batch;
    double journal = item_bytes * (double)items;
    double wal = 2.0 * AS_SEGMENT_BYTES * item_bytes / m->wal_bytes.b;
    return journal + (journal < wal ? journal : wal);
}
