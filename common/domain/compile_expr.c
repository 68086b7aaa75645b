// SPDX-License-Identifier: MIT
//
// Expressions into instructions.
#include <string.h>

#include "domain/compiler.h"

uint16_t as_compiler_target(struct as_compiler *c, uint16_t hint) {
    return hint != AS_NO_REGISTER ? hint : as_compiler_register(c, 1);
}

struct as_operand as_operand_in(uint16_t reg, unsigned may) {
    return (struct as_operand){.reg = reg, .may = (uint8_t)may, .affinity = AS_AFFINITY_NONE};
}

static struct as_operand compile(struct as_compiler *c, const struct as_expr *expr) {
    return as_compile_expr(c, expr, AS_NO_REGISTER);
}

struct as_operand as_compiler_null(struct as_compiler *c) {
    return as_compiler_constant(c, as_value_null());
}

struct as_operand as_compile_into(struct as_compiler *c, const struct as_expr *expr, uint16_t reg) {
    struct as_operand o = as_compile_expr(c, expr, reg);
    if (o.reg != reg)
        as_compiler_emit(c, (struct as_instruction){.op = AS_VM_MOVE, .a = reg, .b = o.reg});
    o.reg = reg;
    return o;
}

// ---- Columns ------------------------------------------------------------------------------------

static uint8_t affinity_of(enum as_type type) {
    return type == AS_TEXT ? AS_AFFINITY_TEXT : AS_AFFINITY_NUMERIC;
}

struct as_operand as_compile_column(struct as_compiler *c, const struct as_binding *binding,
                                    size_t column, uint16_t hint) {
    const struct as_column_info *info = &binding->relation->info.columns[column];
    struct as_operand o = {.reg = AS_NO_REGISTER};
    if (binding->registers)
        o = binding->registers[column];
    if (o.reg == AS_NO_REGISTER) {
        o.reg = as_compiler_target(c, hint);
        o.may = (uint8_t)(1u << info->type | (info->not_null ? 0u : AS_MAY_NULL));
        as_compiler_emit(c, (struct as_instruction){
                                .op = o.may == AS_MAY_INTEGER ? AS_VM_COLUMN_INTEGER : AS_VM_COLUMN,
                                .flag = info->type,
                                .a = o.reg,
                                .b = binding->cursor,
                                .c = (uint16_t)column});
    }
    o.affinity = binding->affinity ? affinity_of(info->type) : AS_AFFINITY_NONE;
    return o;
}

static struct as_operand compile_name(struct as_compiler *c, const struct as_expr *e,
                                      uint16_t hint) {
    size_t column;
    const struct as_binding *b = as_scope_find(c->scope, e, &column);
    if (b && !c->knowns_only)
        return as_compile_column(c, b, column, hint);
    if (b)
        as_compiler_refuse(c, e->line,
                           "%s: a column of an assertion must stand in GROUP BY or "
                           "inside sum() or count()",
                           e->name);
    else if (e->double_quoted)
        as_compiler_refuse(c, e->line, "\"%s\": no such column (a string is written '%s')", e->name,
                           e->name);
    else
        as_compiler_refuse(c, e->line, "%s%s%s: no such column here",
                           e->qualifier ? e->qualifier : "", e->qualifier ? "." : "", e->name);
    return as_compiler_null(c);
}

// ---- Comparisons --------------------------------------------------------------------------------

// sqlite3CompareAffinity: two affinities compare as numbers if one is numeric and unchanged
// otherwise; one alone decides.
uint8_t as_comparison_affinity(const struct as_operand *a, const struct as_operand *b) {
    if (a->affinity != AS_AFFINITY_NONE && b->affinity != AS_AFFINITY_NONE)
        return a->affinity == AS_AFFINITY_TEXT && b->affinity == AS_AFFINITY_TEXT
                   ? AS_AFFINITY_NONE
                   : AS_AFFINITY_NUMERIC;
    uint8_t one = a->affinity != AS_AFFINITY_NONE ? a->affinity : b->affinity;
    return one == AS_AFFINITY_NONE || one == AS_AFFINITY_TEXT ? one : AS_AFFINITY_NUMERIC;
}

