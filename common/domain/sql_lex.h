// SPDX-License-Identifier: MIT
//
// SQL text into tokens, by SQLite's lexical rules (https://www.sqlite.org/draft/tokenreq.html).
// SQLite has already taken the text when this runs, so an error here is rare.
#ifndef AS_DOMAIN_SQL_LEX_H
#define AS_DOMAIN_SQL_LEX_H

#include <stdbool.h>
#include <stddef.h>

#include "base/region.h"

enum as_token_kind {
    AS_TOKEN_END,
    AS_TOKEN_WORD,   // an unquoted name or keyword
    AS_TOKEN_NAME,   // a quoted name: "x" [x] `x`
    AS_TOKEN_STRING, // 'x'
    AS_TOKEN_INTEGER,
    AS_TOKEN_REAL,
    AS_TOKEN_OPERATOR, // punctuation, one to three bytes
    AS_TOKEN_OTHER,    // blob literals, bind parameters, anything else
};

struct as_token {
    enum as_token_kind kind;
    bool double_quoted; // a NAME in "…", which SQLite may take for a string
    const char *text;   // as written
    size_t size;
    int line;
};

struct as_lexer {
    const char *at;
    const char *end;
    int line;
};

struct as_token as_lex_next(struct as_lexer *lexer);

// ASCII case-insensitive comparison of a token's text with a keyword or name.
bool as_token_is(const struct as_token *token, const char *word);

// The name or string a token stands for, quotes removed, NUL-terminated in the region.
char *as_token_name(const struct as_token *token, struct as_region *region);

#endif
