// SPDX-License-Identifier: MIT
#include "gen.h"

// ---- Names and types ----------------------------------------------------------------------------

// Columns are called a, b, c … in every table, now and then in need of quotes.
static const char *column_name(struct gen *g, size_t i) {
    static const char *const odd[] = {"\"Order\"", "[the one]", "`group`", "Mixed_Case", "été"};
    if (i < sizeof odd / sizeof *odd && gen_chance(g, 4))
        return odd[i];
    return gen_format(g, "%c", (char)('a' + i));
}

static enum as_type column_type(struct gen *g, unsigned reals) {
    size_t way = gen_below(g, 100);
    if (way < reals)
        return AS_REAL;
    return way < 58 ? AS_INTEGER : AS_TEXT;
}

static const char *type_name(struct gen *g, enum as_type type) {
    static const char *const integers[] = {"INTEGER", "INT", "integer", "INTEGER"};
    if (type == AS_INTEGER)
        return GEN_PICK(g, integers);
    return type == AS_REAL ? "REAL" : gen_chance(g, 80) ? "TEXT" : "text";
}

// ---- Column constraints -------------------------------------------------------------------------

static struct node *named(struct gen *g, const char *prefix, struct node *constraint) {
    if (!gen_chance(g, 50))
        return MAYBE(g, "@", constraint);
    const char *name = gen_format(g, "CONSTRAINT %s%u @", prefix, ++g->aliases);
    return MAYBE(g, name, constraint);
}

static struct node *default_value(struct gen *g, const struct fuzz_column *c) {
    switch (gen_below(g, 5)) {
    case 0:
        return LEAF(g, NODE_MAYBE, "DEFAULT NULL");
    case 1:
        return LEAF(g, NODE_MAYBE, "DEFAULT %c7", gen_chance(g, 50) ? '-' : '+');
    case 2:
        return MAYBE(g, "DEFAULT (@ + 1)", gen_literal(g, AS_INTEGER));
    default:
        return MAYBE(g, "DEFAULT (@)", gen_literal(g, c->type));
    }
}

static struct node *column_check(struct gen *g, const struct fuzz_column *c) {
    if (c->bounded)
        return named(g, "bound", LEAF(g, NODE_FORM, "CHECK (%s BETWEEN -1000 AND 1000)", c->name));
    struct fuzz_scope scope = {.count = 1, .uses = {{c->name, c->type, c->not_null}}};
    return named(g, "chk", FORM(g, "CHECK (@)", gen_mild_condition(g, &scope)));
}

// What a column says about itself, in any order.
static struct node *column_constraints(struct gen *g, const struct fuzz_column *c,
                                       struct node *key) {
    struct node *list = LIST(g, " ", 0);
    struct node *check = c->bounded || gen_chance(g, 22) ? column_check(g, c) : NULL;
    bool late = gen_chance(g, 40);
    if (key)
        ADD(g, list, key);
    if (check && !late)
        ADD(g, list, check);
    if (c->not_null)
        ADD(g, list, named(g, "nn", LEAF(g, NODE_FORM, "NOT NULL")));
    if (!key && gen_chance(g, 18))
        ADD(g, list, default_value(g, c));
    if (check && late)
        ADD(g, list, check);
    return list;
}

static void define_column(struct gen *g, struct fuzz_column *c, struct node *key,
                          struct node *more) {
    struct node *constraints = column_constraints(g, c, key);
    if (more)
        ADD(g, constraints, more);
    c->node = FORM(g, "@ @ @", LEAF(g, NODE_FORM, "%s", c->name),
                   LEAF(g, NODE_FORM, "%s", type_name(g, c->type)), constraints);
}

static struct node *table_check(struct gen *g, const struct fuzz_table *t) {
    struct fuzz_scope scope = {.count = 0};
    gen_scope_add(g, &scope, "", t);
    if (gen_chance(g, 20))
        gen_scope_add(g, &scope, t->name, t);
    return named(g, "tab", FORM(g, "CHECK (@)", gen_mild_condition(g, &scope)));
}

// ---- Aggregates ---------------------------------------------------------------------------------

static void name_table(struct gen *g, struct fuzz_table *t, const char *stem, size_t number) {
    t->bare = gen_format(g, "%s%zu", stem, number);
    t->name = gen_chance(g, 92) ? t->bare : gen_format(g, "\"%s\"", t->bare);
}

