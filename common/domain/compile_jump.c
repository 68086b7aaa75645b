// SPDX-License-Identifier: MIT
//
// Conditions into jumps: what a condition's truth decides is left as soon as it is known, and no
// value is made of it.
#include "domain/compiler.h"

static struct as_operand compile(struct as_compiler *c, const struct as_expr *expr) {
    return as_compile_expr(c, expr, AS_NO_REGISTER);
}

static enum as_operator opposite(enum as_operator op) {
    static const uint8_t pairs[] = {
        [AS_OP_EQ] = AS_OP_NE,     [AS_OP_NE] = AS_OP_EQ,    [AS_OP_LT] = AS_OP_GE,
        [AS_OP_GE] = AS_OP_LT,     [AS_OP_GT] = AS_OP_LE,    [AS_OP_LE] = AS_OP_GT,
        [AS_OP_IS] = AS_OP_IS_NOT, [AS_OP_IS_NOT] = AS_OP_IS};
    return (enum as_operator)pairs[op];
}

static void jump_logic(struct as_compiler *c, const struct as_expr *e, bool sense, bool null_jumps,
                       int32_t label) {
    // AND is false, and OR is true, as soon as one side is; the other way both sides are needed,
    // and the first that is not so jumps over the second.
    if ((e->op == AS_OP_AND) == !sense) {
        as_compile_jump(c, e->args[0], sense, null_jumps, label);
        as_compile_jump(c, e->args[1], sense, null_jumps, label);
        return;
    }
    int32_t over = as_compiler_label(c);
    as_compile_jump(c, e->args[0], !sense, !null_jumps, over);
    as_compile_jump(c, e->args[1], sense, null_jumps, label);
    as_compiler_place(c, over);
}

// Of two INTEGERs: a > b is b < a.
static struct as_instruction integer_jump(enum as_operator op, uint16_t a, uint16_t b) {
    switch (op) {
    case AS_OP_LT:
        return (struct as_instruction){.op = AS_VM_JUMP_LESS, .b = a, .c = b};
    case AS_OP_LE:
        return (struct as_instruction){.op = AS_VM_JUMP_LESS_OR_EQUAL, .b = a, .c = b};
    case AS_OP_GT:
        return (struct as_instruction){.op = AS_VM_JUMP_LESS, .b = b, .c = a};
    case AS_OP_GE:
        return (struct as_instruction){.op = AS_VM_JUMP_LESS_OR_EQUAL, .b = b, .c = a};
    case AS_OP_EQ:
    case AS_OP_IS:
        return (struct as_instruction){.op = AS_VM_JUMP_EQUAL, .b = a, .c = b};
    default:
        return (struct as_instruction){.op = AS_VM_JUMP_NOT_EQUAL, .b = a, .c = b};
    }
}

static bool tests_equality(enum as_operator op) {
    return op == AS_OP_EQ || op == AS_OP_NE || op == AS_OP_IS || op == AS_OP_IS_NOT;
}

void as_compile_jump_compare(struct as_compiler *c, enum as_operator op, const struct as_operand *a,
                             const struct as_operand *b, uint8_t affinity, bool null_jumps,
                             int32_t label) {
    struct as_instruction in = {.op = AS_VM_JUMP_COMPARE,
                                .flag = (uint8_t)(op | (null_jumps ? AS_VM_NULL_JUMPS : 0)),
                                .a = affinity,
                                .b = a->reg,
                                .c = b->reg};
    if (a->may == AS_MAY_INTEGER && b->may == AS_MAY_INTEGER) {
        in = integer_jump(op, a->reg, b->reg);
    } else if (a->may == AS_MAY_TEXT && b->may == AS_MAY_TEXT && tests_equality(op) &&
               affinity != AS_AFFINITY_NUMERIC) {
        bool same = op == AS_OP_EQ || op == AS_OP_IS;
        in.op = same ? AS_VM_JUMP_SAME_TEXT : AS_VM_JUMP_OTHER_TEXT;
    }
    in.d = label;
    as_compiler_emit(c, in);
}

static void jump_compare(struct as_compiler *c, const struct as_expr *e, bool sense,
                         bool null_jumps, int32_t label) {
    struct as_operand a = compile(c, e->args[0]), b = compile(c, e->args[1]);
    as_compile_jump_compare(c, sense ? e->op : opposite(e->op), &a, &b,
                            as_comparison_affinity(&a, &b), null_jumps, label);
}

