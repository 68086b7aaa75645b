// SPDX-License-Identifier: MIT
#include <inttypes.h>
#include <string.h>
#include <unistd.h>

#include "audit.h"
#include "stream/item.h"

static bool there_is_one(const struct audit *a) {
    return access(a->state_path, F_OK) == 0;
}

int audit_state_batch(struct audit *a, uint64_t *batch, struct as_error *error) {
    struct as_snapshot snapshot;
    *batch = 0;
    if (!there_is_one(a))
        return AS_OK;
    int code = as_inspect_file(a->state_path, error);
    if (code)
        return audit_blame(a, AUDIT_FILES, error);
    if (as_snapshot_open(a->state_path, a->domain, &snapshot, error))
        return AS_OK; // told when it is opened to be compared
    *batch = snapshot.folded ? snapshot.position.batches : 0;
    as_snapshot_close(&snapshot);
    return AS_OK;
}

// ---- Rows ---------------------------------------------------------------------------------------

struct comparison {
    struct audit *audit;
    struct as_snapshot *snapshot;
    uint64_t rows;
    struct as_error *error;
};

static void print_row(struct as_buffer *out, const struct as_table_info *table,
                      const struct as_value *values) {
    for (size_t i = 0; i < table->column_count; i++) {
        as_buffer_printf(out, i ? ", " : "(");
        as_value_print(out, &values[i]);
    }
    as_buffer_printf(out, ")");
}

// "account: it has ('a', 5), the journal leads to ('a', 6)"; either may be NULL, for none.
static int row_differs(const struct as_table_info *table, const struct as_value *stored,
                       const struct as_value *replayed, struct as_error *error) {
    struct as_buffer a = {0}, b = {0};
    as_buffer_printf(&a, "%s", stored ? "" : "no such row");
    as_buffer_printf(&b, "%s", replayed ? "" : "no such row");
    if (stored)
        print_row(&a, table, stored);
    if (replayed)
        print_row(&b, table, replayed);
    as_error_set(error, AS_DATA, "%s: it has %.300s, the journal leads to %.300s", table->name,
                 (const char *)a.data, (const char *)b.data);
    as_buffer_free(&a);
    as_buffer_free(&b);
    return AS_DATA;
}

static int compare_row(void *context, size_t table, const struct as_value *stored) {
    struct comparison *c = context;
    const struct as_table_info *info = as_domain_table(c->audit->domain, table);
    struct as_value key[AS_ITEM_VALUES_MAX], replayed[AS_ITEM_VALUES_MAX];
    c->rows++;
    for (size_t i = 0; i < info->key_count; i++)
        key[i] = stored[info->key[i]];
    if (!as_engine_find_row(c->audit->replay.engine, table, key, replayed))
        return row_differs(info, stored, NULL, c->error);
    for (size_t i = 0; i < info->column_count; i++) {
        if (!as_value_same(&stored[i], &replayed[i]))
            return row_differs(info, stored, replayed, c->error);
    }
    return AS_OK;
}

static int find_row(void *context, size_t table, const struct as_value *replayed) {
    struct comparison *c = context;
    bool found;
    int code = as_snapshot_has_row(c->snapshot, table, replayed, &found, c->error);
    if (code || found)
        return code;
    return row_differs(as_domain_table(c->audit->domain, table), NULL, replayed, c->error);
}

// Every row of state.db is one of the replay's; where there are as many of each, that is all of
// them. Else one that is missing is looked for.
static int compare_rows(struct audit *a, struct as_snapshot *snapshot, uint64_t *rows,
                        struct as_error *error) {
    struct comparison c = {.audit = a, .snapshot = snapshot, .error = error};
    int code = as_snapshot_each_row(snapshot, compare_row, &c, error);
    if (!code && c.rows != as_engine_row_count(a->replay.engine))
        code = as_engine_each_row(a->replay.engine, find_row, &c);
    *rows = c.rows;
    return code;
}

// ---- Sources ------------------------------------------------------------------------------------

static int compare_entries(const struct as_sources *some, struct as_sources *others,
                           struct as_error *error) {
    for (size_t i = 0; i < some->capacity; i++) {
        const struct as_source_entry *e = &some->entries[i];
        if (!e->used || e->next == 0)
            continue;
        const struct as_source_entry *other = as_sources_get(others, e->id);
        if (!other || other->next != e->next)
            return as_error_set(error, AS_DATA,
                                "source %016" PRIx64 " does not stand where the journal has it",
                                e->id);
    }
    return AS_OK;
}

