// SPDX-License-Identifier: MIT
//
// The statements of a trigger's body, and SELECT.
#include <string.h>

#include "domain/sql_parser.h"

static struct as_expr *parse_where(struct as_parser *p) {
    return as_parser_accept(p, "WHERE") ? as_parse_expr(p) : NULL;
}

// ---- SELECT -------------------------------------------------------------------------------------

static bool at_clause(const struct as_parser *p) {
    static const char *const words[] = {
        "FROM",  "WHERE",     "GROUP",  "ON",      "HAVING", "WINDOW",    "ORDER",   "LIMIT",
        "UNION", "INTERSECT", "EXCEPT", "JOIN",    "INNER",  "LEFT",      "NATURAL", "CROSS",
        "FULL",  "RIGHT",     "SET",    "INDEXED", "NOT",    "RETURNING", "USING",   NULL};
    for (size_t i = 0; words[i]; i++) {
        if (as_parser_at(p, words[i]))
            return true;
    }
    return false;
}

static const char *parse_alias(struct as_parser *p) {
    if (as_parser_accept(p, "AS"))
        return as_parser_name(p);
    bool name = p->token.kind == AS_TOKEN_WORD || p->token.kind == AS_TOKEN_NAME;
    return name && !at_clause(p) ? as_parser_name(p) : NULL;
}

static void parse_results(struct as_parser *p, struct as_select *select) {
    do {
        if (as_parser_at(p, "*"))
            as_parser_refuse(p, p->token.line, "SELECT *: name the columns");
        select->results = as_region_grow(p->region, select->results, select->result_count,
                                         sizeof *select->results);
        struct as_result *result = &select->results[select->result_count++];
        result->expr = as_parse_expr(p);
        result->alias = parse_alias(p);
    } while (as_parser_accept(p, ","));
}

static void parse_sources(struct as_parser *p, struct as_select *select) {
    do {
        if (as_parser_at(p, "("))
            as_parser_refuse(p, p->token.line, "subquery in FROM");
        select->sources = as_region_grow(p->region, select->sources, select->source_count,
                                         sizeof *select->sources);
        struct as_source *source = &select->sources[select->source_count++];
        source->line = p->token.line;
        source->table = as_parser_name(p);
        if (as_parser_at(p, ".") || as_parser_at(p, "("))
            as_parser_refuse(p, source->line, "FROM %s%.*s", source->table, (int)p->token.size,
                             p->token.text);
        source->alias = parse_alias(p);
        if (!source->alias)
            source->alias = source->table;
    } while (as_parser_accept(p, ","));
}

struct as_select *as_parse_select(struct as_parser *p) {
    static const char *const before[] = {"WITH", "VALUES", NULL};
    static const char *const quantifiers[] = {"DISTINCT", "ALL", NULL};
    static const char *const joins[] = {"JOIN", "INNER", "LEFT",    "NATURAL", "CROSS",
                                        "FULL", "RIGHT", "INDEXED", "USING",   NULL};
    static const char *const after[] = {"HAVING", "WINDOW",    "ORDER",  "LIMIT",
                                        "UNION",  "INTERSECT", "EXCEPT", NULL};
    struct as_select *select = as_region_zero(p->region, sizeof *select);
    select->line = p->token.line;
    as_parser_refuse_words(p, before);
    as_parser_expect(p, "SELECT");
    as_parser_refuse_words(p, quantifiers);
    parse_results(p, select);
    if (as_parser_accept(p, "FROM"))
        parse_sources(p, select);
    as_parser_refuse_words(p, joins);
    select->where = parse_where(p);
    if (as_parser_accept(p, "GROUP")) {
        as_parser_expect(p, "BY");
        select->groups = as_parse_expr_list(p, &select->group_count);
    }
    as_parser_refuse_words(p, after);
    return select;
}

// ---- INSERT, UPDATE, DELETE ---------------------------------------------------------------------

static void parse_values(struct as_parser *p, struct as_statement *s) {
    do {
        int line = p->token.line;
        size_t count = 0;
        as_parser_expect(p, "(");
        s->rows = as_region_grow(p->region, s->rows, s->row_count, sizeof *s->rows);
        s->rows[s->row_count++] = as_parse_expr_list(p, &count);
        as_parser_expect(p, ")");
        if (s->row_count > 1 && count != s->value_count)
            as_parser_refuse(p, line, "rows of VALUES differ in length");
        s->value_count = count;
    } while (as_parser_accept(p, ","));
}

