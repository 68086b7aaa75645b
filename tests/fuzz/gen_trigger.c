// SPDX-License-Identifier: MIT
#include "gen.h"

#include <string.h>

struct body {
    const struct fuzz_table *command;
    struct fuzz_scope scope; // NEW's columns
    unsigned risk;           // percent of statements that may well fail
};

static const struct fuzz_table *pick_aggregate(struct gen *g) {
    return &g->c->aggregates[gen_below(g, g->c->aggregate_count)];
}

static bool is_key(const struct fuzz_table *t, size_t column) {
    for (size_t i = 0; i < t->key_count; i++)
        if (t->key[i] == column)
            return true;
    return false;
}

// A row of an aggregate is in scope under its own name and bare.
static struct fuzz_scope row_scope(struct gen *g, const struct body *b,
                                   const struct fuzz_table *t) {
    struct fuzz_scope scope = b->scope;
    gen_scope_add(g, &scope, t->name, t);
    gen_scope_add(g, &scope, "", t);
    return scope;
}

// ---- RAISE --------------------------------------------------------------------------------------

static struct node *raise_leaf(struct gen *g) {
    static const char *const forms[] = {"RAISE(ABORT, 'r%u')", "raise(abort,'reason %u')",
                                        "RAISE(ABORT, 'it''s %u')", "RAISE(ABORT, 'é%u')"};
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
    return LEAF(g, NODE_EXPR, GEN_PICK(g, forms), ++g->raises);
#pragma GCC diagnostic pop
}

// True for few rows, unless the statement is to be risky.
static struct node *guard_condition(struct gen *g, const struct body *b,
                                    const struct fuzz_scope *scope) {
    if (gen_chance(g, b->risk))
        return gen_condition(g, scope, 3);
    return EXPR(g, "NOT (@)", gen_mild_condition(g, scope));
}

static struct node *raising_expression(struct gen *g, const struct body *b,
                                       const struct fuzz_scope *scope) {
    struct node *raise = raise_leaf(g);
    switch (gen_below(g, 5)) {
    case 0:
        return EXPR(g, "CASE WHEN @ THEN @ END", guard_condition(g, b, scope), raise);
    case 1:
        return EXPR(g, "CASE WHEN @ THEN @ ELSE @ END", gen_mild_condition(g, scope),
                    gen_expression(g, scope, AS_NULL, 1), raise);
    case 2:
        return EXPR(g, "iif(@, @, @)", guard_condition(g, b, scope), raise,
                    gen_expression(g, scope, AS_NULL, 1));
    case 3:
        return EXPR(g, "coalesce(nullif(@, 1), @)", gen_tight(g, guard_condition(g, b, scope)),
                    raise);
    default:
        return EXPR(g, "ifnull(@, @)", gen_expression(g, scope, AS_NULL, 1), raise);
    }
}

// ---- SELECT -------------------------------------------------------------------------------------

// FROM with one or two tables, each pinned to what stands before it.
static struct node *pinned_from(struct gen *g, struct fuzz_scope *scope, struct node *where) {
    struct node *from = LIST(g, ", ", 1);
    for (size_t i = gen_below(g, 3) / 2 + 1; i > 0; i--) {
        const struct fuzz_table *t = pick_aggregate(g);
        const char *alias = gen_format(g, "f%u", ++g->aliases);
        ADD(g, from, LEAF(g, NODE_FORM, "%s %s%s", t->name, gen_chance(g, 50) ? "AS " : "", alias));
        ADD(g, where, gen_pins(g, t, alias, scope));
        gen_scope_add(g, scope, alias, t);
    }
    return from;
}

static struct node *guard_from(struct gen *g, const struct body *b, struct fuzz_scope *scope) {
    struct node *where = LIST(g, " AND ", 1);
    struct node *from = pinned_from(g, scope, where);
    if (gen_chance(g, 30)) {
        struct node *e = raising_expression(g, b, scope);
        return FORM(g, "SELECT @ FROM @ WHERE @;", e, from, where);
    }
    ADD(g, where, gen_tight(g, guard_condition(g, b, scope)));
    return FORM(g, "SELECT @ FROM @ WHERE @;", raise_leaf(g), from, where);
}

static struct node *guard(struct gen *g, const struct body *b) {
    struct fuzz_scope scope = b->scope;
    if (gen_chance(g, 45))
        return guard_from(g, b, &scope);
    if (gen_chance(g, 40))
        return FORM(g, "SELECT @;", raising_expression(g, b, &scope));
    return FORM(g, "SELECT @ WHERE @;", raise_leaf(g), guard_condition(g, b, &scope));
}

