// SPDX-License-Identifier: MIT
//
// How an item is decided:
//
//   decode, a window ahead → run the command's program (checks, effects in place, references) →
//   bring the assertions up to date with the rows it changed → check those touched → keep; or undo
//   all of it and note the reason
//
// A group is a run of items whose changes are kept or undone together.
#include "domain/engine.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "domain/assertion.h"
#include "domain/window.h"
#include "stream/item.h"

// The forms in which a reason may stand in an outcome.
enum reason_form { FORM_WHOLE, FORM_BARE, FORM_GROUP, FORM_BARE_GROUP, FORMS };

struct reason_index {
    uint32_t form[FORMS]; // index in the outcome at hand + 1; 0: not there yet
};

struct as_engine {
    const struct as_domain *domain;
    struct as_state state;
    struct as_assertion_state *assertions;
    bool unsettled; // rows were counted for them
    struct as_vm_frame *commands;
    struct as_region scratch;
    const char *scratch_start; // where it was empty
    struct as_window window;
    struct as_outcome_writer outcome;
    struct reason_index *reason_index; // by reason
    uint32_t *used_reasons; // reason and form of the indexes that are set, to forget them
    size_t used_count;
    size_t *item_starts; // the first change of each item of the group at hand
    size_t item_count, item_capacity;
};

// ---- Life ---------------------------------------------------------------------------------------

struct as_engine *as_engine_create_empty(const struct as_domain *domain) {
    struct as_engine *e = as_alloc_zero(1, sizeof *e);
    e->domain = domain;
    as_state_init(&e->state, domain);
    e->assertions = as_alloc_zero(domain->assertion_count + 1, sizeof *e->assertions);
    for (size_t i = 0; i < domain->assertion_count; i++)
        as_assertion_init(&e->assertions[i], domain->assertions[i], &e->state);
    e->commands = as_alloc_zero(domain->command_count, sizeof *e->commands);
    for (size_t i = 0; i < domain->command_count; i++)
        as_vm_frame_init(&e->commands[i], &domain->commands[i]->program);
    e->reason_index = as_alloc_zero(domain->reason_count + 1, sizeof *e->reason_index);
    e->used_reasons = as_alloc_zero(domain->reason_count * FORMS + 1, sizeof *e->used_reasons);
    return e;
}

void as_engine_free(struct as_engine *e) {
    if (!e)
        return;
    for (size_t i = 0; i < e->domain->assertion_count; i++)
        as_assertion_free(&e->assertions[i]);
    for (size_t i = 0; i < e->domain->command_count; i++)
        as_vm_frame_free(&e->commands[i]);
    as_state_free(&e->state);
    as_region_free(&e->scratch);
    as_outcome_free(&e->outcome);
    free(e->assertions);
    free(e->commands);
    free(e->reason_index);
    free(e->used_reasons);
    free(e->item_starts);
    free(e);
}

// ---- Assertions after an item -------------------------------------------------------------------

// Counts what a change did to its row, from how it was before the item to how it is now; or back
// again.
static void count_change(struct as_engine *e, const struct as_change *c, int direction) {
    const struct as_relation *r = e->domain->tables[c->table];
    const struct as_row *now = as_table_row(&e->state.tables[c->table], c->row);
    const struct as_row *before = c->kind == AS_CHANGE_INSERT   ? NULL
                                  : c->kind == AS_CHANGE_UPDATE ? as_state_image(&e->state, c)
                                                                : now;
    bool live = now->bits & AS_ROW_LIVE;
    for (size_t i = 0; i < r->assertion_count; i++)
        as_assertion_count_change(&e->assertions[r->assertions[i]->number], before,
                                  live ? now : NULL, direction, &e->scratch);
}

static void count_changes(struct as_engine *e, size_t from, size_t to, int direction) {
    e->unsettled = true;
    for (size_t i = from; i < to; i++) {
        if (e->state.changes[i].first)
            count_change(e, &e->state.changes[i], direction);
    }
}

