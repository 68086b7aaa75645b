// SPDX-License-Identifier: MIT
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "audit.h"
#include "audit_verdict.h"

enum { BATCHES_BETWEEN_RESTS = 64 };

// ---- Segments -----------------------------------------------------------------------------------

// An unfinished or empty segment may only be the last.
static int check_neighbour(struct audit *a, const struct as_journal_file *files, size_t i,
                           struct as_error *error) {
    const struct as_segment_summary *before = &a->segments[i - 1], *s = &a->segments[i];
    if (before->rows == 0)
        return as_error_set(error, AS_DATA, "%s: has no batch, and is not the last segment",
                            files[i - 1].path);
    if (!s->started || s->start.first_batch == before->last_batch + 1)
        return AS_OK;
    return as_error_set(error, AS_DATA,
                        "%s: begins with batch %" PRIu64
                        ", the segment before it ends with %" PRIu64,
                        files[i].path, s->start.first_batch, before->last_batch);
}

static int inspect_segment(struct audit *a, const struct as_journal_file *files, size_t i,
                           struct as_error *error) {
    int code = as_inspect_file(files[i].path, error);
    if (code && (code = audit_blame(a, AUDIT_FILES, error)))
        return code;
    code = as_inspect_segment(files[i].path, &a->segments[i], error);
    if (!code && i > 0)
        code = check_neighbour(a, files, i, error);
    return code ? audit_blame(a, AUDIT_JOURNAL, error) : AS_OK;
}

int audit_segments(struct audit *a, struct as_error *error) {
    struct as_journal_file *files;
    size_t count;
    int code = as_journal_files(a->journal_path, &files, &count, error);
    if (code)
        return code;
    a->segments = as_alloc_zero(count + 1, sizeof *a->segments);
    a->segment_count = count;
    for (size_t i = 0; !code && i < count; i++)
        code = inspect_segment(a, files, i, error);
    as_journal_files_free(files, count);
    return code;
}

// ---- The replay ---------------------------------------------------------------------------------

// A batch that begins a segment must follow what that segment says that it follows.
static int check_segment_start(struct audit *a, const struct as_journal_row *row,
                               struct as_error *error) {
    while (a->next_segment < a->segment_count &&
           a->segments[a->next_segment].start.first_batch < row->batch)
        a->next_segment++;
    if (a->next_segment == a->segment_count)
        return AS_OK;
    const struct as_segment_start *start = &a->segments[a->next_segment].start;
    if (start->first_batch != row->batch)
        return AS_OK;
    if (start->first_item == a->replay.head.items &&
        memcmp(start->previous_hash, a->replay.head.hash, AS_SHA256_SIZE) == 0)
        return AS_OK;
    return as_error_set(error, AS_DATA,
                        "batch %" PRIu64 ": its segment says that it follows another batch",
                        row->batch);
}

// Deciding a batch of before --since: only for the state.
static int skip(struct audit *a, const struct as_journal_row *row, struct as_error *error) {
    a->first_checked = row->batch + 1;
    int code = as_replay_apply(&a->replay, row, error);
    return code ? audit_blame(a, AUDIT_JOURNAL, error) : AS_OK;
}

static int check(struct audit *a, const struct as_journal_row *row, struct as_error *error) {
    int code = check_segment_start(a, row, error);
    if (!code)
        code = as_replay_check(&a->replay, row, error);
    if (code)
        return audit_blame(a, AUDIT_JOURNAL, error);
    if (a->following) {
        as_replay_pass(&a->replay, row);
        return AS_OK;
    }
    if (as_replay_decide(&a->replay, row, error) == AS_OK)
        return AS_OK;
    audit_verdict_explain(&a->replay, row, error);
    return audit_blame(a, AUDIT_VERDICTS, error);
}

// Now and then: the engine's list of changes would grow, and a segment that is open for reading is
// one that the writer cannot seal.
static void rest(struct audit *a) {
    a->scratch.size = 0;
    as_engine_take_changes(a->replay.engine, &a->scratch);
    as_journal_reader_release(a->reader);
}