static void pick_key(struct gen *g, struct fuzz_table *t) {
    static const size_t counts[] = {1, 1, 1, 1, 1, 1, 1, 2, 2, 3};
    t->key_count = GEN_PICK(g, counts);
    size_t start = gen_chance(g, 75) ? 0 : gen_below(g, t->count);
    if (t->key_count > t->count)
        t->key_count = t->count;
    bool reversed = t->key_count > 1 && gen_chance(g, 25);
    for (size_t i = 0; i < t->key_count; i++) {
        size_t at = (start + i) % t->count;
        t->key[reversed ? t->key_count - 1 - i : i] = at;
        t->columns[at].type = gen_chance(g, 50) ? AS_INTEGER : AS_TEXT;
        t->columns[at].bounded = false;
        t->columns[at].not_null = gen_chance(g, 25);
    }
}

static void pick_columns(struct gen *g, struct fuzz_table *t, size_t count, unsigned not_null) {
    t->count = count;
    for (size_t i = 0; i < count; i++) {
        struct fuzz_column *c = &t->columns[i];
        c->name = column_name(g, i);
        c->type = column_type(g, 10);
        c->not_null = gen_chance(g, not_null);
    }
}

static struct node *name_list(struct gen *g, const struct fuzz_table *t, const size_t *columns,
                              size_t count) {
    struct node *names = LIST(g, ", ", 1);
    for (size_t i = 0; i < count; i++)
        ADD(g, names, LEAF(g, NODE_FORM, "%s", t->columns[columns[i]].name));
    return names;
}

static void add_unique(struct gen *g, struct fuzz_table *t, struct node *constraints) {
    size_t *pair = t->unique[t->unique_count++];
    pair[0] = gen_below(g, t->count);
    pair[1] = gen_chance(g, 50) ? pair[0] : gen_below(g, t->count);
    struct node *names = name_list(g, t, pair, pair[0] == pair[1] ? 1 : 2);
    ADD(g, constraints, named(g, "uq", FORM(g, "UNIQUE (@)", names)));
}

static void define_aggregate(struct gen *g, struct fuzz_table *t, bool without_rowid) {
    struct node *columns = LIST(g, ",\n  ", 1);
    bool inline_key = t->key_count == 1 && gen_chance(g, 65);
    for (size_t i = 0; i < t->count; i++) {
        bool is_key = inline_key && i == t->key[0];
        struct node *key = is_key ? LEAF(g, NODE_MAYBE, "PRIMARY KEY") : NULL;
        struct node *unique = NULL;
        if (!key && t->unique_count < 2 && gen_chance(g, 6)) {
            t->unique[t->unique_count][0] = t->unique[t->unique_count][1] = i;
            t->unique_count++;
            unique = named(g, "u", LEAF(g, NODE_FORM, "UNIQUE"));
        }
        define_column(g, &t->columns[i], key, unique);
        ADD(g, columns, t->columns[i].node);
    }
    if (t->unique_count < 2 && gen_chance(g, 12))
        add_unique(g, t, columns);
    if (!inline_key)
        ADD(g, columns, FORM(g, "PRIMARY KEY (@)", name_list(g, t, t->key, t->key_count)));
    if (t->unique_count < 3 && gen_chance(g, 12))
        add_unique(g, t, columns);
    for (size_t i = gen_below(g, 3) / 2; i > 0; i--)
        ADD(g, columns, table_check(g, t));
    const char *options = !without_rowid      ? "STRICT"
                          : gen_chance(g, 70) ? "STRICT, WITHOUT ROWID"
                                              : "WITHOUT ROWID, STRICT";
    t->node = FORM(g, "CREATE TABLE @ (\n  @\n) @;", LEAF(g, NODE_FORM, "%s", t->name), columns,
                   LEAF(g, NODE_FORM, "%s", options));
}

// INTEGER PRIMARY KEY, spelled just so, of a rowid table is the rowid. INT is not.
static void find_rowid_alias(struct fuzz_table *t, bool without_rowid) {
    const struct node *type = t->columns[t->key[0]].node->kids[1];
    bool integer = type->text[3] == 'E' || type->text[3] == 'e';
    t->rowid_alias =
        !without_rowid && t->key_count == 1 && integer && t->columns[t->key[0]].type == AS_INTEGER;
}

