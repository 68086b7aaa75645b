// SPDX-License-Identifier: MIT
//
// An assertion becomes two programs: `row` tells whether a row counts, for which group, and with
// which arguments of sum() and count(); `holds` tells from a group's accumulators whether the
// assertion holds.
#include <string.h>

#include "domain/compiler.h"

static bool is_aggregate_call(const struct as_expr *e) {
    if (e->kind != AS_EXPR_FUNCTION)
        return false;
    return strcasecmp(e->name, "count") == 0 || (strcasecmp(e->name, "sum") == 0 && e->arg_count);
}

static void add_accumulator(struct as_compiler *c, struct as_assertion *a,
                            const struct as_expr *e) {
    bool count = strcasecmp(e->name, "count") == 0;
    for (size_t i = 0; i < a->accumulator_count; i++) {
        if (as_expr_equal(a->accumulators[i].expr, e))
            return;
    }
    if (e->arg_count > 1 || (!count && e->arg_count != 1))
        as_compiler_refuse(c, e->line, "%s(): takes one argument", e->name);
    a->accumulators = as_region_grow(&c->domain->region, a->accumulators, a->accumulator_count,
                                     sizeof *a->accumulators);
    a->accumulators[a->accumulator_count++] =
        (struct as_accumulator){.kind = !count         ? AS_ACCUMULATE_SUM
                                        : e->arg_count ? AS_ACCUMULATE_COUNT
                                                       : AS_ACCUMULATE_ROWS,
                                .expr = e};
}

static void collect(struct as_compiler *c, struct as_assertion *a, const struct as_expr *e) {
    if (is_aggregate_call(e)) {
        add_accumulator(c, a, e);
        return;
    }
    if (e->select)
        as_compiler_refuse(c, e->line, "assertion %s: subquery", a->name);
    for (size_t i = 0; i < e->arg_count; i++)
        collect(c, a, e->args[i]);
}

// The result column called holds, by its alias, its name or the view's column list.
static const struct as_expr *find_holds(const struct as_create_view *view) {
    const struct as_select *select = view->select;
    for (size_t i = 0; i < select->result_count; i++) {
        const struct as_result *r = &select->results[i];
        const char *name = r->alias                          ? r->alias
                           : r->expr->kind == AS_EXPR_COLUMN ? r->expr->name
                                                             : "";
        if (view->column_count)
            name = i < view->column_count ? view->columns[i] : "";
        if (strcasecmp(name, "holds") == 0)
            return r->expr;
    }
    return NULL;
}

// GROUP BY 2 means the second result column, a name that is no column an alias.
static const struct as_expr *resolve_group(const struct as_relation *r,
                                           const struct as_select *select, size_t group) {
    const struct as_expr *e = select->groups[group];
    if (e->kind == AS_EXPR_LITERAL && e->value.type == AS_INTEGER && e->value.integer >= 1 &&
        (uint64_t)e->value.integer <= select->result_count)
        return select->results[e->value.integer - 1].expr;
    for (size_t i = 0; e->kind == AS_EXPR_COLUMN && !e->qualifier && i < select->result_count;
         i++) {
        if (select->results[i].alias && strcasecmp(select->results[i].alias, e->name) == 0 &&
            as_model_column(r, e->name) < 0)
            return select->results[i].expr;
    }
    return e;
}

static void emit_move(struct as_compiler *c, uint16_t to, uint16_t from) {
    as_compiler_emit(c, (struct as_instruction){.op = AS_VM_MOVE, .a = to, .b = from});
}

// Registers that the run leaves the results in must be the program's own, set on every path.
static struct as_operand compile_result(struct as_compiler *c, const struct as_expr *e) {
    return as_compile_into(c, e, as_compiler_register(c, 1));
}

static void compile_row(struct as_compiler *c, struct as_assertion *a, struct as_known *knowns) {
    const struct as_relation *r = c->domain->tables[a->table];
    const struct as_select *select = a->view->select;
    struct as_binding binding = {.name = select->sources[0].alias, .relation = r, .affinity = true};
    struct as_scope scope = {.count = 1, .bindings = &binding};
    as_compiler_start(c, &a->row, 0);
    binding.cursor = as_compiler_cursor(c);
    c->scope = &scope;
    int32_t end = as_compiler_label(c);
    a->counted = as_compiler_register(c, 1);
    emit_move(c, a->counted, as_compiler_constant(c, as_value_integer(0)).reg);
    if (select->where) {
        a->columns |= as_model_columns_read(r, select->where);
        as_compile_jump(c, select->where, false, true, end);
    }
    emit_move(c, a->counted, as_compiler_constant(c, as_value_integer(1)).reg);
    a->groups = as_region_zero(&c->domain->region, (select->group_count + 1) * sizeof *a->groups);
    for (size_t i = 0; i < select->group_count; i++) {
        const struct as_expr *e = resolve_group(r, select, i);
        struct as_operand o = compile_result(c, e);
        a->groups[i] = o.reg;
        a->columns |= as_model_columns_read(r, e);
        o.reg = (uint16_t)i;
        knowns[i] = (struct as_known){e, o};
    }
    for (size_t i = 0; i < a->accumulator_count; i++) {
        struct as_accumulator *acc = &a->accumulators[i];
        if (acc->kind == AS_ACCUMULATE_ROWS)
            continue;
        acc->input = compile_result(c, acc->expr->args[0]).reg;
        a->columns |= as_model_columns_read(r, acc->expr->args[0]);
    }
    as_compiler_place(c, end);
    c->scope = NULL;
    as_compiler_finish(c);
}