struct as_operand as_compile_compare(struct as_compiler *c, enum as_operator op,
                                     const struct as_operand *a, const struct as_operand *b,
                                     uint8_t affinity, uint16_t hint) {
    bool null = op != AS_OP_IS && op != AS_OP_IS_NOT && ((a->may | b->may) & AS_MAY_NULL);
    struct as_operand o =
        as_operand_in(as_compiler_target(c, hint), AS_MAY_INTEGER | (null ? AS_MAY_NULL : 0));
    as_compiler_emit(c, (struct as_instruction){.op = AS_VM_COMPARE,
                                                .flag = (uint8_t)op,
                                                .a = o.reg,
                                                .b = a->reg,
                                                .c = b->reg,
                                                .d = affinity});
    return o;
}

static struct as_operand logic(struct as_compiler *c, enum as_opcode op, const struct as_operand *a,
                               const struct as_operand *b, uint16_t hint) {
    struct as_operand o = as_operand_in(as_compiler_target(c, hint),
                                        AS_MAY_INTEGER | ((a->may | b->may) & AS_MAY_NULL));
    as_compiler_emit(
        c, (struct as_instruction){.op = (uint8_t)op, .a = o.reg, .b = a->reg, .c = b->reg});
    return o;
}

struct as_operand as_compile_unary_op(struct as_compiler *c, enum as_opcode op, unsigned flag,
                                      const struct as_operand *a, unsigned may, uint16_t hint) {
    struct as_operand o = as_operand_in(as_compiler_target(c, hint), may);
    as_compiler_emit(c, (struct as_instruction){
                            .op = (uint8_t)op, .flag = (uint8_t)flag, .a = o.reg, .b = a->reg});
    return o;
}

static struct as_operand negated(struct as_compiler *c, bool negate, struct as_operand o,
                                 uint16_t hint) {
    return negate ? as_compile_unary_op(c, AS_VM_NOT, 0, &o, AS_MAY_INTEGER | (o.may & AS_MAY_NULL),
                                        hint)
                  : o;
}

static struct as_operand compile_between(struct as_compiler *c, const struct as_expr *e,
                                         uint16_t hint) {
    struct as_operand x = compile(c, e->args[0]);
    struct as_operand low = compile(c, e->args[1]);
    struct as_operand from =
        as_compile_compare(c, AS_OP_GE, &x, &low, as_comparison_affinity(&x, &low), AS_NO_REGISTER);
    struct as_operand high = compile(c, e->args[2]);
    struct as_operand to = as_compile_compare(c, AS_OP_LE, &x, &high,
                                              as_comparison_affinity(&x, &high), AS_NO_REGISTER);
    return negated(c, e->negated, logic(c, AS_VM_AND, &from, &to, AS_NO_REGISTER), hint);
}

uint8_t as_in_affinity(const struct as_operand *x) {
    return x->affinity == AS_AFFINITY_NONE || x->affinity == AS_AFFINITY_TEXT ? x->affinity
                                                                              : AS_AFFINITY_NUMERIC;
}

static struct as_operand compile_in(struct as_compiler *c, const struct as_expr *e, uint16_t hint) {
    struct as_operand found = as_compiler_constant(c, as_value_integer(0));
    struct as_operand x = compile(c, e->args[0]);
    uint8_t affinity = as_in_affinity(&x);
    for (size_t i = 1; i < e->arg_count; i++) {
        struct as_operand item = compile(c, e->args[i]);
        struct as_operand equal =
            as_compile_compare(c, AS_OP_EQ, &x, &item, affinity, AS_NO_REGISTER);
        found = i == 1 ? equal : logic(c, AS_VM_OR, &found, &equal, AS_NO_REGISTER);
    }
    return negated(c, e->negated, found, hint);
}

// x IS TRUE and its like test truth; IS with anything else compares.
bool as_expr_tests_truth(const struct as_expr *e) {
    return (e->op == AS_OP_IS || e->op == AS_OP_IS_NOT) && e->args[1]->truth_word;
}

