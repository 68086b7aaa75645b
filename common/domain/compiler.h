// SPDX-License-Identifier: MIT
//
// Inside the compiler: the program under construction, the scopes that names are looked up in, and
// the parts' entry points. After the first refusal the compiler goes on without harm and its caller
// looks at `error` once at the end.
#ifndef AS_DOMAIN_COMPILER_H
#define AS_DOMAIN_COMPILER_H

#include "domain/model.h"
#include "domain/table.h"
#include "stream/verdict.h"

// Which types a value may have: a set of 1 << enum as_type.
enum {
    AS_MAY_NULL = 1 << AS_NULL,
    AS_MAY_INTEGER = 1 << AS_INTEGER,
    AS_MAY_REAL = 1 << AS_REAL,
    AS_MAY_TEXT = 1 << AS_TEXT,
    AS_MAY_NUMBER = AS_MAY_INTEGER | AS_MAY_REAL,
};

enum { AS_NO_REGISTER = 0xFFFF };

// A compiled expression: where its value is, what it may be, and the affinity it brings to a
// comparison.
struct as_operand {
    uint16_t reg;
    uint8_t may;
    uint8_t affinity;
    uint16_t parameter; // that it is an unchanged copy of, from 1; or 0
};

// A table that names can refer to: NEW, excluded, a row at hand or a table in FROM.
struct as_binding {
    const char *name; // alias
    const struct as_relation *relation;
    bool qualified_only; // NEW and excluded are never meant by a bare column name
    bool affinity;       // its columns bring their affinity (NEW's and excluded's do not)
    const struct as_operand
        *registers; // a column's value, or AS_NO_REGISTER: read the cursor; or NULL
    uint16_t cursor;
    bool unbound; // in FROM, but its row is not found yet
};

struct as_scope {
    const struct as_scope *outer;
    size_t count;
    struct as_binding *bindings;
};

// An expression that was computed before: GROUP BY's expressions and the accumulators of an
// assertion.
struct as_known {
    const struct as_expr *expr;
    struct as_operand operand;
};

struct as_compiler {
    struct as_domain *domain;
    struct as_error *error;
    const struct as_relation *command; // NULL for assertions and initial rows
    struct as_program *program;
    size_t code_capacity;
    int32_t *labels; // label → instruction
    size_t label_count, label_capacity;
    size_t constant_limit;
    size_t next_register;
    const struct as_scope *scope;
    bool raise_allowed;
    bool *tables_read; // by the program so far: a flag for each aggregate
    uint16_t own_row;  // register: 0 once a command's own row was deleted by a cascade; or none
    size_t known_count;
    const struct as_known *knowns;
    bool knowns_only; // columns may only stand inside known expressions
};

