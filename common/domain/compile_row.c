// SPDX-License-Identifier: MIT
//
// A row that is about to be stored: its checks, in the order in which SQLite makes them (they
// decide which reason is reported; see sqlite3GenerateConstraintChecks), then its effect.
//
//   INSERT  rowid alias's type; NOT NULL by column; where the table has CHECKs: types by column,
//   CHECKs;
//           keys in key_order, with types before the first that is an index; types, if not yet
//   UPDATE  NOT NULL of changed columns; their types; CHECKs that read one; UNIQUEs that contain
//   one
#include <string.h>

#include "domain/compiler.h"

// The row under construction: a value for each column that is set.
struct row {
    const struct as_relation *relation;
    struct as_operand *values; // a register a column, AS_NO_REGISTER where an UPDATE leaves it
    uint16_t cursor;           // UPDATE: the row as it is
    bool typed;                // the types were checked
};

static bool row_is_new(const struct row *row) {
    return row->cursor == AS_NO_CURSOR;
}

static bool is_set(const struct row *row, size_t column) {
    return row->values[column].reg != AS_NO_REGISTER;
}

static struct as_binding row_binding(const struct row *row) {
    return (struct as_binding){.name = row->relation->info.name,
                               .relation = row->relation,
                               .affinity = true,
                               .registers = row->values,
                               .cursor = row->cursor};
}

static void add_column(struct as_reason_spec *spec, const struct row *row, size_t column) {
    const struct as_column_info *info = &row->relation->info.columns[column];
    spec->names[spec->count] = info->name;
    spec->sources[spec->count++] =
        is_set(row, column) ? as_source_register(row->values[column].reg)
                            : (struct as_value_source){row->cursor, (uint16_t)column, info->type};
}

// A reason with the row's key, then the columns in `mask`.
static int32_t row_reason(struct as_compiler *c, const struct row *row, uint8_t kind,
                          const char *name, uint64_t mask) {
    const struct as_relation *r = row->relation;
    struct as_reason_spec spec = {.kind = kind, .name = name, .relation = r};
    for (size_t i = 0; r->key_count && i < r->keys[0].column_count; i++)
        add_column(&spec, row, r->keys[0].columns[i]);
    spec.keys = spec.count;
    for (size_t i = 0; i < r->info.column_count; i++) {
        if (mask >> i & 1 & ~(r->key_mask >> i))
            add_column(&spec, row, i);
    }
    return as_compiler_reason(c, &spec);
}

static const char *column_name(struct as_compiler *c, const struct as_relation *r, size_t column) {
    struct as_buffer text = {0};
    as_buffer_printf(&text, "%s.%s", r->info.name, r->info.columns[column].name);
    const char *name = as_region_text(&c->domain->region, (const char *)text.data, text.size);
    as_buffer_free(&text);
    return name;
}

// ---- Checks -------------------------------------------------------------------------------------

static void check_not_null(struct as_compiler *c, struct row *row, size_t column) {
    struct as_operand *value = &row->values[column];
    if (!row->relation->info.columns[column].not_null || !(value->may & AS_MAY_NULL))
        return;
    int32_t reason =
        row_reason(c, row, AS_REJECT_NOT_NULL, column_name(c, row->relation, column), 0);
    as_compiler_emit(c,
                     (struct as_instruction){.op = AS_VM_NOT_NULL, .b = value->reg, .d = reason});
    value->may &= (uint8_t)~AS_MAY_NULL;
}

// A REAL may still be -0.0, which is stored as 0.0.
static bool fits(const struct as_operand *value, enum as_type type) {
    return type != AS_REAL && !(value->may & ~(AS_MAY_NULL | 1u << type));
}

static void check_type(struct as_compiler *c, struct row *row, size_t column) {
    struct as_operand *value = &row->values[column];
    enum as_type type = row->relation->info.columns[column].type;
    if (fits(value, type))
        return;
    int32_t reason =
        row_reason(c, row, AS_REJECT_TYPE, column_name(c, row->relation, column), 1ULL << column);
    as_compiler_emit(
        c, (struct as_instruction){.op = AS_VM_TYPE, .flag = type, .b = value->reg, .d = reason});
    value->may = (uint8_t)((value->may & AS_MAY_NULL) | 1u << type);
    value->parameter = 0;
}

static void check_types(struct as_compiler *c, struct row *row) {
    for (size_t i = 0; !row->typed && i < row->relation->info.column_count; i++) {
        if (is_set(row, i))
            check_type(c, row, i);
    }
    row->typed = true;
}

