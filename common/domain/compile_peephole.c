// SPDX-License-Identifier: MIT
//
// What a finished program can do in fewer steps. Nothing is moved: an instruction becomes one that
// does its successors' work too and passes them by, or jumps further, so that jumps to those behind
// it stay right.
#include "domain/compiler.h"

// A row of a column ± something that an INTEGER column is set to.
static void fuse_arithmetic(struct as_instruction *in) {
    bool add = in[1].op == AS_VM_ADD, subtract = in[1].op == AS_VM_SUBTRACT;
    if (in[0].op == AS_VM_COLUMN_INTEGER && (add || subtract) && in[1].b == in[0].a &&
        in[2].op == AS_VM_TYPE && in[2].flag == AS_INTEGER && in[2].b == in[1].a)
        in[0].op = add ? AS_VM_COLUMN_ADD : AS_VM_COLUMN_SUBTRACT;
}

// A look-up that jumps over a jump.
static void fuse_reference(struct as_instruction *in, int32_t at) {
    if (in[0].op != AS_VM_FIND_KEY || in[1].op != AS_VM_JUMP || in[0].d != at + 2)
        return;
    in[0].op = AS_VM_REFER_KEY;
    in[0].d = in[1].d;
}

// A jump to a jump; and what jumps since there is no such row, to a look-up of that same row. Jumps
// lead forward, so this ends.
static void thread_jump(const struct as_program *p, struct as_instruction *in) {
    for (;;) {
        const struct as_instruction *to = &p->code[in->d];
        bool same = in->op == AS_VM_FIND_KEY && to->op == AS_VM_FIND_KEY && to->flag == in->flag;
        if (to->op != AS_VM_JUMP && !same)
            return;
        in->d = to->d;
    }
}

void as_compile_peephole(struct as_program *p) {
    for (size_t i = p->count; i-- > 0;) {
        if (as_instruction_jumps(&p->code[i]))
            thread_jump(p, &p->code[i]);
        if (i + 2 < p->count) {
            fuse_arithmetic(&p->code[i]);
            fuse_reference(&p->code[i], (int32_t)i);
        }
    }
}
