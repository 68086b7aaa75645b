// SPDX-License-Identifier: MIT
#include "stream/verdict.h"

#include <assert.h>
#include <stdlib.h>

const char *as_reject_kind_name(uint8_t kind) {
    static const char *const names[AS_REJECT_KINDS] = {
        "?",         "check", "not_null",  "type",  "unique",
        "reference", "raise", "assertion", "group", "error",
    };
    return names[kind < AS_REJECT_KINDS ? kind : 0];
}

void as_verdict_encode_head(struct as_buffer *out, const struct as_verdict_head *head) {
    as_buffer_le64(out, head->batch);
    as_buffer_le64(out, head->first_item);
    as_buffer_le32(out, head->accepted);
    as_buffer_le32(out, head->rejected);
    as_buffer_le32(out, head->duplicates);
    as_buffer_le32(out, head->flags);
    as_buffer_le64(out, head->decide_ns);
    as_buffer_le64(out, head->commit_ns);
    as_buffer_le64(out, head->committed_at_ns);
}

bool as_verdict_decode_head(struct as_cursor *in, struct as_verdict_head *head) {
    const uint8_t *p = as_cursor_take(in, AS_VERDICT_HEAD_SIZE);
    if (!p)
        return false;
    *head = (struct as_verdict_head){
        .batch = as_load_le64(p),
        .first_item = as_load_le64(p + 8),
        .accepted = as_load_le32(p + 16),
        .rejected = as_load_le32(p + 20),
        .duplicates = as_load_le32(p + 24),
        .flags = as_load_le32(p + 28),
        .decide_ns = as_load_le64(p + 32),
        .commit_ns = as_load_le64(p + 40),
        .committed_at_ns = as_load_le64(p + 48),
    };
    return (head->flags & ~(uint32_t)AS_VERDICT_FLAG_DRY_RUN) == 0;
}

// ---- Writing ------------------------------------------------------------------------------------

void as_outcome_reset(struct as_outcome_writer *writer) {
    writer->reasons.size = writer->rejections.size = 0;
    writer->reason_count = writer->rejection_count = 0;
}

uint16_t as_outcome_add_reason(struct as_outcome_writer *writer, const void *encoded, size_t size) {
    assert(writer->reason_count < AS_OUTCOME_REASONS_MAX);
    as_buffer_append(&writer->reasons, encoded, size);
    return (uint16_t)writer->reason_count++;
}

void as_outcome_add_rejection(struct as_outcome_writer *writer, uint32_t item, uint16_t reason) {
    assert(reason < writer->reason_count);
    as_buffer_le32(&writer->rejections, item);
    as_buffer_le16(&writer->rejections, reason);
    ++writer->rejection_count;
}

void as_outcome_finish(const struct as_outcome_writer *writer, struct as_buffer *out) {
    if (writer->rejection_count == 0)
        return;
    as_buffer_le32(out, writer->reason_count);
    as_buffer_append(out, writer->reasons.data, writer->reasons.size);
    as_buffer_le32(out, writer->rejection_count);
    as_buffer_append(out, writer->rejections.data, writer->rejections.size);
}

void as_outcome_free(struct as_outcome_writer *writer) {
    as_buffer_free(&writer->reasons);
    as_buffer_free(&writer->rejections);
    *writer = (struct as_outcome_writer){0};
}

// A name may be the whole text of a CHECK: what 16 bits cannot count is cut off between characters.
static void encode_name(struct as_buffer *out, const char *name) {
    size_t size = strlen(name);
    if (size > UINT16_MAX) {
        size = UINT16_MAX;
        while (size > 0 && ((uint8_t)name[size] & 0xc0) == 0x80)
            --size;
    }
    as_buffer_le16(out, (uint16_t)size);
    as_buffer_append(out, name, size);
}