static void compile_holds(struct as_compiler *c, struct as_assertion *a, struct as_known *knowns,
                          const struct as_expr *holds) {
    const struct as_relation *r = c->domain->tables[a->table];
    struct as_binding binding = {.name = a->view->select->sources[0].alias, .relation = r};
    struct as_scope scope = {.count = 1, .bindings = &binding};
    size_t known = a->group_count;
    for (size_t i = 0; i < a->accumulator_count; i++) {
        struct as_accumulator *acc = &a->accumulators[i];
        acc->output = (uint16_t)known;
        unsigned may = AS_MAY_INTEGER | (acc->kind == AS_ACCUMULATE_SUM ? AS_MAY_NULL : 0);
        knowns[known++] = (struct as_known){
            acc->expr, {.reg = acc->output, .may = (uint8_t)may, .affinity = AS_AFFINITY_NONE}};
    }
    as_compiler_start(c, &a->holds, known);
    c->scope = &scope;
    c->knowns = knowns;
    c->known_count = known;
    c->knowns_only = true;
    a->result = compile_result(c, holds).reg;
    c->known_count = 0;
    c->knowns_only = false;
    c->scope = NULL;
    as_compiler_finish(c);
}

// The group's values as the key, the accumulators' as the values.
static uint32_t assertion_reason(struct as_compiler *c, const struct as_assertion *a, uint8_t kind,
                                 const char *name) {
    struct as_reason_spec spec = {
        .kind = kind, .name = name, .relation = c->domain->tables[a->table]};
    const struct as_select *select = a->view->select;
    size_t most = sizeof spec.names / sizeof *spec.names / 2;
    for (size_t i = 0; i < a->group_count && spec.count < most; i++) {
        const struct as_expr *e = resolve_group(spec.relation, select, i);
        spec.names[spec.count] = as_region_text(&c->domain->region, e->span.text, e->span.size);
        spec.sources[spec.count] = as_source_register((uint16_t)i);
        spec.count++;
    }
    spec.keys = spec.count;
    for (size_t i = 0; i < a->accumulator_count && spec.count < most; i++) {
        const struct as_expr *e = a->accumulators[i].expr;
        spec.names[spec.count] = as_region_text(&c->domain->region, e->span.text, e->span.size);
        spec.sources[spec.count++] = as_source_register(a->accumulators[i].output);
    }
    return (uint32_t)as_compiler_reason(c, &spec);
}

static int column_of(const struct as_relation *r, const struct as_expr *e) {
    return e->kind == AS_EXPR_COLUMN ? as_model_column(r, e->name) : -1;
}

static bool arguments_are_columns(const struct as_relation *r, struct as_assertion *a) {
    for (size_t i = 0; i < a->accumulator_count; i++) {
        struct as_accumulator *acc = &a->accumulators[i];
        if (acc->kind == AS_ACCUMULATE_ROWS)
            continue;
        int column = column_of(r, acc->expr->args[0]);
        if (column < 0)
            return false;
        acc->column = (uint16_t)column;
    }
    return true;
}

static bool groups_are_columns(struct as_compiler *c, const struct as_relation *r,
                               struct as_assertion *a) {
    a->group_columns =
        as_region_zero(&c->domain->region, (a->group_count + 1) * sizeof *a->group_columns);
    for (size_t i = 0; i < a->group_count; i++) {
        int column = column_of(r, resolve_group(r, a->view->select, i));
        if (column < 0)
            return false;
        a->group_columns[i] = (uint16_t)column;
        a->group_mask |= 1ULL << column;
    }
    return true;
}

void as_compile_assertion(struct as_compiler *c, struct as_assertion *a) {
    const struct as_select *select = a->view->select;
    const struct as_expr *holds = find_holds(a->view);
    const struct as_relation *r =
        select->source_count == 1 ? as_model_find_table(c->domain, select->sources[0].table) : NULL;
    if (!r || !holds) {
        as_compiler_refuse(c, a->line, "assertion %s: must select holds FROM one aggregate",
                           a->name);
        return;
    }
    a->table = r->number;
    a->group_count = select->group_count;
    a->grouped = select->group_count > 0;
    collect(c, a, holds);
    if (!a->grouped && a->accumulator_count == 0) {
        as_compiler_refuse(c, a->line,
                           "assertion %s: has neither sum() nor count(); a rule about "
                           "one row is a CHECK",
                           a->name);
        return;
    }
    struct as_known *knowns = as_region_zero(
        &c->domain->region, (a->group_count + a->accumulator_count + 1) * sizeof *knowns);
    a->by_column = !select->where && arguments_are_columns(r, a) && groups_are_columns(c, r, a);
    a->plain = a->by_column && !a->grouped;
    compile_row(c, a, knowns);
    compile_holds(c, a, knowns, holds);
    a->reason = assertion_reason(c, a, AS_REJECT_ASSERTION, a->name);
    a->reason_error = assertion_reason(c, a, AS_REJECT_ERROR, "integer overflow");
}
