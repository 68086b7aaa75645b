// SPDX-License-Identifier: MIT
#include "gen.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

size_t gen_below(struct gen *g, size_t bound) {
    return (size_t)as_random_below(&g->c->random, bound);
}

bool gen_chance(struct gen *g, unsigned percent) {
    return gen_below(g, 100) < percent;
}

const char *gen_format(struct gen *g, const char *format, ...) {
    char text[256];
    va_list arguments;
    va_start(arguments, format);
    int size = vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    return as_region_text(&g->c->region, text, (size_t)size);
}

// SQL does not care about the case of ASCII letters in names.
const char *gen_any_case(struct gen *g, const char *name) {
    if (!gen_chance(g, 6))
        return name;
    char *other = as_region_text(&g->c->region, name, strlen(name));
    for (char *at = other; *at; at++)
        if ((*at >= 'a' && *at <= 'z') || (*at >= 'A' && *at <= 'Z'))
            *at ^= 0x20;
    return other;
}

// ---- Scopes -------------------------------------------------------------------------------------

void gen_scope_add(struct gen *g, struct fuzz_scope *scope, const char *qualifier,
                   const struct fuzz_table *table) {
    for (size_t i = 0; i < table->count && scope->count < SCOPE_MAX; i++) {
        const struct fuzz_column *column = &table->columns[i];
        bool bare = qualifier[0] == '\0';
        const char *name = gen_any_case(g, column->name);
        const char *text = bare ? name : gen_format(g, "%s.%s", qualifier, name);
        scope->uses[scope->count++] = (struct fuzz_use){text, column->type, column->not_null};
    }
}

static const struct fuzz_use *pick_use(struct gen *g, const struct fuzz_scope *scope,
                                       enum as_type type) {
    for (int attempt = 0; scope->count && attempt < 6; attempt++) {
        const struct fuzz_use *use = &scope->uses[gen_below(g, scope->count)];
        if (use->type == type || type == AS_NULL)
            return use;
    }
    return NULL;
}

// ---- Leaves -------------------------------------------------------------------------------------

static const char *const integers[] = {"0", "1", "2", "3", "4", "5", "7", "10", "100", "0x1F"};
static const char *const odd_integers[] = {"9223372036854775807",
                                           "4611686018427387904",
                                           "9223372036854775808",
                                           "0x7fffffffffffffff",
                                           "0xFFFFFFFFFFFFFFFF",
                                           "2147483648",
                                           "1000000000000",
                                           "-9223372036854775807",
                                           "-1",
                                           "-3",
                                           "-9223372036854775808"};
static const char *const reals[] = {
    "1.5",  "0.1",  "2.0",        ".5",   "3.",   "1e3", "1E-5",   "2.5e2",  "1e300", "0.0",
    "-1.5", "1e18", "123456.789", "1e19", "-0.0", "0.3", "100.25", "1e-320", "9e999"};
static const char *const texts[] = {"''",     "'a'",   "'b'",    "'c'",     "'A'",   "'abc'",
                                    "'12'",   "'1.5'", "' 7 '",  "'-0'",    "'1e3'", "'x''y'",
                                    "'0x10'", "'é'",   "'日本'", "'12abc'", "'.5'",  "'aBc'"};
static const char *const odd_texts[] = {"'9223372036854775807'",
                                        "'9223372036854775808'",
                                        "'-9223372036854775808'",
                                        "'1e400'",
                                        "'+5'",
                                        "'5.'",
                                        "'1e'",
                                        "'--1'",
                                        "'inf'",
                                        "'nan'",
                                        "'1_0'",
                                        "'123456789012345678901234567890'",
                                        "'0.1000000000000000055511151231257827'",
                                        "'1.7976931348623157e308'",
                                        "'ÀÉ𝄞'"};

