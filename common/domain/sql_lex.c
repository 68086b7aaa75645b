// SPDX-License-Identifier: MIT
#include "domain/sql_lex.h"

#include <string.h>
#include <strings.h>

static bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

static bool is_hex(char c) {
    return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

static bool is_word(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || is_digit(c) || c == '_' ||
           c == '$' || (unsigned char)c >= 0x80;
}

static bool is_space(char c) {
    return c == ' ' || (c >= '\t' && c <= '\r' && c != '\v');
}

static size_t left(const struct as_lexer *lexer) {
    return (size_t)(lexer->end - lexer->at);
}

static bool starts(const struct as_lexer *lexer, const char *text) {
    return left(lexer) >= strlen(text) && memcmp(lexer->at, text, strlen(text)) == 0;
}

static void step(struct as_lexer *lexer) {
    lexer->line += *lexer->at == '\n';
    lexer->at++;
}

static void skip_space_and_comments(struct as_lexer *lexer) {
    while (lexer->at < lexer->end) {
        if (is_space(*lexer->at)) {
            step(lexer);
        } else if (starts(lexer, "--")) {
            while (lexer->at < lexer->end && *lexer->at != '\n')
                lexer->at++;
        } else if (starts(lexer, "/*")) {
            lexer->at += 2;
            while (lexer->at < lexer->end && !starts(lexer, "*/"))
                step(lexer);
            lexer->at += starts(lexer, "*/") ? 2 : 0;
        } else {
            return;
        }
    }
}

static void lex_quoted(struct as_lexer *lexer, char close) {
    lexer->at++;
    while (lexer->at < lexer->end) {
        bool quote = *lexer->at == close;
        step(lexer);
        if (!quote)
            continue;
        if (close == ']' || lexer->at >= lexer->end || *lexer->at != close)
            return;
        lexer->at++; // a doubled quote stands for itself
    }
}

static void skip_digits(struct as_lexer *lexer) {
    while (lexer->at < lexer->end && is_digit(*lexer->at))
        lexer->at++;
}

static enum as_token_kind lex_number(struct as_lexer *lexer) {
    if ((starts(lexer, "0x") || starts(lexer, "0X")) && left(lexer) > 2 && is_hex(lexer->at[2])) {
        lexer->at += 2;
        while (lexer->at < lexer->end && is_hex(*lexer->at))
            lexer->at++;
        return AS_TOKEN_INTEGER;
    }
    enum as_token_kind kind = AS_TOKEN_INTEGER;
    skip_digits(lexer);
    if (lexer->at < lexer->end && *lexer->at == '.') {
        kind = AS_TOKEN_REAL;
        lexer->at++;
        skip_digits(lexer);
    }
    if (lexer->at < lexer->end && (*lexer->at | 0x20) == 'e') {
        const char *mark = lexer->at++;
        if (lexer->at < lexer->end && (*lexer->at == '+' || *lexer->at == '-'))
            lexer->at++;
        if (lexer->at < lexer->end && is_digit(*lexer->at)) {
            skip_digits(lexer);
            return AS_TOKEN_REAL;
        }
        lexer->at = mark;
    }
    return kind;
}

static enum as_token_kind lex_operator(struct as_lexer *lexer) {
    static const char *const operators[] = {
        "->>", "->", "||", "<<", ">>", "<=", ">=", "<>", "!=", "==", NULL};
    for (size_t i = 0; operators[i]; i++) {
        if (starts(lexer, operators[i])) {
            lexer->at += strlen(operators[i]);
            return AS_TOKEN_OPERATOR;
        }
    }
    char c = *lexer->at++;
    return strchr("()+-*/%&|<>=~,;.", c) && c ? AS_TOKEN_OPERATOR : AS_TOKEN_OTHER;
}

static enum as_token_kind lex_kind(struct as_lexer *lexer) {
    char c = *lexer->at;
    char d = left(lexer) > 1 ? lexer->at[1] : 0;
    if ((c == 'x' || c == 'X') && d == '\'') {
        lexer->at++;
        lex_quoted(lexer, '\'');
        return AS_TOKEN_OTHER;
    }
    if (is_digit(c) || (c == '.' && is_digit(d)))
        return lex_number(lexer);
    if (is_word(c) && c != '$') {
        while (lexer->at < lexer->end && is_word(*lexer->at))
            lexer->at++;
        return AS_TOKEN_WORD;
    }
    if (c == '\'' || c == '"' || c == '`' || c == '[') {
        lex_quoted(lexer, c == '[' ? ']' : c);
        return c == '\'' ? AS_TOKEN_STRING : AS_TOKEN_NAME;
    }
    return lex_operator(lexer);
}

struct as_token as_lex_next(struct as_lexer *lexer) {
    skip_space_and_comments(lexer);
    struct as_token token = {.kind = AS_TOKEN_END, .text = lexer->at, .line = lexer->line};
    if (lexer->at >= lexer->end)
        return token;
    token.double_quoted = *lexer->at == '"';
    token.kind = lex_kind(lexer);
    token.size = (size_t)(lexer->at - token.text);
    return token;
}

bool as_token_is(const struct as_token *token, const char *word) {
    return token->size == strlen(word) && strncasecmp(token->text, word, token->size) == 0;
}

char *as_token_name(const struct as_token *token, struct as_region *region) {
    if (token->kind != AS_TOKEN_NAME && token->kind != AS_TOKEN_STRING)
        return as_region_text(region, token->text, token->size);
    char close = token->text[0] == '[' ? ']' : token->text[0];
    char *out = as_region_alloc(region, token->size + 1);
    size_t n = 0;
    for (size_t i = 1; i + 1 < token->size; i++) {
        out[n++] = token->text[i];
        if (token->text[i] == close && close != ']')
            i++;
    }
    out[n] = 0;
    return out;
}