void as_reason_encode(struct as_buffer *out, uint8_t kind, const char *name, const char *table,
                      const char *const *columns, uint8_t keys, uint8_t values) {
    assert(kind > 0 && kind < AS_REJECT_KINDS && keys + values <= AS_REASON_COLUMNS_MAX);
    as_buffer_u8(out, kind);
    encode_name(out, name);
    encode_name(out, table);
    as_buffer_u8(out, keys);
    for (int i = 0; i < keys; ++i)
        encode_name(out, columns[i]);
    as_buffer_u8(out, values);
    for (int i = keys; i < keys + values; ++i)
        encode_name(out, columns[i]);
}

// ---- Reading ------------------------------------------------------------------------------------

enum { REASON_SIZE_MIN = 7, REJECTION_SIZE_MIN = 6 };

static bool decode_name(struct as_cursor *in, struct as_text *name) {
    if (!as_cursor_le16(in, &name->size))
        return false;
    name->data = (const char *)as_cursor_take(in, name->size);
    return name->data && as_utf8_valid(name->data, name->size);
}

// A count, then that many names behind the `already` known ones.
static bool decode_columns(struct as_cursor *in, struct as_reason_view *reason, uint8_t already,
                           uint8_t *count) {
    if (!as_cursor_u8(in, count) || already + *count > AS_REASON_COLUMNS_MAX)
        return false;
    for (int i = 0; i < *count; ++i)
        if (!decode_name(in, &reason->columns[already + i]))
            return false;
    return true;
}

static bool decode_reason(struct as_cursor *in, struct as_reason_view *reason) {
    return as_cursor_u8(in, &reason->kind) && reason->kind > 0 && reason->kind < AS_REJECT_KINDS &&
           decode_name(in, &reason->name) && decode_name(in, &reason->table) &&
           decode_columns(in, reason, 0, &reason->keys) &&
           decode_columns(in, reason, reason->keys, &reason->values);
}

// A count of things of at least size_min bytes each, so that a lie cannot make us allocate much.
static bool decode_count(struct as_cursor *in, size_t size_min, uint32_t max, uint32_t *count) {
    return as_cursor_le32(in, count) && *count > 0 && *count <= max &&
           *count <= as_cursor_left(in) / size_min;
}

static bool open_reasons(struct as_outcome_reader *r) {
    if (!decode_count(&r->at, REASON_SIZE_MIN, AS_OUTCOME_REASONS_MAX, &r->reason_count))
        return false;
    r->reasons = as_alloc(r->reason_count * sizeof *r->reasons);
    for (uint32_t i = 0; i < r->reason_count; ++i)
        if (!decode_reason(&r->at, &r->reasons[i]))
            return false;
    return decode_count(&r->at, REJECTION_SIZE_MIN, UINT32_MAX, &r->rejections_left);
}

bool as_outcome_open(struct as_outcome_reader *reader, const void *data, size_t size) {
    *reader = (struct as_outcome_reader){.at = as_cursor_over(data, size)};
    if (size == 0 || open_reasons(reader))
        return true;
    as_outcome_close(reader);
    return false;
}

static bool decode_rejection(struct as_outcome_reader *r, struct as_rejection_view *rejection) {
    uint16_t reason;
    if (!as_cursor_le32(&r->at, &rejection->item) || rejection->item < r->next_item ||
        !as_cursor_le16(&r->at, &reason) || reason >= r->reason_count)
        return false;
    r->next_item = (uint64_t)rejection->item + 1;
    rejection->reason = &r->reasons[reason];
    int count = rejection->reason->keys + rejection->reason->values;
    for (int i = 0; i < count; ++i)
        if (!as_value_decode(&r->at, &rejection->values[i]))
            return false;
    return true;
}

int as_outcome_next(struct as_outcome_reader *reader, struct as_rejection_view *rejection) {
    if (reader->rejections_left == 0)
        return as_cursor_left(&reader->at) == 0 ? 0 : -1;
    --reader->rejections_left;
    return decode_rejection(reader, rejection) ? 1 : -1;
}

void as_outcome_close(struct as_outcome_reader *reader) {
    free(reader->reasons);
    *reader = (struct as_outcome_reader){0};
}