static size_t parse_assignments(struct as_parser *p, struct as_assignment **list) {
    size_t count = 0;
    *list = NULL;
    do {
        if (as_parser_at(p, "("))
            as_parser_refuse(p, p->token.line, "SET (a, b) = …: assign column by column");
        *list = as_region_grow(p->region, *list, count, sizeof **list);
        struct as_assignment *a = &(*list)[count++];
        a->line = p->token.line;
        a->column = as_parser_name(p);
        as_parser_expect(p, "=");
        a->expr = as_parse_expr(p);
    } while (as_parser_accept(p, ","));
    return count;
}

static struct as_upsert *parse_upsert(struct as_parser *p) {
    struct as_upsert *u = as_region_zero(p->region, sizeof *u);
    as_parser_expect(p, "CONFLICT");
    if (as_parser_at(p, "("))
        u->target_count = as_parser_name_list(p, &u->targets);
    if (as_parser_at(p, "WHERE"))
        as_parser_refuse(p, p->token.line, "WHERE in a conflict target");
    as_parser_expect(p, "DO");
    if (as_parser_accept(p, "NOTHING"))
        return u;
    u->update = true;
    as_parser_expect(p, "UPDATE");
    as_parser_expect(p, "SET");
    u->assignment_count = parse_assignments(p, &u->assignments);
    u->where = parse_where(p);
    return u;
}

static void refuse_or(struct as_parser *p, const char *verb) {
    struct as_token next = as_parser_peek(p);
    if (as_parser_at(p, "OR"))
        as_parser_refuse(p, p->token.line, "%s OR %.*s: use ON CONFLICT", verb, (int)next.size,
                         next.text);
}

static void parse_insert(struct as_parser *p, struct as_statement *s) {
    s->kind = AS_STATEMENT_INSERT;
    refuse_or(p, "INSERT");
    as_parser_expect(p, "INTO");
    s->table = as_parser_name(p);
    if (as_parser_at(p, "AS") || as_parser_at(p, "DEFAULT"))
        as_parser_refuse(p, s->line, "INSERT INTO %s %.*s", s->table, (int)p->token.size,
                         p->token.text);
    if (as_parser_at(p, "("))
        s->column_count = as_parser_name_list(p, &s->columns);
    if (as_parser_accept(p, "VALUES"))
        parse_values(p, s);
    else
        s->select = as_parse_select(p);
    if (as_parser_accept(p, "ON"))
        s->upsert = parse_upsert(p);
    if (as_parser_at(p, "ON"))
        as_parser_refuse(p, p->token.line, "more than one ON CONFLICT clause");
}

static void parse_target(struct as_parser *p, struct as_statement *s) {
    s->table = as_parser_name(p);
    s->alias = parse_alias(p);
    if (!s->alias)
        s->alias = s->table;
    if (as_parser_at(p, "INDEXED") || as_parser_at(p, "NOT"))
        as_parser_refuse(p, p->token.line, "INDEXED BY");
}

static void parse_update(struct as_parser *p, struct as_statement *s) {
    s->kind = AS_STATEMENT_UPDATE;
    refuse_or(p, "UPDATE");
    parse_target(p, s);
    as_parser_expect(p, "SET");
    s->assignment_count = parse_assignments(p, &s->assignments);
    if (as_parser_at(p, "FROM"))
        as_parser_refuse(p, p->token.line, "UPDATE … FROM: use a subquery by primary key");
    s->where = parse_where(p);
}

static void parse_delete(struct as_parser *p, struct as_statement *s) {
    s->kind = AS_STATEMENT_DELETE;
    as_parser_expect(p, "FROM");
    parse_target(p, s);
    s->where = parse_where(p);
}

struct as_statement *as_parse_statement(struct as_parser *p) {
    static const char *const after[] = {"RETURNING", "ORDER", "LIMIT", NULL};
    struct as_statement *s = as_region_zero(p->region, sizeof *s);
    const char *start = p->token.text;
    s->line = p->token.line;
    if (as_parser_accept(p, "INSERT")) {
        parse_insert(p, s);
    } else if (as_parser_accept(p, "UPDATE")) {
        parse_update(p, s);
    } else if (as_parser_accept(p, "DELETE")) {
        parse_delete(p, s);
    } else if (as_parser_at(p, "SELECT")) {
        s->kind = AS_STATEMENT_SELECT;
        s->select = as_parse_select(p);
    } else {
        as_parser_refuse(p, s->line, "statement %.*s in a trigger", (int)p->token.size,
                         p->token.text);
    }
    as_parser_refuse_words(p, after);
    s->span = as_parser_span(p, start);
    return s;
}
