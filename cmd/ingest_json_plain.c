// SPDX-License-Identifier: MIT
#include "ingest_json_plain.h"

#include <float.h>
#include <string.h>

#include "base/number.h"
#include "base/number.h"
#include "stream/frame.h"
#include "stream/item.h"

enum { EXACT_INTEGER_MAX = 15 }; // digits, DBL_DIG: see take_number

enum kind { ABSENT, STRING, WHOLE, DECIMAL, TRUE, FALSE, NOTHING };

// A parameter's value as it stands in the line: a string without its quotes, a number's characters.
struct token {
    enum kind kind;
    const char *text;
    size_t size;
};

struct plain {
    const struct ingest_schema *schema;
    const char *at, *end;
    struct token tokens[AS_ITEM_VALUES_MAX]; // by parameter, of the item at hand
};

// ---- Characters ---------------------------------------------------------------------------------

static bool is_blank(char c) {
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static void skip_blanks(struct plain *p) {
    while (p->at < p->end && is_blank(*p->at))
        p->at++;
}

// Passes over blanks and, where it comes next, c.
static bool take(struct plain *p, char c) {
    if (p->at < p->end && *p->at <= ' ')
        skip_blanks(p);
    bool is_next = p->at < p->end && *p->at == c;
    p->at += is_next;
    return is_next;
}

static bool ends_run(char c) {
    return c == '"' || c == '\\' || (unsigned char)c < 0x20;
}

// Eight characters at a time: a byte's high bit is set for the first one that ends the run, and
// perhaps for others behind it (Mycroft's test for a zero byte, and for one less than 0x20).
static uint64_t ends_run_8(uint64_t word) {
    const uint64_t ones = 0x0101010101010101u, high = ones << 7;
    uint64_t quote = word ^ ones * '"', escape = word ^ ones * '\\';
    return (((quote - ones) & ~quote) | ((escape - ones) & ~escape) |
            ((word - ones * 0x20) & ~word)) &
           high;
}

// Where a string's run of plain characters ends: at a quote, an escape, a control character or
// `end`.
static const char *run_end(const char *at, const char *end) {
    for (; end - at >= 8; at += 8) {
        uint64_t found = ends_run_8(as_load_le64((const uint8_t *)at));
        if (found)
            return at + __builtin_ctzll(found) / 8;
    }
    while (at < end && !ends_run(*at))
        at++;
    return at;
}

// A string without an escape. Whether it is UTF-8 is for the caller to see.
static bool take_string(struct plain *p, struct token *token) {
    if (!take(p, '"'))
        return false;
    const char *at = run_end(p->at, p->end);
    if (at == p->end || *at != '"')
        return false;
    *token = (struct token){STRING, p->at, (size_t)(at - p->at)};
    p->at = at + 1;
    return true;
}

// The very string that is likely to come next, which holds nothing that JSON escapes: one
// comparison in place of a search for its end and for its name.
static bool take_likely(struct plain *p, const char *text, size_t size) {
    const char *at = p->at;
    if ((size_t)(p->end - at) < size + 2 || at[0] != '"' || at[size + 1] != '"' ||
        memcmp(at + 1, text, size) != 0)
        return false;
    p->at += size + 2;
    return true;
}

static size_t take_digits(struct plain *p) {
    const char *start = p->at;
    while (p->at < p->end && *p->at >= '0' && *p->at <= '9')
        p->at++;
    return (size_t)(p->at - start);
}

// -? (0 | [1-9][0-9]*) (. [0-9]+)?  What follows is looked at by the caller.
//
// jansson reads a decimal as a double, and ingest_number.c accepts that where the integer it stands
// for has at most 15 digits and all that was written is in it. Of 15 digits the double nearest to
// the decimal is the quotient that ingest_number.c compares it with; so the decimal itself can be
// read instead.
static bool take_number(struct plain *p, struct token *token) {
    const char *start = p->at;
    p->at += *start == '-';
    bool zero = p->at < p->end && *p->at == '0';
    size_t whole = take_digits(p), fine = 0;
    bool decimal = p->at < p->end && *p->at == '.';
    if (decimal) {
        p->at++;
        fine = take_digits(p);
    }
    if (whole == 0 || (zero && whole > 1) || (decimal && fine == 0))
        return false;
    *token = (struct token){decimal ? DECIMAL : WHOLE, start, (size_t)(p->at - start)};
    return !decimal || whole + fine <= EXACT_INTEGER_MAX;
}

static bool take_word(struct plain *p, const char *word, enum kind kind, struct token *token) {
    size_t size = strlen(word);
    if ((size_t)(p->end - p->at) < size || memcmp(p->at, word, size) != 0)
        return false;
    *token = (struct token){.kind = kind};
    p->at += size;
    return true;
}

static bool take_value(struct plain *p, struct token *token) {
    skip_blanks(p);
    if (p->at == p->end)
        return false;
    switch (*p->at) {
    case '"':
        return take_string(p, token);
    case 't':
        return take_word(p, "true", TRUE, token);
    case 'f':
        return take_word(p, "false", FALSE, token);
    case 'n':
        return take_word(p, "null", NOTHING, token);
    default:
        return take_number(p, token);
    }
}

// ---- Values -------------------------------------------------------------------------------------

static bool encode_as_text(const struct ingest_param *param, const struct token *token,
                           struct as_buffer *out) {
    struct as_error ignored;
    return ingest_param_encode_text(param, token->text, token->size, out, &ignored) == 0;
}

static void encode_integer(int64_t n, struct as_buffer *out) {
    struct as_value value = as_value_integer(n);
    as_value_encode(out, &value);
}

static bool encode_number_as_integer(const struct ingest_param *param, const struct token *token,
                                     struct as_buffer *out) {
    unsigned scale = param->scale == INGEST_NO_SCALE ? 0 : (unsigned)param->scale;
    int64_t n;
    if (as_parse_decimal(token->text, token->size, scale, &n) != AS_DECIMAL_OK)
        return false;
    if (token->kind == DECIMAL && (n > INGEST_EXACT_MAX || n < -INGEST_EXACT_MAX))
        return false;
    encode_integer(n, out);
    return true;
}

static bool encode_whole_as_real(const struct token *token, struct as_buffer *out) {
    int64_t n;
    if (!as_parse_int64(token->text, token->size, &n) || n > INGEST_EXACT_MAX ||
        n < -INGEST_EXACT_MAX)
        return false;
    struct as_value value = as_value_real((double)n);
    as_value_encode(out, &value);
    return true;
}

// Its digits are what SQLite would make of it, but those of -0.
static bool encode_whole_as_text(const struct ingest_param *param, const struct token *token,
                                 struct as_buffer *out) {
    int64_t n;
    return as_parse_int64(token->text, token->size, &n) && (n != 0 || token->size == 1) &&
           encode_as_text(param, token, out);
}

static bool encode_number(const struct ingest_param *param, const struct token *token,
                          struct as_buffer *out) {
    if (param->type == AS_INTEGER)
        return encode_number_as_integer(param, token, out);
    if (token->kind == DECIMAL)
        return param->type == AS_REAL && encode_as_text(param, token, out);
    return param->type == AS_REAL ? encode_whole_as_real(token, out)
                                  : encode_whole_as_text(param, token, out);
}

static bool encode_truth(const struct ingest_param *param, bool truth, struct as_buffer *out) {
    if (param->type != AS_INTEGER || param->scale != INGEST_NO_SCALE)
        return false;
    encode_integer(truth, out);
    return true;
}

static bool encode(const struct ingest_param *param, const struct token *token,
                   struct as_buffer *out) {
    switch (token->kind) {
    case ABSENT:
        as_buffer_append(out, param->absent.data, param->absent.size);
        return true;
    case STRING:
        return encode_as_text(param, token, out);
    case WHOLE:
    case DECIMAL:
        return encode_number(param, token, out);
    case TRUE:
    case FALSE:
        return encode_truth(param, token->kind == TRUE, out);
    case NOTHING:
        as_buffer_u8(out, AS_TAG_NULL);
        return true;
    }
    return false;
}

// ---- Items --------------------------------------------------------------------------------------

static bool encode_item(const struct plain *p, const struct ingest_command *command, uint8_t flags,
                        struct as_buffer *out) {
    struct as_item_head head = {
        .command = command->number, .flags = flags, .values = (uint8_t)command->count};
    as_item_encode_head(out, &head);
    for (size_t i = 0; i < command->count; i++)
        if (!encode(&command->params[i], &p->tokens[i], out))
            return false;
    return true;
}

// The parameter whose name comes next; command->count to decline.
static size_t take_name(struct plain *p, const struct ingest_command *command, size_t likely) {
    const struct ingest_param *param = &command->params[likely];
    struct token name;
    skip_blanks(p);
    if (param->bare && take_likely(p, param->column, param->column_size))
        return likely;
    if (!take_string(p, &name))
        return command->count;
    size_t i = ingest_command_find(command, name.text, name.size, likely);
    return i < command->count && command->params[i].bare ? i : command->count;
}

static bool take_param(struct plain *p, const struct ingest_command *command, size_t *likely) {
    size_t i = take_name(p, command, *likely);
    if (i == command->count || p->tokens[i].kind != ABSENT || !take(p, ':'))
        return false;
    *likely = i + 1 < command->count ? i + 1 : 0;
    return take_value(p, &p->tokens[i]);
}

static bool take_params(struct plain *p, const struct ingest_command *command) {
    size_t likely = 0;
    for (size_t i = 0; i < command->count; i++)
        p->tokens[i].kind = ABSENT;
    if (!take(p, '{'))
        return false;
    do {
        if (!take_param(p, command, &likely))
            return false;
    } while (take(p, ','));
    return take(p, '}');
}

// The item's tokens, and its command; NULL to decline.
static const struct ingest_command *take_item(struct plain *p) {
    const struct ingest_command *command = p->schema->only;
    struct token name;
    if (command)
        return take_params(p, command) ? command : NULL;
    if (!take(p, '{') || !take_string(p, &name) || !take(p, ':'))
        return NULL;
    command = ingest_schema_find(p->schema, name.text, name.size);
    return command && take_params(p, command) && take(p, '}') ? command : NULL;
}

static bool take_items(struct plain *p, struct as_buffer *out, uint32_t *count) {
    bool group = take(p, '['), more = true;
    for (*count = 0; more && *count < AS_FRAME_RECORDS_MAX; ++*count) {
        const struct ingest_command *command = take_item(p);
        if (!command)
            return false;
        more = group && take(p, ',');
        if (!encode_item(p, command, more ? AS_ITEM_FLAG_GROUP : 0, out))
            return false;
    }
    return !more && (!group || take(p, ']'));
}

bool ingest_json_plain(const struct ingest_schema *schema, const char *line, size_t size,
                       struct as_buffer *out, uint32_t *count) {
    struct plain p;
    p.schema = schema;
    p.at = line;
    p.end = line + size;
    if (!take_items(&p, out, count))
        return false;
    skip_blanks(&p);
    return p.at == p.end;
}
