// SPDX-License-Identifier: MIT
//
// The statements of a trigger, and the references that are checked behind them.
#include <string.h>

#include "domain/compiler.h"

// ---- INSERT -------------------------------------------------------------------------------------

// Which of a statement's values goes into each column; -1: the column's default.
static bool map_columns(struct as_compiler *c, const struct as_relation *r,
                        const struct as_statement *s, size_t value_count, int *position) {
    size_t given = s->column_count ? s->column_count : r->info.column_count;
    for (size_t i = 0; i < r->info.column_count; i++)
        position[i] = s->column_count ? -1 : (int)i;
    for (size_t i = 0; i < s->column_count; i++) {
        int column = as_model_column(r, s->columns[i]);
        if (column < 0) {
            as_compiler_refuse(c, s->line, "%s has no column %s", r->info.name, s->columns[i]);
            return false;
        }
        if (position[column] < 0) // of a column named twice SQLite takes the first
            position[column] = (int)i;
    }
    if (given != value_count)
        as_compiler_refuse(c, s->line, "INSERT INTO %s: %zu values for %zu columns", r->info.name,
                           value_count, given);
    return given == value_count;
}

// The columns in the order in which SQLite computes their values, which decides which of two errors
// is seen: a single row of VALUES by column, the rowid last; any other row as it is written.
static void order_columns(const struct as_relation *r, const int *position, bool written,
                          size_t *order) {
    size_t n = r->info.column_count;
    for (size_t i = 0; i < n; i++)
        order[i] = i;
    for (size_t i = 1; i < n; i++) {
        for (size_t j = i; j > 0; j--) {
            size_t a = order[j - 1], b = order[j];
            bool rowid = r->rowid_alias && a == r->keys[0].columns[0];
            if (written ? position[a] <= position[b] : !rowid)
                break;
            order[j - 1] = b;
            order[j] = a;
        }
    }
}

// A row's values in consecutive registers; the first of them.
static uint16_t compute_row(struct as_compiler *c, const struct as_relation *r,
                            struct as_expr *const *exprs, const int *position, bool written,
                            struct as_operand *values) {
    size_t order[AS_TABLE_COLUMNS_MAX];
    uint16_t first = as_compiler_register(c, r->info.column_count);
    order_columns(r, position, written, order);
    for (size_t k = 0; k < r->info.column_count; k++) {
        size_t i = order[k];
        uint16_t reg = (uint16_t)(first + i);
        if (position[i] >= 0) {
            values[i] = as_compile_into(c, exprs[position[i]], reg);
            continue;
        }
        values[i] = as_compiler_constant(c, r->info.columns[i].default_value);
        as_compiler_emit(c,
                         (struct as_instruction){.op = AS_VM_MOVE, .a = reg, .b = values[i].reg});
        values[i].reg = reg;
    }
    return first;
}

static bool reads_table(const struct as_expr *e, const char *table) {
    for (size_t i = 0; e->select && i < e->select->source_count; i++) {
        if (strcasecmp(e->select->sources[i].table, table) == 0)
            return true;
    }
    for (size_t i = 0; e->select && i < e->select->result_count; i++) {
        if (reads_table(e->select->results[i].expr, table))
            return true;
    }
    if (e->select && e->select->where && reads_table(e->select->where, table))
        return true;
    for (size_t i = 0; i < e->arg_count; i++) {
        if (reads_table(e->args[i], table))
            return true;
    }
    return false;
}

static bool rows_read_table(const struct as_statement *s) {
    for (size_t i = 0; i < s->row_count; i++) {
        for (size_t j = 0; j < s->value_count; j++) {
            if (reads_table(s->rows[i][j], s->table))
                return true;
        }
    }
    return false;
}

// Row by row; but where one reads the table itself, or a statement before this one did, SQLite
// computes all rows before it inserts the first (readsTable() looks at the whole program).
static void insert_rows(struct as_compiler *c, const struct as_relation *r,
                        const struct as_statement *s) {
    int position[AS_TABLE_COLUMNS_MAX];
    bool ahead = c->tables_read[r->number] || rows_read_table(s);
    size_t row_size = r->info.column_count;
    if (!map_columns(c, r, s, s->value_count, position))
        return;
    struct as_operand *values =
        as_region_alloc(&c->domain->region, s->row_count * row_size * sizeof *values);
    uint16_t *first = as_region_alloc(&c->domain->region, s->row_count * sizeof *first);
    for (size_t i = 0; i < s->row_count; i++) {
        first[i] = compute_row(c, r, s->rows[i], position, s->row_count > 1, values + i * row_size);
        if (!ahead)
            as_compile_insert(c, r, s->line, first[i], values + i * row_size, s->upsert);
    }
    for (size_t i = 0; ahead && i < s->row_count; i++)
        as_compile_insert(c, r, s->line, first[i], values + i * row_size, s->upsert);
}