static void make_aggregate(struct gen *g, size_t number) {
    struct fuzz_table *t = &g->c->aggregates[number];
    name_table(g, t, "t", number);
    pick_columns(g, t, gen_below(g, 5) + 1 + gen_chance(g, 80), 30);
    for (size_t i = 0; i < t->count; i++)
        t->columns[i].bounded = t->columns[i].type == AS_INTEGER && gen_chance(g, 50);
    pick_key(g, t);
    t->deletable = gen_chance(g, 50);
    bool without_rowid = gen_chance(g, 50);
    define_aggregate(g, t, without_rowid);
    find_rowid_alias(t, without_rowid);
}

// ---- Commands -----------------------------------------------------------------------------------

static const char *reference_action(struct gen *g, const struct fuzz_table *target) {
    static const char *const still[] = {"",
                                        "",
                                        " ON DELETE CASCADE",
                                        " ON DELETE NO ACTION",
                                        " ON DELETE RESTRICT",
                                        " ON UPDATE CASCADE"};
    if (!target->deletable)
        return GEN_PICK(g, still);
    return gen_chance(g, 80) ? " ON DELETE CASCADE" : " ON UPDATE RESTRICT ON DELETE CASCADE";
}

static struct node *column_reference(struct gen *g, const struct fuzz_column *c) {
    const struct fuzz_table *target = &g->c->aggregates[gen_below(g, g->c->aggregate_count)];
    const struct fuzz_column *key = &target->columns[target->key[0]];
    if (target->key_count != 1 || key->type != c->type)
        return NULL;
    const char *columns = gen_chance(g, 50) ? "" : gen_format(g, " (%s)", key->name);
    return named(g, "ref",
                 LEAF(g, NODE_FORM, "REFERENCES %s%s%s", target->name, columns,
                      reference_action(g, target)));
}

static bool find_columns_for_key(struct gen *g, const struct fuzz_table *command,
                                 const struct fuzz_table *target, size_t *columns) {
    for (size_t i = 0; i < target->key_count; i++) {
        columns[i] = gen_below(g, command->count);
        if (command->columns[columns[i]].type != target->columns[target->key[i]].type)
            return false;
    }
    return true;
}

static struct node *table_reference(struct gen *g, const struct fuzz_table *command) {
    const struct fuzz_table *target = &g->c->aggregates[gen_below(g, g->c->aggregate_count)];
    size_t columns[FUZZ_KEY_MAX];
    if (!find_columns_for_key(g, command, target, columns))
        return NULL;
    struct node *names = name_list(g, command, columns, target->key_count);
    struct node *keys = name_list(g, target, target->key, target->key_count);
    if (target->key_count == 2 && gen_chance(g, 30)) { // the same pairs in another order
        names = name_list(g, command, (size_t[]){columns[1], columns[0]}, 2);
        keys = name_list(g, target, (size_t[]){target->key[1], target->key[0]}, 2);
    }
    return MAYBE(g,
                 gen_chance(g, 60) ? "FOREIGN KEY (@) REFERENCES @ (@)@"
                                   : "CONSTRAINT fk FOREIGN KEY (@) REFERENCES @(@)@",
                 names, LEAF(g, NODE_FORM, "%s", target->name), keys,
                 LEAF(g, NODE_FORM, "%s", reference_action(g, target)));
}

static void make_command(struct gen *g, size_t number) {
    struct fuzz_table *t = &g->c->commands[number];
    name_table(g, t, "cmd", number);
    pick_columns(g, t, gen_below(g, 5) + 1, 40);
    struct node *columns = LIST(g, ",\n  ", 1);
    for (size_t i = 0; i < t->count; i++) {
        struct node *reference = gen_chance(g, 14) ? column_reference(g, &t->columns[i]) : NULL;
        define_column(g, &t->columns[i], NULL, reference);
        ADD(g, columns, t->columns[i].node);
    }
    if (gen_chance(g, 25))
        ADD(g, columns, table_check(g, t));
    struct node *reference = gen_chance(g, 20) ? table_reference(g, t) : NULL;
    if (reference)
        ADD(g, columns, reference);
    t->node =
        FORM(g, "CREATE TABLE @ (\n  @\n) STRICT;", LEAF(g, NODE_FORM, "%s", t->name), columns);
    t->trigger = gen_trigger(g, t, number);
}

// ---- The rest -----------------------------------------------------------------------------------

static struct node *seed_row(struct gen *g, const struct fuzz_table *t) {
    struct node *row = LIST(g, ", ", t->count);
    for (size_t i = 0; i < t->count; i++) {
        static const char *const texts[] = {"'a'", "'b'", "'c'", "'A'", "'12'"};
        if (t->columns[i].type == AS_TEXT)
            ADD(g, row, LEAF(g, NODE_EXPR, "%s", GEN_PICK(g, texts)));
        else
            ADD(g, row,
                LEAF(g, NODE_EXPR, gen_chance(g, 85) ? "%d" : "4 - %d", (int)gen_below(g, 5)));
    }
    return row;
}

