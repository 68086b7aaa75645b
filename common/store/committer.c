// SPDX-License-Identifier: MIT
#include "store/committer.h"

#include "base/clock.h"
#include "stream/verdict.h"

void as_committer_open(struct as_committer *c) {
    c->group_last = &c->group;
    c->sends = true;
    c->telemetry_due_ns =
        c->telemetry_interval_ns ? as_clock_monotonic_ns() + c->telemetry_interval_ns : AS_FOREVER;
    c->dry_batches = c->store->start.batches;
    c->dry_items = c->store->start.items;
    c->duplicates = (struct as_duplicates){.journal = c->store->journal_path,
                                           .domain = as_domain_digest(c->store->domain),
                                           .dry_run = c->store->read_only};
}

void as_committer_close(struct as_committer *c) {
    as_duplicates_close(&c->duplicates);
    as_buffer_free(&c->verdicts);
}

// ---- Verdicts -----------------------------------------------------------------------------------

static void add_verdict(struct as_committer *c, const struct as_batch *b, uint64_t done_ns,
                        uint64_t wall_ns, struct as_buffer *body) {
    const struct as_frame_header *h = &b->frame.header;
    struct as_frame_header header = {.type = AS_FRAME_VERDICTS,
                                     .records = h->records,
                                     .source = h->source,
                                     .offset = h->offset,
                                     .created_ns = h->created_ns,
                                     .domain = h->domain};
    uint32_t rejected = b->items - b->accepted + b->skip_rejected;
    struct as_verdict_head head = {.batch = b->batch,
                                   .first_item = b->first_item,
                                   .accepted = h->records - rejected,
                                   .rejected = rejected,
                                   .duplicates = b->skip,
                                   .flags = c->store->read_only ? AS_VERDICT_FLAG_DRY_RUN : 0,
                                   .decide_ns = b->decided_ns - b->arrived_ns,
                                   .commit_ns = done_ns - b->decided_ns,
                                   .committed_at_ns = wall_ns};
    const struct as_buffer *outcome = b->skip ? &b->answered : &b->decided;
    body->size = 0;
    as_verdict_encode_head(body, &head);
    as_buffer_append(body, outcome->data, outcome->size);
    as_frame_encode(&c->verdicts, &header, body->data, body->size);
    c->totals.batches++;
    c->totals.frame_bytes += b->frame.stored.size;
    c->totals.items += h->records;
    c->totals.accepted += head.accepted;
    c->totals.rejected += rejected;
    c->totals.duplicates += b->skip;
}

// Once nobody listens, commits go on in silence.
static void send(struct as_committer *c) {
    uint64_t started_ns = as_clock_monotonic_ns();
    if (c->sends && c->verdicts.size && !c->send(c->context, &c->verdicts)) {
        c->sends = false;
        c->nobody_listens(c->context);
    }
    c->totals.send_wait_ns += as_clock_monotonic_ns() - started_ns;
    c->verdicts.size = 0;
}

static void add_telemetry(struct as_committer *c) {
    struct as_buffer body = {0};
    struct as_frame_header header = {.type = AS_FRAME_TELEMETRY,
                                     .created_ns = as_clock_wall_ns(),
                                     .domain = as_domain_fingerprint(c->store->domain)};
    c->measure(c->context, &c->telemetry);
    as_telemetry_encode(&body, &c->telemetry);
    as_frame_encode(&c->verdicts, &header, body.data, body.size);
    as_buffer_free(&body);
    c->telemetry.commits = (struct as_histogram){0};
}

static void send_telemetry_if_due(struct as_committer *c) {
    uint64_t now_ns = as_clock_monotonic_ns();
    if (now_ns < c->telemetry_due_ns)
        return;
    c->telemetry_due_ns = now_ns + c->telemetry_interval_ns;
    add_telemetry(c);
    send(c);
}

void as_committer_end(struct as_committer *c) {
    struct as_frame_header header = {.type = AS_FRAME_END,
                                     .offset = c->totals.items,
                                     .created_ns = as_clock_wall_ns(),
                                     .domain = as_domain_fingerprint(c->store->domain)};
    if (c->telemetry_interval_ns)
        add_telemetry(c);
    as_frame_encode(&c->verdicts, &header, NULL, 0);
    send(c);
}

// ---- Committing ---------------------------------------------------------------------------------

// The end of a transaction: only now its verdicts leave (D1), and its fold begins.
static void acknowledge(struct as_committer *c) {
    struct as_buffer body = {0};
    uint64_t done_ns = as_clock_monotonic_ns(), wall_ns = as_clock_wall_ns();
    for (struct as_queue_item *i = c->group; i; i = i->next)
        add_verdict(c, (struct as_batch *)i, done_ns, wall_ns, &body);
    as_buffer_free(&body);
    as_batch_pool_release_all(c->pool, c->group);
    c->group = NULL;
    c->group_last = &c->group;
    if (c->fold)
        as_folder_write(c->folder, done_ns);
    c->fold = NULL;
    send(c);
}

static void count_commit(struct as_committer *c, uint64_t took_ns) {
    uint64_t n = c->group_items;
    c->totals.commits++;
    c->totals.commit_items += n;
    c->totals.commit_ns += took_ns;
    c->totals.commit_items_squared += n * n / 1024;
    c->totals.commit_items_ns += n * took_ns / 1024;
    as_histogram_add(&c->telemetry.commits, took_ns, 1);
    c->group_items = 0;
}