static int compare_sources(struct audit *a, struct as_snapshot *snapshot, struct as_error *error) {
    struct as_sources stored = {0};
    int code = as_snapshot_sources(snapshot, &stored, error);
    if (!code)
        code = compare_entries(&stored, &a->sources, error);
    if (!code)
        code = compare_entries(&a->sources, &stored, error);
    as_sources_free(&stored);
    return code;
}

// ---- The point it stands for --------------------------------------------------------------------

static int check_position(const struct audit *a, const struct as_journal_head *position,
                          struct as_error *error) {
    const struct as_journal_head *head = &a->replay.head;
    if (position->batches > head->batches)
        return as_error_set(error, AS_DATA,
                            "it stands for batch %" PRIu64
                            ", but the journal ends with batch %" PRIu64 ": batches are missing",
                            position->batches, head->batches);
    if (position->batches < a->missing)
        return as_error_set(error, AS_DATA,
                            "it stands for batch %" PRIu64
                            ", but the journal begins behind batch %" PRIu64,
                            position->batches, a->missing);
    if (position->batches < head->batches)
        return as_error_set(error, AS_DATA, "it went back to batch %" PRIu64 " during the audit",
                            position->batches);
    if (position->items != head->items || memcmp(position->hash, head->hash, AS_SHA256_SIZE) != 0)
        return as_error_set(error, AS_DATA,
                            "it stands for batch %" PRIu64
                            ", but with another item or hash than the journal has there",
                            position->batches);
    return AS_OK;
}

static int refuse_row(void *context, size_t table, const struct as_value *values) {
    struct comparison *c = context;
    (void)values;
    return as_error_set(c->error, AS_DATA, "it has rows of %s, but no position",
                        as_domain_table(c->audit->domain, table)->name);
}

static int blame(struct audit *a, struct as_error *error) {
    if (error->code == AS_DATA)
        as_error_wrap(error, "state.db");
    return audit_blame(a, AUDIT_STATE, error);
}

static int compare_unfolded(struct audit *a, struct as_snapshot *snapshot, struct as_error *error) {
    struct comparison c = {.audit = a, .error = error};
    if (as_snapshot_each_row(snapshot, refuse_row, &c, error))
        return blame(a, error);
    audit_report_add(&a->report, AUDIT_STATE, AUDIT_NOTE,
                     "nothing was folded into state.db yet; as-commit or --rebuild-state will");
    return AS_OK;
}

static int add_damaged(struct audit *a, const struct as_snapshot *snapshot) {
    audit_report_add(&a->report, AUDIT_STATE, AUDIT_NOTE,
                     "not compared: the journal is damaged before batch %" PRIu64
                     ", which state.db stands for",
                     snapshot->position.batches);
    return AS_OK;
}

static int compare_folded(struct audit *a, struct as_snapshot *snapshot, struct as_error *error) {
    uint64_t rows, sources = 0;
    int code = check_position(a, &snapshot->position, error);
    if (!code)
        code = compare_rows(a, snapshot, &rows, error);
    if (!code)
        code = compare_sources(a, snapshot, error);
    if (code)
        return blame(a, error);
    for (size_t i = 0; i < a->sources.capacity; i++)
        sources += a->sources.entries[i].next > 0;
    audit_report_add(&a->report, AUDIT_STATE, AUDIT_OK,
                     "state.db as of item %" PRIu64 ": %" PRIu64 " row%s and %" PRIu64
                     " source%s as the journal has them",
                     snapshot->position.items, rows, rows == 1 ? "" : "s", sources,
                     sources == 1 ? "" : "s");
    return AS_OK;
}

// The replay goes on with the state there is; nothing says how it came to be.
static int take_over(struct audit *a, struct as_snapshot *snapshot, struct as_error *error) {
    struct as_engine *engine = as_engine_create_empty(a->domain);
    int code = check_position(a, &snapshot->position, error);
    if (!code)
        code = as_snapshot_load(snapshot, engine, &a->sources, error);
    if (code) {
        as_engine_free(engine);
        return blame(a, error);
    }
    as_engine_free(a->replay.engine);
    a->replay.engine = engine;
    a->following = false;
    audit_report_add(&a->report, AUDIT_STATE, AUDIT_NOTE,
                     "state.db as of item %" PRIu64 " is taken as it is: batches 1 to %" PRIu64
                     ", which led to it, are missing",
                     snapshot->position.items, a->missing);
    return AS_OK;
}

