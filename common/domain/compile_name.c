// SPDX-License-Identifier: MIT
//
// Names: which row a column's name means, innermost scope first, by SQLite's rules.
#include <string.h>

#include "domain/compiler.h"

static bool named(const struct as_binding *b, const struct as_expr *column) {
    if (!column->qualifier)
        return !b->qualified_only;
    return strcasecmp(b->name, column->qualifier) == 0;
}

const struct as_binding *as_scope_find(const struct as_scope *scope, const struct as_expr *column,
                                       size_t *index) {
    for (; scope; scope = scope->outer) {
        for (size_t i = 0; i < scope->count; i++) {
            const struct as_binding *b = &scope->bindings[i];
            int found = named(b, column) ? as_model_column(b->relation, column->name) : -1;
            if (found >= 0) {
                *index = (size_t)found;
                return b;
            }
        }
    }
    return NULL;
}

static bool select_reads_unbound(const struct as_compiler *c, const struct as_scope *outer,
                                 const struct as_select *select) {
    struct as_binding bindings[16];
    struct as_scope scope = {.outer = outer, .bindings = bindings};
    if (select->source_count > 16)
        return true;
    for (size_t i = 0; i < select->source_count; i++) {
        const struct as_relation *r = as_model_find_table(c->domain, select->sources[i].table);
        if (r)
            bindings[scope.count++] =
                (struct as_binding){.name = select->sources[i].alias, .relation = r};
    }
    for (size_t i = 0; i < select->result_count; i++) {
        if (as_scope_reads_unbound(c, &scope, select->results[i].expr))
            return true;
    }
    return select->where && as_scope_reads_unbound(c, &scope, select->where);
}

bool as_scope_reads_unbound(const struct as_compiler *c, const struct as_scope *scope,
                            const struct as_expr *expr) {
    size_t index;
    if (expr->kind == AS_EXPR_COLUMN) {
        const struct as_binding *b = as_scope_find(scope, expr, &index);
        return b && b->unbound;
    }
    if (expr->select)
        return select_reads_unbound(c, scope, expr->select);
    for (size_t i = 0; i < expr->arg_count; i++) {
        if (as_scope_reads_unbound(c, scope, expr->args[i]))
            return true;
    }
    return false;
}