static int32_t check_assertions(struct as_engine *e, bool all, const struct as_vm_frame **frame) {
    bool totals_moved = e->state.totals_moved;
    e->state.totals_moved = false;
    for (size_t i = 0; i < e->domain->assertion_count; i++) {
        struct as_assertion_state *a = &e->assertions[i];
        if (!all && !(a->plain ? totals_moved && as_assertion_moved(a) : a->touched_count))
            continue;
        int32_t reason = as_assertion_check(a, all, &e->scratch);
        if (reason != AS_VM_ACCEPTED) {
            *frame = &a->holds;
            return reason;
        }
    }
    return AS_VM_ACCEPTED;
}

static void settle_assertions(struct as_engine *e) {
    if (!e->unsettled)
        return;
    e->unsettled = false;
    for (size_t i = 0; i < e->domain->assertion_count; i++)
        as_assertion_settle(&e->assertions[i]);
}

// ---- Initial rows -------------------------------------------------------------------------------

static int refuse_initial(struct as_engine *e, int32_t reason, struct as_error *error) {
    const struct as_reason *r = &e->domain->reasons[reason];
    return as_error_set(error, AS_DATA, "%s: the initial rows break %s %s", e->domain->name,
                        as_reject_kind_name(r->kind), r->name);
}

int as_engine_create(const struct as_domain *domain, struct as_engine **engine,
                     struct as_error *error) {
    struct as_engine *e = as_engine_create_empty(domain);
    struct as_vm_frame seeds;
    const struct as_vm_frame *frame;
    as_vm_frame_init(&seeds, &domain->seeds);
    int32_t reason = as_vm_run(&seeds, &e->state, &e->scratch);
    as_vm_frame_free(&seeds);
    if (reason == AS_VM_ACCEPTED) {
        count_changes(e, 0, e->state.change_count, 1);
        reason = check_assertions(e, true, &frame);
    }
    if (reason != AS_VM_ACCEPTED) {
        refuse_initial(e, reason, error);
        as_engine_free(e);
        return error->code;
    }
    settle_assertions(e);
    as_state_end_item(&e->state, 0);
    as_state_keep(&e->state);
    as_region_reset(&e->scratch);
    *engine = e;
    return AS_OK;
}

static bool fits(const struct as_relation *r, const struct as_value *values) {
    for (size_t i = 0; i < r->info.column_count; i++) {
        if (values[i].type == AS_NULL ? r->info.columns[i].not_null : values[i].type != r->types[i])
            return false;
    }
    return true;
}

static bool key_taken(const struct as_engine *e, size_t table, const struct as_value *values) {
    const struct as_relation *r = e->domain->tables[table];
    struct as_value key[AS_TABLE_COLUMNS_MAX];
    for (size_t k = 0; k < r->key_count; k++) {
        for (size_t i = 0; i < r->keys[k].column_count; i++)
            key[i] = values[r->keys[k].columns[i]];
        if (as_table_find(&e->state.tables[table], k, key) != AS_ROW_NONE)
            return true;
    }
    return false;
}

int as_engine_load_row(struct as_engine *e, size_t table, const struct as_value *values,
                       struct as_error *error) {
    const struct as_relation *r = e->domain->tables[table];
    if (!fits(r, values))
        return as_error_set(error, AS_DATA, "table %s: a row with a value of the wrong type",
                            r->info.name);
    if (key_taken(e, table, values))
        return as_error_set(error, AS_DATA, "table %s: two rows with the same key", r->info.name);
    uint32_t row = as_state_load(&e->state, table, values);
    e->unsettled = true;
    for (size_t i = 0; i < r->assertion_count; i++)
        as_assertion_count_row(&e->assertions[r->assertions[i]->number],
                               as_table_row(&e->state.tables[table], row), 1, &e->scratch);
    as_region_reset(&e->scratch);
    return AS_OK;
}

int as_engine_load_done(struct as_engine *e, struct as_error *error) {
    const struct as_vm_frame *frame;
    int32_t reason = check_assertions(e, true, &frame);
    settle_assertions(e);
    if (reason != AS_VM_ACCEPTED)
        return as_error_set(error, AS_DATA, "assertion %s does not hold",
                            e->domain->reasons[reason].name);
    return AS_OK;
}

// ---- Rejections ---------------------------------------------------------------------------------