static int commit(struct as_committer *c, struct as_error *error) {
    int code = AS_OK;
    if (atomic_load(c->failed))
        code = as_error_set(error, AS_IO, "state.db could not be written");
    else if (c->begun)
        code = as_journal_commit(c->store->journal, error);
    if (code)
        return error->code = AS_IO; // whatever it was, it is final (D3)
    if (c->begun)
        count_commit(c, as_clock_monotonic_ns() - c->begun_ns);
    c->begun = false;
    acknowledge(c);
    return AS_OK;
}

static int begin(struct as_committer *c, struct as_error *error) {
    if (c->begun)
        return AS_OK;
    c->begun = true;
    c->begun_ns = as_clock_monotonic_ns();
    c->begun_wall_ns = as_clock_wall_ns();
    return as_journal_begin(c->store->journal, error);
}

static int append(struct as_committer *c, struct as_batch *b, struct as_error *error) {
    int code = begin(c, error);
    struct as_journal_row row = {.items = b->items,
                                 .accepted = b->accepted,
                                 .source = b->frame.header.source,
                                 .offset = b->frame.header.offset + b->skip,
                                 .committed_ns = c->begun_wall_ns,
                                 .frame = {b->frame.stored.data, b->frame.stored.size},
                                 .verdicts = {b->decided.data, b->decided.size}};
    if (!code)
        code = as_journal_append(c->store->journal, &row, error);
    if (code)
        return error->code = AS_IO; // D3
    b->batch = row.batch;
    b->first_item = row.first_item;
    c->group_items += b->items;
    return AS_OK;
}

static void number_dry(struct as_committer *c, struct as_batch *b) {
    b->batch = b->items ? ++c->dry_batches : 0;
    b->first_item = c->dry_items;
    c->dry_items += b->items;
}

// ---- Duplicates ---------------------------------------------------------------------------------

// The rejections first given to the leading records, then those of the new ones.
static int answer(struct as_committer *c, struct as_batch *b, struct as_error *error) {
    struct as_outcome_writer out = {0};
    uint32_t copied = 0;
    as_outcome_reset(&out);
    int code = as_duplicates_answer(&c->duplicates, b->frame.header.source, b->frame.header.offset,
                                    b->skip, &out, &b->skip_rejected, error);
    if (!code)
        code = as_outcome_copy(b->decided.data, b->decided.size, 0, 0, INT64_MAX, &out, &copied,
                               error);
    if (!code)
        as_outcome_finish(&out, &b->answered);
    as_outcome_free(&out);
    if (code)
        as_error_wrap(error, "frame %llu at byte %llu", (unsigned long long)b->frame.number,
                      (unsigned long long)b->frame.position);
    return code;
}

static int settle_duplicates(struct as_committer *c, struct as_batch *b, struct as_error *error) {
    int code = AS_OK;
    if (!b->skip) {
        as_duplicates_rest(&c->duplicates);
        return AS_OK;
    }
    if (c->begun)
        code = commit(c, error); // the originals may be in it
    return code ? code : answer(c, b, error);
}

// ---- The loop -----------------------------------------------------------------------------------

static void join_group(struct as_committer *c, struct as_batch *b) {
    b->item.next = NULL;
    *c->group_last = &b->item;
    c->group_last = &b->item.next;
}

static int journal(struct as_committer *c, struct as_batch *b, struct as_error *error) {
    if (c->store->read_only) {
        number_dry(c, b);
        return AS_OK;
    }
    if (b->items)
        return append(c, b, error);
    b->first_item = as_journal_head(c->store->journal)->items;
    return AS_OK;
}

// Takes over the batch in any case.
static int add_batch(struct as_committer *c, struct as_batch *b, struct as_error *error) {
    int code = settle_duplicates(c, b, error);
    if (code) {
        as_batch_pool_release(c->pool, b);
        return code;
    }
    join_group(c, b);
    code = journal(c, b, error);
    // A segment ends where its batches say, however many of them share a commit.
    if (!code && c->begun && as_journal_full(c->store->journal))
        code = commit(c, error);
    return code;
}

static int add(struct as_committer *c, struct as_batch *b, struct as_error *error) {
    if (!b->fold)
        return add_batch(c, b, error);
    c->fold = b->fold;
    c->fold->head = *as_journal_head(c->store->journal);
    return AS_OK;
}

static int add_all(struct as_committer *c, struct as_queue_item *batches, struct as_error *error) {
    int code = AS_OK;
    while (!code && batches) {
        struct as_batch *b = (struct as_batch *)batches;
        batches = batches->next;
        code = add(c, b, error);
    }
    as_batch_pool_release_all(c->pool, batches);
    return code;
}

int as_committer_run(struct as_committer *c, struct as_error *error) {
    struct as_queue_item *batches;
    struct as_error final;
    bool ended;
    int code = AS_OK;
    while (!code &&
           ((batches = as_queue_take_all(&c->in, c->telemetry_due_ns, &ended)) || !ended)) {
        send_telemetry_if_due(c);
        code = add_all(c, batches, error);
        // Where a frame is wrong, what came before it is committed all the same.
        if (code != AS_IO && commit(c, &final)) {
            *error = final;
            code = AS_IO;
        }
    }
    as_batch_pool_release_all(c->pool, c->group);
    return code;
}
