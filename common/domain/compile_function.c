// SPDX-License-Identifier: MIT
//
// CASE and the functions.
#include <string.h>

#include "domain/compiler.h"

static struct as_operand compile(struct as_compiler *c, const struct as_expr *expr) {
    return as_compile_expr(c, expr, AS_NO_REGISTER);
}

// ---- CASE and the functions that choose ---------------------------------------------------------

static struct as_operand choice(struct as_compiler *c, struct as_operand result,
                                const struct as_expr *value) {
    struct as_operand o = as_compile_into(c, value, result.reg);
    result.may |= o.may;
    return result;
}

struct as_operand as_compile_case(struct as_compiler *c, const struct as_expr *e) {
    struct as_operand result = as_operand_in(as_compiler_register(c, 1), 0), base = {0};
    int32_t end = as_compiler_label(c);
    size_t i = e->has_base;
    if (e->has_base)
        base = compile(c, e->args[0]);
    for (; i + 1 < e->arg_count; i += 2) {
        int32_t next = as_compiler_label(c);
        if (e->has_base) {
            struct as_operand when = compile(c, e->args[i]);
            as_compile_jump_compare(c, AS_OP_NE, &base, &when, as_comparison_affinity(&base, &when),
                                    true, next);
        } else {
            as_compile_jump(c, e->args[i], false, true, next);
        }
        result = choice(c, result, e->args[i + 1]);
        as_compiler_emit(c, (struct as_instruction){.op = AS_VM_JUMP, .d = end});
        as_compiler_place(c, next);
    }
    if (e->has_else) {
        result = choice(c, result, e->args[e->arg_count - 1]);
    } else {
        struct as_operand null = as_compiler_null(c);
        as_compiler_emit(c,
                         (struct as_instruction){.op = AS_VM_MOVE, .a = result.reg, .b = null.reg});
        result.may |= AS_MAY_NULL;
    }
    as_compiler_place(c, end);
    return result;
}

// coalesce(a, b, …): the first that is not NULL.
static struct as_operand compile_coalesce(struct as_compiler *c, const struct as_expr *e) {
    struct as_operand result = as_operand_in(as_compiler_register(c, 1), 0);
    int32_t end = as_compiler_label(c);
    unsigned may = 0;
    for (size_t i = 0; i < e->arg_count; i++) {
        struct as_operand o = as_compile_into(c, e->args[i], result.reg);
        bool last = i + 1 == e->arg_count;
        may |= last ? o.may : o.may & ~(unsigned)AS_MAY_NULL;
        if (!(o.may & AS_MAY_NULL) || last)
            break;
        as_compiler_emit(c, (struct as_instruction){
                                .op = AS_VM_JUMP_NULL, .flag = 1, .b = result.reg, .d = end});
    }
    as_compiler_place(c, end);
    result.may = (uint8_t)may;
    return result;
}

static struct as_operand compile_iif(struct as_compiler *c, const struct as_expr *e) {
    struct as_expr as_case = *e;
    as_case.kind = AS_EXPR_CASE;
    as_case.has_else = true;
    as_case.has_base = false;
    return as_compile_case(c, &as_case);
}

static struct as_operand compile_nullif(struct as_compiler *c, const struct as_expr *e) {
    struct as_operand result = as_operand_in(as_compiler_register(c, 1), 0);
    struct as_operand a = as_compile_into(c, e->args[0], result.reg), b = compile(c, e->args[1]);
    struct as_operand null = as_compiler_null(c);
    int32_t end = as_compiler_label(c);
    as_compile_jump_compare(c, AS_OP_NE, &a, &b, AS_AFFINITY_NONE, true, end);
    as_compiler_emit(c, (struct as_instruction){.op = AS_VM_MOVE, .a = result.reg, .b = null.reg});
    as_compiler_place(c, end);
    result.may = a.may | AS_MAY_NULL;
    return result;
}

