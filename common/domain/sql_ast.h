// SPDX-License-Identifier: MIT
//
// The syntax tree of a domain's SQL: what the grammar in sql_parse.c and sql_expr.c builds and the
// model and compiler read. Everything lives in one region and is never changed after parsing.
#ifndef AS_DOMAIN_SQL_AST_H
#define AS_DOMAIN_SQL_AST_H

#include <stdbool.h>
#include <stddef.h>

#include "stream/value.h"

// A piece of the text, as written.
struct as_span {
    const char *text;
    size_t size;
};

enum as_expr_kind {
    AS_EXPR_LITERAL,  // value
    AS_EXPR_COLUMN,   // [qualifier.]name
    AS_EXPR_UNARY,    // op, args[0]
    AS_EXPR_BINARY,   // op, args[0], args[1]
    AS_EXPR_BETWEEN,  // args[0] BETWEEN args[1] AND args[2]
    AS_EXPR_IN,       // args[0] IN (args[1] …)
    AS_EXPR_CASE,     // [base] when then when then … [else]
    AS_EXPR_CAST,     // CAST(args[0] AS cast)
    AS_EXPR_FUNCTION, // name(args …), name(*) has star
    AS_EXPR_SELECT,   // (select)
    AS_EXPR_EXISTS,   // EXISTS (select)
    AS_EXPR_RAISE,    // RAISE(ABORT, name)
};

enum as_operator {
    AS_OP_ADD,
    AS_OP_SUBTRACT,
    AS_OP_MULTIPLY,
    AS_OP_DIVIDE,
    AS_OP_REMAINDER,
    AS_OP_BIT_AND,
    AS_OP_BIT_OR,
    AS_OP_SHIFT_LEFT,
    AS_OP_SHIFT_RIGHT,
    AS_OP_CONCAT,
    AS_OP_EQ,
    AS_OP_NE,
    AS_OP_LT,
    AS_OP_LE,
    AS_OP_GT,
    AS_OP_GE,
    AS_OP_IS,
    AS_OP_IS_NOT,
    AS_OP_AND,
    AS_OP_OR,
    AS_OP_LIKE,
    AS_OP_GLOB,
    AS_OP_NOT, // unary from here
    AS_OP_NEGATE,
    AS_OP_PLUS,
    AS_OP_BIT_NOT,
    AS_OP_IS_NULL,
    AS_OP_NOT_NULL,
};

enum as_affinity {
    AS_AFFINITY_NONE,
    AS_AFFINITY_TEXT,
    AS_AFFINITY_NUMERIC,
    AS_AFFINITY_INTEGER,
    AS_AFFINITY_REAL
};

struct as_select;

struct as_expr {
    enum as_expr_kind kind;
    enum as_operator op;
    enum as_affinity cast;
    bool negated;       // NOT BETWEEN, NOT IN, NOT LIKE
    bool has_base;      // CASE: args[0] is the base
    bool has_else;      // CASE: the last argument is the ELSE
    bool star;          // FUNCTION: count(*)
    bool double_quoted; // COLUMN: written "name" without qualifier
    bool truth_word;    // LITERAL: written TRUE or FALSE
    int line;
    const char *qualifier; // COLUMN, NULL without
    const char *name;      // COLUMN, FUNCTION, RAISE
    struct as_value value;
    struct as_span span; // its text
    struct as_select *select;
    size_t arg_count;
    struct as_expr **args;
};

struct as_source { // a table in FROM
    const char *table;
    const char *alias; // the table's name without one
    int line;
};

struct as_result {
    struct as_expr *expr;
    const char *alias; // NULL without
};

struct as_select {
    int line;
    size_t result_count;
    struct as_result *results;
    size_t source_count;
    struct as_source *sources;
    struct as_expr *where; // NULL without
    size_t group_count;
    struct as_expr **groups;
};

struct as_assignment {
    const char *column;
    struct as_expr *expr;
    int line;
};

struct as_upsert {
    bool update;         // DO UPDATE, else DO NOTHING
    size_t target_count; // 0: no target
    const char **targets;
    size_t assignment_count;
    struct as_assignment *assignments;
    struct as_expr *where;
};

enum as_statement_kind {
    AS_STATEMENT_INSERT,
    AS_STATEMENT_UPDATE,
    AS_STATEMENT_DELETE,
    AS_STATEMENT_SELECT,
};

// A statement in a trigger's body, or a seed INSERT.
struct as_statement {
    enum as_statement_kind kind;
    int line;
    struct as_span span;
    const char *table;   // INSERT, UPDATE, DELETE
    const char *alias;   // UPDATE, DELETE; the table's name without one
    size_t column_count; // INSERT: 0 means all
    const char **columns;
    size_t row_count; // INSERT … VALUES: rows of value_count expressions each
    size_t value_count;
    struct as_expr ***rows;
    struct as_select *select; // SELECT, INSERT … SELECT
    struct as_upsert *upsert; // NULL without
    size_t assignment_count;  // UPDATE
    struct as_assignment *assignments;
    struct as_expr *where;
};

enum as_constraint_kind {
    AS_CONSTRAINT_PRIMARY_KEY,
    AS_CONSTRAINT_UNIQUE,
    AS_CONSTRAINT_CHECK,
    AS_CONSTRAINT_REFERENCES,
};

struct as_constraint {
    enum as_constraint_kind kind;
    int line;
    const char *name; // CHECK: its name, or its text
    struct as_expr *check;
    size_t column_count;
    const char **columns;
    const char *parent; // REFERENCES
    size_t parent_column_count;
    const char **parent_columns;
    bool cascade;   // ON DELETE CASCADE
    bool on_column; // written on a column
};

struct as_column {
    const char *name;
    const char *type; // as written
    int line;
    bool not_null;
    struct as_expr *default_value; // NULL without
};

struct as_create_table {
    const char *name;
    int line;
    bool strict;
    bool without_rowid;
    size_t column_count;
    struct as_column *columns;
    size_t constraint_count;
    struct as_constraint *constraints; // in the order written
    struct as_span span;
};

struct as_create_trigger {
    const char *name;
    const char *table;
    int line;
    struct as_expr *when;
    size_t statement_count;
    struct as_statement **statements;
};

struct as_create_index {
    const char *name;
    const char *table;
    int line;
    bool unique;
    size_t column_count;
    const char **columns;
    struct as_span span;
};

struct as_create_view {
    const char *name;
    int line;
    size_t column_count; // CREATE VIEW v(a, b)
    const char **columns;
    // Only a view with a column named holds is parsed; any other is for readers.
    bool assertion;
    struct as_select *select;
    struct as_span span;
};

// The whole file, each kind in the order written.
struct as_schema {
    size_t table_count;
    struct as_create_table **tables;
    size_t trigger_count;
    struct as_create_trigger **triggers;
    size_t index_count;
    struct as_create_index **indexes;
    size_t view_count;
    struct as_create_view **views;
    size_t seed_count;
    struct as_statement **seeds;
    size_t literal_count; // in the whole file
};

#endif