// A verdict must fit into a frame whatever was rejected: a long text is told by its beginning, and
// once an outcome is this large its further rejections tell kind and name alone.
enum { REJECTED_TEXT_MAX = 256, OUTCOME_VALUES_MAX = 6 << 20 };

static bool outcome_is_large(const struct as_engine *e) {
    return e->outcome.rejections.size > OUTCOME_VALUES_MAX;
}

static void encode_cut(struct as_buffer *out, struct as_value value) {
    if (value.type == AS_TEXT && value.size > REJECTED_TEXT_MAX) {
        value.size = REJECTED_TEXT_MAX;
        while (value.size && ((unsigned char)value.text[value.size] & 0xC0) == 0x80)
            value.size--; // between characters
    }
    as_value_encode(out, &value);
}

// The index of one of a reason's forms in the outcome at hand; put there when it is first needed.
static uint16_t reason_form(struct as_engine *e, int32_t reason, enum reason_form form) {
    static const char *const culprit[] = {"culprit"};
    const struct as_reason *r = &e->domain->reasons[reason];
    uint32_t *index = &e->reason_index[reason].form[form];
    if (*index)
        return (uint16_t)(*index - 1);
    struct as_buffer encoded = {0};
    if (form == FORM_WHOLE)
        as_buffer_append(&encoded, r->encoded.data, r->encoded.size);
    else if (form == FORM_BARE)
        as_reason_encode(&encoded, r->kind, r->name, "", culprit, 0, 0);
    else
        as_reason_encode(&encoded, AS_REJECT_GROUP, r->name, "", culprit, 0, form == FORM_GROUP);
    *index = as_outcome_add_reason(&e->outcome, encoded.data, encoded.size) + 1u;
    as_buffer_free(&encoded);
    e->used_reasons[e->used_count++] = (uint32_t)reason * FORMS + form;
    return (uint16_t)(*index - 1);
}

static void forget_reasons(struct as_engine *e) {
    while (e->used_count) {
        uint32_t used = e->used_reasons[--e->used_count];
        e->reason_index[used / FORMS].form[used % FORMS] = 0;
    }
}

static void reject(struct as_engine *e, uint32_t item, int32_t reason,
                   const struct as_vm_frame *frame) {
    const struct as_reason *r = &e->domain->reasons[reason];
    bool bare = outcome_is_large(e);
    as_outcome_add_rejection(&e->outcome, item,
                             reason_form(e, reason, bare ? FORM_BARE : FORM_WHOLE));
    for (size_t i = 0; !bare && i < (size_t)r->keys + r->values; i++)
        encode_cut(&e->outcome.rejections, as_vm_read(frame, r->sources[i]));
}

// An item that fell with its group.
static void reject_with(struct as_engine *e, uint32_t item, uint32_t culprit, int32_t reason) {
    struct as_value index = as_value_integer(culprit);
    bool bare = outcome_is_large(e);
    as_outcome_add_rejection(&e->outcome, item,
                             reason_form(e, reason, bare ? FORM_BARE_GROUP : FORM_GROUP));
    if (!bare)
        as_value_encode(&e->outcome.rejections, &index);
}

// ---- Items --------------------------------------------------------------------------------------

static int malformed(struct as_error *error, uint32_t record, const char *what) {
    return as_error_set(error, AS_DATA, "record %u: %s", record, what);
}

static int behind_frame(const struct as_engine *e, struct as_error *error) {
    return malformed(error, e->window.records - 1, "its group goes on behind the frame");
}

// Gives a program its parameters; where all have their declared types it starts behind the checks
// of that.
static int32_t run(struct as_engine *e, struct as_vm_frame *frame,
                   const struct as_window_item *item) {
    for (size_t i = 0; i < item->head.values; i++)
        frame->registers[i] = item->values[i];
    frame->keys = item->keys;
    return as_vm_run_from(frame, item->typed ? item->program->typed_start : 0, &e->state,
                          &e->scratch);
}