static void check_checks(struct as_compiler *c, struct row *row, uint64_t changed) {
    struct as_binding binding = row_binding(row);
    struct as_scope scope = {.count = 1, .bindings = &binding};
    const struct as_scope *outer = c->scope;
    bool raise = c->raise_allowed;
    c->scope = &scope;
    c->raise_allowed = false;
    for (size_t i = 0; i < row->relation->check_count; i++) {
        const struct as_check *check = &row->relation->checks[i];
        if (!row_is_new(row) && !(check->columns & changed))
            continue;
        check_types(c, row);
        int32_t fine = as_compiler_label(c);
        as_compile_jump(c, check->expr, true, true, fine);
        int32_t reason = row_reason(c, row, AS_REJECT_CHECK, check->name, check->columns);
        as_compiler_emit(c, (struct as_instruction){.op = AS_VM_FAIL, .d = reason});
        as_compiler_place(c, fine);
    }
    c->scope = outer;
    c->raise_allowed = raise;
}

// The values of a key in consecutive registers, which FIND and UNIQUE want.
static uint16_t key_registers(struct as_compiler *c, const struct row *row, size_t key) {
    const struct as_relation_key *k = &row->relation->keys[key];
    struct as_binding binding = row_binding(row);
    if (k->column_count == 1)
        return as_compile_column(c, &binding, k->columns[0], AS_NO_REGISTER).reg;
    uint16_t first = as_compiler_register(c, k->column_count);
    for (size_t i = 0; i < k->column_count; i++) {
        uint16_t reg = (uint16_t)(first + i);
        struct as_operand o = as_compile_column(c, &binding, k->columns[i], reg);
        if (o.reg != reg)
            as_compiler_emit(c, (struct as_instruction){.op = AS_VM_MOVE, .a = reg, .b = o.reg});
    }
    return first;
}

static uint64_t key_columns(const struct as_relation_key *key) {
    uint64_t mask = 0;
    for (size_t i = 0; i < key->column_count; i++)
        mask |= 1ULL << key->columns[i];
    return mask;
}

static void fail_unique(struct as_compiler *c, const struct row *row, size_t key) {
    const struct as_relation_key *k = &row->relation->keys[key];
    int32_t reason = row_reason(c, row, AS_REJECT_UNIQUE, k->name, key_columns(k));
    as_compiler_emit(c, (struct as_instruction){.op = AS_VM_FAIL, .d = reason});
}

// ---- INSERT -------------------------------------------------------------------------------------

static bool in_target(const struct as_relation *r, const struct as_upsert *upsert, size_t key) {
    const struct as_relation_key *k = &r->keys[key];
    uint64_t mask = 0;
    if (!upsert)
        return false;
    if (upsert->target_count == 0)
        return true;
    for (size_t i = 0; i < upsert->target_count; i++) {
        int column = as_model_column(r, upsert->targets[i]);
        mask |= column < 0 ? 0 : 1ULL << column;
    }
    return mask == key_columns(k);
}

// A clause with a target moves its key to the front; a rowid alias that is not the target follows.
static size_t upsert_order(const struct as_relation *r, const struct as_upsert *upsert,
                           size_t order[64]) {
    size_t n = 0;
    bool reorder = upsert && upsert->target_count && !in_target(r, upsert, r->key_order[0]);
    for (size_t i = 0; reorder && i < r->key_count; i++) {
        if (in_target(r, upsert, r->key_order[i]))
            order[n++] = r->key_order[i];
    }
    if (reorder && r->rowid_alias)
        order[n++] = 0;
    for (size_t i = 0; i < r->key_count; i++) {
        size_t key = r->key_order[i];
        if (!reorder || (!in_target(r, upsert, key) && !r->keys[key].rowid_alias))
            order[n++] = key;
    }
    return n;
}

// On a conflict with the row in `cursor`: DO UPDATE SET … WHERE ….
static void do_update(struct as_compiler *c, const struct row *row, const struct as_upsert *upsert,
                      uint16_t cursor, int32_t end) {
    struct as_operand excluded[AS_TABLE_COLUMNS_MAX];
    memcpy(excluded, row->values, row->relation->info.column_count * sizeof *excluded);
    struct as_binding bindings[2] = {
        {.name = row->relation->info.name,
         .relation = row->relation,
         .affinity = true,
         .cursor = cursor},
        {.name = "excluded",
         .relation = row->relation,
         .qualified_only = true,
         .registers = excluded},
    };
    struct as_scope scope = {.outer = c->scope, .count = 2, .bindings = bindings};
    c->scope = &scope;
    if (upsert->where)
        as_compile_jump(c, upsert->where, false, true, end);
    as_compile_update(c, &bindings[0], upsert->assignments, upsert->assignment_count);
    c->scope = scope.outer;
}