static struct as_operand compile_truth_test(struct as_compiler *c, const struct as_expr *e,
                                            uint16_t hint) {
    struct as_operand a = compile(c, e->args[0]);
    unsigned flag = (unsigned)e->args[1]->value.integer | (e->op == AS_OP_IS_NOT ? 2u : 0u);
    return as_compile_unary_op(c, AS_VM_TRUTH, flag, &a, AS_MAY_INTEGER, hint);
}

// ---- Operators ----------------------------------------------------------------------------------

static unsigned arithmetic_may(enum as_operator op, const struct as_operand *a,
                               const struct as_operand *b) {
    unsigned both = a->may | b->may, may = both & AS_MAY_NULL;
    if (op >= AS_OP_BIT_AND && op <= AS_OP_SHIFT_RIGHT)
        return may | AS_MAY_INTEGER;
    if (op == AS_OP_DIVIDE || op == AS_OP_REMAINDER || (both & (AS_MAY_REAL | AS_MAY_TEXT)))
        may |= AS_MAY_NULL; // x / 0, or a NaN
    return may | AS_MAY_NUMBER;
}

static struct as_operand compile_arithmetic(struct as_compiler *c, const struct as_expr *e,
                                            uint16_t hint) {
    struct as_operand a = compile(c, e->args[0]), b = compile(c, e->args[1]);
    struct as_operand o = as_operand_in(as_compiler_target(c, hint), arithmetic_may(e->op, &a, &b));
    enum as_opcode op = e->op == AS_OP_ADD        ? AS_VM_ADD
                        : e->op == AS_OP_SUBTRACT ? AS_VM_SUBTRACT
                                                  : AS_VM_ARITHMETIC;
    as_compiler_emit(
        c, (struct as_instruction){
               .op = (uint8_t)op, .flag = (uint8_t)e->op, .a = o.reg, .b = a.reg, .c = b.reg});
    return o;
}

static struct as_operand compile_text_operator(struct as_compiler *c, const struct as_expr *e,
                                               uint16_t hint) {
    struct as_operand a = compile(c, e->args[0]), b = compile(c, e->args[1]);
    bool concat = e->op == AS_OP_CONCAT;
    unsigned null = (a.may | b.may) & AS_MAY_NULL;
    bool negate = !concat && e->negated;
    struct as_operand o = as_operand_in(as_compiler_target(c, negate ? AS_NO_REGISTER : hint),
                                        (concat ? AS_MAY_TEXT : AS_MAY_INTEGER) | null);
    as_compiler_emit(
        c, (struct as_instruction){
               .op = concat ? AS_VM_CONCAT : AS_VM_LIKE,
               .flag = e->op == AS_OP_GLOB,
               .a = o.reg,
               .b = a.reg,
               .c = b.reg,
               .d = as_compiler_error_reason(c, concat ? "string or blob too big"
                                                       : "LIKE or GLOB pattern too complex")});
    return negated(c, negate, o, hint);
}

static struct as_operand compile_binary(struct as_compiler *c, const struct as_expr *e,
                                        uint16_t hint) {
    if (e->op <= AS_OP_SHIFT_RIGHT)
        return compile_arithmetic(c, e, hint);
    if (e->op == AS_OP_CONCAT || e->op == AS_OP_LIKE || e->op == AS_OP_GLOB)
        return compile_text_operator(c, e, hint);
    if (as_expr_tests_truth(e))
        return compile_truth_test(c, e, hint);
    struct as_operand a = compile(c, e->args[0]), b = compile(c, e->args[1]);
    if (e->op == AS_OP_AND || e->op == AS_OP_OR)
        return logic(c, e->op == AS_OP_AND ? AS_VM_AND : AS_VM_OR, &a, &b, hint);
    return as_compile_compare(c, e->op, &a, &b, as_comparison_affinity(&a, &b), hint);
}