struct node *gen_literal(struct gen *g, enum as_type type) {
    switch (type) {
    case AS_INTEGER:
        return LEAF(g, NODE_EXPR, "%s",
                    gen_chance(g, 88) ? GEN_PICK(g, integers) : GEN_PICK(g, odd_integers));
    case AS_REAL:
        return LEAF(g, NODE_EXPR, "%s", GEN_PICK(g, reals));
    case AS_TEXT:
        return LEAF(g, NODE_EXPR, "%s",
                    gen_chance(g, 88) ? GEN_PICK(g, texts) : GEN_PICK(g, odd_texts));
    default:
        return LEAF(g, NODE_EXPR, "NULL");
    }
}

static enum as_type any_type(struct gen *g) {
    static const enum as_type types[] = {AS_INTEGER, AS_INTEGER, AS_INTEGER,
                                         AS_TEXT,    AS_TEXT,    AS_REAL};
    return GEN_PICK(g, types);
}

static struct node *leaf(struct gen *g, const struct fuzz_scope *scope, enum as_type type) {
    if (gen_chance(g, 3))
        return gen_literal(g, AS_NULL);
    const struct fuzz_use *use = gen_chance(g, 65) ? pick_use(g, scope, type) : NULL;
    if (use)
        return LEAF(g, NODE_EXPR, "%s", use->text);
    return gen_literal(g, type == AS_NULL ? any_type(g) : type);
}

struct node *gen_tight(struct gen *g, struct node *e) {
    return e->count == 0 ? e : EXPR(g, "(@)", e);
}

// Now and then without parentheses: then precedence, not the tree, says what is meant.
static struct node *wrap(struct gen *g, struct node *e) {
    return gen_chance(g, 75) ? gen_tight(g, e) : e;
}

// ---- Pieces of any type -------------------------------------------------------------------------

struct part {
    struct gen *g;
    const struct fuzz_scope *scope;
    enum as_type type;
    int depth; // of the parts within
};

static struct node *same(const struct part *p) {
    return gen_expression(p->g, p->scope, p->type, p->depth);
}
static struct node *of(const struct part *p, enum as_type type) {
    return gen_expression(p->g, p->scope, type, p->depth);
}
static struct node *condition(const struct part *p) {
    return gen_condition(p->g, p->scope, p->depth);
}

static struct node *searched_case(const struct part *p) {
    struct gen *g = p->g;
    struct node *whens = LIST(g, " ", 1);
    for (size_t i = gen_below(g, 3) + 1; i > 0; i--)
        ADD(g, whens, EXPR(g, "WHEN @ THEN @", condition(p), same(p)));
    return EXPR(g, "CASE @@ END", whens, MAYBE(g, " ELSE @", same(p)));
}

static struct node *simple_case(const struct part *p) {
    struct gen *g = p->g;
    enum as_type type = any_type(g);
    struct node *whens = LIST(g, " ", 1);
    for (size_t i = gen_below(g, 3) + 1; i > 0; i--)
        ADD(g, whens, EXPR(g, "WHEN @ THEN @", of(p, type), same(p)));
    return EXPR(g, "CASE @ @@ END", of(p, type), whens, MAYBE(g, " ELSE @", same(p)));
}

static struct node *call_list(const struct part *p, const char *function, size_t least) {
    struct node *list = LIST(p->g, ", ", least);
    for (size_t i = least + gen_below(p->g, 2); i > 0; i--)
        ADD(p->g, list, same(p));
    return EXPR(p->g, gen_format(p->g, "%s(@)", function), list);
}

static struct node *choice(const struct part *p) {
    struct gen *g = p->g;
    switch (gen_below(g, 8)) {
    case 0:
        return call_list(p, "coalesce", 2);
    case 1:
        return EXPR(g, "ifnull(@, @)", same(p), same(p));
    case 2:
        return EXPR(g, "nullif(@, @)", same(p), same(p));
    case 3:
        return EXPR(g, "iif(@, @, @)", condition(p), same(p), same(p));
    case 4:
        return searched_case(p);
    case 5:
        return simple_case(p);
    case 6:
        return call_list(p, gen_chance(g, 50) ? "max" : "MIN", 2);
    default:
        return p->scope->subqueries ? gen_scalar_subquery(g, p->scope, p->type, p->depth)
                                    : searched_case(p);
    }
}

