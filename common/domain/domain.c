// SPDX-License-Identifier: MIT
#include "domain/domain.h"

#include <stdlib.h>
#include <string.h>

#include "domain/model.h"
#include "domain/sql_parse.h"
#include "stream/frame.h"

int as_domain_compile(const char *name, const char *sql, size_t size, struct as_domain **domain,
                      struct as_error *error) {
    if (size > AS_DOMAIN_TEXT_MAX)
        return as_error_set(error, AS_DATA, "%s: more than %d bytes", name, AS_DOMAIN_TEXT_MAX);
    if (!as_utf8_valid(sql, size))
        return as_error_set(error, AS_DATA, "%s: not UTF-8 text", name);
    struct as_domain *d = as_alloc_zero(1, sizeof *d);
    d->name = as_region_text(&d->region, name, strlen(name));
    d->sql = as_region_text(&d->region, sql, size);
    d->sql_size = size;
    as_sha256(&(struct as_bytes){sql, size}, 1, d->digest);
    d->fingerprint = as_frame_domain_fingerprint(sql, size);
    int code = as_sql_parse(d->name, d->sql, size, &d->region, &d->schema, error);
    if (!code)
        code = as_model_build(d, error);
    if (!code)
        code = as_compile(d, error);
    if (code) {
        as_domain_free(d);
        return code;
    }
    *domain = d;
    return AS_OK;
}

void as_domain_free(struct as_domain *d) {
    if (!d)
        return;
    for (size_t i = 0; i < d->reason_count; i++)
        as_buffer_free(&d->reasons[i].encoded);
    struct as_region region = d->region;
    free(d);
    as_region_free(&region);
}

const char *as_domain_sql(const struct as_domain *d, size_t *size) {
    *size = d->sql_size;
    return d->sql;
}

uint64_t as_domain_fingerprint(const struct as_domain *d) {
    return d->fingerprint;
}

const uint8_t *as_domain_digest(const struct as_domain *d) {
    return d->digest;
}

size_t as_domain_command_count(const struct as_domain *d) {
    return d->command_count;
}

const struct as_table_info *as_domain_command(const struct as_domain *d, size_t command) {
    return &d->commands[command]->info;
}

static bool same_name(const char *a, const char *b, size_t size) {
    return strlen(a) == size && strncasecmp(a, b, size) == 0;
}

int as_domain_find_command(const struct as_domain *d, const char *name, size_t size) {
    for (size_t i = 0; i < d->command_count; i++) {
        if (same_name(d->commands[i]->info.name, name, size))
            return (int)i;
    }
    return -1;
}

int as_table_find_column(const struct as_table_info *table, const char *name, size_t size) {
    for (size_t i = 0; i < table->column_count; i++) {
        if (same_name(table->columns[i].name, name, size))
            return (int)i;
    }
    return -1;
}

size_t as_domain_table_count(const struct as_domain *d) {
    return d->table_count;
}

const struct as_table_info *as_domain_table(const struct as_domain *d, size_t table) {
    return &d->tables[table]->info;
}

size_t as_domain_assertion_count(const struct as_domain *d) {
    return d->assertion_count;
}

const char *as_domain_assertion(const struct as_domain *d, size_t assertion) {
    return d->assertions[assertion]->name;
}

size_t as_domain_check_count(const struct as_domain *d) {
    size_t count = 0;
    for (size_t i = 0; i < d->table_count; i++)
        count += d->tables[i]->check_count;
    return count;
}

void as_domain_check(const struct as_domain *d, size_t check, const char **table, const char **name,
                     const char **expression) {
    size_t i = 0;
    while (check >= d->tables[i]->check_count)
        check -= d->tables[i++]->check_count;
    *table = d->tables[i]->info.name;
    *name = d->tables[i]->checks[check].name;
    *expression = d->tables[i]->checks[check].text;
}

const char *as_domain_reader_sql(const struct as_domain *d) {
    return d->reader_sql;
}