static struct as_operand compile_negate(struct as_compiler *c, const struct as_expr *e,
                                        uint16_t hint) {
    const struct as_expr *a = e->args[0];
    if (a->kind == AS_EXPR_LITERAL && a->value.type == AS_INTEGER && a->value.integer != INT64_MIN)
        return as_compiler_constant(c, as_value_integer(-a->value.integer));
    if (a->kind == AS_EXPR_LITERAL && a->value.type == AS_REAL)
        return as_compiler_constant(c, as_value_real(-a->value.real));
    struct as_operand zero = as_compiler_constant(c, as_value_integer(0)), x = compile(c, a);
    struct as_operand o =
        as_operand_in(as_compiler_target(c, hint), arithmetic_may(AS_OP_SUBTRACT, &zero, &x));
    as_compiler_emit(
        c,
        (struct as_instruction){
            .op = AS_VM_SUBTRACT, .flag = AS_OP_SUBTRACT, .a = o.reg, .b = zero.reg, .c = x.reg});
    return o;
}

static struct as_operand compile_unary(struct as_compiler *c, const struct as_expr *e,
                                       uint16_t hint) {
    if (e->op == AS_OP_NEGATE)
        return compile_negate(c, e, hint);
    struct as_operand a =
        as_compile_expr(c, e->args[0], e->op == AS_OP_PLUS ? hint : AS_NO_REGISTER);
    unsigned null = a.may & AS_MAY_NULL;
    switch (e->op) {
    case AS_OP_PLUS: // nothing but the loss of affinity
        a.affinity = AS_AFFINITY_NONE;
        return a;
    case AS_OP_NOT:
        return as_compile_unary_op(c, AS_VM_NOT, 0, &a, AS_MAY_INTEGER | null, hint);
    case AS_OP_BIT_NOT:
        return as_compile_unary_op(c, AS_VM_BIT_NOT, 0, &a, AS_MAY_INTEGER | null, hint);
    default:
        return as_compile_unary_op(c, AS_VM_IS_NULL, e->op == AS_OP_NOT_NULL, &a, AS_MAY_INTEGER,
                                   hint);
    }
}

static struct as_operand compile_cast(struct as_compiler *c, const struct as_expr *e,
                                      uint16_t hint) {
    struct as_operand a = compile(c, e->args[0]);
    unsigned may = a.may & AS_MAY_NULL;
    may |= e->cast == AS_AFFINITY_TEXT      ? AS_MAY_TEXT
           : e->cast == AS_AFFINITY_INTEGER ? AS_MAY_INTEGER
           : e->cast == AS_AFFINITY_REAL    ? AS_MAY_REAL
                                            : AS_MAY_NUMBER;
    struct as_operand o = as_compile_unary_op(c, AS_VM_CAST, e->cast, &a, may, hint);
    o.affinity = (uint8_t)e->cast;
    return o;
}

// ---- Subqueries and RAISE -----------------------------------------------------------------------

static struct as_operand compile_select(struct as_compiler *c, const struct as_expr *e) {
    struct as_operand result = as_operand_in(as_compiler_register(c, 1), AS_MAY_NULL);
    const struct as_select *select = e->select;
    if (select->result_count != 1 || select->group_count)
        as_compiler_refuse(c, e->line, "subquery: needs one result column and no GROUP BY");
    int32_t end = as_compiler_label(c);
    struct as_operand null = as_compiler_null(c);
    as_compiler_emit(c, (struct as_instruction){.op = AS_VM_MOVE, .a = result.reg, .b = null.reg});
    as_compile_from(c, select, end);
    struct as_operand o = as_compile_into(c, select->results[0].expr, result.reg);
    as_compile_close(c);
    as_compiler_place(c, end);
    result.may |= o.may;
    result.affinity = o.affinity;
    return result;
}

void as_compile_exists_from(struct as_compiler *c, const struct as_expr *e, int32_t none) {
    if (e->select->group_count)
        as_compiler_refuse(c, e->line, "EXISTS: GROUP BY");
    as_compile_from(c, e->select, none);
    as_compile_close(c);
}

