// SPDX-License-Identifier: MIT
//
// What a batch costs, T(batch) = a + b·n, and the batch size that follows.
#ifndef AS_PREFLIGHT_MODEL_H
#define AS_PREFLIGHT_MODEL_H

#include "preflight.h"

// The line through the points (n, y), y > 0, of least relative squares: each residual is weighed by
// 1/y, for a commit of 10,000 items is not to decide alone what a commit of 10 costs. Neither a nor
// b is negative: where the best line's would be, it is the best line without it.
struct preflight_line preflight_fit(const double *n, const double *y, size_t count);

// From the commit path's jobs: what a commit costs, plus what deciding an item takes.
void preflight_model_fit(struct preflight *preflight, double decide_ns);

// Items a second of a producer that waits for each batch before it sends the next.
double preflight_model_rate(const struct preflight_model *model, double batch);
double preflight_model_latency_ns(const struct preflight_model *model, double batch);
// What the journal of `items` items takes at the advised batch, and while it is written.
double preflight_model_space(const struct preflight_model *model, uint64_t items);

#endif
