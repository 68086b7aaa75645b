// SPDX-License-Identifier: MIT
#include "store/replay.h"

#include <string.h>

void as_replay_free(struct as_replay *r) {
    as_frame_free(&r->frame);
    as_buffer_free(&r->decision.outcome);
}

static int differs(const struct as_journal_row *row, const char *what, struct as_error *error) {
    return as_error_set(error, AS_DATA, "batch %llu: %s", (unsigned long long)row->batch, what);
}

static int check_frame(struct as_replay *r, const struct as_journal_row *row,
                       struct as_error *error) {
    const struct as_frame_header *h = &r->frame.header;
    if (h->type != AS_FRAME_ITEMS || h->domain != as_domain_fingerprint(r->domain))
        return differs(row, "its frame is not one of this domain's items", error);
    if (h->source != row->source || row->items == 0 || row->items > h->records ||
        row->offset != h->offset + (h->records - row->items) || row->accepted > row->items)
        return differs(row, "source, offset or counts contradict its frame", error);
    return AS_OK;
}

static int check_position(const struct as_replay *r, const struct as_journal_row *row,
                          struct as_error *error) {
    if (row->batch != r->head.batches + 1 || row->first_item != r->head.items)
        return differs(row, "does not follow the batch before it", error);
    return AS_OK;
}

static int decode(struct as_replay *r, const struct as_journal_row *row, struct as_error *error) {
    if (as_frame_decode(&r->frame, row->frame.data, row->frame.size, error))
        return as_error_wrap(error, "batch %llu: frame", (unsigned long long)row->batch);
    return check_frame(r, row, error);
}

int as_replay_check(struct as_replay *r, const struct as_journal_row *row, struct as_error *error) {
    uint8_t hash[AS_SHA256_SIZE];
    int code = check_position(r, row, error);
    if (code)
        return code;
    as_segment_hash(r->head.hash, row, hash);
    if (memcmp(hash, row->hash, sizeof hash) != 0)
        return differs(row, "its hash is not that of its content and the batch before it", error);
    return decode(r, row, error);
}

static bool same_bytes(const struct as_bytes *a, const struct as_buffer *b) {
    return a->size == b->size && (a->size == 0 || memcmp(a->data, b->data, a->size) == 0);
}

static int decide(struct as_replay *r, const struct as_journal_row *row, struct as_error *error) {
    const struct as_frame_header *h = &r->frame.header;
    r->decision.outcome.size = 0;
    if (as_engine_decide(r->engine, r->frame.body, h->inflated_size, h->records,
                         h->records - row->items, &r->decision, error))
        return as_error_wrap(error, "batch %llu", (unsigned long long)row->batch);
    return AS_OK;
}

void as_replay_pass(struct as_replay *r, const struct as_journal_row *row) {
    r->head.batches = row->batch;
    r->head.items += row->items;
    memcpy(r->head.hash, row->hash, AS_SHA256_SIZE);
}

static int move_on(struct as_replay *r, const struct as_journal_row *row, struct as_error *error) {
    struct as_source_entry *source = r->sources ? as_sources_get(r->sources, row->source) : NULL;
    if (source) {
        if (source->next != row->offset)
            return differs(row, "its offset does not follow its source's last one", error);
        source->next = row->offset + row->items;
        source->changed = true;
    }
    as_replay_pass(r, row);
    return AS_OK;
}

int as_replay_decide(struct as_replay *r, const struct as_journal_row *row,
                     struct as_error *error) {
    int code = decide(r, row, error);
    if (code)
        return code;
    if (r->decision.accepted != row->accepted || !same_bytes(&row->verdicts, &r->decision.outcome))
        return differs(row, "deciding it again gives other verdicts", error);
    return move_on(r, row, error);
}

int as_replay_apply(struct as_replay *r, const struct as_journal_row *row, struct as_error *error) {
    int code = check_position(r, row, error);
    if (!code)
        code = decode(r, row, error);
    if (!code)
        code = decide(r, row, error);
    return code ? code : move_on(r, row, error);
}
