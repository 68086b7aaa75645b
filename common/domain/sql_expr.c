// SPDX-License-Identifier: MIT
//
// Expressions, by precedence climbing over SQLite's operator table
// (https://www.sqlite.org/lang_expr.html#operators_and_parse_affecting_attributes).
#include <stdlib.h>
#include <string.h>

#include "domain/sql_parse.h"
#include "domain/sql_parser.h"

// Binding strengths, weakest first. BETWEEN, IN, LIKE and IS bind as = does.
enum {
    BIND_OR = 1,
    BIND_AND,
    BIND_NOT,
    BIND_EQUAL,
    BIND_ORDER,
    BIND_BIT,
    BIND_SUM,
    BIND_PRODUCT,
    BIND_CONCAT,
    BIND_UNARY,
};

struct binary {
    const char *text;
    int bind;
    enum as_operator op;
};

static const struct binary binaries[] = {
    {"OR", BIND_OR, AS_OP_OR},
    {"AND", BIND_AND, AS_OP_AND},
    {"=", BIND_EQUAL, AS_OP_EQ},
    {"==", BIND_EQUAL, AS_OP_EQ},
    {"<>", BIND_EQUAL, AS_OP_NE},
    {"!=", BIND_EQUAL, AS_OP_NE},
    {"LIKE", BIND_EQUAL, AS_OP_LIKE},
    {"GLOB", BIND_EQUAL, AS_OP_GLOB},
    {"<", BIND_ORDER, AS_OP_LT},
    {"<=", BIND_ORDER, AS_OP_LE},
    {">", BIND_ORDER, AS_OP_GT},
    {">=", BIND_ORDER, AS_OP_GE},
    {"&", BIND_BIT, AS_OP_BIT_AND},
    {"|", BIND_BIT, AS_OP_BIT_OR},
    {"<<", BIND_BIT, AS_OP_SHIFT_LEFT},
    {">>", BIND_BIT, AS_OP_SHIFT_RIGHT},
    {"+", BIND_SUM, AS_OP_ADD},
    {"-", BIND_SUM, AS_OP_SUBTRACT},
    {"*", BIND_PRODUCT, AS_OP_MULTIPLY},
    {"/", BIND_PRODUCT, AS_OP_DIVIDE},
    {"%", BIND_PRODUCT, AS_OP_REMAINDER},
    {"||", BIND_CONCAT, AS_OP_CONCAT},
};

static struct as_expr *parse_at(struct as_parser *p, int bind);

static struct as_expr *new_expr(struct as_parser *p, enum as_expr_kind kind, int line) {
    struct as_expr *e = as_region_zero(p->region, sizeof *e);
    e->kind = kind;
    e->line = line;
    return e;
}

static void add_arg(struct as_parser *p, struct as_expr *e, struct as_expr *arg) {
    e->args = as_region_grow(p->region, e->args, e->arg_count, sizeof *e->args);
    e->args[e->arg_count++] = arg;
}

static struct as_expr *new_op(struct as_parser *p, enum as_operator op, int line, struct as_expr *a,
                              struct as_expr *b) {
    struct as_expr *e = new_expr(p, b ? AS_EXPR_BINARY : AS_EXPR_UNARY, line);
    e->op = op;
    add_arg(p, e, a);
    if (b)
        add_arg(p, e, b);
    return e;
}

struct as_expr **as_parse_expr_list(struct as_parser *p, size_t *count) {
    struct as_expr **list = NULL;
    *count = 0;
    do {
        list = as_region_grow(p->region, list, *count, sizeof *list);
        list[(*count)++] = as_parse_expr(p);
    } while (as_parser_accept(p, ","));
    return list;
}

// ---- Primaries ----------------------------------------------------------------------------------

