// SPDX-License-Identifier: MIT
#include "gen.h"

#include <string.h>

static const struct fuzz_use *key_use(struct gen *g, const struct fuzz_scope *scope,
                                      enum as_type type) {
    for (int attempt = 0; scope->count && attempt < 12; attempt++) {
        const struct fuzz_use *use = &scope->uses[gen_below(g, scope->count)];
        if (use->type == type)
            return use;
    }
    return NULL;
}

static struct node *key_literal(struct gen *g, enum as_type type) {
    static const char *const texts[] = {"'a'", "'b'", "'A'", "'12'", "'é'", "'c'"};
    if (type == AS_TEXT)
        return LEAF(g, NODE_EXPR, "%s", GEN_PICK(g, texts));
    return LEAF(g, NODE_EXPR, "%d", (int)gen_below(g, 5));
}

// Without an affinity of its own, so that the key's applies.
static struct node *key_computed(struct gen *g, const struct fuzz_scope *scope, enum as_type type) {
    const struct fuzz_use *any = scope->count ? &scope->uses[gen_below(g, scope->count)] : NULL;
    struct node *a = any ? LEAF(g, NODE_EXPR, "%s", any->text) : key_literal(g, type);
    switch (gen_below(g, 5)) {
    case 0:
        return EXPR(g, "@ + 1", a);
    case 1:
        return EXPR(g, "@ || ''", a);
    case 2:
        return EXPR(g, "coalesce(@, @)", a, key_literal(g, type));
    case 3:
        return EXPR(g, "max(@, @)", a, key_literal(g, type));
    default:
        return EXPR(g, "CASE WHEN @ THEN @ ELSE @ END", gen_condition(g, scope, 1), a,
                    key_literal(g, type));
    }
}

static struct node *key_value(struct gen *g, const struct fuzz_scope *scope, enum as_type type) {
    const struct fuzz_use *use = key_use(g, scope, type);
    size_t way = gen_below(g, 100);
    if (use && way < 70)
        return LEAF(g, NODE_EXPR, "%s", use->text);
    if (way >= 70 && way < 74 && scope->subqueries)
        return gen_scalar_subquery(g, scope, type, 0);
    if (way < 88)
        return key_literal(g, gen_chance(g, 92) ? type : AS_INTEGER + AS_TEXT - type);
    return gen_tight(g, key_computed(g, scope, type));
}

struct node *gen_pins(struct gen *g, const struct fuzz_table *table, const char *qualifier,
                      const struct fuzz_scope *scope) {
    static const char *const forms[] = {"@ = @", "@ == @", "@=@"};
    struct node *pins = LIST(g, " AND ", 1);
    for (size_t i = 0; i < table->key_count; i++) {
        const struct fuzz_column *column = &table->columns[table->key[i]];
        struct node *name =
            LEAF(g, NODE_FORM, "%s%s%s", qualifier, *qualifier ? "." : "", column->name);
        struct node *value = key_value(g, scope, column->type);
        bool swapped = gen_chance(g, 15);
        ADD(g, pins, FORM(g, GEN_PICK(g, forms), swapped ? value : name, swapped ? name : value));
    }
    return pins;
}

// Inside a subquery a bare name may mean another column: only qualified ones are taken along.
static void keep_qualified(struct fuzz_scope *scope) {
    size_t kept = 0;
    for (size_t i = 0; i < scope->count; i++)
        if (strchr(scope->uses[i].text, '.'))
            scope->uses[kept++] = scope->uses[i];
    scope->count = kept;
}

// One row of an aggregate by its key, under an alias of its own.
struct source {
    const struct fuzz_table *table;
    const char *alias;
    struct fuzz_scope scope; // with the columns around it
    struct node *from;
    struct node *where; // a LIST
};

static void pick_source(struct gen *g, const struct fuzz_scope *outer, int depth,
                        struct source *s) {
    s->table = &g->c->aggregates[gen_below(g, g->c->aggregate_count)];
    s->alias = gen_format(g, "s%u", ++g->aliases);
    s->from =
        LEAF(g, NODE_FORM, "%s %s%s", s->table->name, gen_chance(g, 30) ? "AS " : "", s->alias);
    s->scope = *outer;
    keep_qualified(&s->scope);
    s->where = gen_pins(g, s->table, gen_chance(g, 60) ? s->alias : "", &s->scope);
    s->scope.subqueries = depth > 0 && gen_chance(g, 30);
    gen_scope_add(g, &s->scope, s->alias, s->table);
    if (gen_chance(g, 25))
        ADD(g, s->where, gen_tight(g, gen_condition(g, &s->scope, depth)));
}

// Prefers the row's own columns: what is outside needs no subquery.
static struct node *source_value(struct gen *g, const struct source *s, enum as_type type,
                                 int depth) {
    struct fuzz_scope own = {.count = 0};
    gen_scope_add(g, &own, gen_chance(g, 50) ? s->alias : "", s->table);
    if (gen_chance(g, 60))
        return gen_expression(g, &own, type, 0);
    return gen_expression(g, &s->scope, type, depth);
}

struct node *gen_scalar_subquery(struct gen *g, const struct fuzz_scope *scope, enum as_type type,
                                 int depth) {
    struct source s;
    pick_source(g, scope, depth, &s);
    return EXPR(g, "(SELECT @ FROM @ WHERE @)", source_value(g, &s, type, depth), s.from, s.where);
}

struct node *gen_exists(struct gen *g, const struct fuzz_scope *scope, int depth) {
    struct source s;
    pick_source(g, scope, depth, &s);
    struct node *what =
        gen_chance(g, 70) ? LEAF(g, NODE_FORM, "1") : source_value(g, &s, AS_NULL, 0);
    return EXPR(g,
                gen_chance(g, 60) ? "EXISTS (SELECT @ FROM @ WHERE @)"
                                  : "NOT EXISTS (SELECT @ FROM @ WHERE @)",
                what, s.from, s.where);
}
