// SPDX-License-Identifier: MIT
#include "stats_summary.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"

struct stats_summary *stats_summary_create(void) {
    return as_alloc_zero(1, sizeof(struct stats_summary));
}

void stats_summary_free(struct stats_summary *summary) {
    stats_reasons_free(&summary->reasons);
    free(summary);
}

// ---- Frames -------------------------------------------------------------------------------------

uint64_t stats_round_trip_ns(const struct as_frame *frame, uint64_t arrived_ns) {
    uint64_t created_ns = frame->header.created_ns;
    return arrived_ns > created_ns ? arrived_ns - created_ns : 0;
}

static bool add_verdicts(struct stats_summary *summary, const struct as_frame *frame,
                         uint64_t arrived_ns) {
    struct as_cursor at = as_cursor_over(frame->body, frame->header.inflated_size);
    struct as_verdict_head head;
    if (!as_verdict_decode_head(&at, &head) ||
        !stats_reasons_add(&summary->reasons, at.at, as_cursor_left(&at)))
        return false;
    if (summary->batches++ == 0)
        summary->first_created_ns = frame->header.created_ns;
    summary->last_arrived_ns = arrived_ns;
    as_histogram_add(&summary->round_trip_ns, stats_round_trip_ns(frame, arrived_ns), 1);
    summary->accepted += head.accepted;
    summary->rejected += head.rejected;
    summary->duplicates += head.duplicates;
    summary->dry_run = summary->dry_run || (head.flags & AS_VERDICT_FLAG_DRY_RUN);
    return true;
}

static bool add_telemetry(struct stats_summary *summary, const struct as_frame *frame) {
    if (!as_telemetry_decode(frame->body, frame->header.inflated_size, &summary->scratch))
        return false;
    memcpy(summary->telemetry, summary->scratch.values, sizeof summary->telemetry);
    as_histogram_merge(&summary->commit_ns, &summary->scratch.commits);
    summary->measured = true;
    return true;
}

int stats_summary_add(struct stats_summary *summary, const struct as_frame *frame,
                      uint64_t arrived_ns, struct as_error *error) {
    bool telemetry = frame->header.type == AS_FRAME_TELEMETRY;
    summary->domain = frame->header.domain;
    if (telemetry ? add_telemetry(summary, frame) : add_verdicts(summary, frame, arrived_ns))
        return 0;
    return as_error_set(error, AS_DATA, "stdin: frame %llu at byte %llu: malformed %s",
                        (unsigned long long)frame->number, (unsigned long long)frame->position,
                        telemetry ? "telemetry" : "verdicts");
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