static void insert_select(struct as_compiler *c, const struct as_relation *r,
                          const struct as_statement *s) {
    const struct as_select *select = s->select;
    int position[AS_TABLE_COLUMNS_MAX];
    struct as_operand values[AS_TABLE_COLUMNS_MAX];
    struct as_expr **exprs =
        as_region_alloc(&c->domain->region, select->result_count * sizeof *exprs);
    int32_t end = as_compiler_label(c);
    if (select->group_count)
        as_compiler_refuse(c, s->line, "GROUP BY in a trigger");
    for (size_t i = 0; i < select->result_count; i++)
        exprs[i] = select->results[i].expr;
    as_compile_from(c, select, end);
    if (map_columns(c, r, s, select->result_count, position)) {
        uint16_t first = compute_row(c, r, exprs, position, true, values);
        as_compile_insert(c, r, s->line, first, values, s->upsert);
    }
    as_compile_close(c);
    as_compiler_place(c, end);
}

static bool has_subquery(const struct as_expr *e) {
    bool found = e->select != NULL;
    for (size_t i = 0; !found && i < e->arg_count; i++)
        found = has_subquery(e->args[i]);
    return found;
}

// SQLite computes a subquery that does not depend on the row once for all rows of the statement.
static void refuse_shared_subquery(struct as_compiler *c, const struct as_statement *s) {
    const struct as_upsert *u = s->row_count > 1 ? s->upsert : NULL;
    bool found = u && u->where && has_subquery(u->where);
    for (size_t i = 0; u && !found && i < u->assignment_count; i++)
        found = has_subquery(u->assignments[i].expr);
    if (found)
        as_compiler_refuse(c, s->line,
                           "ON CONFLICT with a subquery behind several rows of VALUES: "
                           "write an INSERT a row");
}

static void compile_insert(struct as_compiler *c, const struct as_statement *s) {
    const struct as_relation *r = as_model_find_table(c->domain, s->table);
    if (!r) {
        as_compiler_refuse(c, s->line, "INSERT INTO %s: not an aggregate", s->table);
        return;
    }
    refuse_shared_subquery(c, s);
    if (s->select)
        insert_select(c, r, s);
    else
        insert_rows(c, r, s);
}

// ---- UPDATE, DELETE, SELECT ---------------------------------------------------------------------

static void compile_update(struct as_compiler *c, const struct as_statement *s) {
    int32_t end = as_compiler_label(c);
    struct as_scope *scope = as_compile_target(c, s, end);
    if (scope->count)
        as_compile_update(c, &scope->bindings[0], s->assignments, s->assignment_count);
    as_compile_close(c);
    as_compiler_place(c, end);
}

// Plain SQLite keeps command rows, so it deletes a row that commands refer to only where they say
// so; and with ON DELETE CASCADE the item's own row goes too if it refers to the deleted row.
static void cascade(struct as_compiler *c, const struct as_binding *deleted) {
    const struct as_relation_key *key = &deleted->relation->keys[0];
    for (size_t i = 0; c->command && i < c->command->reference_count; i++) {
        const struct as_reference *reference = &c->command->references[i];
        if (reference->parent != deleted->relation->number)
            continue;
        int32_t other = as_compiler_label(c);
        for (size_t j = 0; j < key->column_count; j++) {
            struct as_operand o = as_compile_column(c, deleted, key->columns[j], AS_NO_REGISTER);
            as_compiler_emit(c, (struct as_instruction){.op = AS_VM_JUMP_COMPARE,
                                                        .flag = AS_OP_NE | AS_VM_NULL_JUMPS,
                                                        .a = AS_AFFINITY_NONE,
                                                        .b = o.reg,
                                                        .c = reference->columns[j],
                                                        .d = other});
        }
        struct as_operand gone = as_compiler_constant(c, as_value_integer(0));
        as_compiler_emit(c,
                         (struct as_instruction){.op = AS_VM_MOVE, .a = c->own_row, .b = gone.reg});
        as_compiler_place(c, other);
    }
}

