// SPDX-License-Identifier: MIT
//
// The schema: CREATE TABLE, TRIGGER, VIEW, INDEX and
// the INSERTs of initial rows.
#include "domain/sql_parse.h"

#include <string.h>

#include "domain/sql_parser.h"

// ---- CREATE TABLE -------------------------------------------------------------------------------

// A constraint's name stays in force for the constraints that follow until the next column or
// comma, as in SQLite's own parser: in `CONSTRAINT a NOT NULL CHECK (x)` the CHECK is called a.
struct table_parser {
    struct as_parser *p;
    struct as_create_table *table;
    const char *constraint_name;
};

static struct as_constraint *add_constraint(struct table_parser *t, enum as_constraint_kind kind) {
    struct as_create_table *table = t->table;
    table->constraints = as_region_grow(t->p->region, table->constraints, table->constraint_count,
                                        sizeof *table->constraints);
    struct as_constraint *c = &table->constraints[table->constraint_count++];
    *c = (struct as_constraint){.kind = kind, .line = t->p->token.line, .name = t->constraint_name};
    return c;
}

static void refuse_conflict_clause(struct as_parser *p) {
    static const char *const words[] = {"AUTOINCREMENT", NULL};
    if (as_parser_at(p, "ON"))
        as_parser_refuse(p, p->token.line, "ON CONFLICT of a constraint");
    as_parser_refuse_words(p, words);
}

static void on_column(struct table_parser *t, struct as_constraint *c, const char *column) {
    c->on_column = true;
    c->columns = as_region_grow(t->p->region, NULL, 0, sizeof *c->columns);
    c->columns[c->column_count++] = column;
}

// SQLite takes an unnamed CHECK's text for its name, and a text that starts with a quote for a
// quoted name.
static const char *text_as_name(struct as_parser *p, const char *start, const char *end) {
    struct as_lexer lexer = {.at = start, .end = end, .line = 1};
    struct as_token first = as_lex_next(&lexer);
    if (first.kind == AS_TOKEN_NAME || first.kind == AS_TOKEN_STRING)
        return as_token_name(&first, p->region);
    return as_region_text(p->region, start, (size_t)(end - start));
}

static void parse_check(struct table_parser *t) {
    struct as_parser *p = t->p;
    struct as_constraint *c = add_constraint(t, AS_CONSTRAINT_CHECK);
    as_parser_expect(p, "CHECK");
    const char *start = p->token.text + 1;
    as_parser_expect(p, "(");
    struct as_expr *check = as_parse_expr(p);
    const char *end = p->token.text;
    as_parser_expect(p, ")");
    c = &t->table->constraints[t->table->constraint_count - 1];
    c->check = check;
    while (start < end && strchr(" \t\r\n\f", *start))
        start++;
    while (end > start && strchr(" \t\r\n\f", end[-1]))
        end--;
    c->check->span = (struct as_span){start, (size_t)(end - start)};
    if (!c->name)
        c->name = text_as_name(p, start, end);
    refuse_conflict_clause(p);
}

// ON DELETE and ON UPDATE. UPDATE never touches a primary key here, so its action means nothing.
static void parse_reference_actions(struct as_parser *p, struct as_constraint *c) {
    while (as_parser_accept(p, "ON")) {
        bool on_delete = as_parser_at(p, "DELETE");
        as_parser_advance(p);
        bool cascade = as_parser_accept(p, "CASCADE");
        bool nothing = as_parser_accept(p, "RESTRICT");
        if (!nothing && as_parser_accept(p, "NO")) {
            as_parser_expect(p, "ACTION");
            nothing = true;
        }
        if (!cascade && !nothing)
            as_parser_refuse(p, p->token.line, "ON %s %.*s", on_delete ? "DELETE" : "UPDATE",
                             (int)p->token.size, p->token.text);
        if (on_delete)
            c->cascade = cascade;
    }
    static const char *const words[] = {"MATCH", "DEFERRABLE", NULL};
    as_parser_refuse_words(p, words);
}

static void parse_references(struct as_parser *p, struct as_constraint *c) {
    as_parser_expect(p, "REFERENCES");
    c->parent = as_parser_name(p);
    if (as_parser_at(p, "("))
        c->parent_column_count = as_parser_name_list(p, &c->parent_columns);
    parse_reference_actions(p, c);
}