// ---- By type ------------------------------------------------------------------------------------

// abs() of the smallest integer is an error, and SQLite's planner is free in when to see it.
static struct node *safe_abs(const struct part *p, enum as_type type) {
    struct gen *g = p->g;
    if (type == AS_REAL)
        return EXPR(g, "abs(@ * 1.0)", gen_tight(g, of(p, type)));
    return EXPR(g, "abs(@ % 1000)", gen_tight(g, of(p, type)));
}

static struct node *integer_function(const struct part *p) {
    struct gen *g = p->g;
    static const char *const types[] = {"INTEGER", "INT", "NUMERIC", "integer"};
    switch (gen_below(g, 5)) {
    case 0:
        return safe_abs(p, AS_INTEGER);
    case 1:
        return EXPR(g, "length(@)", of(p, gen_chance(g, 80) ? AS_TEXT : AS_NULL));
    case 2:
        return EXPR(g, gen_format(g, "CAST(@ AS %s)", GEN_PICK(g, types)), of(p, AS_NULL));
    case 3:
        return EXPR(g, gen_chance(g, 50) ? "- @" : "+ @", wrap(g, same(p)));
    default:
        return EXPR(g, "~ @", wrap(g, same(p)));
    }
}

static struct node *integer_expression(const struct part *p) {
    static const char *const operators[] = {"@ + @", "@ - @", "@ * @",  "@ / @",  "@ % @",
                                            "@ & @", "@ | @", "@ << @", "@ >> @", "@+@"};
    struct gen *g = p->g;
    switch (gen_below(g, 10)) {
    case 0:
    case 1:
    case 2:
    case 3:
        return EXPR(g, GEN_PICK(g, operators), wrap(g, same(p)), wrap(g, same(p)));
    case 4:
    case 5:
        return integer_function(p);
    case 6:
        return condition(p);
    default:
        return choice(p);
    }
}

static struct node *real_expression(const struct part *p) {
    static const char *const operators[] = {"@ + @", "@ - @", "@ * @", "@ / @", "@ % @"};
    struct gen *g = p->g;
    switch (gen_below(g, 8)) {
    case 0:
    case 1:
    case 2:
        return EXPR(g, GEN_PICK(g, operators), wrap(g, same(p)), wrap(g, of(p, AS_INTEGER)));
    case 3:
        return EXPR(g, "CAST(@ AS REAL)", of(p, AS_NULL));
    case 4:
        return safe_abs(p, AS_REAL);
    case 5:
        return EXPR(g, "- @", wrap(g, same(p)));
    default:
        return choice(p);
    }
}

static struct node *substring(const struct part *p) {
    struct gen *g = p->g;
    const char *name = gen_chance(g, 70) ? "substr" : "substring";
    if (gen_chance(g, 30))
        return EXPR(g, gen_format(g, "%s(@, @)", name), same(p), of(p, AS_INTEGER));
    return EXPR(g, gen_format(g, "%s(@, @, @)", name), same(p), of(p, AS_INTEGER),
                of(p, AS_INTEGER));
}

static struct node *text_expression(const struct part *p) {
    struct gen *g = p->g;
    switch (gen_below(g, 9)) {
    case 0:
    case 1:
        return EXPR(g, "@ || @", wrap(g, same(p)), wrap(g, same(p)));
    case 2:
        return EXPR(g, "@ || @", wrap(g, same(p)), wrap(g, of(p, AS_NULL)));
    case 3:
        return EXPR(g, "lower(@)", same(p));
    case 4:
        return EXPR(g, "upper(@)", same(p));
    case 5:
        return substring(p);
    case 6:
        return EXPR(g, "CAST(@ AS TEXT)", of(p, AS_NULL));
    default:
        return choice(p);
    }
}

