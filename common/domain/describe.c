// SPDX-License-Identifier: MIT
//
// The compiled domain in words, for `as-commit --check`.
#include <string.h>

#include "domain/model.h"

static const char *type_name(enum as_type type) {
    return type == AS_INTEGER ? "INTEGER" : type == AS_REAL ? "REAL" : "TEXT";
}

static void describe_columns(const struct as_relation *r, struct as_buffer *out) {
    int width = 0;
    for (size_t i = 0; i < r->info.column_count; i++) {
        int size = (int)strlen(r->info.columns[i].name);
        width = size > width ? size : width;
    }
    for (size_t i = 0; i < r->info.column_count; i++) {
        const struct as_column_info *c = &r->info.columns[i];
        as_buffer_printf(out, "    %-*s  %-7s%s", width, c->name, type_name(c->type),
                         c->not_null ? "  NOT NULL" : "");
        if (c->has_default) {
            as_buffer_printf(out, "  DEFAULT ");
            as_value_print(out, &c->default_value);
        }
        as_buffer_printf(out, "\n");
    }
}

static void describe_checks(const struct as_relation *r, struct as_buffer *out) {
    for (size_t i = 0; i < r->check_count; i++) {
        const struct as_check *c = &r->checks[i];
        bool unnamed = strcmp(c->name, c->text) == 0;
        as_buffer_printf(out, "    check %s%s%s\n", unnamed ? "" : c->name, unnamed ? "" : ": ",
                         c->text);
    }
}

static void describe_table(const struct as_relation *r, struct as_buffer *out) {
    as_buffer_printf(out, "aggregate %s\n", r->info.name);
    describe_columns(r, out);
    for (size_t i = 0; i < r->key_count; i++)
        as_buffer_printf(out, "    %s %s\n", i ? "unique" : "primary key", r->keys[i].name);
    describe_checks(r, out);
}

static void describe_command(const struct as_domain *d, const struct as_relation *r,
                             struct as_buffer *out) {
    as_buffer_printf(out, "command %s\n", r->info.name);
    describe_columns(r, out);
    describe_checks(r, out);
    for (size_t i = 0; i < r->reference_count; i++) {
        const struct as_reference *reference = &r->references[i];
        as_buffer_printf(out, "    reference %s to %s%s\n", reference->name,
                         d->tables[reference->parent]->info.name,
                         reference->cascade ? " on delete cascade" : "");
    }
    as_buffer_printf(out, "    %zu statement%s, %zu instructions\n", r->trigger->statement_count,
                     r->trigger->statement_count == 1 ? "" : "s", r->program.count);
}

static void describe_assertion(const struct as_domain *d, const struct as_assertion *a,
                               struct as_buffer *out) {
    as_buffer_printf(out, "assertion %s over %s", a->name, d->tables[a->table]->info.name);
    for (size_t i = 0; i < a->accumulator_count; i++)
        as_buffer_printf(out, "%s%.*s", i ? ", " : ": ", (int)a->accumulators[i].expr->span.size,
                         a->accumulators[i].expr->span.text);
    for (size_t i = 0; i < a->group_count; i++)
        as_buffer_printf(out, "%s%.*s", i ? ", " : " by ",
                         (int)a->view->select->groups[i]->span.size,
                         a->view->select->groups[i]->span.text);
    as_buffer_printf(out, "\n");
}

static size_t count_invariants(const struct as_domain *d) {
    size_t count = d->assertion_count;
    for (size_t i = 0; i < d->table_count; i++)
        count += d->tables[i]->check_count + d->tables[i]->key_count;
    for (size_t i = 0; i < d->command_count; i++)
        count += d->commands[i]->check_count + d->commands[i]->reference_count;
    return count;
}

void as_domain_describe(const struct as_domain *d, struct as_buffer *out) {
    for (size_t i = 0; i < d->table_count; i++)
        describe_table(d->tables[i], out);
    for (size_t i = 0; i < d->command_count; i++)
        describe_command(d, d->commands[i], out);
    for (size_t i = 0; i < d->assertion_count; i++)
        describe_assertion(d, d->assertions[i], out);
    as_buffer_printf(out,
                     "%s: %zu aggregates, %zu commands, %zu invariants, %zu initial rows' "
                     "statements, fingerprint %016llx\n",
                     d->name, d->table_count, d->command_count, count_invariants(d),
                     d->schema.seed_count, (unsigned long long)d->fingerprint);
}