static struct as_value integer_value(struct as_parser *p, const struct as_token *token) {
    char digits[512];
    if (token->size >= sizeof digits) {
        as_parser_refuse(p, token->line, "number of more than %zu characters", sizeof digits - 1);
        return as_value_null();
    }
    memcpy(digits, token->text, token->size);
    digits[token->size] = 0;
    if (token->size > 2 && (digits[1] | 0x20) == 'x')
        return as_value_integer((int64_t)strtoull(digits + 2, NULL, 16));
    if (token->kind == AS_TOKEN_INTEGER) {
        size_t zeros = strspn(digits, "0");
        unsigned long long v = strlen(digits + zeros) > 19 ? ~0ULL : strtoull(digits, NULL, 10);
        if (v <= INT64_MAX)
            return as_value_integer((int64_t)v);
    }
    return as_value_real(strtod(digits, NULL));
}

static struct as_expr *parse_literal(struct as_parser *p, struct as_value value) {
    struct as_expr *e = new_expr(p, AS_EXPR_LITERAL, p->token.line);
    e->value = value;
    p->literal_count++;
    as_parser_advance(p);
    return e;
}

static struct as_expr *parse_string(struct as_parser *p) {
    const char *text = as_token_name(&p->token, p->region);
    return parse_literal(p, as_value_text(text, (uint32_t)strlen(text)));
}

static struct as_expr *parse_case(struct as_parser *p) {
    struct as_expr *e = new_expr(p, AS_EXPR_CASE, p->token.line);
    as_parser_expect(p, "CASE");
    e->has_base = !as_parser_at(p, "WHEN");
    if (e->has_base)
        add_arg(p, e, as_parse_expr(p));
    while (as_parser_accept(p, "WHEN")) {
        add_arg(p, e, as_parse_expr(p));
        as_parser_expect(p, "THEN");
        add_arg(p, e, as_parse_expr(p));
    }
    e->has_else = as_parser_accept(p, "ELSE");
    if (e->has_else)
        add_arg(p, e, as_parse_expr(p));
    as_parser_expect(p, "END");
    return e;
}

static enum as_affinity parse_cast_type(struct as_parser *p) {
    static const struct {
        const char *word;
        enum as_affinity affinity;
    } types[] = {{"INTEGER", AS_AFFINITY_INTEGER}, {"INT", AS_AFFINITY_INTEGER},
                 {"BIGINT", AS_AFFINITY_INTEGER},  {"TEXT", AS_AFFINITY_TEXT},
                 {"REAL", AS_AFFINITY_REAL},       {"NUMERIC", AS_AFFINITY_NUMERIC}};
    for (size_t i = 0; i < sizeof types / sizeof *types; i++) {
        if (as_parser_accept(p, types[i].word))
            return types[i].affinity;
    }
    as_parser_refuse(p, p->token.line, "CAST AS %.*s: only INTEGER, TEXT, REAL and NUMERIC compile",
                     (int)p->token.size, p->token.text);
    return AS_AFFINITY_NONE;
}

static struct as_expr *parse_cast(struct as_parser *p) {
    struct as_expr *e = new_expr(p, AS_EXPR_CAST, p->token.line);
    as_parser_expect(p, "CAST");
    as_parser_expect(p, "(");
    add_arg(p, e, as_parse_expr(p));
    as_parser_expect(p, "AS");
    e->cast = parse_cast_type(p);
    as_parser_expect(p, ")");
    return e;
}

static struct as_expr *parse_raise(struct as_parser *p) {
    struct as_expr *e = new_expr(p, AS_EXPR_RAISE, p->token.line);
    as_parser_expect(p, "RAISE");
    as_parser_expect(p, "(");
    if (!as_parser_accept(p, "ABORT"))
        as_parser_refuse(p, p->token.line, "RAISE(%.*s): only RAISE(ABORT, 'reason') compiles",
                         (int)p->token.size, p->token.text);
    as_parser_expect(p, ",");
    if (p->token.kind != AS_TOKEN_STRING && p->token.kind != AS_TOKEN_END)
        as_parser_refuse(p, p->token.line, "RAISE: its reason must be a string");
    e->name = as_token_name(&p->token, p->region);
    as_parser_advance(p);
    as_parser_expect(p, ")");
    return e;
}