// A value that fails for the smallest of integers: the only one of its statement that can.
static struct node *failing_value(struct gen *g, const struct body *b) {
    const struct fuzz_use *use = &b->scope.uses[gen_below(g, b->scope.count)];
    return EXPR(g, "abs(@)", LEAF(g, NODE_EXPR, "%s", use->text));
}

// Errors in the open: outside of WHERE and without a second error beside it, so that SQLite's
// planner has no say in which is seen.
static struct node *failing_select(struct gen *g, const struct body *b) {
    static const char *const forms[] = {
        "SELECT abs(-9223372036854775807 - 1 - (@ <> 1));",
        "SELECT CASE WHEN @ = 2 THEN abs(-9223372036854775808) END;",
    };
    const struct fuzz_use *use = &b->scope.uses[gen_below(g, b->scope.count)];
    return FORM(g, forms[gen_below(g, 2)], LEAF(g, NODE_EXPR, "%s", use->text));
}

static struct node *failing_update(struct gen *g, const struct body *b) {
    const struct fuzz_table *t = pick_aggregate(g);
    size_t column = gen_below(g, t->count);
    if (is_key(t, column))
        return failing_select(g, b);
    struct node *pins = gen_pins(g, t, "", &b->scope);
    return FORM(g, "UPDATE @ SET @ = @ WHERE @;", LEAF(g, NODE_FORM, "%s", t->name),
                LEAF(g, NODE_FORM, "%s", t->columns[column].name), failing_value(g, b), pins);
}

static struct node *idle_select(struct gen *g, const struct body *b) {
    if (gen_chance(g, b->risk / 2))
        return failing_select(g, b);
    if (gen_chance(g, 30))
        return failing_update(g, b);
    return FORM(g, "SELECT @, @;", gen_expression(g, &b->scope, AS_NULL, 2),
                gen_condition(g, &b->scope, 2));
}

// ---- UPDATE and DELETE --------------------------------------------------------------------------

static struct node *set_value(struct gen *g, const struct body *b, const struct fuzz_scope *scope,
                              const struct fuzz_column *column) {
    bool tame = column->bounded || !gen_chance(g, b->risk);
    struct node *value = gen_value_for(g, scope, column, tame, 2);
    if (gen_chance(g, 5))
        value = EXPR(g, "CASE WHEN @ THEN @ ELSE @ END", guard_condition(g, b, scope),
                     raise_leaf(g), value);
    return value;
}

// A column of integers moved a little, and stored where it is or in a column of any other type.
static struct node *step_value(struct gen *g, const struct fuzz_table *t, size_t column) {
    const struct fuzz_column *from = &t->columns[column];
    if (gen_chance(g, 30))
        from = &t->columns[gen_below(g, t->count)];
    if (from->type == AS_TEXT)
        return LEAF(g, NODE_EXPR, "substr(%s || 'x', 2)", from->name);
    return LEAF(g, NODE_EXPR, "%s %c %d", from->name, gen_chance(g, 50) ? '+' : '-',
                (int)gen_below(g, 4));
}

// NULL where the table has nothing but its key.
static struct node *set_list(struct gen *g, const struct body *b, const struct fuzz_table *t,
                             const struct fuzz_scope *scope) {
    struct node *sets = LIST(g, ", ", 1);
    size_t start = gen_below(g, t->count), wanted = gen_below(g, 3) + 1;
    for (size_t k = 0; k < t->count && sets->count < wanted; k++) {
        size_t i = (start + k) % t->count;
        if (is_key(t, i))
            continue;
        const struct fuzz_column *column = &t->columns[i];
        struct node *value =
            gen_chance(g, 35) ? step_value(g, t, i) : set_value(g, b, scope, column);
        ADD(g, sets,
            FORM(g, gen_chance(g, 80) ? "@ = @" : "@=@", LEAF(g, NODE_FORM, "%s", column->name),
                 value));
    }
    return sets->count ? sets : NULL;
}

static struct node *where_row(struct gen *g, const struct body *b, const struct fuzz_table *t,
                              const struct fuzz_scope *scope) {
    struct node *where = gen_pins(g, t, gen_chance(g, 30) ? t->name : "", &b->scope);
    if (gen_chance(g, 30))
        ADD(g, where, gen_tight(g, gen_condition(g, scope, 2)));
    return where;
}

static struct node *delete_statement(struct gen *g, const struct body *b) {
    const struct fuzz_table *t = pick_aggregate(g);
    if (!t->deletable)
        return guard(g, b);
    struct fuzz_scope scope = row_scope(g, b, t);
    return FORM(g, "DELETE FROM @ WHERE @;", LEAF(g, NODE_FORM, "%s", t->name),
                where_row(g, b, t, &scope));
}

