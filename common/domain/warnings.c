// SPDX-License-Identifier: MIT
//
// Places where one of SQL's traps could bite: what compiles and behaves as SQLite does, but perhaps
// not as its author thinks.
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "domain/model.h"

struct warner {
    const struct as_domain *domain;
    const struct as_relation *command; // whose trigger is looked at
    const struct as_relation *table;   // that bare column names mean
    struct as_buffer *out;
};

static void warn(struct warner *w, int line, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

static void warn(struct warner *w, int line, const char *format, ...) {
    char text[512];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    as_buffer_printf(w->out, "%s:%d: warning: %s\n", w->domain->name, line, text);
}

// The column that a name means, where that is plain.
static const struct as_column_info *column_of(const struct warner *w, const struct as_expr *e) {
    const struct as_relation *r = w->table;
    if (e->kind != AS_EXPR_COLUMN)
        return NULL;
    if (e->qualifier && strcasecmp(e->qualifier, "NEW") == 0)
        r = w->command;
    int column = r ? as_model_column(r, e->name) : -1;
    return column < 0 ? NULL : &r->info.columns[column];
}

// ---- Comparisons that can never be equal, and divisions -----------------------------------------

// Columns of NEW bring no affinity, so that a number is never equal to a text there.
static void warn_types(struct warner *w, const struct as_expr *column,
                       const struct as_expr *other) {
    const struct as_column_info *info = column_of(w, column);
    bool affinity = !(column->qualifier && strcasecmp(column->qualifier, "NEW") == 0);
    if (!info || other->kind != AS_EXPR_LITERAL || other->value.type == AS_NULL || affinity)
        return;
    if ((info->type == AS_TEXT) != (other->value.type == AS_TEXT))
        warn(w, column->line, "%.*s is %s and is compared with %s: never equal",
             (int)column->span.size, column->span.text, info->type == AS_TEXT ? "TEXT" : "a number",
             other->value.type == AS_TEXT ? "a text" : "a number");
}

static void warn_expr(struct warner *w, const struct as_expr *e) {
    bool divides = e->kind == AS_EXPR_BINARY && (e->op == AS_OP_DIVIDE || e->op == AS_OP_REMAINDER);
    if (divides && e->args[1]->kind != AS_EXPR_LITERAL)
        warn(w, e->line, "%.*s is NULL where the divisor is 0", (int)e->span.size, e->span.text);
    if (e->kind == AS_EXPR_BINARY && e->op >= AS_OP_EQ && e->op <= AS_OP_GE) {
        warn_types(w, e->args[0], e->args[1]);
        warn_types(w, e->args[1], e->args[0]);
    }
    for (size_t i = 0; i < e->arg_count; i++)
        warn_expr(w, e->args[i]);
}

// ---- CHECK passes on NULL -----------------------------------------------------------------------

// A column that may be NULL, outside IS, IS NULL, coalesce() and their like, which think of it.
static const struct as_expr *find_nullable(const struct warner *w, const struct as_expr *e) {
    static const char *const aware[] = {"coalesce", "ifnull", "nullif", NULL};
    if (e->kind == AS_EXPR_UNARY && (e->op == AS_OP_IS_NULL || e->op == AS_OP_NOT_NULL))
        return NULL;
    if (e->kind == AS_EXPR_BINARY && (e->op == AS_OP_IS || e->op == AS_OP_IS_NOT))
        return NULL;
    for (size_t i = 0; e->kind == AS_EXPR_FUNCTION && aware[i]; i++) {
        if (strcasecmp(e->name, aware[i]) == 0)
            return NULL;
    }
    const struct as_column_info *column = column_of(w, e);
    if (column)
        return column->not_null ? NULL : e;
    const struct as_expr *found = NULL;
    for (size_t i = 0; i < e->arg_count && !found; i++)
        found = find_nullable(w, e->args[i]);
    return found;
}

// `x IS NULL OR …` says what it wants with NULL.
static bool speaks_of_null(const struct as_expr *e) {
    if (e->kind == AS_EXPR_UNARY && (e->op == AS_OP_IS_NULL || e->op == AS_OP_NOT_NULL))
        return true;
    for (size_t i = 0; i < e->arg_count; i++) {
        if (speaks_of_null(e->args[i]))
            return true;
    }
    return false;
}

static void warn_checks(struct warner *w, const struct as_relation *r) {
    w->table = r;
    for (size_t i = 0; i < r->check_count; i++) {
        const struct as_check *c = &r->checks[i];
        const struct as_expr *nullable = speaks_of_null(c->expr) ? NULL : find_nullable(w, c->expr);
        if (nullable)
            warn(w, c->line, "check %s passes where %s.%s is NULL", c->name, r->info.name,
                 nullable->name);
        warn_expr(w, c->expr);
    }
}

// ---- UPDATE and DELETE of a row that is not there -----------------------------------------------

static const struct as_expr *find_pin(const struct as_relation *r, const struct as_expr *where) {
    const char *key = r->info.columns[r->keys[0].columns[0]].name;
    if (where->kind != AS_EXPR_BINARY)
        return NULL;
    if (where->op == AS_OP_AND) {
        const struct as_expr *left = find_pin(r, where->args[0]);
        return left ? left : find_pin(r, where->args[1]);
    }
    for (int side = 0; where->op == AS_OP_EQ && side < 2; side++) {
        const struct as_expr *e = where->args[side];
        bool own = !e->qualifier || strcasecmp(e->qualifier, "NEW") != 0;
        if (e->kind == AS_EXPR_COLUMN && own && strcasecmp(e->name, key) == 0)
            return where->args[1 - side];
    }
    return NULL;
}

static bool is_referenced(const struct warner *w, const struct as_relation *r,
                          const struct as_expr *pin) {
    int column = pin->kind == AS_EXPR_COLUMN ? as_model_column(w->command, pin->name) : -1;
    for (size_t i = 0; column >= 0 && i < w->command->reference_count; i++) {
        const struct as_reference *reference = &w->command->references[i];
        if (reference->parent == r->number && reference->columns[0] == column &&
            w->command->info.columns[column].not_null)
            return true;
    }
    return false;
}

// An INSERT into the same table before it, or any look-up of it that may RAISE.
static bool is_guarded(const struct warner *w, const struct as_relation *r, size_t statement) {
    for (size_t i = 0; i < statement; i++) {
        const struct as_statement *s = w->command->trigger->statements[i];
        if (s->kind == AS_STATEMENT_INSERT && strcasecmp(s->table, r->info.name) == 0)
            return true;
        if (s->kind == AS_STATEMENT_SELECT && s->select->where)
            return true;
    }
    return false;
}

static void warn_statement(struct warner *w, size_t number) {
    const struct as_statement *s = w->command->trigger->statements[number];
    w->table = s->table ? as_model_find_table(w->domain, s->table) : NULL;
    for (size_t i = 0; i < s->assignment_count; i++)
        warn_expr(w, s->assignments[i].expr);
    if (s->where)
        warn_expr(w, s->where);
    bool changes = s->kind == AS_STATEMENT_UPDATE || s->kind == AS_STATEMENT_DELETE;
    if (!changes || !s->where || is_guarded(w, w->table, number))
        return;
    const struct as_expr *pin = find_pin(w->table, s->where);
    if (pin && !is_referenced(w, w->table, pin))
        warn(w, s->line,
             "%s %s: no error where it has no row with this key (REFERENCES or RAISE "
             "would make it one)",
             s->kind == AS_STATEMENT_UPDATE ? "UPDATE" : "DELETE FROM", w->table->info.name);
}

static void warn_command(struct warner *w, const struct as_relation *r) {
    w->command = r;
    warn_checks(w, r);
    for (size_t i = 0; i < r->trigger->statement_count; i++)
        warn_statement(w, i);
    w->command = NULL;
}

// ---- Assertions over nothing --------------------------------------------------------------------

static void warn_assertion(struct warner *w, const struct as_assertion *a) {
    bool sums = false;
    for (size_t i = 0; i < a->accumulator_count; i++)
        sums |= a->accumulators[i].kind == AS_ACCUMULATE_SUM;
    w->table = w->domain->tables[a->table];
    if (sums && !a->grouped && !strcasestr(a->view->span.text, "coalesce"))
        warn(w, a->line, "assertion %s: sum() is NULL over no rows, and NULL holds", a->name);
}

void as_domain_warnings(const struct as_domain *d, struct as_buffer *out) {
    struct warner w = {.domain = d, .out = out};
    for (size_t i = 0; i < d->table_count; i++)
        warn_checks(&w, d->tables[i]);
    for (size_t i = 0; i < d->command_count; i++)
        warn_command(&w, d->commands[i]);
    for (size_t i = 0; i < d->assertion_count; i++)
        warn_assertion(&w, d->assertions[i]);
}
