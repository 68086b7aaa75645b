// SPDX-License-Identifier: MIT
#include "store/writer.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "stream/verdict.h"

struct as_writer_batch {
    struct as_frame_header header;
    struct as_buffer frame;    // verbatim
    struct as_buffer decided;  // the outcome of its new items, for the journal
    struct as_buffer answered; // the outcome of all its items, where some are duplicates
    uint32_t items, accepted;  // new
    uint32_t skip;             // duplicates
    uint32_t skip_rejected;
    uint64_t arrived_ns, decided_ns;
    uint64_t batch, first_item; // when committed
};

void as_writer_open(struct as_writer *w, struct as_store *store) {
    *w = (struct as_writer){
        .store = store, .dry_batches = store->start.batches, .dry_items = store->start.items};
    w->duplicates.dry_run = store->read_only;
    w->batches = as_alloc_zero(AS_WRITER_BATCHES_MAX, sizeof *w->batches);
}

void as_writer_close(struct as_writer *w) {
    as_duplicates_close(&w->duplicates);
    for (size_t i = 0; w->batches && i < AS_WRITER_BATCHES_MAX; i++) {
        as_buffer_free(&w->batches[i].frame);
        as_buffer_free(&w->batches[i].decided);
        as_buffer_free(&w->batches[i].answered);
    }
    free(w->batches);
    as_buffer_free(&w->verdicts);
    *w = (struct as_writer){0};
}

bool as_writer_full(const struct as_writer *w) {
    return w->waiting == AS_WRITER_BATCHES_MAX || w->waiting_bytes >= AS_WRITER_BYTES_MAX;
}

// ---- Deciding -----------------------------------------------------------------------------------

static int find_source(struct as_writer *w, const struct as_frame_header *h,
                       struct as_source_entry **source, struct as_error *error) {
    *source = as_sources_get(&w->store->sources, h->source);
    if (!*source)
        return as_error_set(error, AS_DATA, "more than %d sources", AS_SOURCES_MAX);
    if (h->offset > (*source)->next)
        return as_error_set(
            error, AS_DATA, "source %016llx: offset %llu follows %llu: %llu records are missing",
            (unsigned long long)h->source, (unsigned long long)h->offset,
            (unsigned long long)(*source)->next, (unsigned long long)(h->offset - (*source)->next));
    return AS_OK;
}

// The rejections first given to the leading records, then those of the new ones.
static int answer(struct as_writer *w, struct as_source_entry *source, struct as_writer_batch *b,
                  struct as_error *error) {
    struct as_outcome_writer out = {0};
    uint32_t copied = 0;
    as_outcome_reset(&out);
    int code = as_duplicates_answer(&w->duplicates, w->store->journal_path,
                                    as_domain_digest(w->store->domain), source, b->header.offset,
                                    b->skip, &out, &b->skip_rejected, error);
    if (!code)
        code = as_outcome_copy(b->decided.data, b->decided.size, 0, 0, INT64_MAX, &out, &copied,
                               error);
    if (!code)
        as_outcome_finish(&out, &b->answered);
    as_outcome_free(&out);
    return code;
}

static int decide(struct as_writer *w, const struct as_frame *frame, struct as_writer_batch *b,
                  struct as_error *error) {
    struct as_decision decision = {.outcome = b->decided};
    int code = as_engine_decide(w->store->engine, frame->body, frame->header.inflated_size,
                                frame->header.records, b->skip, &decision, error);
    b->decided = decision.outcome;
    b->items = decision.items;
    b->accepted = decision.accepted;
    b->decided_ns = as_clock_monotonic_ns();
    return code;
}

static void take_frame(struct as_writer_batch *b, struct as_frame *frame) {
    struct as_buffer free_buffer = b->frame;
    free_buffer.size = 0;
    b->frame = frame->stored;
    frame->stored = free_buffer;
}

static uint32_t seen_before(const struct as_source_entry *source, const struct as_frame_header *h) {
    uint64_t seen = source->next - h->offset;
    return seen < h->records ? (uint32_t)seen : h->records;
}

int as_writer_offer(struct as_writer *w, struct as_frame *frame, uint64_t arrived_ns,
                    struct as_error *error) {
    struct as_source_entry *source;
    int code = find_source(w, &frame->header, &source, error);
    if (code)
        return code;
    uint32_t skip = seen_before(source, &frame->header);
    if (skip && w->waiting && (code = as_writer_commit(w, error)))
        return code; // the originals may be waiting
    struct as_writer_batch *b = &w->batches[w->waiting];
    b->header = frame->header;
    b->arrived_ns = arrived_ns;
    b->skip = skip;
    b->skip_rejected = 0;
    b->decided.size = b->answered.size = 0;
    code = decide(w, frame, b, error);
    if (!code && skip)
        code = answer(w, source, b, error);
    else
        as_duplicates_rest(&w->duplicates);
    if (code)
        return code;
    take_frame(b, frame);
    source->next += b->items;
    source->changed |= b->items > 0;
    w->waiting++;
    w->waiting_bytes += b->frame.size + b->decided.size;
    return AS_OK;
}

