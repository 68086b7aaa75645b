// SPDX-License-Identifier: MIT
#include "domain/sql_parser.h"

#include <stdarg.h>
#include <stdio.h>

bool as_parser_failed(const struct as_parser *p) {
    return p->error->code != 0;
}

void as_parser_advance(struct as_parser *p) {
    p->taken_end = p->token.text + p->token.size;
    p->token = as_lex_next(&p->lexer);
}

struct as_token as_parser_peek(const struct as_parser *p) {
    struct as_lexer ahead = p->lexer;
    return as_lex_next(&ahead);
}

void as_parser_refuse(struct as_parser *p, int line, const char *format, ...) {
    if (as_parser_failed(p))
        return;
    char text[512];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    as_error_set(p->error, AS_DATA, "%s:%d: %s", p->name, line, text);
    p->lexer.at = p->lexer.end;
    p->token = (struct as_token){.kind = AS_TOKEN_END, .text = p->lexer.end, .line = line};
}

bool as_parser_at(const struct as_parser *p, const char *word) {
    return (p->token.kind == AS_TOKEN_WORD || p->token.kind == AS_TOKEN_OPERATOR) &&
           as_token_is(&p->token, word);
}

bool as_parser_accept(struct as_parser *p, const char *word) {
    if (!as_parser_at(p, word))
        return false;
    as_parser_advance(p);
    return true;
}

void as_parser_expect(struct as_parser *p, const char *word) {
    if (as_parser_accept(p, word))
        return;
    if (p->token.kind == AS_TOKEN_END)
        as_parser_refuse(p, p->token.line, "%s expected at the end of the text", word);
    else
        as_parser_refuse(p, p->token.line, "%.*s: not supported here (%s expected)",
                         (int)p->token.size, p->token.text, word);
}

void as_parser_refuse_words(struct as_parser *p, const char *const *words) {
    for (; *words; words++) {
        if (as_parser_at(p, *words))
            as_parser_refuse(p, p->token.line, "%s: not supported", *words);
    }
}

const char *as_parser_name(struct as_parser *p) {
    if (p->token.kind != AS_TOKEN_WORD && p->token.kind != AS_TOKEN_NAME &&
        p->token.kind != AS_TOKEN_STRING)
        as_parser_refuse(p, p->token.line, "%.*s: a name expected", (int)p->token.size,
                         p->token.text);
    const char *name = as_token_name(&p->token, p->region);
    as_parser_advance(p);
    return name;
}

size_t as_parser_name_list(struct as_parser *p, const char ***names) {
    static const char *const refused[] = {"COLLATE", "ASC", "DESC", NULL};
    size_t count = 0;
    *names = NULL;
    as_parser_expect(p, "(");
    do {
        *names = as_region_grow(p->region, *names, count, sizeof **names);
        (*names)[count++] = as_parser_name(p);
        as_parser_refuse_words(p, refused);
    } while (as_parser_accept(p, ","));
    as_parser_expect(p, ")");
    return count;
}

struct as_span as_parser_span(const struct as_parser *p, const char *start) {
    return (struct as_span){start, p->taken_end > start ? (size_t)(p->taken_end - start) : 0};
}