static struct as_expr *parse_exists(struct as_parser *p) {
    struct as_expr *e = new_expr(p, AS_EXPR_EXISTS, p->token.line);
    as_parser_expect(p, "EXISTS");
    as_parser_expect(p, "(");
    e->select = as_parse_select(p);
    as_parser_expect(p, ")");
    return e;
}

static struct as_expr *parse_parenthesis(struct as_parser *p) {
    int line = p->token.line;
    as_parser_expect(p, "(");
    struct as_expr *e;
    if (as_parser_at(p, "SELECT") || as_parser_at(p, "WITH") || as_parser_at(p, "VALUES")) {
        e = new_expr(p, AS_EXPR_SELECT, line);
        e->select = as_parse_select(p);
    } else {
        e = as_parse_expr(p);
        if (as_parser_at(p, ","))
            as_parser_refuse(p, line, "row value: compare column by column");
    }
    as_parser_expect(p, ")");
    return e;
}

static void refuse_function_extras(struct as_parser *p, const struct as_expr *e) {
    if (as_parser_at(p, "FILTER") || as_parser_at(p, "OVER"))
        as_parser_refuse(p, e->line, "%.*s behind %s()", (int)p->token.size, p->token.text,
                         e->name);
}

static struct as_expr *parse_function(struct as_parser *p) {
    struct as_expr *e = new_expr(p, AS_EXPR_FUNCTION, p->token.line);
    e->name = as_parser_name(p);
    as_parser_expect(p, "(");
    if (as_parser_at(p, "DISTINCT"))
        as_parser_refuse(p, e->line, "%s(DISTINCT …)", e->name);
    e->star = as_parser_accept(p, "*");
    if (!e->star && !as_parser_at(p, ")"))
        e->args = as_parse_expr_list(p, &e->arg_count);
    as_parser_expect(p, ")");
    refuse_function_extras(p, e);
    return e;
}

static struct as_expr *parse_column(struct as_parser *p) {
    struct as_expr *e = new_expr(p, AS_EXPR_COLUMN, p->token.line);
    e->double_quoted = p->token.double_quoted;
    e->name = as_parser_name(p);
    if (as_parser_accept(p, ".")) {
        e->qualifier = e->name;
        e->double_quoted = false;
        e->name = as_parser_name(p);
    }
    if (as_parser_at(p, "."))
        as_parser_refuse(p, e->line, "schema name %s", e->qualifier ? e->qualifier : e->name);
    return e;
}

static struct as_expr *parse_word(struct as_parser *p) {
    struct as_token next = as_parser_peek(p);
    if (as_parser_at(p, "NULL"))
        return parse_literal(p, as_value_null());
    if (as_parser_at(p, "CASE"))
        return parse_case(p);
    if (as_parser_at(p, "CAST"))
        return parse_cast(p);
    if (as_parser_at(p, "EXISTS"))
        return parse_exists(p);
    if (as_parser_at(p, "RAISE"))
        return parse_raise(p);
    bool plain = !as_token_is(&next, "(") && !as_token_is(&next, ".");
    if (plain && (as_parser_at(p, "TRUE") || as_parser_at(p, "FALSE"))) {
        struct as_expr *e = parse_literal(p, as_value_integer((p->token.text[0] | 0x20) == 't'));
        e->truth_word = true;
        return e;
    }
    if (plain && p->token.size > 8 && strncasecmp(p->token.text, "CURRENT_", 8) == 0)
        as_parser_refuse(p, p->token.line, "%.*s: a decision reads no clock", (int)p->token.size,
                         p->token.text);
    return as_token_is(&next, "(") ? parse_function(p) : parse_column(p);
}

