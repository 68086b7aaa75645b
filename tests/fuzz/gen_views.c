// SPDX-License-Identifier: MIT
#include "gen.h"

// What may stand inside sum(): always a small integer or NULL, so that no order of adding matters.
static struct node *summand(struct gen *g, const struct fuzz_scope *scope,
                            const struct fuzz_table *t) {
    for (int attempt = 0; attempt < 6; attempt++) {
        const struct fuzz_column *c = &t->columns[gen_below(g, t->count)];
        if (c->bounded && gen_chance(g, 80))
            return LEAF(g, NODE_EXPR, gen_chance(g, 70) ? "%s" : "%s * 2", c->name);
        if (c->type == AS_INTEGER)
            return LEAF(g, NODE_EXPR, "%s %% 100", c->name);
        if (c->type == AS_TEXT)
            return LEAF(g, NODE_EXPR, "length(%s)", c->name);
    }
    return EXPR(g, "CASE WHEN @ THEN 1 ELSE 0 END", gen_condition(g, scope, 1));
}

static struct node *aggregate_call(struct gen *g, const struct fuzz_scope *scope,
                                   const struct fuzz_table *t) {
    switch (gen_below(g, 5)) {
    case 0:
        return LEAF(g, NODE_EXPR, "count(*)");
    case 1:
        return EXPR(g, "count(@)", gen_expression(g, scope, AS_NULL, 1));
    case 2:
        return EXPR(g, "coalesce(sum(@), 0)", summand(g, scope, t));
    case 3:
        return EXPR(g, "Sum(@)", gen_tight(g, summand(g, scope, t)));
    default:
        return EXPR(g, "sum(@)", summand(g, scope, t));
    }
}

static struct node *bound_test(struct gen *g, const struct fuzz_scope *scope,
                               const struct fuzz_table *t, bool grouped) {
    static const char *const forms[] = {"@ <= @",      "@ < @",  "@ BETWEEN -5 AND @",
                                        "NOT (@ > @)", "@ <> @", "coalesce(@ < @, 1)"};
    struct node *call = aggregate_call(g, scope, t);
    int bound = (int)gen_below(g, grouped ? 8 : 40) + (gen_chance(g, 30) ? 300 : 2);
    return EXPR(g, GEN_PICK(g, forms), call, LEAF(g, NODE_EXPR, "%d", bound));
}

static struct node *holds_expression(struct gen *g, const struct fuzz_scope *scope,
                                     const struct fuzz_table *t, const char *group) {
    switch (gen_below(g, 8)) {
    case 0:
        return EXPR(g, "coalesce(@ >= @, 1)", aggregate_call(g, scope, t),
                    EXPR(g, "@ - 6", gen_tight(g, aggregate_call(g, scope, t))));
    case 1:
        return EXPR(g, "@ AND @", bound_test(g, scope, t, group), bound_test(g, scope, t, group));
    case 2:
        if (group)
            return EXPR(g, "@ OR @", bound_test(g, scope, t, true),
                        LEAF(g, NODE_EXPR, "%s IS NULL", group));
        return EXPR(g, "CASE WHEN @ > 3 THEN @ ELSE NULL END", aggregate_call(g, scope, t),
                    bound_test(g, scope, t, false));
    case 3:
        return EXPR(g, "@ + @ < 60", gen_tight(g, aggregate_call(g, scope, t)),
                    gen_tight(g, aggregate_call(g, scope, t)));
    default:
        return bound_test(g, scope, t, group);
    }
}

// A grouping in which equal values are the same value, so that any row can stand for its group.
static const char *pick_group(struct gen *g, const struct fuzz_table *t) {
    const struct fuzz_column *c = &t->columns[gen_below(g, t->count)];
    if (c->type == AS_INTEGER && gen_chance(g, 40))
        return gen_format(g, "%s %% 3", c->name);
    if (c->type == AS_TEXT && gen_chance(g, 40))
        return gen_format(g, "lower(%s)", c->name);
    return c->type == AS_REAL ? NULL : c->name;
}

static struct node *grouping(struct gen *g, const struct fuzz_table *t, const char **group) {
    *group = gen_chance(g, 45) ? pick_group(g, t) : NULL;
    if (!*group)
        return LEAF(g, NODE_MAYBE, "%s", "");
    const char *second = gen_chance(g, 25) ? pick_group(g, t) : NULL;
    return LEAF(g, NODE_MAYBE, " GROUP BY %s%s%s", *group, second ? ", " : "",
                second ? second : "");
}

// Two rows at most, so that the order of adding cannot matter when their sum leaves 64 bits.
static struct node *overflowing_assertion(struct gen *g, const struct fuzz_table *t,
                                          size_t number) {
    const struct fuzz_column *key = &t->columns[t->key[0]];
    size_t column = gen_below(g, t->count);
    if (t->key_count != 1 || key->type != AS_INTEGER || t->columns[column].type != AS_INTEGER)
        return NULL;
    return FORM(g, "CREATE VIEW @ AS SELECT sum(@) <> 3 AS holds FROM @ WHERE @;",
                LEAF(g, NODE_FORM, "assertion%zu", number),
                LEAF(g, NODE_FORM, "%s", t->columns[column].name),
                LEAF(g, NODE_FORM, "%s", t->name), LEAF(g, NODE_FORM, "%s IN (1, 4)", key->name));
}

struct node *gen_assertion(struct gen *g, size_t number) {
    const struct fuzz_table *t = &g->c->aggregates[gen_below(g, g->c->aggregate_count)];
    struct fuzz_scope scope = {.count = 0};
    gen_scope_add(g, &scope, "", t);
    struct node *overflowing = gen_chance(g, 15) ? overflowing_assertion(g, t, number) : NULL;
    if (overflowing)
        return overflowing;
    const char *group;
    struct node *by = grouping(g, t, &group);
    bool listed = gen_chance(g, 20) && !group;
    struct node *where = MAYBE(g, " WHERE @", gen_condition(g, &scope, 2));
    where->gone = gen_chance(g, 65);
    struct node *first = group && gen_chance(g, 50) ? LEAF(g, NODE_MAYBE, "%s AS grp, ", group)
                                                    : LEAF(g, NODE_MAYBE, "%s", "");
    return FORM(g,
                listed ? "CREATE VIEW @ (holds) AS SELECT @@ FROM @@@;"
                       : "CREATE VIEW @ AS SELECT @@ AS holds FROM @@@;",
                LEAF(g, NODE_FORM, "assertion%zu", number), first,
                holds_expression(g, &scope, t, group), LEAF(g, NODE_FORM, "%s", t->name), where,
                by);
}

struct node *gen_reader_view(struct gen *g, size_t number) {
    const struct fuzz_table *t = &g->c->aggregates[gen_below(g, g->c->aggregate_count)];
    struct fuzz_scope scope = {.count = 0};
    gen_scope_add(g, &scope, "", t);
    return FORM(g, "CREATE VIEW @ AS SELECT *, @ AS extra FROM @ WHERE @ ORDER BY 1;",
                LEAF(g, NODE_FORM, "report%zu", number), gen_expression(g, &scope, AS_NULL, 2),
                LEAF(g, NODE_FORM, "%s", t->name), gen_condition(g, &scope, 2));
}