static struct as_expr *parse_default(struct as_parser *p) {
    as_parser_expect(p, "DEFAULT");
    if (as_parser_accept(p, "(")) {
        struct as_expr *e = as_parse_expr(p);
        as_parser_expect(p, ")");
        return e;
    }
    struct as_expr *e = as_region_zero(p->region, sizeof *e);
    bool minus = as_parser_at(p, "-"), sign = minus || as_parser_at(p, "+");
    struct as_token next = as_parser_peek(p);
    bool number = p->token.kind == AS_TOKEN_INTEGER || p->token.kind == AS_TOKEN_REAL ||
                  (sign && (next.kind == AS_TOKEN_INTEGER || next.kind == AS_TOKEN_REAL));
    bool word = as_parser_at(p, "NULL") || as_parser_at(p, "TRUE") || as_parser_at(p, "FALSE");
    if (!number && !word && p->token.kind != AS_TOKEN_STRING) {
        as_parser_refuse(p, p->token.line, "DEFAULT %.*s: only a literal or (expression)",
                         (int)p->token.size, p->token.text);
        return e;
    }
    // A lone literal: the expression grammar would run on into the next constraint (NOT NULL).
    struct as_parser only = *p;
    const char *end = sign ? next.text + next.size : p->token.text + p->token.size;
    only.lexer.end = end;
    e = as_parse_expr(&only);
    p->literal_count = only.literal_count;
    as_parser_advance(p);
    if (sign)
        as_parser_advance(p);
    return e;
}

static bool parse_column_constraint(struct table_parser *t, struct as_column *column) {
    struct as_parser *p = t->p;
    static const char *const refused[] = {"COLLATE", "GENERATED", "AS", NULL};
    as_parser_refuse_words(p, refused);
    if (as_parser_accept(p, "CONSTRAINT")) {
        t->constraint_name = as_parser_name(p);
    } else if (as_parser_accept(p, "NOT")) {
        as_parser_expect(p, "NULL");
        column->not_null = true;
        refuse_conflict_clause(p);
    } else if (as_parser_accept(p, "NULL")) {
        refuse_conflict_clause(p);
    } else if (as_parser_at(p, "DEFAULT")) {
        column->default_value = parse_default(p);
    } else if (as_parser_at(p, "PRIMARY")) {
        on_column(t, add_constraint(t, AS_CONSTRAINT_PRIMARY_KEY), column->name);
        as_parser_advance(p);
        as_parser_expect(p, "KEY");
        static const char *const order[] = {"ASC", "DESC", NULL};
        as_parser_refuse_words(p, order);
        refuse_conflict_clause(p);
    } else if (as_parser_at(p, "UNIQUE")) {
        on_column(t, add_constraint(t, AS_CONSTRAINT_UNIQUE), column->name);
        as_parser_advance(p);
        refuse_conflict_clause(p);
    } else if (as_parser_at(p, "CHECK")) {
        parse_check(t);
    } else if (as_parser_at(p, "REFERENCES")) {
        struct as_constraint *c = add_constraint(t, AS_CONSTRAINT_REFERENCES);
        on_column(t, c, column->name);
        parse_references(p, c);
    } else {
        return false;
    }
    return true;
}

static void parse_column(struct table_parser *t) {
    struct as_parser *p = t->p;
    struct as_create_table *table = t->table;
    table->columns =
        as_region_grow(p->region, table->columns, table->column_count, sizeof *table->columns);
    struct as_column *column = &table->columns[table->column_count++];
    *column = (struct as_column){.line = p->token.line};
    t->constraint_name = NULL;
    column->name = as_parser_name(p);
    column->type = as_parser_name(p);
    while (parse_column_constraint(t, column))
        continue;
}

static void parse_table_constraint(struct table_parser *t) {
    struct as_parser *p = t->p;
    if (as_parser_accept(p, "CONSTRAINT")) {
        t->constraint_name = as_parser_name(p);
    } else if (as_parser_at(p, "PRIMARY") || as_parser_at(p, "UNIQUE")) {
        bool primary = as_parser_at(p, "PRIMARY");
        struct as_constraint *c =
            add_constraint(t, primary ? AS_CONSTRAINT_PRIMARY_KEY : AS_CONSTRAINT_UNIQUE);
        as_parser_advance(p);
        if (primary)
            as_parser_expect(p, "KEY");
        c->column_count = as_parser_name_list(p, &c->columns);
        refuse_conflict_clause(p);
    } else if (as_parser_at(p, "CHECK")) {
        parse_check(t);
    } else if (as_parser_at(p, "FOREIGN")) {
        struct as_constraint *c = add_constraint(t, AS_CONSTRAINT_REFERENCES);
        as_parser_advance(p);
        as_parser_expect(p, "KEY");
        c->column_count = as_parser_name_list(p, &c->columns);
        parse_references(p, c);
    } else {
        as_parser_refuse(p, p->token.line, "%.*s in CREATE TABLE", (int)p->token.size,
                         p->token.text);
    }
}