struct node *gen_expression(struct gen *g, const struct fuzz_scope *scope, enum as_type type,
                            int depth) {
    if (type == AS_NULL || gen_chance(g, 4))
        type = any_type(g);
    if (depth <= 0 || gen_chance(g, 25))
        return leaf(g, scope, type);
    struct part p = {g, scope, type, depth - 1};
    if (type == AS_TEXT)
        return text_expression(&p);
    return type == AS_REAL ? real_expression(&p) : integer_expression(&p);
}

// ---- Conditions ---------------------------------------------------------------------------------

static struct node *comparison(const struct part *p) {
    static const char *const operators[] = {"@ = @",
                                            "@ == @",
                                            "@ <> @",
                                            "@ != @",
                                            "@ < @",
                                            "@ <= @",
                                            "@ > @",
                                            "@ >= @",
                                            "@ IS @",
                                            "@ IS NOT @",
                                            "@ IS DISTINCT FROM @",
                                            "@ IS NOT DISTINCT FROM @"};
    struct gen *g = p->g;
    enum as_type type = any_type(g);
    enum as_type other = gen_chance(g, 85) ? type : any_type(g);
    return EXPR(g, GEN_PICK(g, operators), wrap(g, of(p, type)), wrap(g, of(p, other)));
}

static struct node *in_list(const struct part *p) {
    struct gen *g = p->g;
    enum as_type type = any_type(g);
    struct node *list = LIST(g, ", ", 0);
    for (size_t i = gen_chance(g, 3) ? 0 : gen_below(g, 4) + 1; i > 0; i--)
        ADD(g, list, of(p, gen_chance(g, 90) ? type : AS_NULL));
    return EXPR(g, gen_chance(g, 70) ? "@ IN (@)" : "@ NOT IN (@)", wrap(g, of(p, type)), list);
}

static struct node *match(const struct part *p) {
    static const char *const like[] = {"'%a%'", "'_'",  "'A%'", "'%'",   "''",
                                       "'a_c'", "'%2'", "'é'",  "'_%b_'"};
    static const char *const glob[] = {"'*a*'",   "'?'",     "'[a-c]*'", "'*'",
                                       "'[^a]*'", "'a[]b]'", "'*[0-9]'", "'é'"};
    struct gen *g = p->g;
    bool is_like = gen_chance(g, 60);
    struct node *pattern = gen_chance(g, 85) ? LEAF(g, NODE_EXPR, "%s",
                                                    is_like ? GEN_PICK(g, like) : GEN_PICK(g, glob))
                                             : wrap(g, of(p, AS_TEXT));
    static const char *const forms[] = {"@ GLOB @", "@ NOT GLOB @", "@ LIKE @", "@ NOT LIKE @"};
    return EXPR(g, forms[2 * is_like + gen_chance(g, 20)],
                wrap(g, of(p, gen_chance(g, 85) ? AS_TEXT : AS_NULL)), pattern);
}

static struct node *null_test(const struct part *p) {
    static const char *const forms[] = {"@ ISNULL",       "@ NOTNULL",     "@ NOT NULL",
                                        "@ IS NULL",      "@ IS NOT NULL", "@ IS TRUE",
                                        "@ IS NOT FALSE", "@ IS FALSE",    "@ IS NOT TRUE"};
    struct gen *g = p->g;
    return EXPR(g, GEN_PICK(g, forms), wrap(g, of(p, AS_NULL)));
}

static struct node *between(const struct part *p) {
    struct gen *g = p->g;
    enum as_type type = any_type(g);
    return EXPR(g, gen_chance(g, 70) ? "@ BETWEEN @ AND @" : "@ NOT BETWEEN @ AND @",
                wrap(g, of(p, type)), gen_tight(g, of(p, type)), gen_tight(g, of(p, type)));
}

static struct node *logic(const struct part *p) {
    struct gen *g = p->g;
    switch (gen_below(g, 3)) {
    case 0:
        return EXPR(g, "@ AND @", wrap(g, condition(p)), wrap(g, condition(p)));
    case 1:
        return EXPR(g, "@ OR @", wrap(g, condition(p)), wrap(g, condition(p)));
    default:
        return EXPR(g, "NOT @", wrap(g, condition(p)));
    }
}

