// SPDX-License-Identifier: MIT
//
// What the parts of the generator share: choices, scopes and expressions.
#ifndef AS_FUZZ_GEN_H
#define AS_FUZZ_GEN_H

#include "case.h"

enum { SCOPE_MAX = 96 };

// A column that an expression may use, as written there.
struct fuzz_use {
    const char *text;
    enum as_type type;
    bool not_null;
};

struct fuzz_scope {
    size_t count;
    struct fuzz_use uses[SCOPE_MAX];
    bool subqueries; // triggers only
};

struct gen {
    struct fuzz_case *c;
    unsigned aliases; // made so far, so that each has its own name
    unsigned raises;
};

// ---- Choices ------------------------------------------------------------------------------------

size_t gen_below(struct gen *g, size_t bound);
bool gen_chance(struct gen *g, unsigned percent);
const char *gen_format(struct gen *g, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

// The name, now and then with upper and lower case exchanged.
const char *gen_any_case(struct gen *g, const char *name);

#define GEN_PICK(g, array)        ((array)[gen_below((g), sizeof(array) / sizeof *(array))])
#define LEAF(g, kind, ...)        node_leaf(&(g)->c->region, kind, __VA_ARGS__)
#define FORM(g, ...)              node_make(&(g)->c->region, NODE_FORM, __VA_ARGS__)
#define EXPR(g, ...)              node_make(&(g)->c->region, NODE_EXPR, __VA_ARGS__)
#define MAYBE(g, ...)             node_make(&(g)->c->region, NODE_MAYBE, __VA_ARGS__)
#define LIST(g, separator, least) node_list(&(g)->c->region, separator, least)
#define ADD(g, list, kid)         node_add(&(g)->c->region, list, kid)

// ---- gen_expression.c ---------------------------------------------------------------------------

void gen_scope_add(struct gen *g, struct fuzz_scope *scope, const char *qualifier,
                   const struct fuzz_table *table);

struct node *gen_literal(struct gen *g, enum as_type type);
// AS_NULL: of any type. A share of expressions is of the wrong type on purpose.
struct node *gen_expression(struct gen *g, const struct fuzz_scope *scope, enum as_type type,
                            int depth);
struct node *gen_condition(struct gen *g, const struct fuzz_scope *scope, int depth);
// One that is true for most rows.
struct node *gen_mild_condition(struct gen *g, const struct fuzz_scope *scope);
// A value that fits a column: text of bounded length, small integers where `tame`.
struct node *gen_value_for(struct gen *g, const struct fuzz_scope *scope,
                           const struct fuzz_column *column, bool tame, int depth);
// In parentheses unless it is a leaf.
struct node *gen_tight(struct gen *g, struct node *e);

// ---- gen_query.c: what addresses rows -----------------------------------------------------------

// A LIST joined by AND: every key column of `table` pinned to something of `scope`.
struct node *gen_pins(struct gen *g, const struct fuzz_table *table, const char *qualifier,
                      const struct fuzz_scope *scope);
struct node *gen_scalar_subquery(struct gen *g, const struct fuzz_scope *scope, enum as_type type,
                                 int depth);
struct node *gen_exists(struct gen *g, const struct fuzz_scope *scope, int depth);

// ---- gen_trigger.c, gen_views.c -----------------------------------------------------------------

struct node *gen_trigger(struct gen *g, const struct fuzz_table *command, size_t number);
struct node *gen_assertion(struct gen *g, size_t number);
struct node *gen_reader_view(struct gen *g, size_t number);

#endif
