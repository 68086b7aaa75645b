// SPDX-License-Identifier: MIT
#include "domain/window.h"

#include "domain/key_hash.h"

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

// Reads a record; its values go where the item says. Works on a copy of the cursor, which then
// stays in registers.
static inline int decode_item(struct as_window *w, struct as_window_item *item,
                              struct as_error *error) {
    struct as_cursor in = w->in;
    if (!as_item_decode_head(&in, &item->head))
        return malformed(w, "malformed head", error);
    if (item->head.command >= w->domain->command_count)
        return malformed(w, "unknown command", error);
    item->program = &w->domain->commands[item->head.command]->program;
    if (item->head.values != item->program->parameter_count)
        return malformed(w, "wrong number of values for its command", error);
    const uint8_t *may = item->program->parameter_may;
    unsigned wrong = 0;
    struct as_value *value = item->values, *end = value + item->head.values;
    for (; value < end; value++) {
        if (!as_value_decode(&in, value))
            return malformed(w, "malformed value", error);
        wrong |= ~(unsigned)*may++ & 1u << value->type;
    }
    item->typed = !wrong;
    w->in = in;
    w->record++;
    return AS_OK;
}

int as_window_skip(struct as_window *w, uint32_t count, struct as_item_head *last,
                   struct as_error *error) {
    struct as_window_item item = {.values = w->values};
    for (uint32_t i = 0; i < count; i++) {
        int code = decode_item(w, &item, error);
        if (code)
            return code;
    }
    *last = item.head;
    return AS_OK;
}

// ---- Looking ahead ------------------------------------------------------------------------------

static void hash_keys(const struct as_state *state, const struct as_window_item *item) {
    const struct as_program *p = item->program;
    for (size_t i = 0; i < p->key_count; i++) {
        const struct as_value *value = &item->values[p->keys[i].parameter];
        struct as_vm_key *key = &item->keys[i];
        key->state = AS_VM_KEY_UNKNOWN;
        if (value->type != p->keys[i].type)
            continue;
        key->state = AS_VM_KEY_HASHED;
        key->hash = as_key_hash(value);
        const struct as_table *table = &state->tables[p->keys[i].table];
        __builtin_prefetch(as_index_home(&table->keys[0].index, key->hash));
    }
}

static void suppose_rows(const struct as_state *state, const struct as_window_item *item) {
    const struct as_program *p = item->program;
    for (size_t i = 0; i < p->key_count; i++) {
        const struct as_table *table = &state->tables[p->keys[i].table];
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
        __builtin_prefetch(key->row); // which may lie across two cache lines
        __builtin_prefetch((const char *)key->row + table->row_size - 1);
    }
}

int as_window_fill(struct as_window *w, struct as_error *error) {
    struct as_value *values = w->values;
    struct as_vm_key *keys = w->keys;
    size_t count = 0;
    w->at = w->count = 0;
    for (; count < AS_WINDOW_ITEMS && w->record < w->records; count++) {
        struct as_window_item *item = &w->items[count];
        item->values = values;
        item->keys = keys;
        int code = decode_item(w, item, error);
        if (code)
            return code;
        hash_keys(w->state, item);
        values += item->head.values;
        keys += item->program->key_count;
    }
    for (size_t i = 0; i < count; i++)
        suppose_rows(w->state, &w->items[i]);
    w->count = count;
    return AS_OK;
}
