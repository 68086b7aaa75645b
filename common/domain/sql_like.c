// SPDX-License-Identifier: MIT
//
// LIKE and GLOB. Both are matched greedily with one point to go back to, the last % or *: linear in
// the text for each such wildcard, never exponential, with the same answers as SQLite's recursion.
#include <string.h>

#include "domain/sql_value.h"

enum { PATTERN_MAX = 50000 }; // SQLITE_MAX_LIKE_PATTERN_LENGTH

struct text {
    const unsigned char *at;
    const unsigned char *end;
};

static uint32_t next_character(struct text *t) {
    uint32_t c = *t->at++;
    int more = c >= 0xF0 ? 3 : c >= 0xE0 ? 2 : c >= 0xC0 ? 1 : 0;
    if (more)
        c &= 0x3Fu >> more;
    for (; more > 0 && t->at < t->end; more--)
        c = c << 6 | (*t->at++ & 0x3F);
    return c;
}

static uint32_t fold(uint32_t c) {
    return c >= 'A' && c <= 'Z' ? c + 32 : c;
}

// [abc], [^a-z], []abc] behind the opening bracket; `pattern` moves behind the closing one. A set
// without an end matches nothing.
static bool match_set(struct text *pattern, uint32_t c) {
    bool seen = false, inverted = false;
    uint32_t prior = 0;
    if (pattern->at < pattern->end && *pattern->at == '^') {
        inverted = true;
        pattern->at++;
    }
    if (pattern->at < pattern->end && *pattern->at == ']') {
        seen = c == ']';
        pattern->at++;
    }
    while (pattern->at < pattern->end) {
        uint32_t p = next_character(pattern);
        if (p == ']')
            return seen != inverted;
        bool range = p == '-' && prior && pattern->at < pattern->end && *pattern->at != ']';
        if (range) {
            uint32_t last = next_character(pattern);
            seen |= c >= prior && c <= last;
            prior = 0;
        } else {
            seen |= c == p;
            prior = p;
        }
    }
    return false;
}

struct matcher {
    bool glob;
    uint32_t any; // % or *
    uint32_t one; // _ or ?
};

// One pattern element other than `any` against one character.
static bool match_one(const struct matcher *m, struct text *pattern, uint32_t c) {
    uint32_t p = next_character(pattern);
    if (p == m->one)
        return true;
    if (m->glob)
        return p == '[' ? match_set(pattern, c) : p == c;
    return fold(p) == fold(c);
}

static bool match(const struct matcher *m, struct text pattern, struct text text) {
    struct text back_pattern = {NULL, NULL}, back_text = {NULL, NULL};
    for (;;) {
        if (pattern.at < pattern.end && *pattern.at == m->any) {
            pattern.at++;
            back_pattern = pattern;
            back_text = text;
            continue;
        }
        if (pattern.at >= pattern.end && text.at >= text.end)
            return true;
        if (pattern.at < pattern.end && text.at < text.end) {
            struct text p = pattern, t = text;
            if (match_one(m, &p, next_character(&t))) {
                pattern = p;
                text = t;
                continue;
            }
        }
        if (!back_pattern.at || back_text.at >= back_text.end)
            return false;
        next_character(&back_text); // let the last wildcard take one more
        pattern = back_pattern;
        text = back_text;
    }
}

const char *as_sql_like(bool glob, const struct as_value *text, const struct as_value *pattern,
                        struct as_region *scratch, struct as_value *result) {
    static const struct matcher like = {false, '%', '_'}, globbing = {true, '*', '?'};
    *result = as_value_null();
    if (pattern->type == AS_TEXT && pattern->size > PATTERN_MAX)
        return "LIKE or GLOB pattern too complex";
    if (text->type == AS_NULL || pattern->type == AS_NULL)
        return NULL;
    struct as_value t = as_sql_to_text(text, scratch), p = as_sql_to_text(pattern, scratch);
    struct text pt = {(const unsigned char *)p.text, (const unsigned char *)p.text + p.size};
    struct text tt = {(const unsigned char *)t.text, (const unsigned char *)t.text + t.size};
    *result = as_value_integer(match(glob ? &globbing : &like, pt, tt));
    return NULL;
}