static bool at_table_constraint(const struct as_parser *p) {
    static const char *const words[] = {"CONSTRAINT", "PRIMARY", "UNIQUE",
                                        "CHECK",      "FOREIGN", NULL};
    for (size_t i = 0; words[i]; i++) {
        if (as_parser_at(p, words[i]))
            return true;
    }
    return false;
}

static void parse_table_body(struct table_parser *t) {
    struct as_parser *p = t->p;
    bool comma = true;
    while (comma && !at_table_constraint(p)) {
        parse_column(t);
        comma = as_parser_accept(p, ",");
    }
    while (!as_parser_at(p, ")") && !as_parser_failed(p)) {
        parse_table_constraint(t);
        if (as_parser_accept(p, ","))
            t->constraint_name = NULL;
    }
    as_parser_expect(p, ")");
}

static void parse_table_options(struct as_parser *p, struct as_create_table *table) {
    while (!as_parser_at(p, ";") && p->token.kind != AS_TOKEN_END) {
        if (as_parser_accept(p, "STRICT")) {
            table->strict = true;
        } else {
            as_parser_expect(p, "WITHOUT");
            as_parser_expect(p, "ROWID");
            table->without_rowid = true;
        }
        as_parser_accept(p, ",");
    }
}

static void refuse_if_not_exists(struct as_parser *p) {
    if (as_parser_at(p, "IF"))
        as_parser_refuse(p, p->token.line, "IF NOT EXISTS");
}

static void parse_create_table(struct as_parser *p, struct as_schema *schema, const char *start) {
    struct as_create_table *table = as_region_zero(p->region, sizeof *table);
    struct table_parser t = {.p = p, .table = table};
    table->line = p->token.line;
    as_parser_expect(p, "TABLE");
    refuse_if_not_exists(p);
    table->name = as_parser_name(p);
    if (as_parser_at(p, "AS"))
        as_parser_refuse(p, p->token.line, "CREATE TABLE … AS SELECT");
    as_parser_expect(p, "(");
    parse_table_body(&t);
    parse_table_options(p, table);
    table->span = as_parser_span(p, start);
    schema->tables =
        as_region_grow(p->region, schema->tables, schema->table_count, sizeof *schema->tables);
    schema->tables[schema->table_count++] = table;
}

// ---- CREATE TRIGGER, INDEX, VIEW ----------------------------------------------------------------

static void parse_create_trigger(struct as_parser *p, struct as_schema *schema) {
    struct as_create_trigger *trigger = as_region_zero(p->region, sizeof *trigger);
    trigger->line = p->token.line;
    as_parser_expect(p, "TRIGGER");
    refuse_if_not_exists(p);
    trigger->name = as_parser_name(p);
    as_parser_expect(p, "AFTER");
    as_parser_expect(p, "INSERT");
    as_parser_expect(p, "ON");
    trigger->table = as_parser_name(p);
    if (as_parser_accept(p, "FOR")) {
        as_parser_expect(p, "EACH");
        as_parser_expect(p, "ROW");
    }
    if (as_parser_accept(p, "WHEN"))
        trigger->when = as_parse_expr(p);
    as_parser_expect(p, "BEGIN");
    while (!as_parser_at(p, "END") && !as_parser_failed(p)) {
        trigger->statements = as_region_grow(p->region, trigger->statements,
                                             trigger->statement_count, sizeof *trigger->statements);
        trigger->statements[trigger->statement_count++] = as_parse_statement(p);
        as_parser_expect(p, ";");
    }
    as_parser_expect(p, "END");
    schema->triggers = as_region_grow(p->region, schema->triggers, schema->trigger_count,
                                      sizeof *schema->triggers);
    schema->triggers[schema->trigger_count++] = trigger;
}

static void parse_create_index(struct as_parser *p, struct as_schema *schema, const char *start) {
    struct as_create_index *index = as_region_zero(p->region, sizeof *index);
    index->line = p->token.line;
    index->unique = as_parser_accept(p, "UNIQUE");
    as_parser_expect(p, "INDEX");
    refuse_if_not_exists(p);
    index->name = as_parser_name(p);
    as_parser_expect(p, "ON");
    index->table = as_parser_name(p);
    index->column_count = as_parser_name_list(p, &index->columns);
    if (as_parser_at(p, "WHERE"))
        as_parser_refuse(p, p->token.line, "partial index (WHERE)");
    index->span = as_parser_span(p, start);
    schema->indexes =
        as_region_grow(p->region, schema->indexes, schema->index_count, sizeof *schema->indexes);
    schema->indexes[schema->index_count++] = index;
}

