// SPDX-License-Identifier: MIT
//
// The compiler's tools: registers, constants, labels, instructions and reasons of the program at
// hand.
#include "domain/compiler.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

void as_compiler_refuse(struct as_compiler *c, int line, const char *format, ...) {
    char text[512];
    va_list args;
    if (c->error->code)
        return;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    as_error_set(c->error, AS_DATA, "%s:%d: %s", c->domain->name, line, text);
}

// Constants stand before the temporaries, whose number must be known first: a domain has at most
// one constant a literal (twice for negated ones), a default a column, and a few of the compiler's
// own.
static size_t most_constants(const struct as_domain *domain) {
    size_t count = 8 + domain->schema.literal_count * 2;
    for (size_t i = 0; i < domain->table_count; i++)
        count += domain->tables[i]->info.column_count;
    return count;
}

void as_compiler_start(struct as_compiler *c, struct as_program *program, size_t parameters) {
    c->program = program;
    c->code_capacity = c->label_count = 0;
    c->constant_limit = most_constants(c->domain);
    program->parameter_count = parameters;
    program->constants =
        as_region_zero(&c->domain->region, c->constant_limit * sizeof *program->constants);
    c->next_register = parameters + c->constant_limit;
    program->register_count = c->next_register;
    c->own_row = AS_NO_REGISTER;
    c->tables_read = as_region_zero(&c->domain->region, c->domain->table_count + 1);
}

uint16_t as_compiler_register(struct as_compiler *c, size_t count) {
    size_t first = c->next_register;
    c->next_register += count;
    if (c->next_register > AS_REGISTERS_MAX) {
        as_compiler_refuse(c, 1, "a statement with more than %d values", AS_REGISTERS_MAX);
        c->next_register = first;
        return 0;
    }
    if (c->program->register_count < c->next_register)
        c->program->register_count = c->next_register;
    return (uint16_t)first;
}

uint16_t as_compiler_cursor(struct as_compiler *c) {
    if (c->program->cursor_count >= AS_CURSORS_MAX) {
        as_compiler_refuse(c, 1, "a command that looks up more than %d rows", AS_CURSORS_MAX);
        return 0;
    }
    return (uint16_t)c->program->cursor_count++;
}

struct as_operand as_compiler_constant(struct as_compiler *c, struct as_value value) {
    struct as_program *p = c->program;
    size_t i = 0;
    while (i < p->constant_count && !as_value_same(&p->constants[i], &value))
        i++;
    if (i == p->constant_count) {
        assert(i < c->constant_limit);
        p->constants[p->constant_count++] = value;
    }
    return (struct as_operand){.reg = (uint16_t)(p->parameter_count + i),
                               .may = (uint8_t)(1u << value.type),
                               .affinity = AS_AFFINITY_NONE};
}

int32_t as_compiler_label(struct as_compiler *c) {
    if (c->label_count == c->label_capacity) {
        c->label_capacity = c->label_capacity ? c->label_capacity * 2 : 64;
        c->labels = as_realloc(c->labels, c->label_capacity * sizeof *c->labels);
    }
    c->labels[c->label_count] = -1;
    return (int32_t)c->label_count++;
}

void as_compiler_place(struct as_compiler *c, int32_t label) {
    c->labels[label] = (int32_t)c->program->count;
}

void as_compiler_emit(struct as_compiler *c, struct as_instruction instruction) {
    struct as_program *p = c->program;
    if (p->count >= AS_PROGRAM_MAX) {
        as_compiler_refuse(c, 1, "a command of more than %d instructions", AS_PROGRAM_MAX);
        return;
    }
    p->code = as_region_grow(&c->domain->region, p->code, p->count, sizeof *p->code);
    p->code[p->count++] = instruction;
}

void as_compiler_finish(struct as_compiler *c) {
    struct as_program *p = c->program;
    as_compiler_emit(c, (struct as_instruction){.op = AS_VM_END});
    for (size_t i = 0; i < p->count; i++) {
        if (as_instruction_jumps(&p->code[i]))
            p->code[i].d = c->labels[p->code[i].d];
    }
    as_compile_peephole(p);
}

// ---- Look-ups -----------------------------------------------------------------------------------

// The number of the program's key that is this parameter, or -1 where there are too many.
static int parameter_key(struct as_program *p, const struct as_relation *r, uint16_t parameter) {
    size_t i = 0;
    while (i < p->key_count && (p->keys[i].parameter != parameter || p->keys[i].table != r->number))
        i++;
    if (i == AS_PROGRAM_KEYS_MAX)
        return -1;
    if (i == p->key_count)
        p->keys[p->key_count++] = (struct as_parameter_key){parameter, (uint16_t)r->number,
                                                            r->types[r->keys[0].columns[0]]};
    return (int)i;
}

void as_compiler_find(struct as_compiler *c, const struct as_relation *relation, uint16_t key,
                      bool typed, uint16_t cursor, int32_t none) {
    struct as_program *p = c->program;
    struct as_instruction in = {
        .op = AS_VM_FIND, .a = cursor, .b = key, .c = (uint16_t)relation->number, .d = none};
    bool whole = typed && relation->keys[0].column_count == 1 && key < p->parameter_count;
    int number = whole ? parameter_key(p, relation, key) : -1;
    if (!typed)
        in.flag = relation->rowid_alias ? AS_VM_CONVERT_ROWID : AS_VM_CONVERT_KEY;
    if (number >= 0) {
        in.op = AS_VM_FIND_KEY;
        in.flag = (uint8_t)number;
    }
    as_compiler_emit(c, in);
}

// ---- Reasons ------------------------------------------------------------------------------------

struct as_value_source as_source_register(uint16_t reg) {
    return (struct as_value_source){.cursor = AS_NO_CURSOR, .at = reg};
}

int32_t as_compiler_reason(struct as_compiler *c, const struct as_reason_spec *spec) {
    struct as_domain *d = c->domain;
    size_t count = spec->count < AS_REASON_COLUMNS_MAX ? spec->count : AS_REASON_COLUMNS_MAX;
    size_t keys = spec->keys < count ? spec->keys : count;
    struct as_reason reason = {.kind = spec->kind,
                               .name = spec->name,
                               .keys = (uint8_t)keys,
                               .values = (uint8_t)(count - keys)};
    reason.sources = as_region_alloc(&d->region, (count + 1) * sizeof *reason.sources);
    memcpy(reason.sources, spec->sources, count * sizeof *reason.sources);
    as_reason_encode(&reason.encoded, spec->kind, spec->name,
                     spec->relation ? spec->relation->info.name : "", spec->names, reason.keys,
                     reason.values);
    d->reasons = as_region_grow(&d->region, d->reasons, d->reason_count, sizeof *d->reasons);
    d->reasons[d->reason_count] = reason;
    return (int32_t)d->reason_count++;
}

int32_t as_compiler_error_reason(struct as_compiler *c, const char *words) {
    struct as_reason_spec spec = {.kind = AS_REJECT_ERROR, .name = words, .relation = c->command};
    return as_compiler_reason(c, &spec);
}