static struct as_operand compile_exists(struct as_compiler *c, const struct as_expr *e) {
    struct as_operand result = as_operand_in(as_compiler_register(c, 1), AS_MAY_INTEGER);
    struct as_operand no = as_compiler_constant(c, as_value_integer(0));
    struct as_operand yes = as_compiler_constant(c, as_value_integer(1));
    int32_t end = as_compiler_label(c);
    as_compiler_emit(c, (struct as_instruction){.op = AS_VM_MOVE, .a = result.reg, .b = no.reg});
    as_compile_exists_from(c, e, end);
    as_compiler_emit(c, (struct as_instruction){.op = AS_VM_MOVE, .a = result.reg, .b = yes.reg});
    as_compiler_place(c, end);
    return result;
}

// The columns of the item's row, which a RAISE has as its values: all, since any may have led to
// it.
static struct as_operand compile_raise(struct as_compiler *c, const struct as_expr *e) {
    struct as_reason_spec spec = {.kind = AS_REJECT_RAISE, .name = e->name, .relation = c->command};
    if (!c->raise_allowed || !c->command) {
        as_compiler_refuse(c, e->line,
                           "RAISE(): only in what a trigger's statement computes, not "
                           "in WHERE");
        return as_compiler_null(c);
    }
    for (size_t i = 0; i < c->command->info.column_count; i++) {
        spec.names[spec.count] = c->command->info.columns[i].name;
        spec.sources[spec.count++] = as_source_register((uint16_t)i);
    }
    as_compiler_emit(c,
                     (struct as_instruction){.op = AS_VM_FAIL, .d = as_compiler_reason(c, &spec)});
    struct as_operand never = as_compiler_null(c);
    never.may = 0; // nothing behind it runs
    return never;
}

// ---- All of them --------------------------------------------------------------------------------

static bool texts_equal(const char *a, const char *b) {
    return a == b || (a && b && strcasecmp(a, b) == 0);
}

// The same tree, column by column: how GROUP BY's expressions are recognised.
bool as_expr_equal(const struct as_expr *a, const struct as_expr *b) {
    if (a->kind != b->kind || a->op != b->op || a->cast != b->cast || a->negated != b->negated ||
        a->star != b->star || a->has_base != b->has_base || a->has_else != b->has_else ||
        a->arg_count != b->arg_count || a->select || b->select)
        return false;
    if (a->qualifier && b->qualifier && !texts_equal(a->qualifier, b->qualifier))
        return false;
    if (!texts_equal(a->name, b->name) ||
        (a->kind == AS_EXPR_LITERAL && !as_value_same(&a->value, &b->value)))
        return false;
    for (size_t i = 0; i < a->arg_count; i++) {
        if (!as_expr_equal(a->args[i], b->args[i]))
            return false;
    }
    return true;
}

struct as_operand as_compile_expr(struct as_compiler *c, const struct as_expr *e, uint16_t hint) {
    for (size_t i = 0; i < c->known_count; i++) {
        if (as_expr_equal(c->knowns[i].expr, e))
            return c->knowns[i].operand;
    }
    switch (e->kind) {
    case AS_EXPR_LITERAL:
        return as_compiler_constant(c, e->value);
    case AS_EXPR_COLUMN:
        return compile_name(c, e, hint);
    case AS_EXPR_UNARY:
        return compile_unary(c, e, hint);
    case AS_EXPR_BINARY:
        return compile_binary(c, e, hint);
    case AS_EXPR_BETWEEN:
        return compile_between(c, e, hint);
    case AS_EXPR_IN:
        return compile_in(c, e, hint);
    case AS_EXPR_CASE:
        return as_compile_case(c, e);
    case AS_EXPR_CAST:
        return compile_cast(c, e, hint);
    case AS_EXPR_FUNCTION:
        return as_compile_function(c, e, hint);
    case AS_EXPR_SELECT:
        return compile_select(c, e);
    case AS_EXPR_EXISTS:
        return compile_exists(c, e);
    default:
        return compile_raise(c, e);
    }
}
