// SPDX-License-Identifier: MIT
#include "domain/lookahead.h"

void as_lookahead_start(struct as_lookahead *l, const struct as_domain *domain,
                        const struct as_state *state, const uint8_t *body, size_t size,
                        uint32_t records) {
    l->domain = domain;
    l->state = state;
    l->in = as_cursor_over(body, size);
    l->record = 0;
    l->records = records;
    l->at = l->count = 0;
}

static int malformed(const struct as_lookahead *l, const char *what, struct as_error *error) {
    return as_error_set(error, AS_DATA, "record %u: %s", l->record, what);
}

static bool fits(const struct as_value *value, uint8_t declared) {
    return value->type == (declared & ~AS_PARAMETER_NULLABLE) ||
           (value->type == AS_NULL && declared & AS_PARAMETER_NULLABLE);
}

static int read_item(struct as_lookahead *l, struct as_ahead *item, struct as_value *values,
                     struct as_error *error) {
    struct as_item_head head;
    if (!as_item_decode_head(&l->in, &head))
        return malformed(l, "malformed head", error);
    if (head.command >= l->domain->command_count)
        return malformed(l, "unknown command", error);
    const struct as_program *program = &l->domain->commands[head.command]->program;
    if (head.values != program->parameter_count)
        return malformed(l, "wrong number of values for its command", error);
    struct as_cursor in = l->in;
    bool typed = true;
    for (size_t i = 0; i < program->parameter_count; i++) {
        if (!as_value_decode(&in, &values[i]))
            return malformed(l, "malformed value", error);
        typed &= fits(&values[i], program->parameter_types[i]);
    }
    l->in = in;
    item->command = head.command;
    item->grouped = head.flags & AS_ITEM_FLAG_GROUP;
    item->typed = typed;
    item->program = program;
    item->values = values;
    return AS_OK;
}

// ---- Hints --------------------------------------------------------------------------------------

static void hash_keys(const struct as_lookahead *l, const struct as_ahead *item,
                      struct as_hint *hints) {
    const struct as_program *program = item->program;
    for (size_t i = 0; i < program->lookup_count; i++) {
        const struct as_lookup *lookup = &program->lookups[i];
        const struct as_value *key = &item->values[lookup->parameter];
        const struct as_table *table = &l->state->tables[lookup->table];
        hints[i].hashed = key->type == table->types[table->keys[0].columns[0]];
        if (!hints[i].hashed)
            continue;
        hints[i].hash = as_table_hash(key, 1);
        as_index_prefetch(&table->keys[0].index, hints[i].hash);
    }
}

static void find_rows(const struct as_lookahead *l, const struct as_ahead *item,
                      struct as_hint *hints) {
    const struct as_program *program = item->program;
    for (size_t i = 0; i < program->lookup_count; i++) {
        const struct as_table *table = &l->state->tables[program->lookups[i].table];
        if (!hints[i].hashed)
            continue;
        struct as_index_search search = as_index_find(&table->keys[0].index, hints[i].hash);
        hints[i].row = as_index_next(&search);
        if (hints[i].row != AS_ROW_NONE)
            __builtin_prefetch(as_table_row(table, hints[i].row), 1);
    }
}

static void fetch_keys(const struct as_lookahead *l, const struct as_ahead *item,
                       const struct as_hint *hints) {
    __asm__ volatile(""); // or gcc takes a function that only prefetches for one without effect
    const struct as_program *program = item->program;
    for (size_t i = 0; i < program->lookup_count; i++) {
        const struct as_table *table = &l->state->tables[program->lookups[i].table];
        uint16_t column = table->keys[0].columns[0];
        if (hints[i].hashed && hints[i].row != AS_ROW_NONE && table->types[column] == AS_TEXT)
            __builtin_prefetch(as_table_row(table, hints[i].row)->cells[column].text);
    }
}

// Each pass over all items waits for what the pass before has asked for: the waits overlap.
static void fetch(struct as_lookahead *l) {
    for (size_t i = 0; i < l->count; i++)
        hash_keys(l, &l->items[i], &l->hints[i * AS_LOOKUPS_MAX]);
    for (size_t i = 0; i < l->count; i++)
        find_rows(l, &l->items[i], &l->hints[i * AS_LOOKUPS_MAX]);
    for (size_t i = 0; i < l->count; i++)
        fetch_keys(l, &l->items[i], &l->hints[i * AS_LOOKUPS_MAX]);
}

int as_lookahead_refill(struct as_lookahead *l, struct as_error *error) {
    struct as_value *values = l->values;
    l->at = l->count = 0;
    while (l->count < AS_LOOKAHEAD_ITEMS && l->record < l->records) {
        struct as_ahead *item = &l->items[l->count];
        int code = read_item(l, item, values, error);
        if (code)
            return code;
        item->hints = &l->hints[l->count * AS_LOOKUPS_MAX];
        values += item->program->parameter_count;
        l->record++;
        l->count++;
    }
    fetch(l);
    return AS_OK;
}