static int replay_batch(struct audit *a, const struct as_journal_row *row, struct as_error *error) {
    uint64_t before = a->replay.head.batches;
    bool skipped = !a->following && row->first_item + row->items <= a->options->since;
    int code = skipped ? skip(a, row, error) : check(a, row, error);
    if (code)
        return code;
    if (a->replay.head.batches == before) {
        a->broken = true;
        return AS_OK;
    }
    a->report.accepted += row->accepted;
    a->report.rejected += row->items - row->accepted;
    code = audit_referee_batch(a, row, error);
    if (row->batch % BATCHES_BETWEEN_RESTS == 0)
        rest(a);
    as_progress_show(&a->progress, "items", a->replay.head.items, a->head.items);
    return code;
}

int audit_replay(struct audit *a, uint64_t to, struct as_error *error) {
    struct as_journal_row row;
    int code = AS_OK;
    while (!code && !a->broken && a->replay.head.batches < to) {
        enum as_journal_next next = as_journal_reader_next(a->reader, &row, error);
        if (next == AS_JOURNAL_END)
            break;
        if (next == AS_JOURNAL_ROW) {
            code = replay_batch(a, &row, error);
            continue;
        }
        a->broken = true;
        code = audit_blame(a, AUDIT_JOURNAL, error);
    }
    return code;
}

// Without its first segments a journal proves nothing of its state. Who took them away says so.
static int check_beginning(struct audit *a, struct as_error *error) {
    struct as_journal_head start;
    as_journal_reader_start(a->reader, &start);
    if (start.batches == 0)
        return AS_OK;
    if (a->options->since < start.items)
        return as_error_set(error, AS_DATA,
                            "batches 1 to %" PRIu64
                            " are missing: without them only --since %" PRIu64 " can be audited",
                            start.batches, start.items);
    a->missing = start.batches;
    a->first_checked = start.batches + 1;
    a->following = true;
    a->replay.head = start;
    return AS_OK;
}

int audit_open_journal(struct audit *a, struct as_error *error) {
    const uint8_t *digest = as_domain_digest(a->domain);
    a->replay.domain = a->domain;
    a->replay.sources = &a->sources;
    memcpy(a->replay.head.hash, digest, AS_SHA256_SIZE);
    int code = as_engine_create(a->domain, &a->replay.engine, error);
    if (code)
        return code;
    code = as_journal_reader_open(a->journal_path, digest, &a->reader, error);
    if (!code)
        code = as_journal_reader_head(a->reader, &a->head, error);
    if (!code)
        code = check_beginning(a, error);
    if (!code)
        return AS_OK;
    a->broken = true;
    return audit_blame(a, AUDIT_JOURNAL, error);
}

// ---- Its lines ----------------------------------------------------------------------------------

static const char *plural(uint64_t count) {
    return count == 1 ? "" : "s";
}

static void add_since(const struct audit *a, struct as_buffer *text) {
    if (a->first_checked > a->replay.head.batches)
        as_buffer_printf(text, "; none looked at (--since)");
    else if (a->first_checked)
        as_buffer_printf(text, "; looked at from batch %" PRIu64 " on", a->first_checked);
}

void audit_sum_up_journal(struct audit *a) {
    struct audit_report *r = &a->report;
    struct as_buffer since = {0};
    size_t files = a->segment_count + (access(a->state_path, F_OK) == 0);
    r->aggregates = as_engine_row_count(a->replay.engine);
    r->items = a->replay.head.items;
    r->batches = a->replay.head.batches;
    memcpy(r->head, a->replay.head.hash, AS_SHA256_SIZE);
    as_buffer_printf(&since, "%s", "");
    add_since(a, &since);
    if (!audit_report_failed(r, AUDIT_FILES))
        audit_report_add(r, AUDIT_FILES, AUDIT_OK, "%zu file%s sound by SQLite's integrity check",
                         files, plural(files));
    if (!audit_report_failed(r, AUDIT_JOURNAL))
        audit_report_add(r, AUDIT_JOURNAL, AUDIT_OK,
                         "%zu segment%s, %" PRIu64 " items in %" PRIu64
                         " batch%s: frames, counts and hash chain ok%s",
                         a->segment_count, plural(a->segment_count), r->items, r->batches,
                         r->batches == 1 ? "" : "es", (const char *)since.data);
    if (!audit_report_failed(r, AUDIT_VERDICTS) && !a->following)
        audit_report_add(r, AUDIT_VERDICTS, a->broken ? AUDIT_NOTE : AUDIT_OK,
                         "%" PRIu64 " accepted, %" PRIu64
                         " rejected%s: decided again with the same verdicts%s",
                         r->accepted, r->rejected, a->broken ? " before the damage" : "",
                         (const char *)since.data);
    as_buffer_free(&since);
}