static struct node *update_statement(struct gen *g, const struct body *b) {
    const struct fuzz_table *t = pick_aggregate(g);
    struct fuzz_scope scope = row_scope(g, b, t);
    struct node *sets = set_list(g, b, t, &scope);
    if (!sets)
        return delete_statement(g, b);
    return FORM(g, "UPDATE @ SET @ WHERE @;", LEAF(g, NODE_FORM, "%s", t->name), sets,
                where_row(g, b, t, &scope));
}

// ---- INSERT -------------------------------------------------------------------------------------

// A rowid must be given and can't be NULL: SQLite would invent one.
static struct node *rowid_value(struct gen *g, const struct fuzz_scope *scope) {
    if (gen_chance(g, 4))
        return EXPR(g, "CASE WHEN @ THEN @ ELSE 2 END", gen_condition(g, scope, 1), raise_leaf(g));
    for (int attempt = 0; attempt < 8; attempt++) {
        const struct fuzz_use *use = &scope->uses[gen_below(g, scope->count)];
        if (use->type == AS_INTEGER && use->not_null && strncmp(use->text, "NEW.", 4) == 0)
            return LEAF(g, NODE_EXPR, "%s", use->text);
    }
    if (gen_chance(g, 30))
        return LEAF(g, NODE_EXPR, "%d", (int)gen_below(g, 6));
    return EXPR(g, "coalesce(@, @)", gen_expression(g, scope, AS_INTEGER, 1),
                LEAF(g, NODE_EXPR, "%d", (int)gen_below(g, 6)));
}

static struct node *insert_value(struct gen *g, const struct body *b,
                                 const struct fuzz_scope *scope, const struct fuzz_table *t,
                                 size_t column) {
    const struct fuzz_column *c = &t->columns[column];
    if (is_key(t, column) && t->rowid_alias)
        return rowid_value(g, scope);
    if (is_key(t, column))
        return gen_value_for(g, scope, c, gen_chance(g, 80), gen_chance(g, 80) ? 0 : 2);
    struct node *value = gen_value_for(g, scope, c, c->bounded || !gen_chance(g, b->risk), 2);
    if (gen_chance(g, 6))
        value = EXPR(g, "CASE WHEN @ THEN @ ELSE @ END", guard_condition(g, b, scope),
                     raise_leaf(g), value);
    return value;
}

// Which columns an INSERT names: all of them (no list), or the key and some others.
static size_t pick_columns(struct gen *g, const struct body *b, const struct fuzz_table *t,
                           size_t *columns, struct node *names) {
    size_t count = 0;
    bool all = gen_chance(g, 50);
    for (size_t i = 0; i < t->count; i++) {
        bool needed = is_key(t, i) || (t->columns[i].not_null && !gen_chance(g, b->risk / 4));
        if (all || needed || gen_chance(g, 60))
            columns[count++] = i;
    }
    for (size_t i = count; !all && i > 1; i--) { // shuffled
        size_t j = gen_below(g, i), kept = columns[j];
        columns[j] = columns[i - 1];
        columns[i - 1] = kept;
    }
    for (size_t i = 0; i < count; i++)
        ADD(g, names, LEAF(g, NODE_FORM, "%s", t->columns[columns[i]].name));
    return all ? 0 : count;
}

static struct node *value_row(struct gen *g, const struct body *b, const struct fuzz_scope *scope,
                              const struct fuzz_table *t, const size_t *columns, size_t count) {
    struct node *row = LIST(g, ", ", count ? count : t->count);
    for (size_t i = 0; i < (count ? count : t->count); i++)
        ADD(g, row, insert_value(g, b, scope, t, count ? columns[i] : i));
    return row;
}

static struct node *insert_rows(struct gen *g, const struct body *b, const struct fuzz_table *t,
                                const size_t *columns, size_t count) {
    if (gen_chance(g, 65)) {
        struct node *rows = LIST(g, ", ", 1);
        for (size_t i = gen_chance(g, 85) ? 1 : gen_below(g, 3) + 1; i > 0; i--)
            ADD(g, rows, FORM(g, "(@)", value_row(g, b, &b->scope, t, columns, count)));
        return FORM(g, "VALUES @", rows);
    }
    struct fuzz_scope scope = b->scope;
    struct node *where = LIST(g, " AND ", 1);
    if (gen_chance(g, 50)) {
        struct node *condition = gen_tight(g, gen_mild_condition(g, &scope));
        return FORM(g, "SELECT @@", value_row(g, b, &scope, t, columns, count),
                    MAYBE(g, " WHERE @", condition));
    }
    struct node *from = pinned_from(g, &scope, where);
    if (gen_chance(g, 40))
        ADD(g, where, gen_tight(g, gen_condition(g, &scope, 2)));
    return FORM(g, "SELECT @ FROM @ WHERE @", value_row(g, b, &scope, t, columns, count), from,
                where);
}