// compiler.c
void as_compiler_start(struct as_compiler *c, struct as_program *program, size_t parameters);
void as_compiler_finish(struct as_compiler *c);
void as_compiler_refuse(struct as_compiler *c, int line, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
uint16_t as_compiler_register(struct as_compiler *c, size_t count); // the first of `count`
uint16_t as_compiler_cursor(struct as_compiler *c);
struct as_operand as_compiler_constant(struct as_compiler *c, struct as_value value);
int32_t as_compiler_label(struct as_compiler *c);
void as_compiler_place(struct as_compiler *c, int32_t label);
void as_compiler_emit(struct as_compiler *c, struct as_instruction instruction);
// A look-up of a row by the primary key at `key` …, into a cursor; jumps to `none` where there is
// none. `typed`: the values have the key's types or are NULL.
void as_compiler_find(struct as_compiler *c, const struct as_relation *relation, uint16_t key,
                      bool typed, uint16_t cursor, int32_t none);
// A reason; the names and sources are copied.
struct as_reason_spec {
    uint8_t kind;
    const char *name;
    const struct as_relation *relation;
    size_t count; // columns
    size_t keys;  // the first of them are the row's key
    const char *names[AS_TABLE_COLUMNS_MAX * 2];
    struct as_value_source sources[AS_TABLE_COLUMNS_MAX * 2];
};
struct as_value_source as_source_register(uint16_t reg);
int32_t as_compiler_reason(struct as_compiler *c, const struct as_reason_spec *spec);
int32_t as_compiler_error_reason(struct as_compiler *c, const char *words);

// compile_name.c: where a column's name leads. NULL where it leads nowhere (not refused).
const struct as_binding *as_scope_find(const struct as_scope *scope, const struct as_expr *column,
                                       size_t *index);
// Does the expression refer to a binding that is not bound yet?
bool as_scope_reads_unbound(const struct as_compiler *c, const struct as_scope *scope,
                            const struct as_expr *expr);

// compile_expr.c: `hint` is the register that the value should be put in, or AS_NO_REGISTER; the
// value may be elsewhere all the same. into: the value is put into `reg`.
struct as_operand as_compile_expr(struct as_compiler *c, const struct as_expr *expr, uint16_t hint);
struct as_operand as_compile_into(struct as_compiler *c, const struct as_expr *expr, uint16_t reg);
bool as_expr_equal(const struct as_expr *a, const struct as_expr *b);
struct as_operand as_compile_column(struct as_compiler *c, const struct as_binding *binding,
                                    size_t column, uint16_t hint);

// EXISTS: goes on where the row is there.
void as_compile_exists_from(struct as_compiler *c, const struct as_expr *exists, int32_t none);
bool as_expr_tests_truth(const struct as_expr *expr); // x IS TRUE and its like
uint8_t as_in_affinity(const struct as_operand *x);   // of the comparisons that x IN (…) makes

// compile_jump.c: jumps to `label` where the truth is `sense`, and where it is NULL if null_jumps.
void as_compile_jump(struct as_compiler *c, const struct as_expr *expr, bool sense, bool null_jumps,
                     int32_t label);

// The same of a op b, for AS_OP_EQ … AS_OP_IS_NOT.
void as_compile_jump_compare(struct as_compiler *c, enum as_operator op, const struct as_operand *a,
                             const struct as_operand *b, uint8_t affinity, bool null_jumps,
                             int32_t label);

// compile_peephole.c: of a program that is finished.
void as_compile_peephole(struct as_program *program);

// compile_function.c
struct as_operand as_compile_case(struct as_compiler *c, const struct as_expr *e);
struct as_operand as_compile_function(struct as_compiler *c, const struct as_expr *e,
                                      uint16_t hint);

// Pieces of compile_expr.c that compile_function.c needs too: the register of a result, an operand
// without affinity, NULL; an instruction a ← op b, and one that compares.
uint16_t as_compiler_target(struct as_compiler *c, uint16_t hint);
struct as_operand as_operand_in(uint16_t reg, unsigned may);
struct as_operand as_compiler_null(struct as_compiler *c);
struct as_operand as_compile_unary_op(struct as_compiler *c, enum as_opcode op, unsigned flag,
                                      const struct as_operand *a, unsigned may, uint16_t hint);
struct as_operand as_compile_compare(struct as_compiler *c, enum as_operator op,
                                     const struct as_operand *a, const struct as_operand *b,
                                     uint8_t affinity, uint16_t hint);
uint8_t as_comparison_affinity(const struct as_operand *a, const struct as_operand *b);

// compile_query.c: opens a scope over FROM, finds each row by its primary key and tests the rest of
// WHERE; jumps to `none` where there is no row. close returns to the scope outside.
struct as_scope *as_compile_from(struct as_compiler *c, const struct as_select *select,
                                 int32_t none);
// The same for the target of UPDATE and DELETE.
struct as_scope *as_compile_target(struct as_compiler *c, const struct as_statement *s,
                                   int32_t none);
void as_compile_close(struct as_compiler *c);

// compile_row.c: a row's checks in SQLite's order, and its effect.
void as_compile_insert(struct as_compiler *c, const struct as_relation *relation, int line,
                       uint16_t first, const struct as_operand *values,
                       const struct as_upsert *upsert);
void as_compile_update(struct as_compiler *c, const struct as_binding *target,
                       const struct as_assignment *assignments, size_t count);
void as_compile_command_checks(struct as_compiler *c, const struct as_operand *parameters);

// compile_statement.c
void as_compile_statement(struct as_compiler *c, const struct as_statement *statement);
void as_compile_references(struct as_compiler *c);

// compile_assertion.c
void as_compile_assertion(struct as_compiler *c, struct as_assertion *assertion);

#endif
