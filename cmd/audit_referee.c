// SPDX-License-Identifier: MIT
//
// The referee: the journal's items once more, group by group, as plain INSERTs into plain SQLite
// with the domain as its schema.
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "audit.h"
#include "audit_verdict.h"
#include "domain/referee.h"
#include "log_batch.h"

// What the journal says about an item of the group at hand.
struct referee_item {
    uint64_t position;
    size_t first_value;
    uint8_t kind; // 0: accepted
    struct as_text name;
    uint64_t culprit;
};

struct audit_referee {
    struct as_referee *sqlite;
    struct log_batch batch;
    struct referee_item *items; // of the group
    uint16_t *commands;
    const struct as_value **rows;
    size_t count, capacity;
    struct as_value *values; // of all its items
    size_t value_count, value_capacity;
    uint64_t decided;
};

int audit_referee_open(struct audit *a, struct as_error *error) {
    size_t size;
    const char *sql = as_domain_sql(a->domain, &size);
    struct as_referee *sqlite;
    if (a->missing) {
        audit_report_add(&a->report, AUDIT_REFEREE, AUDIT_FAILED,
                         "batches 1 to %" PRIu64 " are missing: SQLite cannot decide the others",
                         a->missing);
        return AS_OK;
    }
    int code = as_referee_open("domain.sql", sql, size, &sqlite, error);
    if (code)
        return code;
    as_referee_use_domain(sqlite, a->domain);
    a->referee = as_alloc_zero(1, sizeof *a->referee);
    a->referee->sqlite = sqlite;
    return AS_OK;
}

void audit_referee_close(struct audit *a) {
    struct audit_referee *r = a->referee;
    if (!r)
        return;
    as_referee_close(r->sqlite);
    log_batch_free(&r->batch);
    free(r->items);
    free(r->commands);
    free(r->rows);
    free(r->values);
    free(r);
    a->referee = NULL;
}

// ---- Groups -------------------------------------------------------------------------------------

static void grow_items(struct audit_referee *r) {
    if (r->count < r->capacity)
        return;
    r->capacity = r->capacity ? r->capacity * 2 : 64;
    r->items = as_realloc(r->items, r->capacity * sizeof *r->items);
    r->commands = as_realloc(r->commands, r->capacity * sizeof *r->commands);
    r->rows = as_realloc(r->rows, r->capacity * sizeof *r->rows);
}

static void grow_values(struct audit_referee *r, size_t more) {
    if (r->value_count + more <= r->value_capacity)
        return;
    r->value_capacity = r->value_capacity * 2 + more + 256;
    r->values = as_realloc(r->values, r->value_capacity * sizeof *r->values);
}

static void add_item(struct audit_referee *r, const struct log_item *item) {
    grow_items(r);
    grow_values(r, item->command->column_count);
    memcpy(r->values + r->value_count, item->values,
           item->command->column_count * sizeof *r->values);
    r->commands[r->count] = item->command_number;
    r->items[r->count] = (struct referee_item){
        .position = item->item, .first_value = r->value_count, .culprit = item->culprit};
    if (item->rejection) {
        r->items[r->count].kind = item->rejection->reason->kind;
        r->items[r->count].name = item->rejection->reason->name;
    }
    r->value_count += item->command->column_count;
    r->count++;
}

// Reads the next group of the batch at hand; r->count is 0 at its end.
static int read_group(struct audit_referee *r, struct as_error *error) {
    struct log_item item;
    int more;
    r->count = r->value_count = 0;
    while ((more = log_batch_next(&r->batch, &item, error)) > 0) {
        add_item(r, &item);
        if (!item.group)
            break;
    }
    for (size_t i = 0; i < r->count; i++)
        r->rows[i] = r->values + r->items[i].first_value;
    return more < 0 ? error->code : AS_OK;
}

// ---- Verdicts -----------------------------------------------------------------------------------

static int differ(const struct referee_item *item, uint8_t kind, const char *name,
                  struct as_error *error) {
    struct as_buffer ours = {0}, theirs = {0};
    struct as_text their_name = {name, (uint16_t)strlen(name)};
    audit_verdict_print(&ours, item->kind, &item->name);
    audit_verdict_print(&theirs, kind, &their_name);
    as_error_set(error, AS_DATA, "item %" PRIu64 ": the journal has it %s, SQLite %s",
                 item->position, (const char *)ours.data, (const char *)theirs.data);
    as_buffer_free(&ours);
    as_buffer_free(&theirs);
    return AS_DATA;
}

// The verdict holds a name of limited length, and none where SQLite tells none.
static bool same_name(const struct referee_item *item, const struct as_referee_verdict *v) {
    size_t size = strlen(v->name);
    bool cut = size == sizeof v->name - 1 && item->name.size > size;
    return !v->named || ((cut || item->name.size == size) &&
                         (size == 0 || memcmp(item->name.data, v->name, size) == 0));
}

