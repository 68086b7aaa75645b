// SPDX-License-Identifier: MIT
#include "stats_summary.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/hash.h"

struct stats_summary *stats_summary_create(void) {
    return as_alloc_zero(1, sizeof(struct stats_summary));
}

void stats_summary_free(struct stats_summary *summary) {
    for (size_t i = 0; i < summary->reason_count; i++)
        free(summary->reasons[i].name);
    free(summary);
}

// ---- Reasons ------------------------------------------------------------------------------------

static bool is_reason(const struct stats_reason *reason, const struct as_reason_view *view) {
    return reason->kind == view->kind && reason->size == view->name.size &&
           memcmp(reason->name, view->name.data, reason->size) == 0;
}

static uint64_t *add_reason(struct stats_summary *summary, const struct as_reason_view *view,
                            size_t slot) {
    if (summary->reason_count == STATS_REASONS_MAX)
        return &summary->other;
    struct stats_reason *reason = &summary->reasons[summary->reason_count++];
    *reason = (struct stats_reason){
        .kind = view->kind,
        .name = as_strndup(view->name.data, view->name.size),
        .size = view->name.size,
    };
    summary->slots[slot] = (uint16_t)summary->reason_count;
    return &reason->count;
}

// The counter of that reason. The table is never more than half full, so that a slot is free.
static uint64_t *find_counter(struct stats_summary *summary, const struct as_reason_view *view) {
    size_t slot = as_hash64(view->name.data, view->name.size) + view->kind;
    for (;; slot++) {
        slot &= STATS_REASON_SLOTS - 1;
        if (summary->slots[slot] == 0)
            return add_reason(summary, view, slot);
        struct stats_reason *reason = &summary->reasons[summary->slots[slot] - 1];
        if (is_reason(reason, view))
            return &reason->count;
    }
}

// A frame's rejections mostly share few reasons: each is looked up once a frame.
static int count_rejections(struct stats_summary *summary, struct as_outcome_reader *outcome) {
    uint64_t **counters = as_alloc_zero(outcome->reason_count, sizeof *counters);
    struct as_rejection_view rejection;
    int more;
    while ((more = as_outcome_next(outcome, &rejection)) == 1) {
        size_t index = (size_t)(rejection.reason - outcome->reasons);
        if (!counters[index])
            counters[index] = find_counter(summary, rejection.reason);
        ++*counters[index];
    }
    free(counters);
    return more;
}

static int add_outcome(struct stats_summary *summary, struct as_cursor rest) {
    struct as_outcome_reader outcome;
    if (as_cursor_left(&rest) == 0)
        return 0;
    if (!as_outcome_open(&outcome, rest.at, as_cursor_left(&rest)))
        return -1;
    int rc = count_rejections(summary, &outcome);
    as_outcome_close(&outcome);
    return rc;
}

// ---- Frames -------------------------------------------------------------------------------------

static void add_times(struct stats_summary *summary, uint64_t created_ns, uint64_t arrived_ns) {
    if (summary->batches == 0)
        summary->first_created_ns = created_ns;
    summary->last_arrived_ns = arrived_ns;
    // A clock that was set back in between shows as no time, not as centuries.
    uint64_t round_trip_ns = arrived_ns > created_ns ? arrived_ns - created_ns : 0;
    as_histogram_add(&summary->round_trip_ns, round_trip_ns, 1);
}

int stats_summary_add(struct stats_summary *summary, const struct as_frame *frame,
                      uint64_t arrived_ns, struct as_error *error) {
    struct as_cursor at = as_cursor_over(frame->body, frame->header.inflated_size);
    struct as_verdict_head head;
    if (!as_verdict_decode_head(&at, &head) || add_outcome(summary, at) < 0)
        return as_error_set(error, AS_DATA, "stdin: frame %llu at byte %llu: malformed verdicts",
                            (unsigned long long)frame->number, (unsigned long long)frame->position);
    add_times(summary, frame->header.created_ns, arrived_ns);
    summary->batches++;
    summary->accepted += head.accepted;
    summary->rejected += head.rejected;
    summary->duplicates += head.duplicates;
    summary->dry_run = summary->dry_run || (head.flags & AS_VERDICT_FLAG_DRY_RUN);
    return 0;
}

// ---- Figures ------------------------------------------------------------------------------------

uint64_t stats_summary_items(const struct stats_summary *summary) {
    return summary->accepted + summary->rejected;
}

double stats_summary_seconds(const struct stats_summary *summary) {
    if (summary->last_arrived_ns <= summary->first_created_ns)
        return 0;
    return (double)(summary->last_arrived_ns - summary->first_created_ns) / AS_NS_PER_S;
}

double stats_summary_rate(const struct stats_summary *summary) {
    double seconds = stats_summary_seconds(summary);
    return seconds > 0 ? (double)stats_summary_items(summary) / seconds : 0;
}

double stats_summary_round_trip_ms(const struct stats_summary *summary, double quantile) {
    return (double)as_histogram_quantile(&summary->round_trip_ns, quantile) / AS_NS_PER_MS;
}

static int by_count(const void *left, const void *right) {
    const struct stats_reason *a = left, *b = right;
    if (a->count != b->count)
        return a->count < b->count ? 1 : -1;
    return a->kind != b->kind ? a->kind - b->kind : strcmp(a->name, b->name);
}

void stats_summary_sort_reasons(struct stats_summary *summary) {
    qsort(summary->reasons, summary->reason_count, sizeof *summary->reasons, by_count);
    memset(summary->slots, 0,
           sizeof summary->slots); // indexes changed: nothing is added after this
}