struct node *gen_condition(struct gen *g, const struct fuzz_scope *scope, int depth) {
    struct part p = {g, scope, AS_INTEGER, depth - 1};
    switch (gen_below(g, depth > 0 ? 14 : 7)) {
    case 0:
    case 1:
    case 2:
    case 3:
        return comparison(&p);
    case 4:
        return null_test(&p);
    case 5:
        return match(&p);
    case 6:
        return gen_chance(g, 20) ? LEAF(g, NODE_EXPR, "%s", gen_chance(g, 50) ? "TRUE" : "FALSE")
                                 : comparison(&p);
    case 7:
    case 8:
        return in_list(&p);
    case 9:
        return between(&p);
    case 10:
    case 11:
    case 12:
        return logic(&p);
    default:
        return scope->subqueries ? gen_exists(g, scope, depth - 1)
                                 : wrap(g, gen_expression(g, scope, AS_NULL, depth - 1));
    }
}

static struct node *mild_comparison(struct gen *g, const struct fuzz_use *use) {
    static const char *const integer[] = {
        "%s >= -3",         "%s < 100",   "%s <> 2",   "%s BETWEEN -1 AND 1000",
        "%s NOT IN (3, 9)", "%s > -9e18", "%s + 1 > 0"};
    static const char *const text[] = {
        "%s <> 'b'",          "length(%s) < 6",       "%s NOT LIKE '%%z%%'",    "%s < 'zz'",
        "lower(%s) <> 'abc'", "%s NOT GLOB '*[0-9]'", "substr(%s, 1, 1) <> 'A'"};
    static const char *const real[] = {"%s < 1e15", "%s > -100", "%s <> 2.5"};
    const char *format = use->type == AS_TEXT   ? GEN_PICK(g, text)
                         : use->type == AS_REAL ? GEN_PICK(g, real)
                                                : GEN_PICK(g, integer);
    char name[128];
    snprintf(name, sizeof name, "%s", use->text);
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
    return LEAF(g, NODE_EXPR, format, name);
#pragma GCC diagnostic pop
}

struct node *gen_mild_condition(struct gen *g, const struct fuzz_scope *scope) {
    const struct fuzz_use *use = pick_use(g, scope, any_type(g));
    if (use && gen_chance(g, 65))
        return mild_comparison(g, use);
    return EXPR(g, "@ OR @ OR @", gen_tight(g, gen_condition(g, scope, 2)),
                gen_tight(g, gen_condition(g, scope, 1)), gen_tight(g, gen_condition(g, scope, 2)));
}

// ---- Values to store ----------------------------------------------------------------------------

static bool may_grow(const struct node *e) {
    if (e->kind != NODE_LIST && (strstr(e->text, "||") || strstr(e->text, "CAST")))
        return true;
    for (size_t i = 0; i < e->count; i++)
        if (may_grow(e->kids[i]))
            return true;
    return false;
}

// Text that is stored again and again must not double each time.
static struct node *bounded_text(struct gen *g, struct node *e) {
    return may_grow(e) ? EXPR(g, "substr(@, 1, 40)", e) : e;
}

struct node *gen_value_for(struct gen *g, const struct fuzz_scope *scope,
                           const struct fuzz_column *column, bool tame, int depth) {
    const struct fuzz_use *use = pick_use(g, scope, column->type);
    if (use && use->type == column->type && gen_chance(g, 30))
        return LEAF(g, NODE_EXPR, "%s", use->text);
    struct node *e = gen_expression(g, scope, column->type, depth);
    if (column->type == AS_TEXT)
        e = bounded_text(g, e);
    else if (tame && column->type == AS_INTEGER)
        e = EXPR(g, "@ % 1000", gen_tight(g, e));
    if (tame && column->not_null)
        e = EXPR(g, "coalesce(@, @)", e, gen_literal(g, column->type));
    return e;
}
