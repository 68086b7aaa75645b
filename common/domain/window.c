// SPDX-License-Identifier: MIT
#include "domain/window.h"

void as_window_open(struct as_window *w, const struct as_domain *domain,
                    const struct as_state *state, const uint8_t *body, size_t size,
                    uint32_t records) {
    w->domain = domain;
    w->state = state;
    w->in = as_cursor_over(body, size);
    w->records = records;
    w->record = 0;
    w->count = w->at = 0;
}

static int malformed(const struct as_window *w, const char *what, struct as_error *error) {
    return as_error_set(error, AS_DATA, "record %u: %s", w->record, what);
}

// ---- Decoding -----------------------------------------------------------------------------------

static int decode_values(struct as_window *w, size_t count, struct as_value *values,
                         struct as_error *error) {
    struct as_cursor in = w->in; // a copy, so that it stays in registers
    for (size_t i = 0; i < count; i++) {
        if (!as_value_decode(&in, &values[i]))
            return malformed(w, "malformed value", error);
    }
    w->in = in;
    return AS_OK;
}

static int decode_item(struct as_window *w, struct as_item_head *head, struct as_value *values,
                       struct as_error *error) {
    if (!as_item_decode_head(&w->in, head))
        return malformed(w, "malformed head", error);
    if (head->command >= w->domain->command_count)
        return malformed(w, "unknown command", error);
    if (head->values != w->domain->commands[head->command]->program.parameter_count)
        return malformed(w, "wrong number of values for its command", error);
    int code = decode_values(w, head->values, values, error);
    w->record++;
    return code;
}

int as_window_skip(struct as_window *w, uint32_t count, struct as_item_head *head,
                   struct as_error *error) {
    int code = AS_OK;
    for (uint32_t i = 0; !code && i < count; i++)
        code = decode_item(w, head, w->values, error);
    return code;
}

// ---- Looking ahead ------------------------------------------------------------------------------

static void hash_keys(const struct as_window *w, const struct as_program *program,
                      const struct as_window_item *item) {
    for (size_t i = 0; i < program->key_count; i++) {
        const struct as_parameter_key *k = &program->keys[i];
        const struct as_value *value = &item->values[k->parameter];
        struct as_vm_key *key = &item->keys[i];
        key->state = AS_VM_KEY_UNKNOWN;
        if (value->type != k->type)
            continue;
        key->state = AS_VM_KEY_HASHED;
        key->hash = as_table_hash(value);
        as_index_prefetch(&w->state->tables[k->table].keys[0].index, key->hash);
    }
}

static void suppose_rows(const struct as_window *w, const struct as_program *program,
                         const struct as_window_item *item) {
    for (size_t i = 0; i < program->key_count; i++) {
        const struct as_table *table = &w->state->tables[program->keys[i].table];
        struct as_vm_key *key = &item->keys[i];
        if (key->state != AS_VM_KEY_HASHED)
            continue;
        key->state = AS_VM_KEY_SUPPOSED;
        key->version = table->version;
        key->number = as_table_first(table, key->hash);
        key->row = NULL;
        if (key->number == AS_ROW_NONE)
            continue;
        key->row = as_table_row(table, key->number);
        as_table_prefetch(table, key->row);
    }
}

static const struct as_program *program_of(const struct as_window *w,
                                           const struct as_window_item *item) {
    return &w->domain->commands[item->head.command]->program;
}

static int fill(struct as_window *w, struct as_error *error) {
    struct as_value *values = w->values;
    struct as_vm_key *keys = w->keys;
    int code = AS_OK;
    w->at = w->count = 0;
    while (w->count < AS_WINDOW_ITEMS && w->record < w->records) {
        struct as_window_item *item = &w->items[w->count];
        if ((code = decode_item(w, &item->head, values, error)))
            return code;
        item->values = values;
        item->keys = keys;
        const struct as_program *program = program_of(w, item);
        hash_keys(w, program, item);
        values += item->head.values;
        keys += program->key_count;
        w->count++;
    }
    for (size_t i = 0; i < w->count; i++)
        suppose_rows(w, program_of(w, &w->items[i]), &w->items[i]);
    return code;
}

const struct as_window_item *as_window_next(struct as_window *w, int *code,
                                            struct as_error *error) {
    *code = AS_OK;
    if (w->at == w->count && (*code = fill(w, error)))
        return NULL;
    return w->at < w->count ? &w->items[w->at++] : NULL;
}