static void check_deletable(struct as_compiler *c, const struct as_relation *r, int line) {
    for (size_t i = 0; i < c->domain->command_count; i++) {
        const struct as_relation *command = c->domain->commands[i];
        for (size_t j = 0; j < command->reference_count; j++) {
            const struct as_reference *reference = &command->references[j];
            if (reference->parent == r->number && !reference->cascade)
                as_compiler_refuse(c, line,
                                   "DELETE FROM %s: %s refers to it (line %d) and must say "
                                   "ON DELETE CASCADE",
                                   r->info.name, reference->name, reference->line);
        }
    }
}

static void compile_delete(struct as_compiler *c, const struct as_statement *s) {
    int32_t end = as_compiler_label(c);
    struct as_scope *scope = as_compile_target(c, s, end);
    if (scope->count) {
        const struct as_binding *target = &scope->bindings[0];
        check_deletable(c, target->relation, s->line);
        cascade(c, target);
        as_compiler_emit(c, (struct as_instruction){.op = AS_VM_DELETE,
                                                    .a = target->cursor,
                                                    .c = (uint16_t)target->relation->number});
    }
    as_compile_close(c);
    as_compiler_place(c, end);
}

static void compile_select(struct as_compiler *c, const struct as_statement *s) {
    int32_t end = as_compiler_label(c);
    if (s->select->group_count)
        as_compiler_refuse(c, s->line, "GROUP BY in a trigger");
    as_compile_from(c, s->select, end);
    for (size_t i = 0; i < s->select->result_count; i++)
        as_compile_expr(c, s->select->results[i].expr, AS_NO_REGISTER);
    as_compile_close(c);
    as_compiler_place(c, end);
}

void as_compile_statement(struct as_compiler *c, const struct as_statement *s) {
    switch (s->kind) {
    case AS_STATEMENT_INSERT:
        compile_insert(c, s);
        break;
    case AS_STATEMENT_UPDATE:
        compile_update(c, s);
        break;
    case AS_STATEMENT_DELETE:
        compile_delete(c, s);
        break;
    case AS_STATEMENT_SELECT:
        compile_select(c, s);
        break;
    }
}

// ---- REFERENCES ---------------------------------------------------------------------------------

static int32_t reference_reason(struct as_compiler *c, const struct as_reference *reference) {
    struct as_reason_spec spec = {
        .kind = AS_REJECT_REFERENCE, .name = reference->name, .relation = c->command};
    for (size_t i = 0; i < reference->column_count; i++) {
        spec.names[spec.count] = c->command->info.columns[reference->columns[i]].name;
        spec.sources[spec.count++] = as_source_register(reference->columns[i]);
    }
    return as_compiler_reason(c, &spec);
}

// The reference's columns in consecutive registers.
static uint16_t reference_key(struct as_compiler *c, const struct as_reference *reference) {
    if (reference->column_count == 1)
        return reference->columns[0];
    uint16_t first = as_compiler_register(c, reference->column_count);
    for (size_t i = 0; i < reference->column_count; i++)
        as_compiler_emit(c, (struct as_instruction){.op = AS_VM_MOVE,
                                                    .a = (uint16_t)(first + i),
                                                    .b = reference->columns[i]});
    return first;
}

static void compile_reference(struct as_compiler *c, const struct as_reference *reference) {
    int32_t fine = as_compiler_label(c), missing = as_compiler_label(c);
    for (size_t i = 0; i < reference->column_count; i++) {
        if (!c->command->info.columns[reference->columns[i]].not_null)
            as_compiler_emit(c, (struct as_instruction){
                                    .op = AS_VM_JUMP_NULL, .b = reference->columns[i], .d = fine});
    }
    uint16_t key = reference_key(c, reference);
    const struct as_relation *parent = c->domain->tables[reference->parent];
    as_compiler_find(c, parent, key, true, as_compiler_cursor(c), missing);
    as_compiler_emit(c, (struct as_instruction){.op = AS_VM_JUMP, .d = fine});
    as_compiler_place(c, missing);
    as_compiler_emit(
        c, (struct as_instruction){.op = AS_VM_FAIL, .d = reference_reason(c, reference)});
    as_compiler_place(c, fine);
}

// SQLite checks them when the INSERT and its trigger are done, so that a command may create the row
// that it refers to.
void as_compile_references(struct as_compiler *c) {
    int32_t end = as_compiler_label(c);
    if (c->own_row != AS_NO_REGISTER)
        as_compiler_emit(c,
                         (struct as_instruction){.op = AS_VM_JUMP_IF, .b = c->own_row, .d = end});
    for (size_t i = 0; i < c->command->reference_count; i++)
        compile_reference(c, &c->command->references[i]);
    as_compiler_place(c, end);
}