// ---- Functions ----------------------------------------------------------------------------------

static struct as_operand compile_extreme(struct as_compiler *c, const struct as_expr *e,
                                         enum as_opcode op) {
    struct as_operand best = compile(c, e->args[0]);
    for (size_t i = 1; i < e->arg_count; i++) {
        struct as_operand next = compile(c, e->args[i]);
        struct as_operand o = as_operand_in(as_compiler_register(c, 1), best.may | next.may);
        as_compiler_emit(c, (struct as_instruction){
                                .op = (uint8_t)op, .a = o.reg, .b = best.reg, .c = next.reg});
        best = o;
    }
    return best;
}

static struct as_operand compile_substr(struct as_compiler *c, const struct as_expr *e,
                                        uint16_t hint) {
    struct as_operand text = compile(c, e->args[0]), start = compile(c, e->args[1]), length = {0};
    unsigned may = text.may | start.may;
    if (e->arg_count == 3) {
        length = compile(c, e->args[2]);
        may |= length.may;
    }
    struct as_operand o =
        as_operand_in(as_compiler_target(c, hint), AS_MAY_TEXT | (may & AS_MAY_NULL));
    as_compiler_emit(c, (struct as_instruction){.op = AS_VM_SUBSTR,
                                                .a = o.reg,
                                                .b = text.reg,
                                                .c = start.reg,
                                                .d = e->arg_count == 3 ? length.reg : -1});
    return o;
}

static struct as_operand compile_one_argument(struct as_compiler *c, const struct as_expr *e,
                                              uint16_t hint) {
    struct as_operand a = compile(c, e->args[0]);
    unsigned null = a.may & AS_MAY_NULL;
    if (strcasecmp(e->name, "abs") == 0) {
        struct as_operand o = as_compile_unary_op(c, AS_VM_ABS, 0, &a, AS_MAY_NUMBER | null, hint);
        c->program->code[c->program->count - 1].d = as_compiler_error_reason(c, "integer overflow");
        return o;
    }
    if (strcasecmp(e->name, "length") == 0)
        return as_compile_unary_op(c, AS_VM_LENGTH, 0, &a, AS_MAY_INTEGER | null, hint);
    bool upper = strcasecmp(e->name, "upper") == 0;
    return as_compile_unary_op(c, AS_VM_FOLD_CASE, upper, &a, AS_MAY_TEXT | null, hint);
}

struct as_operand as_compile_function(struct as_compiler *c, const struct as_expr *e,
                                      uint16_t hint) {
    static const struct {
        const char *name;
        size_t least, most;
    } functions[] = {{"abs", 1, 1},    {"length", 1, 1},     {"lower", 1, 1},  {"upper", 1, 1},
                     {"min", 2, 127},  {"max", 2, 127},      {"substr", 2, 3}, {"substring", 2, 3},
                     {"ifnull", 2, 2}, {"coalesce", 2, 127}, {"iif", 3, 3},    {"nullif", 2, 2}};
    size_t count = sizeof functions / sizeof *functions, i = 0;
    while (i < count && strcasecmp(functions[i].name, e->name) != 0)
        i++;
    if (i == count || e->star || e->arg_count < functions[i].least ||
        e->arg_count > functions[i].most) {
        as_compiler_refuse(c, e->line, "%s(): %s", e->name,
                           i == count ? "this function does not compile"
                                      : "not with that number of arguments");
        return as_compiler_null(c);
    }
    switch (i) {
    case 4:
        return compile_extreme(c, e, AS_VM_MIN);
    case 5:
        return compile_extreme(c, e, AS_VM_MAX);
    case 6:
    case 7:
        return compile_substr(c, e, hint);
    case 8:
    case 9:
        return compile_coalesce(c, e);
    case 10:
        return compile_iif(c, e);
    case 11:
        return compile_nullif(c, e);
    default:
        return compile_one_argument(c, e, hint);
    }
}
