// SPDX-License-Identifier: MIT
#include "log_batch.h"

static int malformed(const struct log_batch *b, const char *what, struct as_error *error) {
    return as_error_set(error, AS_DATA, "batch %llu: %s", (unsigned long long)b->batch, what);
}

static int next_rejection(struct log_batch *b, struct as_error *error) {
    int more = as_outcome_next(&b->outcome, &b->rejection);
    b->rejections_left = more > 0;
    if (more < 0 || (more > 0 && (b->rejection.item < b->skip || b->rejection.item < b->next)))
        return malformed(b, "malformed verdicts", error);
    return AS_OK;
}

int log_batch_open(struct log_batch *b, const struct as_domain *domain,
                   const struct as_journal_row *row, const struct as_frame *frame,
                   struct as_error *error) {
    as_outcome_close(&b->outcome);
    b->domain = domain;
    b->records = as_cursor_over(frame->body, frame->header.inflated_size);
    b->next = 0;
    b->count = frame->header.records;
    b->skip = b->count - row->items;
    b->batch = row->batch;
    b->first_item = row->first_item;
    b->source = row->source;
    b->frame_offset = frame->header.offset;
    b->verdicts.size = 0;
    as_buffer_append(&b->verdicts, row->verdicts.data, row->verdicts.size);
    if (!as_outcome_open(&b->outcome, b->verdicts.data, b->verdicts.size))
        return malformed(b, "malformed verdicts", error);
    return next_rejection(b, error);
}

static bool read_record(struct log_batch *b, struct log_item *item) {
    struct as_item_head head;
    if (!as_item_decode_head(&b->records, &head) ||
        head.command >= as_domain_command_count(b->domain))
        return false;
    item->command_number = head.command;
    item->command = as_domain_command(b->domain, head.command);
    item->group = head.flags & AS_ITEM_FLAG_GROUP;
    if (head.values != item->command->column_count)
        return false;
    for (size_t i = 0; i < head.values; i++) {
        if (!as_value_decode(&b->records, &item->values[i]))
            return false;
    }
    return true;
}

// The culprit of a group is told by its place in the frame.
static uint64_t culprit(const struct log_batch *b) {
    const struct as_reason_view *reason = b->rejection.reason;
    if (reason->kind != AS_REJECT_GROUP || reason->values == 0)
        return 0;
    return b->first_item + (uint64_t)b->rejection.values[reason->keys].integer - b->skip;
}

static int end(const struct log_batch *b, struct as_error *error) {
    if (!b->rejections_left && as_cursor_left(&b->records) == 0)
        return 0;
    malformed(b, "more in its frame or its verdicts than items", error);
    return -1;
}

int log_batch_next(struct log_batch *b, struct log_item *item, struct as_error *error) {
    bool delivered = b->rejections_left && b->next > b->rejection.item;
    if (delivered && next_rejection(b, error))
        return -1;
    do {
        if (b->next >= b->count)
            return end(b, error);
        if (!read_record(b, item)) {
            malformed(b, "malformed item", error);
            return -1;
        }
    } while (b->next++ < b->skip);
    uint32_t record = b->next - 1;
    item->batch = b->batch;
    item->item = b->first_item + (record - b->skip);
    item->source = b->source;
    item->offset = b->frame_offset + record;
    item->rejection = b->rejections_left && b->rejection.item == record ? &b->rejection : NULL;
    item->culprit = item->rejection ? culprit(b) : 0;
    return 1;
}

void log_batch_free(struct log_batch *b) {
    as_outcome_close(&b->outcome);
    as_buffer_free(&b->verdicts);
}
