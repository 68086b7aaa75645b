// SPDX-License-Identifier: MIT
//
// A domain's SQL into a syntax tree (domain/sql_ast.h). The grammar is the part of SQLite's that
// can be compiled; the rest is refused by file, line and the name of the construct.
#ifndef AS_DOMAIN_SQL_PARSE_H
#define AS_DOMAIN_SQL_PARSE_H

#include "base/error.h"
#include "base/region.h"
#include "domain/sql_ast.h"

enum { AS_SQL_DEPTH_MAX = 200 }; // nesting of expressions

// Everything in *schema lives in `region`; texts may point into `sql`. AS_DATA "bank.sql:12: …".
int as_sql_parse(const char *name, const char *sql, size_t size, struct as_region *region,
                 struct as_schema *schema, struct as_error *error);

#endif