// Decides one item on top of the group so far. Its changes stay noted whatever the result.
static int32_t decide_item(struct as_engine *e, const struct as_window_item *item,
                           const struct as_vm_frame **frame) {
    size_t from = e->state.change_count;
    *frame = &e->commands[item->head.command];
    int32_t reason = run(e, &e->commands[item->head.command], item);
    bool touched = e->state.touched;
    if (reason == AS_VM_ACCEPTED && (touched || e->state.totals_moved)) {
        if (touched)
            count_changes(e, from, e->state.change_count, 1);
        reason = check_assertions(e, false, frame);
        if (reason != AS_VM_ACCEPTED)
            count_changes(e, from, e->state.change_count, -1);
    }
    if (touched)
        as_state_end_item(&e->state, from);
    return reason;
}

// Takes back the items of the group, the last one first; the last was not accepted, so the
// assertions do not count it.
static void rollback_group(struct as_engine *e) {
    size_t to = e->state.change_count;
    for (size_t i = e->item_count; i-- > 0; to = e->item_starts[i]) {
        if (i + 1 < e->item_count)
            count_changes(e, e->item_starts[i], to, -1);
        as_state_rollback(&e->state, e->item_starts[i]);
    }
}

static void start_item(struct as_engine *e) {
    if (e->item_count == e->item_capacity) {
        e->item_capacity = e->item_capacity ? e->item_capacity * 2 : 64;
        e->item_starts = as_realloc(e->item_starts, e->item_capacity * sizeof *e->item_starts);
    }
    e->item_starts[e->item_count++] = e->state.change_count;
}

// Reads the rest of a group without deciding it, once one of its items was rejected.
static int skip_group(struct as_engine *e, uint32_t *record, const struct as_window_item *item,
                      struct as_error *error) {
    int code;
    while (item->head.flags & AS_ITEM_FLAG_GROUP) {
        if (!(item = as_window_next(&e->window, &code, error)))
            return code ? code : behind_frame(e, error);
        ++*record;
    }
    return AS_OK;
}

static void reject_group(struct as_engine *e, uint32_t first, uint32_t last, uint32_t culprit,
                         int32_t reason, struct as_buffer *culprit_rejection) {
    for (uint32_t i = first; i <= last; i++) {
        if (i != culprit) {
            reject_with(e, i, culprit, reason);
            continue;
        }
        as_buffer_append(&e->outcome.rejections, culprit_rejection->data, culprit_rejection->size);
        e->outcome.rejection_count++;
    }
}

// Rejects the items [first, *record], of which *record, `item`, is the culprit, and those of its
// group behind it.
static int reject_items(struct as_engine *e, uint32_t first, uint32_t *record,
                        const struct as_window_item *item, int32_t reason,
                        const struct as_vm_frame *frame, struct as_error *error) {
    uint32_t culprit = *record;
    size_t mark = e->outcome.rejections.size;
    reject(e, culprit, reason, frame);
    rollback_group(e);
    if (first == culprit && !(item->head.flags & AS_ITEM_FLAG_GROUP))
        return AS_OK;
    // The culprit's rejection goes behind those of the items before it.
    struct as_buffer own = {0};
    as_buffer_append(&own, e->outcome.rejections.data + mark, e->outcome.rejections.size - mark);
    e->outcome.rejections.size = mark;
    e->outcome.rejection_count--;
    int code = skip_group(e, record, item, error);
    if (!code)
        reject_group(e, first, *record, culprit, reason, &own);
    as_buffer_free(&own);
    return code;
}

static void end_group(struct as_engine *e) {
    settle_assertions(e);
    as_state_keep(&e->state);
    if (e->scratch.at == e->scratch_start)
        return;
    as_region_reset(&e->scratch);
    e->scratch_start = e->scratch.at;
}

// Most items are no group.
static void decide_alone(struct as_engine *e, uint32_t record, const struct as_window_item *item) {
    const struct as_vm_frame *frame;
    int32_t reason = decide_item(e, item, &frame);
    if (reason != AS_VM_ACCEPTED) {
        reject(e, record, reason, frame);
        as_state_rollback(&e->state, 0);
    }
    end_group(e);
}