// Does the SELECT that starts here have a result column called holds? A word `holds` that ends a
// result column, outside parentheses: that is its alias or the column itself.
static bool selects_holds(const struct as_parser *p) {
    struct as_lexer ahead = p->lexer;
    int depth = 0;
    for (struct as_token t = p->token; t.kind != AS_TOKEN_END; t = as_lex_next(&ahead)) {
        depth += as_token_is(&t, "(") - as_token_is(&t, ")");
        if (depth == 0 && (as_token_is(&t, ";") || as_token_is(&t, "FROM")))
            return false;
        if (depth != 0 || !(as_token_is(&t, "holds") || as_token_is(&t, "\"holds\"")))
            continue;
        struct as_lexer behind = ahead;
        struct as_token next = as_lex_next(&behind);
        if (as_token_is(&next, ",") || as_token_is(&next, "FROM") || as_token_is(&next, ";") ||
            next.kind == AS_TOKEN_END)
            return true;
    }
    return false;
}

static bool names_holds(const struct as_create_view *view) {
    for (size_t i = 0; i < view->column_count; i++) {
        if (strcasecmp(view->columns[i], "holds") == 0)
            return true;
    }
    return false;
}

static void skip_to_semicolon(struct as_parser *p) {
    while (!as_parser_at(p, ";") && p->token.kind != AS_TOKEN_END)
        as_parser_advance(p);
}

static void parse_create_view(struct as_parser *p, struct as_schema *schema, const char *start) {
    struct as_create_view *view = as_region_zero(p->region, sizeof *view);
    view->line = p->token.line;
    as_parser_expect(p, "VIEW");
    refuse_if_not_exists(p);
    view->name = as_parser_name(p);
    if (as_parser_at(p, "("))
        view->column_count = as_parser_name_list(p, &view->columns);
    as_parser_expect(p, "AS");
    view->assertion = view->column_count ? names_holds(view) : selects_holds(p);
    if (view->assertion)
        view->select = as_parse_select(p);
    else
        skip_to_semicolon(p);
    view->span = as_parser_span(p, start);
    schema->views =
        as_region_grow(p->region, schema->views, schema->view_count, sizeof *schema->views);
    schema->views[schema->view_count++] = view;
}

// ---- The file -----------------------------------------------------------------------------------

static void parse_seed(struct as_parser *p, struct as_schema *schema) {
    struct as_statement *seed = as_parse_statement(p);
    if (seed->select || seed->upsert)
        as_parser_refuse(p, seed->line, "initial rows: only INSERT INTO … VALUES");
    schema->seeds =
        as_region_grow(p->region, schema->seeds, schema->seed_count, sizeof *schema->seeds);
    schema->seeds[schema->seed_count++] = seed;
}

static void parse_create(struct as_parser *p, struct as_schema *schema) {
    const char *start = p->token.text;
    as_parser_expect(p, "CREATE");
    if (as_parser_at(p, "TABLE"))
        parse_create_table(p, schema, start);
    else if (as_parser_at(p, "TRIGGER"))
        parse_create_trigger(p, schema);
    else if (as_parser_at(p, "VIEW"))
        parse_create_view(p, schema, start);
    else if (as_parser_at(p, "INDEX") || as_parser_at(p, "UNIQUE"))
        parse_create_index(p, schema, start);
    else
        as_parser_refuse(p, p->token.line, "CREATE %.*s", (int)p->token.size, p->token.text);
}

int as_sql_parse(const char *name, const char *sql, size_t size, struct as_region *region,
                 struct as_schema *schema, struct as_error *error) {
    struct as_error failure = {0};
    struct as_parser p = {.name = name,
                          .region = region,
                          .error = &failure,
                          .lexer = {.at = sql, .end = sql + size, .line = 1}};
    *schema = (struct as_schema){0};
    as_parser_advance(&p);
    while (p.token.kind != AS_TOKEN_END) {
        if (as_parser_at(&p, "CREATE"))
            parse_create(&p, schema);
        else if (as_parser_at(&p, "INSERT"))
            parse_seed(&p, schema);
        else if (!as_parser_at(&p, ";"))
            as_parser_refuse(&p, p.token.line,
                             "%.*s: only CREATE TABLE, TRIGGER, VIEW, INDEX and INSERT belong here",
                             (int)p.token.size, p.token.text);
        if (p.token.kind != AS_TOKEN_END)
            as_parser_expect(&p, ";");
    }
    schema->literal_count = p.literal_count;
    if (failure.code)
        *error = failure;
    return failure.code;
}
