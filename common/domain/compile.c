// SPDX-License-Identifier: MIT
//
// What puts a domain's programs together. A command becomes
//
//   NOT NULL, types and CHECKs of its own row → WHEN → the trigger's statements → REFERENCES → END
#include <stdlib.h>
#include <string.h>

#include "domain/compiler.h"
#include "domain/sql_value.h"
#include "domain/vm.h"

// ---- Defaults -----------------------------------------------------------------------------------

// DEFAULT: a constant expression, evaluated here by a program of its own. SQLite's affinity applies
// when the value is stored; here it is applied at once, and what could never be stored is refused.
static void evaluate_default(struct as_compiler *c, const struct as_column *column,
                             struct as_value *value) {
    struct as_program program = {.count = 0};
    struct as_vm_frame frame;
    as_compiler_start(c, &program, 0);
    struct as_operand o = as_compile_expr(c, column->default_value, AS_NO_REGISTER);
    as_compiler_finish(c);
    if (program.cursor_count)
        as_compiler_refuse(c, column->line, "DEFAULT of %s: not a constant", column->name);
    if (c->error->code)
        return;
    as_vm_frame_init(&frame, &program);
    if (as_vm_run(&frame, NULL, &c->domain->region) != AS_VM_ACCEPTED)
        as_compiler_refuse(c, column->line, "DEFAULT of %s: cannot be evaluated", column->name);
    *value = frame.registers[o.reg];
    as_vm_frame_free(&frame);
}

static void set_defaults(struct as_compiler *c, struct as_relation *r) {
    struct as_column_info *columns = (struct as_column_info *)r->info.columns;
    for (size_t i = 0; i < r->info.column_count; i++) {
        const struct as_column *source = &r->source->columns[i];
        struct as_value *value = &columns[i].default_value;
        *value = as_value_null();
        if (!source->default_value)
            continue;
        evaluate_default(c, source, value);
        if (!as_sql_store(columns[i].type, value, &c->domain->region))
            as_compiler_refuse(c, source->line, "DEFAULT of %s: not of its type", source->name);
    }
}

// ---- Programs -----------------------------------------------------------------------------------

static void new_operands(const struct as_relation *r, struct as_operand *operands) {
    for (size_t i = 0; i < r->info.column_count; i++)
        operands[i] =
            (struct as_operand){.reg = (uint16_t)i,
                                .may = AS_MAY_NULL | AS_MAY_INTEGER | AS_MAY_REAL | AS_MAY_TEXT,
                                .affinity = AS_AFFINITY_NONE};
}

// After the command's own checks its row has the declared types.
static void typed_operands(const struct as_relation *r, struct as_operand *operands) {
    for (size_t i = 0; i < r->info.column_count; i++) {
        operands[i].may = (uint8_t)(1u << r->info.columns[i].type |
                                    (r->info.columns[i].not_null ? 0u : AS_MAY_NULL));
        operands[i].parameter = (uint16_t)(i + 1);
    }
}

static void compile_body(struct as_compiler *c, const struct as_relation *command) {
    int32_t end = as_compiler_label(c);
    if (command->trigger->when)
        as_compile_jump(c, command->trigger->when, false, true, end);
    c->raise_allowed = true;
    size_t registers = c->next_register;
    for (size_t i = 0; i < command->trigger->statement_count; i++) {
        as_compile_statement(c, command->trigger->statements[i]);
        c->next_register = registers; // no value outlives its statement
    }
    c->raise_allowed = false;
    as_compiler_place(c, end);
}

// Can a DELETE take the item's own row with it?
static bool cascades(const struct as_relation *command) {
    for (size_t i = 0; i < command->reference_count; i++) {
        if (command->references[i].cascade)
            return true;
    }
    return false;
}

static void compile_command(struct as_compiler *c, struct as_relation *command) {
    struct as_operand operands[AS_TABLE_COLUMNS_MAX];
    struct as_binding row = {
        .name = "NEW", .relation = command, .qualified_only = true, .registers = operands};
    struct as_scope scope = {.count = 1, .bindings = &row};
    c->command = command;
    as_compiler_start(c, &command->program, command->info.column_count);
    new_operands(command, operands);
    as_compile_command_checks(c, operands);
    typed_operands(command, operands);
    c->scope = &scope;
    if (cascades(command)) {
        c->own_row = as_compiler_register(c, 1);
        struct as_operand there = as_compiler_constant(c, as_value_integer(1));
        as_compiler_emit(
            c, (struct as_instruction){.op = AS_VM_MOVE, .a = c->own_row, .b = there.reg});
    }
    compile_body(c, command);
    if (command->reference_count)
        as_compile_references(c);
    as_compiler_finish(c);
    c->scope = NULL;
    c->command = NULL;
}

static void compile_seeds(struct as_compiler *c) {
    const struct as_schema *s = &c->domain->schema;
    as_compiler_start(c, &c->domain->seeds, 0);
    size_t registers = c->next_register;
    for (size_t i = 0; i < s->seed_count; i++) {
        as_compile_statement(c, s->seeds[i]);
        c->next_register = registers;
    }
    as_compiler_finish(c);
}

static void add_assertion(struct as_compiler *c, const struct as_create_view *view) {
    struct as_domain *d = c->domain;
    struct as_assertion *a = as_region_zero(&d->region, sizeof *a);
    *a = (struct as_assertion){
        .name = view->name, .line = view->line, .number = d->assertion_count, .view = view};
    d->assertions =
        as_region_grow(&d->region, d->assertions, d->assertion_count, sizeof *d->assertions);
    d->assertions[d->assertion_count++] = a;
    as_compile_assertion(c, a);
    if (c->error->code)
        return;
    struct as_relation *table = d->tables[a->table];
    if (a->plain)
        return;
    table->assertion_columns |= a->columns;
    table->assertions = as_region_grow(&d->region, table->assertions, table->assertion_count,
                                       sizeof *table->assertions);
    table->assertions[table->assertion_count++] = a;
}

int as_compile(struct as_domain *domain, struct as_error *error) {
    struct as_error failure = {0};
    struct as_compiler c = {.domain = domain, .error = &failure};
    for (size_t i = 0; i < domain->table_count; i++)
        set_defaults(&c, domain->tables[i]);
    for (size_t i = 0; i < domain->command_count; i++)
        set_defaults(&c, domain->commands[i]);
    for (size_t i = 0; i < domain->command_count && !failure.code; i++)
        compile_command(&c, domain->commands[i]);
    if (!failure.code)
        compile_seeds(&c);
    for (size_t i = 0; i < domain->schema.view_count && !failure.code; i++) {
        if (domain->schema.views[i]->assertion)
            add_assertion(&c, domain->schema.views[i]);
    }
    free(c.labels);
    if (failure.code)
        *error = failure;
    return failure.code;
}