static struct as_expr *parse_primary(struct as_parser *p) {
    switch (p->token.kind) {
    case AS_TOKEN_INTEGER:
    case AS_TOKEN_REAL:
        return parse_literal(p, integer_value(p, &p->token));
    case AS_TOKEN_STRING:
        return parse_string(p);
    case AS_TOKEN_WORD:
        return parse_word(p);
    case AS_TOKEN_NAME:
        return parse_column(p);
    default:
        if (as_parser_at(p, "("))
            return parse_parenthesis(p);
        as_parser_refuse(p, p->token.line, "%.*s in an expression",
                         p->token.size ? (int)p->token.size : 11,
                         p->token.size ? p->token.text : "end of text");
        return new_expr(p, AS_EXPR_LITERAL, p->token.line);
    }
}

// ---- Operators ----------------------------------------------------------------------------------

// -9223372036854775808 is an INTEGER though 9223372036854775808 is not.
static bool is_least_integer(const struct as_token *token) {
    static const char digits[] = "9223372036854775808";
    const char *text = token->text;
    size_t size = token->size;
    while (size > 1 && *text == '0')
        text++, size--;
    return token->kind == AS_TOKEN_INTEGER && size == sizeof digits - 1 &&
           memcmp(text, digits, size) == 0;
}

static struct as_expr *parse_minus(struct as_parser *p, int line) {
    if (is_least_integer(&p->token))
        return parse_literal(p, as_value_integer(INT64_MIN));
    return new_op(p, AS_OP_NEGATE, line, parse_at(p, BIND_UNARY), NULL);
}

static struct as_expr *parse_prefix(struct as_parser *p) {
    int line = p->token.line;
    if (as_parser_accept(p, "-"))
        return parse_minus(p, line);
    if (as_parser_accept(p, "+"))
        return new_op(p, AS_OP_PLUS, line, parse_at(p, BIND_UNARY), NULL);
    if (as_parser_accept(p, "~"))
        return new_op(p, AS_OP_BIT_NOT, line, parse_at(p, BIND_UNARY), NULL);
    if (as_parser_accept(p, "NOT"))
        return new_op(p, AS_OP_NOT, line, parse_at(p, BIND_NOT), NULL);
    return parse_primary(p);
}

static struct as_expr *parse_between(struct as_parser *p, struct as_expr *left) {
    struct as_expr *e = new_expr(p, AS_EXPR_BETWEEN, left->line);
    add_arg(p, e, left);
    add_arg(p, e, parse_at(p, BIND_NOT));
    as_parser_expect(p, "AND");
    add_arg(p, e, parse_at(p, BIND_ORDER));
    return e;
}

static struct as_expr *parse_in(struct as_parser *p, struct as_expr *left) {
    struct as_expr *e = new_expr(p, AS_EXPR_IN, left->line);
    add_arg(p, e, left);
    as_parser_expect(p, "(");
    if (as_parser_at(p, "SELECT") || as_parser_at(p, "WITH") || as_parser_at(p, "VALUES"))
        as_parser_refuse(p, e->line, "IN (SELECT …): use EXISTS with the primary key");
    while (!as_parser_at(p, ")") && p->token.kind != AS_TOKEN_END) {
        add_arg(p, e, as_parse_expr(p));
        if (!as_parser_accept(p, ","))
            break;
    }
    as_parser_expect(p, ")");
    return e;
}

static struct as_expr *parse_is(struct as_parser *p, struct as_expr *left) {
    bool is_not = as_parser_accept(p, "NOT");
    if (as_parser_at(p, "DISTINCT")) {
        as_parser_advance(p);
        as_parser_expect(p, "FROM");
        is_not = !is_not;
    }
    return new_op(p, is_not ? AS_OP_IS_NOT : AS_OP_IS, left->line, left, parse_at(p, BIND_ORDER));
}

// SQLite reads x IN () as the word FALSE, whatever x, and x NOT IN () as TRUE.
static struct as_expr *in_nothing(struct as_parser *p, const struct as_expr *in, bool negated) {
    struct as_expr *e = new_expr(p, AS_EXPR_LITERAL, in->line);
    e->value = as_value_integer(negated);
    e->truth_word = true;
    p->literal_count++;
    return e;
}