// x BETWEEN low AND high is x >= low AND x <= high with x computed once.
static void jump_between(struct as_compiler *c, const struct as_expr *e, bool sense,
                         bool null_jumps, int32_t label) {
    int32_t over = as_compiler_label(c);
    bool inside = sense != e->negated;
    struct as_operand x = compile(c, e->args[0]), low = compile(c, e->args[1]);
    as_compile_jump_compare(c, AS_OP_LT, &x, &low, as_comparison_affinity(&x, &low),
                            inside ? !null_jumps : null_jumps, inside ? over : label);
    struct as_operand high = compile(c, e->args[2]);
    as_compile_jump_compare(c, inside ? AS_OP_LE : AS_OP_GT, &x, &high,
                            as_comparison_affinity(&x, &high), null_jumps, label);
    as_compiler_place(c, over);
}

static bool is_list_of_literals(const struct as_expr *e) {
    for (size_t i = 1; i < e->arg_count; i++) {
        if (e->args[i]->kind != AS_EXPR_LITERAL || e->args[i]->value.type == AS_NULL)
            return false;
    }
    return true;
}

static void jump_in(struct as_compiler *c, const struct as_expr *e, bool sense, bool null_jumps,
                    int32_t label) {
    int32_t over = as_compiler_label(c);
    bool inside = sense != e->negated;
    struct as_operand x = compile(c, e->args[0]);
    if (x.may & AS_MAY_NULL)
        as_compiler_emit(c, (struct as_instruction){
                                .op = AS_VM_JUMP_NULL, .b = x.reg, .d = null_jumps ? label : over});
    for (size_t i = 1; i < e->arg_count; i++) {
        struct as_operand item = compile(c, e->args[i]);
        as_compile_jump_compare(c, AS_OP_EQ, &x, &item, as_in_affinity(&x), false,
                                inside ? label : over);
    }
    if (!inside)
        as_compiler_emit(c, (struct as_instruction){.op = AS_VM_JUMP, .d = label});
    as_compiler_place(c, over);
}

static void jump_exists(struct as_compiler *c, const struct as_expr *e, bool sense, int32_t label) {
    int32_t over = as_compiler_label(c);
    as_compile_exists_from(c, e, sense ? over : label);
    if (sense)
        as_compiler_emit(c, (struct as_instruction){.op = AS_VM_JUMP, .d = label});
    as_compiler_place(c, over);
}

static void jump_value(struct as_compiler *c, const struct as_expr *e, bool sense, bool null_jumps,
                       int32_t label) {
    struct as_operand o = compile(c, e);
    as_compiler_emit(c,
                     (struct as_instruction){.op = AS_VM_JUMP_IF,
                                             .flag = (uint8_t)((sense ? AS_VM_SENSE : 0) |
                                                               (null_jumps ? AS_VM_NULL_JUMPS : 0)),
                                             .b = o.reg,
                                             .d = label});
}

void as_compile_jump(struct as_compiler *c, const struct as_expr *e, bool sense, bool null_jumps,
                     int32_t label) {
    bool binary = e->kind == AS_EXPR_BINARY && !as_expr_tests_truth(e);
    if (c->known_count) // part of it may be known: computed as a whole
        jump_value(c, e, sense, null_jumps, label);
    else if (binary && (e->op == AS_OP_AND || e->op == AS_OP_OR))
        jump_logic(c, e, sense, null_jumps, label);
    else if (binary && e->op >= AS_OP_EQ && e->op <= AS_OP_IS_NOT)
        jump_compare(c, e, sense, null_jumps, label);
    else if (e->kind == AS_EXPR_UNARY && e->op == AS_OP_NOT)
        as_compile_jump(c, e->args[0], !sense, null_jumps, label);
    else if (e->kind == AS_EXPR_BETWEEN)
        jump_between(c, e, sense, null_jumps, label);
    else if (e->kind == AS_EXPR_IN && is_list_of_literals(e))
        jump_in(c, e, sense, null_jumps, label);
    else if (e->kind == AS_EXPR_EXISTS)
        jump_exists(c, e, sense, label);
    else
        jump_value(c, e, sense, null_jumps, label);
}
