// SPDX-License-Identifier: MIT
//
// A domain: what as-domain(5) text declares, compiled. Immutable after compiling, so that it can be
// shared between threads without locks.
//
//   as_domain_compile → as_engine_create (domain/engine.h) … → as_domain_free
//
// Compiling reads the same text that SQLite loads (domain/referee.h checks it there first) and
// turns commands, invariants and assertions into programs for the virtual machine. What it cannot
// compile it refuses, with "file:line: construct: why": never a silent difference from SQLite.
#ifndef AS_DOMAIN_DOMAIN_H
#define AS_DOMAIN_DOMAIN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buffer.h"
#include "base/error.h"
#include "base/hash.h"
#include "stream/value.h"

struct as_domain;

struct as_column_info {
    const char *name;
    enum as_type type; // AS_INTEGER, AS_REAL or AS_TEXT
    bool not_null;
    bool has_default;
    struct as_value default_value; // of an absent parameter (NULL without DEFAULT)
};

struct as_table_info {
    const char *name;
    size_t column_count;
    const struct as_column_info *columns;
    size_t key_count;       // aggregates: columns of the primary key …
    const uint16_t *key;    // … and which they are, in key order (for an UPSERT or ORDER BY)
    bool has_unique;        // aggregates: a UNIQUE beside the primary key
    const char *create_sql; // aggregates: the CREATE TABLE text
};

// `name` is what messages call the file ("bank.sql"). AS_DATA where the text does not compile.
int as_domain_compile(const char *name, const char *sql, size_t size, struct as_domain **domain,
                      struct as_error *error);
void as_domain_free(struct as_domain *domain);

const char *as_domain_sql(const struct as_domain *domain, size_t *size);
uint64_t as_domain_fingerprint(const struct as_domain *domain);  // as in a frame's header
const uint8_t *as_domain_digest(const struct as_domain *domain); // SHA-256 of the text

size_t as_domain_command_count(const struct as_domain *domain);
const struct as_table_info *as_domain_command(const struct as_domain *domain, size_t command);
// The number of the command of that name (SQL's case rules), or -1.
int as_domain_find_command(const struct as_domain *domain, const char *name, size_t size);
// The number of a command's or aggregate's column, or -1.
int as_table_find_column(const struct as_table_info *table, const char *name, size_t size);

size_t as_domain_table_count(const struct as_domain *domain); // aggregates
const struct as_table_info *as_domain_table(const struct as_domain *domain, size_t table);

size_t as_domain_assertion_count(const struct as_domain *domain);
const char *as_domain_assertion(const struct as_domain *domain, size_t assertion); // view's name
// CHECKs of aggregates, for an audit by SQL: every row of `table` must satisfy `expression`.
size_t as_domain_check_count(const struct as_domain *domain);
void as_domain_check(const struct as_domain *domain, size_t check, const char **table,
                     const char **name, const char **expression);

// SQL that a reader's database starts with: aggregates, views, indexes; no commands, no rows.
const char *as_domain_reader_sql(const struct as_domain *domain);

// The compiled domain for a person (--check): tables, commands, invariants, assertions. Warnings,
// one a line ("bank.sql:12: warning: …"), about places where one of SQL's traps could bite.
void as_domain_describe(const struct as_domain *domain, struct as_buffer *out);
void as_domain_warnings(const struct as_domain *domain, struct as_buffer *out);

#endif
