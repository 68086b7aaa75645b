// SPDX-License-Identifier: MIT
#include "derived.h"

#include "domain/referee.h"

// Each CHECK as an audit asks for it: which rows do not satisfy the expression?
static void add_checks(const struct as_domain *domain, struct as_buffer *sql) {
    for (size_t i = 0; i < as_domain_check_count(domain); i++) {
        const char *table, *name, *expression;
        as_domain_check(domain, i, &table, &name, &expression);
        as_buffer_printf(sql, ";\nCREATE VIEW audit%zu AS SELECT * FROM \"%s\" WHERE NOT (%s\n)", i,
                         table, expression);
    }
    as_buffer_printf(sql, ";\n");
}

int derived_check(const struct as_domain *domain, struct as_error *error) {
    struct as_buffer sql = {0}, words = {0};
    as_buffer_printf(&sql, "%s\n", as_domain_reader_sql(domain));
    add_checks(domain, &sql);
    int code = as_referee_check("readers.sql", (const char *)sql.data, sql.size, error);
    as_domain_describe(domain, &words);
    as_domain_warnings(domain, &words);
    as_buffer_free(&sql);
    as_buffer_free(&words);
    return code;
}
