// SPDX-License-Identifier: MIT
#include "stats_series.h"

static void halve(struct stats_series *series) {
    for (size_t i = 0; i < STATS_SERIES_MAX / 2; i++) {
        series->samples[i] = series->samples[2 * i];
        stats_sample_merge(&series->samples[i], &series->samples[2 * i + 1]);
    }
    series->count = STATS_SERIES_MAX / 2;
    series->step *= 2;
}

void stats_series_add(struct stats_series *series, const struct stats_sample *sample) {
    if (series->step == 0)
        series->step = 1;
    if (series->count > 0 && series->in_last < series->step) {
        stats_sample_merge(&series->samples[series->count - 1], sample);
        series->in_last++;
        return;
    }
    if (series->count == STATS_SERIES_MAX)
        halve(series);
    series->samples[series->count++] = *sample;
    series->in_last = 1;
}

void stats_series_end(struct stats_series *series, const struct stats_sample *sample) {
    if (series->count)
        stats_sample_merge(&series->samples[series->count - 1], sample);
    else
        stats_series_add(series, sample);
}
