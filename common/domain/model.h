// SPDX-License-Identifier: MIT
//
// The compiled domain, inside: what domain/domain.h hides. Built by model.c (what the tables are)
// and compile.c (what the programs do), then only read.
#ifndef AS_DOMAIN_MODEL_H
#define AS_DOMAIN_MODEL_H

#include "base/hash.h"
#include "base/region.h"
#include "domain/domain.h"
#include "domain/program.h"
#include "domain/sql_ast.h"

struct as_relation_key { // a primary key or a UNIQUE
    size_t column_count;
    uint16_t *columns;
    const char *name; // "account.id", as SQLite's message has it
    bool rowid_alias; // INTEGER PRIMARY KEY of a rowid table: SQLite checks it before all others
};

struct as_check {
    const char *name;
    const struct as_expr *expr;
    const char *text;
    uint64_t columns; // bit i: the expression reads column i
    int line;
};

struct as_reference { // of a command to an aggregate
    size_t column_count;
    uint16_t *columns; // in the order of the parent's primary key
    size_t parent;     // number of the aggregate
    bool cascade;
    int line;
    const char *name; // "transfer.dst"
};

struct as_command;
struct as_assertion;

// An aggregate or a command.
struct as_relation {
    struct as_table_info info;
    const struct as_create_table *source;
    size_t number; // among the aggregates or the commands
    uint8_t *types;
    size_t check_count;
    struct as_check *checks;
    // Aggregates:
    size_t key_count; // keys[0] is the primary key
    struct as_relation_key *keys;
    size_t *key_order; // in which SQLite checks the keys of an INSERT
    bool rowid_alias;
    bool without_rowid;
    uint64_t key_mask;      // columns of the primary key
    size_t assertion_count; // assertions that are counted row by row: all that are not plain
    struct as_assertion **assertions;
    uint64_t assertion_columns; // that one of them reads
    // Commands:
    size_t reference_count;
    struct as_reference *references;
    const struct as_create_trigger *trigger;
    struct as_program program;
};

enum as_accumulator_kind { AS_ACCUMULATE_SUM, AS_ACCUMULATE_COUNT, AS_ACCUMULATE_ROWS };

// sum(argument), count(argument) or count(*).
struct as_accumulator {
    enum as_accumulator_kind kind;
    const struct as_expr *expr; // the call
    uint16_t input;             // register of `row`: the argument's value
    uint16_t output;            // parameter of `holds`
    uint16_t column;            // the argument, where it is one (by_column)
};

struct as_assertion {
    const char *name;
    int line;
    size_t number;
    const struct as_create_view *view;
    size_t table;
    uint64_t columns;      // that the row program reads; a change to others cannot matter
    struct as_program row; // over cursor 0: is the row counted, its group and arguments
    uint16_t counted;      // register of `row`: 1 where WHERE holds
    size_t group_count;
    uint16_t *groups; // registers of `row`; parameters 0 … of `holds`
    bool grouped;     // has GROUP BY: no row, no verdict
    bool by_column;   // no WHERE, only columns in GROUP BY and as arguments: `row` need not run
    bool plain;       // and no GROUP BY: the state's totals are enough (state.h)
    uint16_t *group_columns; // by_column: GROUP BY
    uint64_t group_mask;     // the same as bits
    size_t accumulator_count;
    struct as_accumulator *accumulators;
    struct as_program holds;
    uint16_t result;       // register of `holds`
    uint32_t reason;       // where it is false
    uint32_t reason_error; // where it cannot be told (overflow)
};

struct as_domain {
    struct as_region region;
    const char *name;
    char *sql;
    size_t sql_size;
    uint8_t digest[AS_SHA256_SIZE];
    uint64_t fingerprint;
    struct as_schema schema;
    size_t table_count;
    struct as_relation **tables;
    size_t command_count;
    struct as_relation **commands;
    size_t assertion_count;
    struct as_assertion **assertions;
    struct as_program seeds;
    size_t reason_count;
    struct as_reason *reasons;
    char *reader_sql;
};

// model.c: tables, keys, references from the syntax tree, with everything refused that has no
// meaning.
int as_model_build(struct as_domain *domain, struct as_error *error);
struct as_relation *as_model_find_table(const struct as_domain *domain, const char *name);
int as_model_column(const struct as_relation *relation, const char *name); // or -1
// The columns of `relation` that an expression without subqueries reads.
uint64_t as_model_columns_read(const struct as_relation *relation, const struct as_expr *expr);

// compile.c: the programs.
int as_compile(struct as_domain *domain, struct as_error *error);

#endif