// The row that has the key already. A primary key that is a parameter is looked up as such.
static void find_taken(struct as_compiler *c, const struct row *row, size_t key, uint16_t cursor,
                       int32_t free) {
    const struct as_relation *r = row->relation;
    uint16_t parameter =
        key == 0 && r->keys[0].column_count == 1 ? row->values[r->keys[0].columns[0]].parameter : 0;
    if (parameter)
        as_compiler_find(c, r, (uint16_t)(parameter - 1), true, cursor, free);
    else
        as_compiler_emit(c, (struct as_instruction){.op = AS_VM_UNIQUE,
                                                    .flag = (uint8_t)key,
                                                    .a = cursor,
                                                    .b = key_registers(c, row, key),
                                                    .c = (uint16_t)r->number,
                                                    .d = free});
}

static void check_keys(struct as_compiler *c, struct row *row, const struct as_upsert *upsert,
                       int32_t end) {
    const struct as_relation *r = row->relation;
    size_t order[64], count = upsert_order(r, upsert, order);
    for (size_t i = 0; i < count; i++) {
        if (!r->keys[order[i]].rowid_alias)
            check_types(c, row);
        int32_t free = as_compiler_label(c);
        uint16_t cursor = as_compiler_cursor(c);
        find_taken(c, row, order[i], cursor, free);
        if (!in_target(r, upsert, order[i])) {
            fail_unique(c, row, order[i]);
        } else {
            if (upsert->update)
                do_update(c, row, upsert, cursor, end);
            as_compiler_emit(c, (struct as_instruction){.op = AS_VM_JUMP, .d = end});
        }
        as_compiler_place(c, free);
    }
}

static void check_target(struct as_compiler *c, const struct as_relation *r,
                         const struct as_upsert *upsert, int line) {
    bool found = !upsert || upsert->target_count == 0;
    for (size_t i = 0; !found && i < r->key_count; i++)
        found = in_target(r, upsert, i);
    if (!found)
        as_compiler_refuse(c, line, "ON CONFLICT: its columns are no PRIMARY KEY or UNIQUE of %s",
                           r->info.name);
}

void as_compile_insert(struct as_compiler *c, const struct as_relation *relation, int line,
                       uint16_t first, const struct as_operand *values,
                       const struct as_upsert *upsert) {
    struct as_operand operands[AS_TABLE_COLUMNS_MAX];
    struct row row = {.relation = relation, .values = operands, .cursor = AS_NO_CURSOR};
    int32_t end = as_compiler_label(c);
    memcpy(operands, values, relation->info.column_count * sizeof *operands);
    check_target(c, relation, upsert, line);
    if (relation->rowid_alias) {
        size_t key = relation->keys[0].columns[0];
        if (operands[key].may & AS_MAY_NULL)
            as_compiler_refuse(c, line,
                               "INSERT INTO %s: its INTEGER PRIMARY KEY must be given and "
                               "never NULL (SQLite would invent one)",
                               relation->info.name);
        check_type(c, &row, key);
    }
    for (size_t i = 0; i < relation->info.column_count; i++)
        check_not_null(c, &row, i);
    check_checks(c, &row, UINT64_MAX);
    check_keys(c, &row, upsert, end);
    check_types(c, &row);
    as_compiler_emit(c, (struct as_instruction){.op = AS_VM_INSERT,
                                                .a = as_compiler_cursor(c),
                                                .b = first,
                                                .c = (uint16_t)relation->number});
    as_compiler_place(c, end);
}

// ---- UPDATE -------------------------------------------------------------------------------------

// The assignment to each column, NULL where there is none.
static uint64_t find_assignments(struct as_compiler *c, const struct as_relation *r,
                                 const struct as_assignment *assignments, size_t count,
                                 const struct as_assignment **by_column) {
    uint64_t changed = 0;
    memset(by_column, 0, r->info.column_count * sizeof(struct as_assignment *));
    for (size_t i = 0; i < count; i++) {
        const struct as_assignment *a = &assignments[i];
        int column = as_model_column(r, a->column);
        if (column < 0) {
            as_compiler_refuse(c, a->line, "%s has no column %s", r->info.name, a->column);
            continue;
        }
        if (r->key_mask >> column & 1)
            as_compiler_refuse(c, a->line, "SET %s: a primary key does not change", a->column);
        if (changed >> column & 1)
            as_compiler_refuse(c, a->line, "SET %s: twice", a->column);
        changed |= 1ULL << column;
        by_column[column] = a;
    }
    return changed;
}

static void assign(struct as_compiler *c, struct row *row, size_t column,
                   const struct as_assignment *a) {
    row->values[column] = (struct as_operand){.reg = AS_NO_REGISTER};
    if (!a)
        return;
    uint16_t reg = as_compiler_register(c, 1);
    struct as_operand o = as_compile_expr(c, a->expr, reg);
    if (o.reg != reg && !fits(&o, row->relation->info.columns[column].type)) {
        // The type check may convert it in place, so the register must be this column's own.
        as_compiler_emit(c, (struct as_instruction){.op = AS_VM_MOVE, .a = reg, .b = o.reg});
        o.reg = reg;
    }
    row->values[column] = o;
}