// Members of a rejected group other than its culprit are rejected with it.
static int compare_item(const struct audit_referee *r, size_t i, const struct as_referee_verdict *v,
                        struct as_error *error) {
    const struct referee_item *item = &r->items[i];
    uint8_t kind = v->accepted ? 0 : i == v->culprit ? v->kind : AS_REJECT_GROUP;
    if (item->kind != kind || (kind && !same_name(item, v)))
        return differ(item, kind, v->name, error);
    if (kind == AS_REJECT_GROUP && item->culprit != r->items[v->culprit].position)
        return as_error_set(error, AS_DATA,
                            "item %" PRIu64 ": the journal has item %" PRIu64
                            " as its group's culprit, SQLite item %" PRIu64,
                            item->position, item->culprit, r->items[v->culprit].position);
    return AS_OK;
}

static int decide_group(struct audit_referee *r, struct as_error *error) {
    struct as_referee_verdict verdict;
    int code = as_referee_decide(r->sqlite, r->commands, r->rows, r->count, &verdict, error);
    for (size_t i = 0; !code && i < r->count; i++)
        code = compare_item(r, i, &verdict, error);
    r->decided += r->count;
    return code;
}

// The states part where the verdicts do: there is no point in going on.
static int stop(struct audit *a, const struct as_error *error) {
    audit_referee_close(a);
    return audit_blame(a, AUDIT_REFEREE, error);
}

int audit_referee_batch(struct audit *a, const struct as_journal_row *row, struct as_error *error) {
    struct audit_referee *r = a->referee;
    if (!r)
        return AS_OK;
    int code = log_batch_open(&r->batch, a->domain, row, &a->replay.frame, error);
    while (!code && !(code = read_group(r, error)) && r->count)
        code = decide_group(r, error);
    return code ? stop(a, error) : AS_OK;
}

// ---- State --------------------------------------------------------------------------------------

struct comparison {
    struct audit *audit;
    uint64_t rows;
    struct as_error *error;
};

static int compare_row(void *context, size_t table, const struct as_value *theirs) {
    struct comparison *c = context;
    const struct as_table_info *info = as_domain_table(c->audit->domain, table);
    struct as_value key[AS_ITEM_VALUES_MAX], ours[AS_ITEM_VALUES_MAX];
    c->rows++;
    for (size_t i = 0; i < info->key_count; i++)
        key[i] = theirs[info->key[i]];
    bool same = as_engine_find_row(c->audit->replay.engine, table, key, ours);
    for (size_t i = 0; same && i < info->column_count; i++)
        same = as_value_same(&ours[i], &theirs[i]);
    if (same)
        return AS_OK;
    struct as_buffer row = {0};
    for (size_t i = 0; i < info->key_count; i++) {
        as_buffer_printf(&row, "%s%s = ", i ? ", " : "", info->columns[info->key[i]].name);
        as_value_print(&row, &key[i]);
    }
    as_buffer_printf(&row, "%s", "");
    as_error_set(c->error, AS_DATA, "%s with %.300s: the journal leads to another row than SQLite",
                 info->name, (const char *)row.data);
    as_buffer_free(&row);
    return AS_DATA;
}

static int compare_all_rows(struct comparison *c) {
    int code = AS_OK;
    uint64_t rows = as_engine_row_count(c->audit->replay.engine);
    for (size_t i = 0; !code && i < as_domain_table_count(c->audit->domain); i++)
        code = as_referee_each_row(c->audit->referee->sqlite, i, compare_row, c, c->error);
    if (!code && c->rows != rows)
        code = as_error_set(c->error, AS_DATA,
                            "the journal leads to %" PRIu64 " rows, SQLite to %" PRIu64, rows,
                            c->rows);
    return code;
}

int audit_referee_end(struct audit *a, struct as_error *error) {
    struct comparison c = {.audit = a, .error = error};
    if (!a->referee)
        return AS_OK;
    if (!a->broken && compare_all_rows(&c))
        return stop(a, error);
    if (a->broken)
        audit_report_add(&a->report, AUDIT_REFEREE, AUDIT_NOTE,
                         "%" PRIu64 " items before the damage: SQLite %s gives the same verdicts",
                         a->referee->decided, as_inspect_sqlite_version());
    else
        audit_report_add(&a->report, AUDIT_REFEREE, AUDIT_OK,
                         "%" PRIu64 " items: SQLite %s gives the same verdicts and %" PRIu64
                         " equal rows",
                         a->referee->decided, as_inspect_sqlite_version(), c.rows);
    return AS_OK;
}
