// SPDX-License-Identifier: MIT
#include "store/decider.h"

#include "base/clock.h"

static int find_source(struct as_store *store, const struct as_frame_header *h,
                       struct as_source_entry **source, struct as_error *error) {
    *source = as_sources_get(&store->sources, h->source);
    if (!*source)
        return as_error_set(error, AS_DATA, "more than %d sources", AS_SOURCES_MAX);
    if (h->offset > (*source)->next)
        return as_error_set(
            error, AS_DATA, "source %016llx: offset %llu follows %llu: %llu records are missing",
            (unsigned long long)h->source, (unsigned long long)h->offset,
            (unsigned long long)(*source)->next, (unsigned long long)(h->offset - (*source)->next));
    return AS_OK;
}

static uint32_t seen_before(const struct as_source_entry *source, const struct as_frame_header *h) {
    uint64_t seen = source->next - h->offset;
    return seen < h->records ? (uint32_t)seen : h->records;
}

static int decide(struct as_decider *d, struct as_batch *b, struct as_error *error) {
    struct as_source_entry *source;
    struct as_decision decision = {.outcome = b->decided};
    int code = find_source(d->store, &b->frame.header, &source, error);
    if (code)
        return code;
    b->skip = seen_before(source, &b->frame.header);
    code = as_engine_decide(d->store->engine, b->frame.body, b->frame.header.inflated_size,
                            b->frame.header.records, b->skip, &decision, error);
    b->decided = decision.outcome;
    b->items = decision.items;
    b->accepted = decision.accepted;
    b->decided_ns = as_clock_monotonic_ns();
    source->next += b->items;
    source->changed |= b->items > 0;
    d->changed |= b->items > 0;
    return code;
}

// ---- Fold ---------------------------------------------------------------------------------------

// The mark follows the last batch decided, so that the committer knows the journal's position
// there.
static void fold_if_due(struct as_decider *d, uint64_t now_ns) {
    if (!d->folder || !d->changed || now_ns < d->due_ns)
        return;
    struct as_fold *fold = as_folder_begin(d->folder, now_ns, &d->due_ns);
    if (!fold)
        return;
    as_engine_take_changes(d->store->engine, &fold->changes);
    as_sources_take_changes(&d->store->sources, &fold->sources);
    d->changed = false;
    d->mark.fold = fold;
    as_queue_put(d->out, &d->mark.item);
}

// ---- The loop -----------------------------------------------------------------------------------

// All batches that wait. While none comes, a fold that falls due is not to wait for one.
static struct as_queue_item *next_batches(struct as_decider *d) {
    bool ended;
    struct as_queue_item *items;
    do {
        bool waits_for_fold = d->folder && d->changed;
        items = as_queue_take_all(&d->in, waits_for_fold ? d->due_ns : AS_FOREVER, &ended);
        if (!items && !ended)
            fold_if_due(d, as_clock_monotonic_ns());
    } while (!items && !ended);
    return items;
}

static void publish(struct as_decider *d, uint64_t spent_ns) {
    const struct as_engine *engine = d->store->engine;
    atomic_fetch_add_explicit(&d->decide_ns, spent_ns, memory_order_relaxed);
    atomic_store_explicit(&d->rows, as_engine_row_count(engine), memory_order_relaxed);
    atomic_store_explicit(&d->dirty_rows, as_engine_changed_count(engine), memory_order_relaxed);
}

static int hand_on(struct as_decider *d, struct as_batch *b, struct as_error *error) {
    int code = decide(d, b, error);
    if (code) {
        as_error_wrap(error, "frame %llu at byte %llu", (unsigned long long)b->frame.number,
                      (unsigned long long)b->frame.position);
        as_batch_pool_release(d->pool, b);
        return code;
    }
    as_batch_pool_admit_outcome(d->pool, b);
    uint64_t decided_ns = b->decided_ns; // the batch is the committer's once it is put
    as_queue_put(d->out, &b->item);
    fold_if_due(d, decided_ns);
    return AS_OK;
}

int as_decider_run(struct as_decider *d, struct as_error *error) {
    struct as_queue_item *batches;
    int code = AS_OK;
    while (!code && (batches = next_batches(d))) {
        uint64_t started_ns = as_clock_monotonic_ns();
        while (!code && batches) {
            struct as_batch *b = (struct as_batch *)batches;
            batches = batches->next;
            code = hand_on(d, b, error);
        }
        as_batch_pool_release_all(d->pool, batches);
        publish(d, as_clock_monotonic_ns() - started_ns);
    }
    as_queue_close(d->out);
    return code;
}