static int meet(struct audit *a, struct as_snapshot *snapshot, struct as_error *error) {
    if (!snapshot->folded)
        return compare_unfolded(a, snapshot, error);
    int code = audit_replay(a, snapshot->position.batches, error);
    if (code)
        return code;
    if (a->broken && a->replay.head.batches < snapshot->position.batches)
        return add_damaged(a, snapshot);
    return a->following ? take_over(a, snapshot, error) : compare_folded(a, snapshot, error);
}

// ---- CHECKs and assertions ----------------------------------------------------------------------

static int evaluate_check(struct audit *a, struct as_snapshot *snapshot, size_t check,
                          struct as_error *error) {
    const char *table, *name, *expression;
    uint64_t broken;
    if (as_snapshot_count_broken(snapshot, check, &broken, error))
        return audit_blame(a, AUDIT_CHECKS, error);
    as_domain_check(a->domain, check, &table, &name, &expression);
    if (broken)
        audit_report_add(&a->report, AUDIT_CHECKS, AUDIT_FAILED,
                         "state.db: %" PRIu64 " row%s of %s break%s CHECK %s", broken,
                         broken == 1 ? "" : "s", table, broken == 1 ? "s" : "", name);
    return AS_OK;
}

static int evaluate_checks(struct audit *a, struct as_snapshot *snapshot, struct as_error *error) {
    size_t count = as_domain_check_count(a->domain);
    int code = AS_OK;
    for (size_t i = 0; !code && i < count; i++)
        code = evaluate_check(a, snapshot, i, error);
    if (!count)
        audit_report_add(&a->report, AUDIT_CHECKS, AUDIT_OK, "the domain has none");
    else if (!code && !audit_report_failed(&a->report, AUDIT_CHECKS))
        audit_report_add(&a->report, AUDIT_CHECKS, AUDIT_OK,
                         "%zu hold%s in every row of state.db, by SQL", count,
                         count == 1 ? "s" : "");
    return code;
}

static int evaluate_assertions(struct audit *a, struct as_snapshot *snapshot,
                               struct as_error *error) {
    size_t count = as_domain_assertion_count(a->domain);
    for (size_t i = 0; i < count; i++) {
        bool holds = true;
        int code = as_snapshot_assertion(snapshot, i, &holds, error);
        if (code && (code = audit_blame(a, AUDIT_ASSERTIONS, error)))
            return code;
        if (!holds)
            audit_report_add(&a->report, AUDIT_ASSERTIONS, AUDIT_FAILED,
                             "state.db: assertion %s does not hold",
                             as_domain_assertion(a->domain, i));
    }
    if (!count)
        audit_report_add(&a->report, AUDIT_ASSERTIONS, AUDIT_OK, "the domain has none");
    else if (!audit_report_failed(&a->report, AUDIT_ASSERTIONS))
        audit_report_add(&a->report, AUDIT_ASSERTIONS, AUDIT_OK, "%zu hold%s in state.db, by SQL",
                         count, count == 1 ? "s" : "");
    return AS_OK;
}

// ---- All of it ----------------------------------------------------------------------------------

static int examine(struct audit *a, struct as_snapshot *snapshot, struct as_error *error) {
    int code = AS_OK;
    if (as_snapshot_check_schema(snapshot, error))
        code = blame(a, error);
    if (!code)
        code = meet(a, snapshot, error);
    if (!code && snapshot->folded)
        code = evaluate_checks(a, snapshot, error);
    if (!code && snapshot->folded)
        code = evaluate_assertions(a, snapshot, error);
    return code;
}

static int open_and_examine(struct audit *a, struct as_error *error) {
    struct as_snapshot snapshot;
    if (!there_is_one(a)) {
        audit_report_add(&a->report, AUDIT_STATE, AUDIT_NOTE,
                         "state.db is missing; as-commit or --rebuild-state will make it again "
                         "from the journal");
        return AS_OK;
    }
    if (as_snapshot_open(a->state_path, a->domain, &snapshot, error))
        return blame(a, error);
    int code = examine(a, &snapshot, error);
    as_snapshot_close(&snapshot);
    return code;
}

int audit_state(struct audit *a, struct as_error *error) {
    int code = open_and_examine(a, error);
    if (code || !a->following)
        return code;
    a->broken = true;
    bool told = audit_report_failed(&a->report, AUDIT_STATE);
    audit_report_add(&a->report, AUDIT_VERDICTS, told ? AUDIT_NOTE : AUDIT_FAILED,
                     "batches 1 to %" PRIu64
                     " are missing, and there is no state to decide the others by",
                     a->missing);
    return AS_OK;
}
