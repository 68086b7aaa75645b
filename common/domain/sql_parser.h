// SPDX-License-Identifier: MIT
//
// Inside the parser: recursive descent over a token and its successors, shared by the grammar of
// expressions (sql_expr.c), of statements in triggers (sql_statement.c) and of the schema
// (sql_parse.c). After the first error the parser behaves as if the text had ended, so no caller
// has to look.
#ifndef AS_DOMAIN_SQL_PARSER_H
#define AS_DOMAIN_SQL_PARSER_H

#include "base/error.h"
#include "base/region.h"
#include "domain/sql_ast.h"
#include "domain/sql_lex.h"

struct as_parser {
    const char *name; // of the file
    struct as_region *region;
    struct as_error *error;
    struct as_lexer lexer; // behind `token`
    struct as_token token; // the next one to be taken
    const char *taken_end; // end of the last token taken
    int depth;             // of expressions
    size_t literal_count;
};

void as_parser_advance(struct as_parser *p);
struct as_token as_parser_peek(const struct as_parser *p); // the one behind p->token
// Refuses: "name:line: text". Later calls change nothing.
void as_parser_refuse(struct as_parser *p, int line, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
bool as_parser_failed(const struct as_parser *p);

bool as_parser_at(const struct as_parser *p, const char *word); // keyword or operator, unquoted
bool as_parser_accept(struct as_parser *p, const char *word);   // takes it where it is there
void as_parser_expect(struct as_parser *p, const char *word);   // or refuses
// Refuses by name where one of these constructs stands here.
void as_parser_refuse_words(struct as_parser *p, const char *const *words);
const char *as_parser_name(struct as_parser *p); // a table's or column's name
// ( name, name … ); returns the count.
size_t as_parser_name_list(struct as_parser *p, const char ***names);
struct as_span as_parser_span(const struct as_parser *p, const char *start); // up to the last token

// sql_expr.c
struct as_expr *as_parse_expr(struct as_parser *p);
struct as_expr **as_parse_expr_list(struct as_parser *p, size_t *count); // a, b, …

// sql_statement.c
struct as_select *as_parse_select(struct as_parser *p);
struct as_statement *as_parse_statement(struct as_parser *p);

#endif
