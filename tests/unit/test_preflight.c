// SPDX-License-Identifier: MIT
//
// What as-preflight makes of its measurements, held against figures that were reckoned by hand.
#include "../../cmd/preflight_model.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "unit.h"

static bool near(double a, double b) {
    return fabs(a - b) <= 1e-9 * fmax(1, fabs(b));
}

static void test_fit_exact(void) {
    double n[] = {10, 100, 1000, 10000}, y[4];
    for (size_t i = 0; i < 4; i++)
        y[i] = 700 + 0.25 * n[i];
    struct preflight_line line = preflight_fit(n, y, 4);
    CHECK(near(line.a, 700) && near(line.b, 0.25));
}

// Residuals count by their share of y: with y = 1, 3, 4 at n = 0, 1, 2 and weights 1, 1/9, 1/16,
// a = 54/53 and b = 87/53 solve the normal equations.
static void test_fit_relative(void) {
    double n[] = {0, 1, 2}, y[] = {1, 3, 4};
    struct preflight_line line = preflight_fit(n, y, 3);
    CHECK(near(line.a, 54.0 / 53) && near(line.b, 87.0 / 53));
}

static void test_fit_not_negative(void) {
    double n[] = {1, 2}, falling[] = {2, 1}, steep[] = {1, 4};
    struct preflight_line line = preflight_fit(n, falling, 2);
    CHECK(line.b == 0 && near(line.a, (0.5 + 1) / (0.25 + 1)));
    line = preflight_fit(n, steep, 2);
    CHECK(line.a == 0 && near(line.b, (1 + 0.5) / (1 + 0.25)));
    line = preflight_fit(n, falling, 1);
    CHECK(line.b == 0 && near(line.a, 2));
}

// Jobs of the commit path whose means and bytes lie on lines, and one of fio's that counts for
// nothing.
static void make_jobs(struct preflight *p, double a_us, double b_us) {
    *p = (struct preflight){0};
    preflight_add_job(p, "fio_randwrite")->mean_ns = 1;
    for (uint64_t items = 10; items <= 10000; items *= 10) {
        struct preflight_job *job = preflight_add_job(p, "commit");
        job->items = items;
        job->mean_ns = (a_us + b_us * (double)items) * 1e3;
        job->wal_bytes = 8000 + 40.0 * (double)items;
    }
}

static uint64_t advised(double a_us, double b_us, double decide_us) {
    struct preflight p;
    make_jobs(&p, a_us, b_us);
    preflight_model_fit(&p, decide_us * 1e3);
    CHECK(near(p.model.commit_ns.a, a_us * 1e3));
    CHECK(near(p.model.commit_ns.b, (b_us + decide_us) * 1e3));
    return p.model.batch;
}

static void test_advice(void) {
    CHECK(advised(1000, 0.8, 0.2) == 1000); // a / b is 1,000
    CHECK(advised(1000, 0.3, 0.2) == 2000);
    CHECK(advised(1300, 0.8, 0.2) == 1000);
    CHECK(advised(3000, 0.8, 0.2) == 2000);
    CHECK(advised(3300, 0.8, 0.2) == 5000);
    CHECK(advised(7500, 0.8, 0.2) == 10000);
    CHECK(advised(0.5, 0.8, 0.2) == 1);
    CHECK(advised(1e9, 0.1, 0.1) == 500000); // what a frame holds bounds it
}

static void test_prediction(void) {
    struct preflight p;
    make_jobs(&p, 1000, 0.8);
    preflight_model_fit(&p, 200);
    CHECK(near(preflight_model_latency_ns(&p.model, 1000), 2e6));
    CHECK(near(preflight_model_rate(&p.model, 1000), 500000));
    // 48 bytes an item at a batch of 1,000; as much again while it is in the WAL, but there at most
    // two segments of 256 MiB, each 48/40 as large.
    CHECK(near(preflight_model_space(&p.model, 1000000), 96e6));
    CHECK(near(preflight_model_space(&p.model, 1000000000), 48e9 + 1.2 * 536870912));
}

static void test_findings(void) {
    struct preflight_findings findings = {0};
    CHECK(!preflight_failure(&findings));
    preflight_find(&findings, PREFLIGHT_WARNING, "load", "%d\nlines", 2);
    CHECK(!preflight_failure(&findings) && strcmp(findings.list[0].text, "2 lines") == 0);
    preflight_find(&findings, PREFLIGHT_FAILURE, "space", "one");
    preflight_find(&findings, PREFLIGHT_FAILURE, "sync", "two");
    CHECK(strcmp(preflight_failure(&findings)->check, "space") == 0);
    preflight_findings_free(&findings);
    CHECK(findings.count == 0);
}

int main(void) {
    test_fit_exact();
    test_fit_relative();
    test_fit_not_negative();
    test_advice();
    test_prediction();
    test_findings();
    return unit_end();
}