static struct node *conflict_target(struct gen *g, const struct fuzz_table *t) {
    struct node *names = LIST(g, ", ", 1);
    if (t->unique_count == 0 || gen_chance(g, 65)) {
        size_t shift = gen_below(g, t->key_count);
        for (size_t i = 0; i < t->key_count; i++)
            ADD(g, names,
                LEAF(g, NODE_FORM, "%s", t->columns[t->key[(i + shift) % t->key_count]].name));
        return names;
    }
    const size_t *pair = t->unique[gen_below(g, t->unique_count)];
    ADD(g, names, LEAF(g, NODE_FORM, "%s", t->columns[pair[0]].name));
    if (pair[1] != pair[0])
        ADD(g, names, LEAF(g, NODE_FORM, "%s", t->columns[pair[1]].name));
    return names;
}

static struct node *upsert(struct gen *g, const struct body *b, const struct fuzz_table *t) {
    if (gen_chance(g, 25))
        return LEAF(g, NODE_MAYBE, " ON CONFLICT DO NOTHING");
    if (gen_chance(g, 25))
        return MAYBE(g, " ON CONFLICT (@) DO NOTHING", conflict_target(g, t));
    struct fuzz_scope scope = row_scope(g, b, t);
    gen_scope_add(g, &scope, "excluded", t);
    struct node *sets = set_list(g, b, t, &scope);
    if (!sets)
        return LEAF(g, NODE_MAYBE, " ON CONFLICT DO NOTHING");
    struct node *where = MAYBE(g, " WHERE @", gen_condition(g, &scope, 2));
    where->gone = gen_chance(g, 60);
    return MAYBE(g, " ON CONFLICT (@) DO UPDATE SET @@", conflict_target(g, t), sets, where);
}

static struct node *insert_statement(struct gen *g, const struct body *b) {
    const struct fuzz_table *t = pick_aggregate(g);
    size_t columns[FUZZ_COLUMNS_MAX];
    struct node *names = LIST(g, ", ", 1);
    size_t count = pick_columns(g, b, t, columns, names);
    struct node *list = count ? FORM(g, " (@)", names) : LEAF(g, NODE_FORM, "%s", "");
    struct node *rows = insert_rows(g, b, t, columns, count);
    bool plain = gen_chance(g, b->risk < 50 ? 25 : 60);
    struct node *clause = plain ? LEAF(g, NODE_FORM, "%s", "") : upsert(g, b, t);
    return FORM(g, "INSERT INTO @@ @@;", LEAF(g, NODE_FORM, "%s", t->name), list, rows, clause);
}

// ---- The trigger --------------------------------------------------------------------------------

static struct node *statement(struct gen *g, const struct body *b) {
    size_t way = gen_below(g, 100);
    if (way < 36)
        return insert_statement(g, b);
    if (way < 66)
        return update_statement(g, b);
    if (way < 76)
        return delete_statement(g, b);
    return way < 96 ? guard(g, b) : idle_select(g, b);
}

static size_t pick_length(struct gen *g) {
    static const size_t ceilings[] = {1, 2, 3, 3, 5, 5, 10, 25};
    return gen_below(g, GEN_PICK(g, ceilings)) + 1;
}

struct node *gen_trigger(struct gen *g, const struct fuzz_table *command, size_t number) {
    struct body b = {.command = command, .scope = {.subqueries = true}};
    gen_scope_add(g, &b.scope, "NEW", command);
    size_t length = pick_length(g);
    b.risk = (unsigned)(50 / length);
    struct node *statements = LIST(g, "\n  ", 1);
    for (size_t i = 0; i < length; i++) {
        if (gen_chance(g, 4))
            ADD(g, statements, LEAF(g, NODE_MAYBE, "%s", "/* END; ' */ -- \";"));
        ADD(g, statements, statement(g, &b));
    }
    struct node *when = MAYBE(g, " WHEN @", gen_mild_condition(g, &b.scope));
    when->gone = gen_chance(g, 85);
    struct node *each = LEAF(g, NODE_MAYBE, " FOR EACH ROW");
    return FORM(g, "CREATE TRIGGER @ AFTER INSERT ON @@@ BEGIN\n  @\nEND;",
                LEAF(g, NODE_FORM, "apply%zu", number),
                LEAF(g, NODE_FORM, "%s", gen_any_case(g, command->name)), each, when, statements);
}