static int32_t add_set_list(struct as_compiler *c, const struct row *row, uint64_t changed) {
    struct as_program *p = c->program;
    const struct as_relation *r = row->relation;
    struct as_set_list set = {.mask = changed};
    size_t most = r->info.column_count;
    set.columns = as_region_alloc(&c->domain->region, most * sizeof *set.columns);
    set.registers = as_region_alloc(&c->domain->region, most * sizeof *set.registers);
    for (size_t i = 0; i < most; i++) {
        if (!is_set(row, i))
            continue;
        set.columns[set.count] = (uint16_t)i;
        set.registers[set.count++] = row->values[i].reg;
    }
    for (size_t i = 1; i < r->key_count; i++)
        set.key_mask |= key_columns(&r->keys[i]) & changed ? 1ULL << i : 0;
    for (size_t i = 0; i < set.count; i++)
        set.texts |= r->types[set.columns[i]] == AS_TEXT;
    const struct as_column_info *first = &r->info.columns[set.count ? set.columns[0] : 0];
    set.first_column = set.columns[0];
    set.first_register = set.registers[0];
    set.integer = set.count == 1 && !set.key_mask && first->type == AS_INTEGER && first->not_null;
    p->set_lists =
        as_region_grow(&c->domain->region, p->set_lists, p->set_list_count, sizeof *p->set_lists);
    p->set_lists[p->set_list_count] = set;
    return (int32_t)p->set_list_count++;
}

static void check_changed_keys(struct as_compiler *c, const struct row *row, uint64_t changed) {
    const struct as_relation *r = row->relation;
    for (size_t i = 0; i < r->key_count; i++) {
        size_t key = r->key_order[i];
        if (!(key_columns(&r->keys[key]) & changed))
            continue;
        int32_t free = as_compiler_label(c);
        as_compiler_emit(c, (struct as_instruction){.op = AS_VM_UNIQUE_SELF,
                                                    .flag = (uint8_t)key,
                                                    .a = row->cursor,
                                                    .b = key_registers(c, row, key),
                                                    .c = (uint16_t)r->number,
                                                    .d = free});
        fail_unique(c, row, key);
        as_compiler_place(c, free);
    }
}

void as_compile_update(struct as_compiler *c, const struct as_binding *target,
                       const struct as_assignment *assignments, size_t count) {
    struct as_operand values[AS_TABLE_COLUMNS_MAX];
    const struct as_assignment *by_column[AS_TABLE_COLUMNS_MAX];
    struct row row = {.relation = target->relation, .values = values, .cursor = target->cursor};
    uint64_t changed = find_assignments(c, target->relation, assignments, count, by_column);
    // SQLite computes them in the order of the table's columns: of two errors the first is
    // reported.
    for (size_t i = 0; i < target->relation->info.column_count; i++)
        assign(c, &row, i, by_column[i]);
    for (size_t i = 0; i < target->relation->info.column_count; i++) {
        if (is_set(&row, i))
            check_not_null(c, &row, i);
    }
    check_checks(c, &row, changed);
    check_types(c, &row);
    check_changed_keys(c, &row, changed);
    as_compiler_emit(c, (struct as_instruction){.op = AS_VM_UPDATE,
                                                .a = target->cursor,
                                                .c = (uint16_t)target->relation->number,
                                                .d = add_set_list(c, &row, changed)});
}

// ---- The command's own row ----------------------------------------------------------------------

static void set_parameter_may(struct as_compiler *c, const struct as_relation *command) {
    uint8_t *may = as_region_alloc(&c->domain->region, command->info.column_count);
    for (size_t i = 0; i < command->info.column_count; i++)
        may[i] = (uint8_t)(1u << command->types[i] |
                           (command->info.columns[i].not_null ? 0u : AS_MAY_NULL));
    c->program->parameter_may = may;
}

// Nearly every item has the types that its command declares, and starts behind the checks that
// would tell what is wrong.
void as_compile_command_checks(struct as_compiler *c, const struct as_operand *parameters) {
    struct as_operand operands[AS_TABLE_COLUMNS_MAX];
    struct row row = {.relation = c->command, .values = operands, .cursor = AS_NO_CURSOR};
    memcpy(operands, parameters, c->command->info.column_count * sizeof *operands);
    set_parameter_may(c, c->command);
    for (size_t i = 0; i < c->command->info.column_count; i++)
        check_not_null(c, &row, i);
    check_types(c, &row);
    c->program->typed_start = c->program->count;
    check_checks(c, &row, UINT64_MAX);
}