// Decides the group that starts with `item` at *record; leaves *record on its last item.
static int decide_group(struct as_engine *e, uint32_t *record, const struct as_window_item *item,
                        struct as_error *error) {
    uint32_t first = *record;
    int code = AS_OK;
    e->item_count = 0;
    for (;; ++*record) {
        const struct as_vm_frame *frame;
        if (!item)
            return code ? code : behind_frame(e, error);
        start_item(e);
        int32_t reason = decide_item(e, item, &frame);
        if (reason != AS_VM_ACCEPTED) {
            code = reject_items(e, first, record, item, reason, frame, error);
            break;
        }
        if (!(item->head.flags & AS_ITEM_FLAG_GROUP))
            break;
        settle_assertions(e);
        item = as_window_next(&e->window, &code, error);
    }
    end_group(e);
    return code;
}

static int decide_records(struct as_engine *e, uint32_t from, struct as_error *error) {
    int code = AS_OK;
    for (uint32_t record = from; !code && record < e->window.records; record++) {
        const struct as_window_item *item = as_window_next(&e->window, &code, error);
        if (item && item->head.flags & AS_ITEM_FLAG_GROUP)
            code = decide_group(e, &record, item, error);
        else if (item)
            decide_alone(e, record, item);
    }
    return code;
}

static int skip_records(struct as_engine *e, uint32_t skip, struct as_error *error) {
    struct as_item_head last = {.flags = 0};
    int code = as_window_skip(&e->window, skip, &last, error);
    if (!code && last.flags & AS_ITEM_FLAG_GROUP)
        return malformed(error, skip - 1, "the items decided before end inside its group");
    return code;
}

int as_engine_decide(struct as_engine *e, const uint8_t *body, size_t size, uint32_t records,
                     uint32_t skip, struct as_decision *decision, struct as_error *error) {
    as_window_open(&e->window, e->domain, &e->state, body, size, records);
    as_outcome_reset(&e->outcome);
    int code = skip_records(e, skip, error);
    if (!code)
        code = decide_records(e, skip, error);
    forget_reasons(e);
    if (code)
        return code;
    size_t left = as_cursor_left(&e->window.in);
    if (left)
        return as_error_set(error, AS_DATA, "%zu bytes behind record %u, the last", left,
                            records - 1);
    decision->items = records - skip;
    decision->rejected = e->outcome.rejection_count;
    decision->accepted = decision->items - decision->rejected;
    as_outcome_finish(&e->outcome, &decision->outcome);
    return AS_OK;
}

// ---- State --------------------------------------------------------------------------------------

uint64_t as_engine_row_count(const struct as_engine *e) {
    uint64_t count = 0;
    for (size_t i = 0; i < e->state.table_count; i++)
        count += e->state.tables[i].live_count;
    return count;
}

uint64_t as_engine_changed_count(const struct as_engine *e) {
    uint64_t count = 0;
    for (size_t i = 0; i < e->state.table_count; i++)
        count += e->state.tables[i].changed_count;
    return count;
}

static void read_row(const struct as_table *t, const struct as_row *row, struct as_value *values) {
    for (size_t i = 0; i < t->column_count; i++)
        values[i] = as_table_cell(t, row, i);
}

// A slot that is free still has its last bits, which say that it is not live.
int as_engine_each_row(const struct as_engine *e, as_engine_visit visit, void *context) {
    struct as_value values[AS_TABLE_COLUMNS_MAX];
    for (size_t i = 0; i < e->state.table_count; i++) {
        const struct as_table *t = &e->state.tables[i];
        for (uint32_t n = 0; n < t->row_limit; n++) {
            const struct as_row *row = as_table_row(t, n);
            if (!(row->bits & AS_ROW_LIVE))
                continue;
            read_row(t, row, values);
            int result = visit(context, i, values);
            if (result)
                return result;
        }
    }
    return 0;
}

bool as_engine_find_row(struct as_engine *e, size_t table, const struct as_value *key,
                        struct as_value *values) {
    const struct as_table *t = &e->state.tables[table];
    uint32_t row = as_table_find(t, 0, key);
    if (row != AS_ROW_NONE)
        read_row(t, as_table_row(t, row), values);
    return row != AS_ROW_NONE;
}

void as_engine_take_changes(struct as_engine *e, struct as_buffer *out) {
    as_state_take_changes(&e->state, out);
}
