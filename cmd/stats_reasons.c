// SPDX-License-Identifier: MIT
#include "stats_reasons.h"

#include <stdlib.h>
#include <string.h>

#include "base/hash.h"

void stats_reasons_free(struct stats_reasons *reasons) {
    for (size_t i = 0; i < reasons->count; i++)
        free(reasons->list[i].name);
}

static bool is_reason(const struct stats_reason *reason, const struct as_reason_view *view) {
    return reason->kind == view->kind && reason->size == view->name.size &&
           memcmp(reason->name, view->name.data, reason->size) == 0;
}

static uint64_t *add_reason(struct stats_reasons *reasons, const struct as_reason_view *view,
                            size_t slot) {
    if (reasons->count == STATS_REASONS_MAX)
        return &reasons->other;
    struct stats_reason *reason = &reasons->list[reasons->count++];
    *reason = (struct stats_reason){
        .kind = view->kind,
        .name = as_strndup(view->name.data, view->name.size),
        .size = view->name.size,
    };
    reasons->slots[slot] = (uint16_t)reasons->count;
    return &reason->count;
}

// The counter of that reason. The table is never more than half full, so that a slot is free.
static uint64_t *find_counter(struct stats_reasons *reasons, const struct as_reason_view *view) {
    size_t slot = as_hash64(view->name.data, view->name.size) + view->kind;
    for (;; slot++) {
        slot &= STATS_REASON_SLOTS - 1;
        if (reasons->slots[slot] == 0)
            return add_reason(reasons, view, slot);
        struct stats_reason *reason = &reasons->list[reasons->slots[slot] - 1];
        if (is_reason(reason, view))
            return &reason->count;
    }
}

// An outcome's rejections mostly share few reasons: each is looked up once.
static int count_rejections(struct stats_reasons *reasons, struct as_outcome_reader *outcome) {
    uint64_t **counters = as_alloc_zero(outcome->reason_count, sizeof *counters);
    struct as_rejection_view rejection;
    int more;
    while ((more = as_outcome_next(outcome, &rejection)) == 1) {
        size_t index = (size_t)(rejection.reason - outcome->reasons);
        if (!counters[index])
            counters[index] = find_counter(reasons, rejection.reason);
        ++*counters[index];
        ++reasons->by_kind[rejection.reason->kind];
    }
    free(counters);
    return more;
}

bool stats_reasons_add(struct stats_reasons *reasons, const void *outcome, size_t size) {
    struct as_outcome_reader reader;
    if (size == 0)
        return true;
    if (!as_outcome_open(&reader, outcome, size))
        return false;
    int rc = count_rejections(reasons, &reader);
    as_outcome_close(&reader);
    return rc == 0;
}

static int by_count(const void *left, const void *right, void *context) {
    const struct stats_reasons *reasons = context;
    const struct stats_reason *a = &reasons->list[*(const uint16_t *)left];
    const struct stats_reason *b = &reasons->list[*(const uint16_t *)right];
    if (a->count != b->count)
        return a->count < b->count ? 1 : -1;
    return a->kind != b->kind ? a->kind - b->kind : strcmp(a->name, b->name);
}

size_t stats_reasons_sort(const struct stats_reasons *reasons, uint16_t order[STATS_REASONS_MAX]) {
    for (size_t i = 0; i < reasons->count; i++)
        order[i] = (uint16_t)i;
    qsort_r(order, reasons->count, sizeof *order, by_count, (void *)reasons);
    return reasons->count;
}
