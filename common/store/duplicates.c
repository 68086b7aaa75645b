// SPDX-License-Identifier: MIT
#include "store/duplicates.h"

#include <stdlib.h>
#include <string.h>

void as_duplicates_close(struct as_duplicates *d) {
    as_journal_reader_close(d->reader);
    d->reader = NULL;
    as_sources_free(&d->found);
}

void as_duplicates_rest(struct as_duplicates *d) {
    if (d->reader)
        as_journal_reader_rest(d->reader);
}

// ---- Outcomes -----------------------------------------------------------------------------------

static void copy_text(struct as_buffer *out, const struct as_text *text) {
    as_buffer_le16(out, text->size);
    as_buffer_append(out, text->data, text->size);
}

static uint16_t copy_reason(const struct as_reason_view *reason, struct as_outcome_writer *out) {
    struct as_buffer encoded = {0};
    as_buffer_u8(&encoded, reason->kind);
    copy_text(&encoded, &reason->name);
    copy_text(&encoded, &reason->table);
    as_buffer_u8(&encoded, reason->keys);
    for (size_t i = 0; i < reason->keys; i++)
        copy_text(&encoded, &reason->columns[i]);
    as_buffer_u8(&encoded, reason->values);
    for (size_t i = 0; i < reason->values; i++)
        copy_text(&encoded, &reason->columns[reason->keys + i]);
    uint16_t index = as_outcome_add_reason(out, encoded.data, encoded.size);
    as_buffer_free(&encoded);
    return index;
}

static void copy_rejection(const struct as_rejection_view *r, int64_t shift, uint16_t reason,
                           struct as_outcome_writer *out) {
    as_outcome_add_rejection(out, (uint32_t)(r->item + shift), reason);
    for (size_t i = 0; i < (size_t)r->reason->keys + r->reason->values; i++) {
        struct as_value value = r->values[i];
        if (r->reason->kind == AS_REJECT_GROUP && value.type == AS_INTEGER)
            value.integer += shift; // the culprit's number
        as_value_encode(&out->rejections, &value);
    }
}

int as_outcome_copy(const void *outcome, size_t size, int64_t shift, int64_t from, int64_t to,
                    struct as_outcome_writer *out, uint32_t *copied, struct as_error *error) {
    struct as_outcome_reader reader;
    struct as_rejection_view rejection;
    if (size == 0)
        return AS_OK;
    if (!as_outcome_open(&reader, outcome, size))
        return as_error_set(error, AS_IO, "journal: malformed verdicts");
    int32_t *index = as_alloc((reader.reason_count + 1) * sizeof *index);
    memset(index, 0xFF, (reader.reason_count + 1) * sizeof *index);
    int next;
    while ((next = as_outcome_next(&reader, &rejection)) > 0) {
        int64_t item = rejection.item + shift;
        size_t reason = (size_t)(rejection.reason - reader.reasons);
        if (item < from || item >= to)
            continue;
        if (index[reason] < 0)
            index[reason] = copy_reason(rejection.reason, out);
        copy_rejection(&rejection, shift, (uint16_t)index[reason], out);
        ++*copied;
    }
    free(index);
    as_outcome_close(&reader);
    return next < 0 ? as_error_set(error, AS_IO, "journal: malformed verdicts") : AS_OK;
}

// ---- Finding ------------------------------------------------------------------------------------

// The first batch behind the last one found, or from the start where that is too late.
static int find(struct as_duplicates *d, struct as_source_entry *source, uint64_t offset,
                struct as_journal_row *row, struct as_error *error) {
    enum as_journal_next next =
        as_journal_reader_find(d->reader, source->next, source->id, offset, row, error);
    if (next == AS_JOURNAL_END && source->next)
        next = as_journal_reader_find(d->reader, 0, source->id, offset, row, error);
    if (next == AS_JOURNAL_END && d->dry_run)
        return as_error_set(error, AS_DATA, "a dry run cannot answer a record that is sent twice");
    if (next == AS_JOURNAL_END)
        return as_error_set(error, AS_IO, "journal: record %llu of source %016llx is missing",
                            (unsigned long long)offset, (unsigned long long)source->id);
    return next == AS_JOURNAL_ROW ? AS_OK : error->code;
}

// The number of the row's frame's first record in its source: the outcome counts from there.
static int frame_offset(const struct as_journal_row *row, uint64_t *offset,
                        struct as_error *error) {
    struct as_frame frame = {0};
    int code = as_frame_decode(&frame, row->frame.data, row->frame.size, error);
    *offset = frame.header.offset;
    as_frame_free(&frame);
    if (!code)
        return AS_OK;
    error->code = AS_IO;
    return as_error_wrap(error, "journal: batch %llu", (unsigned long long)row->batch);
}

// The row's rejections of the records [from, to) of the source, numbered from `offset`.
static int copy_row(const struct as_journal_row *row, uint64_t offset, uint64_t from, uint64_t to,
                    struct as_outcome_writer *out, uint32_t *rejected, struct as_error *error) {
    uint64_t start;
    if (row->verdicts.size == 0)
        return AS_OK;
    int code = frame_offset(row, &start, error);
    return code ? code
                : as_outcome_copy(row->verdicts.data, row->verdicts.size, (int64_t)(start - offset),
                                  (int64_t)(from - offset), (int64_t)(to - offset), out, rejected,
                                  error);
}

int as_duplicates_answer(struct as_duplicates *d, uint64_t source, uint64_t offset, uint32_t count,
                         struct as_outcome_writer *out, uint32_t *rejected,
                         struct as_error *error) {
    // There is room: the writer knows every source that has duplicates.
    struct as_source_entry *found = as_sources_get(&d->found, source);
    uint64_t at = offset, end = offset + count;
    int code = d->reader ? AS_OK : as_journal_reader_open(d->journal, d->domain, &d->reader, error);
    while (!code && at < end) {
        struct as_journal_row row;
        if ((code = find(d, found, at, &row, error)))
            break;
        uint64_t row_end = row.offset + row.items;
        uint64_t to = row_end < end ? row_end : end;
        code = copy_row(&row, offset, at, to, out, rejected, error);
        // The batch may have more records, which the next frame asks for.
        found->next = to == row_end ? row.batch : row.batch - 1;
        at = to;
    }
    if (d->reader) // ends its read transaction, which a checkpoint would wait for
        as_journal_reader_seek(d->reader, found->next);
    return code;
}
