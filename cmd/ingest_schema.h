// SPDX-License-Identifier: MIT
//
// What the records are typed against: the domain's commands, their parameters, and how the command
// line has them read (--map, --decimal). Everything that is known before the first record is
// settled here, so that a record costs only its own bytes.
#ifndef AS_INGEST_SCHEMA_H
#define AS_INGEST_SCHEMA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buffer.h"
#include "base/error.h"
#include "domain/domain.h"

// Two decimals of at most DBL_DIG (15) significant digits never share a double, so that a double
// tells which one was written.
#define INGEST_EXACT_MAX 999999999999999LL

enum { INGEST_SCALE_MAX = 18, INGEST_NO_SCALE = -1, INGEST_QUOTE_MAX = 60 };

// One --map param=column or --decimal param:N.
struct ingest_pair {
    const char *param;
    const char *value; // the column's name
    unsigned scale;
    bool used; // some command has that parameter
};

struct ingest_pairs {
    struct ingest_pair *pairs;
    size_t count;
};

struct ingest_param {
    const char *name;   // the command's column
    const char *column; // the input's column or key: the name, unless mapped
    size_t column_size;
    bool mapped;
    bool bare; // `column` is this parameter's alone and stands in JSON as it is, ASCII unescaped
    enum as_type type;
    int scale;               // digits behind the point, or INGEST_NO_SCALE
    bool optional;           // absent, it is NULL or its default, and the domain takes that
    struct as_buffer absent; // the encoded default
};

struct ingest_command {
    uint16_t number;
    const char *name;
    size_t name_size;
    struct ingest_param *params;
    size_t count;
};

struct ingest_schema {
    struct ingest_command *commands;
    size_t count;
    const struct ingest_command *only; // --command, or NULL
};

// `command` may be NULL: the only one of the domain where it has but one and `one_needed` is set.
// AS_USAGE for names that the domain does not have.
int ingest_schema_init(struct ingest_schema *schema, const struct as_domain *domain,
                       const char *command, bool one_needed, const struct ingest_pairs *maps,
                       const struct ingest_pairs *decimals, struct as_error *error);
void ingest_schema_free(struct ingest_schema *schema);

// NULL where the domain has no such command.
const struct ingest_command *ingest_schema_find(const struct ingest_schema *schema,
                                                const char *name, size_t size);

// The parameter that a key is for, command->count where there is none. Keys are taken as they are
// where --map gives them, and as SQL compares names otherwise. `likely` is tried first: lines of
// one kind have their keys in one order.
size_t ingest_command_find(const struct ingest_command *command, const char *key, size_t size,
                           size_t likely);

// Appends the value that a text stands for. AS_DATA "amount: "abc" is not an integer", and nothing
// appended, where it does not fit.
int ingest_param_encode_text(const struct ingest_param *param, const char *text, size_t size,
                             struct as_buffer *out, struct as_error *error);

// A text for a message: printable and short. Writes at most INGEST_QUOTE_MAX + 6 bytes, NUL
// included.
void ingest_quote(char *out, const char *text, size_t size);

#endif