// x [NOT] BETWEEN, IN, LIKE, GLOB; x IS …; x ISNULL, NOTNULL, NOT NULL. NULL where none stands
// here.
static struct as_expr *parse_postfix(struct as_parser *p, struct as_expr *left) {
    struct as_token next = as_parser_peek(p);
    bool negated = as_parser_at(p, "NOT");
    if (negated && as_token_is(&next, "NULL")) {
        as_parser_advance(p);
        as_parser_advance(p);
        return new_op(p, AS_OP_NOT_NULL, left->line, left, NULL);
    }
    static const char *const refused[] = {"MATCH", "REGEXP", "COLLATE", "ESCAPE",
                                          "->",    "->>",    NULL};
    as_parser_refuse_words(p, refused);
    if (negated)
        as_parser_advance(p);
    struct as_expr *e = NULL;
    if (as_parser_accept(p, "BETWEEN"))
        e = parse_between(p, left);
    else if (as_parser_accept(p, "IN"))
        e = parse_in(p, left);
    else if (as_parser_accept(p, "LIKE"))
        e = new_op(p, AS_OP_LIKE, left->line, left, parse_at(p, BIND_ORDER));
    else if (as_parser_accept(p, "GLOB"))
        e = new_op(p, AS_OP_GLOB, left->line, left, parse_at(p, BIND_ORDER));
    else if (negated)
        as_parser_refuse(p, p->token.line, "NOT %.*s", (int)p->token.size, p->token.text);
    else if (as_parser_accept(p, "IS"))
        return parse_is(p, left);
    else if (as_parser_accept(p, "ISNULL"))
        return new_op(p, AS_OP_IS_NULL, left->line, left, NULL);
    else if (as_parser_accept(p, "NOTNULL"))
        return new_op(p, AS_OP_NOT_NULL, left->line, left, NULL);
    if (e && e->kind == AS_EXPR_IN && e->arg_count == 1)
        return in_nothing(p, e, negated);
    if (e)
        e->negated = negated;
    return e;
}

static const struct binary *binary_here(const struct as_parser *p) {
    for (size_t i = 0; i < sizeof binaries / sizeof *binaries; i++) {
        if (as_parser_at(p, binaries[i].text))
            return &binaries[i];
    }
    return NULL;
}

// One more operator behind `left` that binds at least as strongly as `bind`; NULL where there is
// none.
static struct as_expr *parse_operator(struct as_parser *p, struct as_expr *left, int bind) {
    const struct binary *b = binary_here(p);
    if (b && b->bind != BIND_EQUAL) {
        if (b->bind < bind)
            return NULL;
        as_parser_advance(p);
        return new_op(p, b->op, left->line, left, parse_at(p, b->bind + 1));
    }
    if (bind > BIND_EQUAL)
        return NULL;
    if (b && b->op != AS_OP_LIKE && b->op != AS_OP_GLOB) {
        as_parser_advance(p);
        return new_op(p, b->op, left->line, left, parse_at(p, BIND_EQUAL + 1));
    }
    return parse_postfix(p, left);
}

static struct as_expr *parse_at(struct as_parser *p, int bind) {
    if (++p->depth > AS_SQL_DEPTH_MAX)
        as_parser_refuse(p, p->token.line, "expression nested more than %d deep", AS_SQL_DEPTH_MAX);
    const char *start = p->token.text;
    struct as_expr *left = parse_prefix(p);
    for (;;) {
        left->span = as_parser_span(p, start);
        struct as_expr *more = parse_operator(p, left, bind);
        if (!more || as_parser_failed(p))
            break;
        left = more;
    }
    p->depth--;
    return left;
}

struct as_expr *as_parse_expr(struct as_parser *p) {
    return parse_at(p, BIND_OR);
}
