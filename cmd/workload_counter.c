// SPDX-License-Identifier: MIT
//
// counter: bumps counters by a little. A reject takes away more than any counter will ever hold.
#include "workload.h"

#include <stdlib.h>

extern const char workload_sql_counter[];

enum { COMMAND_BUMP, BY_MAX = 100 };

static const int64_t far_below_zero = -1000000000000000;

static void *prepare(const struct workload_options *options) {
    struct workload_draw *draw = as_alloc(sizeof *draw);
    workload_draw_prepare(draw, options);
    return draw;
}

static void release(void *state) {
    workload_draw_release(state);
    free(state);
}

static void next(void *state, struct as_buffer *out) {
    struct workload_draw *draw = state;
    int64_t by = workload_draw_between(draw, 1, BY_MAX);
    if (workload_draw_reject(draw))
        by = far_below_zero - by;
    workload_begin(out, COMMAND_BUMP, 3);
    workload_put_key(out, "ctr-", workload_draw_key(draw));
    workload_put_integer(out, by);
    workload_put_note(out, draw);
}

const struct workload workload_counter = {
    .name = "counter",
    .sql = workload_sql_counter,
    .keys_min = 1,
    .prepare = prepare,
    .next = next,
    .release = release,
};