// ---- Committing ---------------------------------------------------------------------------------

static int append(struct as_writer *w, struct as_writer_batch *b, uint64_t now_ns,
                  struct as_error *error) {
    struct as_journal_row row = {.items = b->items,
                                 .accepted = b->accepted,
                                 .source = b->header.source,
                                 .offset = b->header.offset + b->skip,
                                 .committed_ns = now_ns,
                                 .frame = {b->frame.data, b->frame.size},
                                 .verdicts = {b->decided.data, b->decided.size}};
    int code = as_journal_append(w->store->journal, &row, error);
    b->batch = row.batch;
    b->first_item = row.first_item;
    return code;
}

static int append_all(struct as_writer *w, uint64_t now_ns, struct as_error *error) {
    bool begun = false;
    int code = AS_OK;
    for (size_t i = 0; !code && i < w->waiting; i++) {
        struct as_writer_batch *b = &w->batches[i];
        b->batch = 0;
        b->first_item = as_journal_head(w->store->journal)->items;
        if (!b->items)
            continue;
        if (!begun)
            code = as_journal_begin(w->store->journal, error);
        begun = true;
        if (!code)
            code = append(w, b, now_ns, error);
    }
    if (!code && begun) {
        code = as_journal_commit(w->store->journal, error);
        w->totals.commits++;
    }
    return code;
}

static void number_dry(struct as_writer *w) {
    for (size_t i = 0; i < w->waiting; i++) {
        struct as_writer_batch *b = &w->batches[i];
        b->batch = b->items ? ++w->dry_batches : 0;
        b->first_item = w->dry_items;
        w->dry_items += b->items;
    }
}

static void add_verdict(struct as_writer *w, const struct as_writer_batch *b, uint64_t done_ns,
                        uint64_t wall_ns, struct as_buffer *body) {
    struct as_frame_header header = {.type = AS_FRAME_VERDICTS,
                                     .records = b->header.records,
                                     .source = b->header.source,
                                     .offset = b->header.offset,
                                     .created_ns = b->header.created_ns,
                                     .domain = b->header.domain};
    uint32_t rejected = b->items - b->accepted + b->skip_rejected;
    struct as_verdict_head head = {.batch = b->batch,
                                   .first_item = b->first_item,
                                   .accepted = b->header.records - rejected,
                                   .rejected = rejected,
                                   .duplicates = b->skip,
                                   .flags = w->store->read_only ? AS_VERDICT_FLAG_DRY_RUN : 0,
                                   .decide_ns = b->decided_ns - b->arrived_ns,
                                   .commit_ns = done_ns - b->decided_ns,
                                   .committed_at_ns = wall_ns};
    const struct as_buffer *outcome = b->skip ? &b->answered : &b->decided;
    body->size = 0;
    as_verdict_encode_head(body, &head);
    if (outcome->size)
        as_buffer_append(body, outcome->data, outcome->size);
    as_frame_encode(&w->verdicts, &header, body->data, body->size);
    w->totals.batches++;
    w->totals.items += b->header.records;
    w->totals.accepted += head.accepted;
    w->totals.rejected += rejected;
    w->totals.duplicates += b->skip;
}

int as_writer_commit(struct as_writer *w, struct as_error *error) {
    struct as_buffer body = {0};
    uint64_t wall_ns = as_clock_wall_ns();
    if (w->waiting == 0)
        return AS_OK;
    if (w->store->read_only) {
        number_dry(w);
    } else {
        if (append_all(w, wall_ns, error))
            return error->code = AS_IO; // whatever it was, it is final (D3)
    }
    uint64_t done_ns = as_clock_monotonic_ns();
    wall_ns = as_clock_wall_ns();
    for (size_t i = 0; i < w->waiting; i++)
        add_verdict(w, &w->batches[i], done_ns, wall_ns, &body);
    as_buffer_free(&body);
    w->waiting = 0;
    w->waiting_bytes = 0;
    return AS_OK;
}

void as_writer_end(struct as_writer *w) {
    const struct as_domain *domain = w->store->domain;
    struct as_frame_header header = {.type = AS_FRAME_END,
                                     .offset = w->totals.items,
                                     .created_ns = as_clock_wall_ns(),
                                     .domain = domain ? as_domain_fingerprint(domain) : 0};
    as_frame_encode(&w->verdicts, &header, NULL, 0);
}