static struct node *seed(struct gen *g, const struct fuzz_table *t) {
    struct node *rows = LIST(g, ", ", 1);
    for (size_t i = gen_below(g, 2) + 1; i > 0; i--)
        ADD(g, rows, FORM(g, "(@)", seed_row(g, t)));
    size_t all[FUZZ_COLUMNS_MAX];
    for (size_t i = 0; i < t->count; i++)
        all[i] = i;
    struct node *names = MAYBE(g, " (@)", name_list(g, t, all, t->count));
    names->gone = gen_chance(g, 60);
    return FORM(g, "INSERT INTO @@ VALUES @;", LEAF(g, NODE_FORM, "%s", t->name), names, rows);
}

static struct node *index_on(struct gen *g, struct fuzz_table *t, size_t number) {
    size_t pair[2] = {gen_below(g, t->count), gen_below(g, t->count)};
    bool unique = gen_chance(g, 50) && t->unique_count < 4;
    if (unique) {
        t->unique[t->unique_count][0] = pair[0];
        t->unique[t->unique_count++][1] = pair[1];
    }
    struct node *names = name_list(g, t, pair, pair[0] == pair[1] ? 1 : 2);
    return FORM(g, unique ? "CREATE UNIQUE INDEX @ ON @ (@);" : "CREATE INDEX @ ON @ (@);",
                LEAF(g, NODE_FORM, "index%zu", number), LEAF(g, NODE_FORM, "%s", t->name), names);
}

// Makes what belongs to the aggregates: before the commands, whose upserts name unique indexes.
static void make_extras(struct gen *g, struct node **extras, size_t *count) {
    for (size_t i = 0; i < g->c->aggregate_count; i++)
        if (gen_chance(g, 22))
            extras[(*count)++] = index_on(g, &g->c->aggregates[i], i);
    for (size_t i = gen_below(g, 5) / 2; i > 0; i--)
        extras[(*count)++] = gen_assertion(g, i);
    if (gen_chance(g, 10))
        extras[(*count)++] = gen_reader_view(g, 0);
    for (size_t i = 0; i < g->c->aggregate_count; i++) {
        if (!gen_chance(g, 35))
            continue;
        extras[*count] = seed(g, &g->c->aggregates[i]);
        ADD(g, g->c->seeds, extras[(*count)++]);
    }
}

static void shuffle(struct gen *g, struct node **nodes, size_t count) {
    for (size_t i = count; i > 1; i--) {
        size_t j = gen_below(g, i);
        struct node *kept = nodes[j];
        nodes[j] = nodes[i - 1];
        nodes[i - 1] = kept;
    }
}

void fuzz_generate_domain(struct fuzz_case *c) {
    struct gen g = {.c = c};
    static const size_t counts[] = {1, 1, 2, 2, 3};
    struct node *tables[2 * FUZZ_TABLES_MAX], *rest[32];
    size_t table_count = 0, rest_count = 0;
    c->aggregate_count = GEN_PICK(&g, counts);
    c->command_count = GEN_PICK(&g, counts);
    c->seeds = LIST(&g, "\n", 0);
    for (size_t i = 0; i < c->aggregate_count; i++)
        make_aggregate(&g, i);
    make_extras(&g, rest, &rest_count);
    for (size_t i = 0; i < c->command_count; i++)
        make_command(&g, i);
    for (size_t i = 0; i < c->aggregate_count; i++)
        tables[table_count++] = c->aggregates[i].node;
    for (size_t i = 0; i < c->command_count; i++) {
        tables[table_count++] = c->commands[i].node;
        rest[rest_count++] = c->commands[i].trigger;
    }
    shuffle(&g, tables, table_count);
    shuffle(&g, rest, rest_count);
    c->domain = LIST(&g, "\n", 0);
    for (size_t i = 0; i < table_count; i++)
        ADD(&g, c->domain, tables[i]);
    for (size_t i = 0; i < rest_count; i++) {
        if (gen_chance(&g, 8))
            ADD(&g, c->domain, LEAF(&g, NODE_MAYBE, "%s", "-- CREATE TABLE; 'and so on\n;"));
        ADD(&g, c->domain, rest[i]);
    }
}
