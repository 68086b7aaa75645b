// SPDX-License-Identifier: MIT
//
// FROM and WHERE: each table is pinned by its whole primary key, so that a query finds at most one
// row of each by a look-up; what WHERE says beyond that is tested on the rows found.
#include <string.h>

#include "domain/compiler.h"

enum { TERMS_MAX = 256 };

// The terms of WHERE joined by AND at the top.
struct terms {
    size_t count;
    const struct as_expr *list[TERMS_MAX];
    bool used[TERMS_MAX];
};

static void split(struct as_compiler *c, struct terms *terms, const struct as_expr *e) {
    if (e->kind == AS_EXPR_BINARY && e->op == AS_OP_AND) {
        split(c, terms, e->args[0]);
        split(c, terms, e->args[1]);
    } else if (terms->count < TERMS_MAX) {
        terms->list[terms->count++] = e;
    } else {
        as_compiler_refuse(c, e->line, "WHERE with more than %d terms", TERMS_MAX);
    }
}

static bool is_column_of(const struct as_scope *scope, const struct as_expr *e,
                         const struct as_binding *binding, size_t column) {
    size_t index;
    return e->kind == AS_EXPR_COLUMN && as_scope_find(scope, e, &index) == binding &&
           index == column;
}

// The value that WHERE gives to a key column: the other side of an equality, if what it reads is
// bound.
static const struct as_expr *find_pin(const struct as_compiler *c, struct terms *terms,
                                      const struct as_binding *binding, size_t column) {
    for (size_t i = 0; i < terms->count; i++) {
        const struct as_expr *e = terms->list[i];
        if (terms->used[i] || e->kind != AS_EXPR_BINARY || e->op != AS_OP_EQ)
            continue;
        for (int side = 0; side < 2; side++) {
            if (is_column_of(c->scope, e->args[side], binding, column) &&
                !as_scope_reads_unbound(c, c->scope, e->args[1 - side])) {
                terms->used[i] = true;
                return e->args[1 - side];
            }
        }
    }
    return NULL;
}

// The register that the key's value is in: `reg`, or where it is already if it may stay there
// (`lone`: the only column of the key, and of its type, so that FIND converts nothing).
static uint16_t pin_column(struct as_compiler *c, const struct as_binding *binding, size_t column,
                           const struct as_expr *pin, uint16_t reg, bool lone, bool *convert) {
    const struct as_column_info *info = &binding->relation->info.columns[column];
    struct as_operand o = as_compile_expr(c, pin, reg);
    bool other = o.may & ~(AS_MAY_NULL | 1u << info->type);
    *convert |= other;
    if (o.reg != reg && (other || !lone)) {
        as_compiler_emit(c, (struct as_instruction){.op = AS_VM_MOVE, .a = reg, .b = o.reg});
        o.reg = reg;
    }
    if (info->type == AS_TEXT && o.affinity != AS_AFFINITY_NONE && o.affinity != AS_AFFINITY_TEXT)
        as_compiler_refuse(c, pin->line,
                           "%s.%s is TEXT and is compared as a number here: CAST the other side "
                           "AS TEXT",
                           binding->name, info->name);
    return o.reg;
}

static void find_row(struct as_compiler *c, struct as_binding *binding, struct terms *terms,
                     int line, int32_t none) {
    const struct as_relation *r = binding->relation;
    const struct as_relation_key *key = &r->keys[0];
    uint16_t first = as_compiler_register(c, key->column_count);
    bool convert = false;
    for (size_t i = 0; i < key->column_count; i++) {
        const struct as_expr *pin = find_pin(c, terms, binding, key->columns[i]);
        if (!pin) {
            as_compiler_refuse(c, line,
                               "%s: not pinned by its primary key (WHERE %s = … with what "
                               "is known before it)",
                               binding->name, key->name);
            return;
        }
        uint16_t reg = pin_column(c, binding, key->columns[i], pin, (uint16_t)(first + i),
                                  key->column_count == 1, &convert);
        first = i == 0 ? reg : first;
    }
    as_compiler_find(c, r, first, !convert, binding->cursor, none);
    binding->unbound = false;
}

static void test_rest(struct as_compiler *c, const struct terms *terms, int32_t none) {
    bool raise = c->raise_allowed;
    c->raise_allowed = false;
    for (size_t i = 0; i < terms->count; i++) {
        if (!terms->used[i])
            as_compile_jump(c, terms->list[i], false, true, none);
    }
    c->raise_allowed = raise;
}

static void add_binding(struct as_compiler *c, struct as_scope *scope, const char *table,
                        const char *alias, int line) {
    const struct as_relation *r = as_model_find_table(c->domain, table);
    if (!r) {
        as_compiler_refuse(c, line, "%s: not an aggregate", table);
        return;
    }
    scope->bindings[scope->count++] = (struct as_binding){.name = alias,
                                                          .relation = r,
                                                          .affinity = true,
                                                          .cursor = as_compiler_cursor(c),
                                                          .unbound = true};
}

static struct as_scope *open_scope(struct as_compiler *c, size_t sources) {
    struct as_scope *scope = as_region_zero(&c->domain->region, sizeof *scope);
    scope->bindings = as_region_zero(&c->domain->region, (sources + 1) * sizeof *scope->bindings);
    scope->outer = c->scope;
    c->scope = scope;
    return scope;
}

static void find_rows(struct as_compiler *c, struct as_scope *scope, const struct as_expr *where,
                      int line, int32_t none) {
    struct terms terms = {0};
    if (where)
        split(c, &terms, where);
    for (size_t i = 0; i < scope->count; i++)
        find_row(c, &scope->bindings[i], &terms, line, none);
    test_rest(c, &terms, none);
}

struct as_scope *as_compile_from(struct as_compiler *c, const struct as_select *select,
                                 int32_t none) {
    struct as_scope *scope = open_scope(c, select->source_count);
    for (size_t i = 0; i < select->source_count; i++)
        add_binding(c, scope, select->sources[i].table, select->sources[i].alias,
                    select->sources[i].line);
    for (size_t i = 0; i < scope->count; i++)
        c->tables_read[scope->bindings[i].relation->number] = true;
    find_rows(c, scope, select->where, select->line, none);
    return scope;
}

struct as_scope *as_compile_target(struct as_compiler *c, const struct as_statement *s,
                                   int32_t none) {
    struct as_scope *scope = open_scope(c, 1);
    add_binding(c, scope, s->table, s->alias, s->line);
    find_rows(c, scope, s->where, s->line, none);
    return scope;
}

void as_compile_close(struct as_compiler *c) {
    c->scope = c->scope->outer;
}
