// SPDX-License-Identifier: MIT
//
// From the syntax tree to relations: which table is an aggregate and which a command, their
// columns, keys, checks and references. A table's role shows in its shape (as-domain(5)).
#include "domain/model.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/region.h"
#include "domain/table.h"
#include "stream/item.h"

struct builder {
    struct as_domain *domain;
    struct as_error *error; // its first refusal stays
};

static void refuse(struct builder *b, int line, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

static void refuse(struct builder *b, int line, const char *format, ...) {
    char text[512];
    va_list args;
    if (b->error->code)
        return;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    as_error_set(b->error, AS_DATA, "%s:%d: %s", b->domain->name, line, text);
}

// ---- Looking things up --------------------------------------------------------------------------

struct as_relation *as_model_find_table(const struct as_domain *domain, const char *name) {
    for (size_t i = 0; i < domain->table_count; i++) {
        if (strcasecmp(domain->tables[i]->info.name, name) == 0)
            return domain->tables[i];
    }
    return NULL;
}

int as_model_column(const struct as_relation *relation, const char *name) {
    return as_table_find_column(&relation->info, name, strlen(name));
}

uint64_t as_model_columns_read(const struct as_relation *relation, const struct as_expr *expr) {
    uint64_t mask = 0;
    int column = expr->kind == AS_EXPR_COLUMN ? as_model_column(relation, expr->name) : -1;
    if (column >= 0)
        mask |= 1ULL << column;
    for (size_t i = 0; i < expr->arg_count; i++)
        mask |= as_model_columns_read(relation, expr->args[i]);
    return mask;
}

static const struct as_create_trigger *find_trigger(struct builder *b, const char *table) {
    const struct as_create_trigger *found = NULL;
    for (size_t i = 0; i < b->domain->schema.trigger_count; i++) {
        const struct as_create_trigger *t = b->domain->schema.triggers[i];
        if (strcasecmp(t->table, table) != 0)
            continue;
        if (found)
            refuse(b, t->line, "trigger %s: %s has a trigger already", t->name, table);
        found = t;
    }
    return found;
}

static const struct as_constraint *find_primary_key(const struct as_create_table *table) {
    for (size_t i = 0; i < table->constraint_count; i++) {
        if (table->constraints[i].kind == AS_CONSTRAINT_PRIMARY_KEY)
            return &table->constraints[i];
    }
    return NULL;
}

// ---- Columns ------------------------------------------------------------------------------------

static uint8_t column_type(struct builder *b, const struct as_column *column) {
    static const struct {
        const char *name;
        uint8_t type;
    } types[] = {
        {"INTEGER", AS_INTEGER}, {"INT", AS_INTEGER}, {"REAL", AS_REAL}, {"TEXT", AS_TEXT}};
    for (size_t i = 0; i < sizeof types / sizeof *types; i++) {
        if (strcasecmp(column->type, types[i].name) == 0)
            return types[i].type;
    }
    refuse(b, column->line, "column %s %s: only INTEGER, REAL and TEXT compile", column->name,
           column->type);
    return AS_INTEGER;
}

static void build_columns(struct builder *b, struct as_relation *r) {
    struct as_region *region = &b->domain->region;
    size_t count = r->source->column_count;
    if (count > AS_TABLE_COLUMNS_MAX) {
        refuse(b, r->source->line, "table %s: more than %d columns", r->info.name,
               AS_TABLE_COLUMNS_MAX);
        return;
    }
    struct as_column_info *columns = as_region_zero(region, count * sizeof *columns);
    r->types = as_region_zero(region, count);
    for (size_t i = 0; i < count; i++) {
        const struct as_column *c = &r->source->columns[i];
        r->types[i] = column_type(b, c);
        columns[i] = (struct as_column_info){.name = c->name,
                                             .type = r->types[i],
                                             .not_null = c->not_null,
                                             .has_default = c->default_value != NULL};
    }
    r->info.columns = columns;
    r->info.column_count = count;
}

static void column_list(struct builder *b, const struct as_relation *r, int line,
                        const char *const *names, size_t count, uint16_t **columns) {
    *columns = as_region_zero(&b->domain->region, (count + 1) * sizeof **columns);
    for (size_t i = 0; i < count; i++) {
        int column = as_model_column(r, names[i]);
        if (column < 0)
            refuse(b, line, "table %s has no column %s", r->info.name, names[i]);
        (*columns)[i] = (uint16_t)(column < 0 ? 0 : column);
    }
}

// "account.id", "seat.org, seat.team": what SQLite calls a set of columns in its messages.
static const char *columns_name(struct builder *b, const struct as_relation *r,
                                const uint16_t *columns, size_t count) {
    struct as_buffer text = {0};
    for (size_t i = 0; i < count; i++)
        as_buffer_printf(&text, "%s%s.%s", i ? ", " : "", r->info.name,
                         r->info.columns[columns[i]].name);
    const char *name = as_region_text(&b->domain->region, (const char *)text.data, text.size);
    as_buffer_free(&text);
    return name;
}

static void build_checks(struct builder *b, struct as_relation *r) {
    for (size_t i = 0; i < r->source->constraint_count; i++) {
        const struct as_constraint *c = &r->source->constraints[i];
        if (c->kind != AS_CONSTRAINT_CHECK)
            continue;
        r->checks =
            as_region_grow(&b->domain->region, r->checks, r->check_count, sizeof *r->checks);
        r->checks[r->check_count++] = (struct as_check){
            .name = c->name,
            .expr = c->check,
            .text = as_region_text(&b->domain->region, c->check->span.text, c->check->span.size),
            .columns = as_model_columns_read(r, c->check),
            .line = c->line};
    }
}

// ---- Aggregates ---------------------------------------------------------------------------------

static bool same_columns(const struct as_relation_key *k, const uint16_t *columns, size_t count) {
    if (k->column_count != count)
        return false;
    return memcmp(k->columns, columns, count * sizeof *columns) == 0;
}

// SQLite makes no second index for a constraint over the same columns, but it does for CREATE
// INDEX.
static bool has_key(const struct as_relation *r, const uint16_t *columns, size_t count) {
    for (size_t i = 0; i < r->key_count; i++) {
        if (same_columns(&r->keys[i], columns, count))
            return true;
    }
    return false;
}

static void add_key(struct builder *b, struct as_relation *r, int line, const char *const *names,
                    size_t count, bool constraint) {
    uint16_t *columns;
    column_list(b, r, line, names, count, &columns);
    if (constraint && has_key(r, columns, count))
        return;
    r->keys = as_region_grow(&b->domain->region, r->keys, r->key_count, sizeof *r->keys);
    r->keys[r->key_count++] = (struct as_relation_key){
        .column_count = count, .columns = columns, .name = columns_name(b, r, columns, count)};
    if (r->key_count > 64)
        refuse(b, line, "table %s: more than 64 UNIQUE constraints", r->info.name);
}

static void build_primary_key(struct builder *b, struct as_relation *r,
                              const struct as_constraint *key) {
    struct as_column_info *columns = (struct as_column_info *)r->info.columns;
    add_key(b, r, key->line, key->columns, key->column_count, true);
    struct as_relation_key *primary = &r->keys[0];
    for (size_t i = 0; i < primary->column_count; i++) {
        uint16_t column = primary->columns[i];
        r->key_mask |= 1ULL << column;
        columns[column].not_null = true;
        if (r->types[column] == AS_REAL)
            refuse(b, key->line, "primary key %s: a key of type REAL", primary->name);
    }
    const struct as_column *first = &r->source->columns[primary->columns[0]];
    r->rowid_alias =
        !r->without_rowid && primary->column_count == 1 && strcasecmp(first->type, "INTEGER") == 0;
    primary->rowid_alias = r->rowid_alias;
    r->info.key = primary->columns;
    r->info.key_count = primary->column_count;
}

static void add_unique_indexes(struct builder *b, struct as_relation *r) {
    for (size_t i = 0; i < b->domain->schema.index_count; i++) {
        const struct as_create_index *index = b->domain->schema.indexes[i];
        if (index->unique && strcasecmp(index->table, r->info.name) == 0)
            add_key(b, r, index->line, index->columns, index->column_count, false);
    }
}

// SQLite checks a rowid alias first and then the indexes, the newest first.
static void order_keys(struct builder *b, struct as_relation *r, size_t before_primary,
                       size_t table_keys) {
    size_t *order = as_region_zero(&b->domain->region, r->key_count * sizeof *order);
    size_t n = 0;
    if (r->rowid_alias)
        order[n++] = 0;
    for (size_t i = r->key_count; i-- > table_keys;)
        order[n++] = i;
    for (size_t i = table_keys; i-- > 1;) {
        if (i == before_primary && !r->rowid_alias)
            order[n++] = 0;
        order[n++] = i;
    }
    if (n < r->key_count)
        order[n++] = 0;
    r->key_order = order;
}

// Does this constraint make the primary key's index? A UNIQUE over the same columns does, if it
// comes first. An INTEGER PRIMARY KEY of a WITHOUT ROWID table gets its own when the table is
// complete.
static bool makes_primary_index(struct builder *b, const struct as_relation *r,
                                const struct as_constraint *c,
                                const struct as_constraint *primary) {
    uint16_t *columns;
    const char *type = r->source->columns[r->keys[0].columns[0]].type;
    if (c == primary)
        return !r->without_rowid || r->keys[0].column_count > 1 || strcasecmp(type, "INTEGER") != 0;
    if (c->kind != AS_CONSTRAINT_UNIQUE)
        return false;
    column_list(b, r, c->line, c->columns, c->column_count, &columns);
    return same_columns(&r->keys[0], columns, c->column_count);
}

static void build_aggregate(struct builder *b, struct as_relation *r,
                            const struct as_constraint *primary) {
    size_t before_primary = SIZE_MAX; // the last UNIQUE that is older than the primary key's index
    build_primary_key(b, r, primary);
    for (size_t i = 0; i < r->source->constraint_count; i++) {
        const struct as_constraint *c = &r->source->constraints[i];
        if (c->kind == AS_CONSTRAINT_REFERENCES)
            refuse(b, c->line, "REFERENCES on aggregate %s: only commands have references",
                   r->info.name);
        if (c->kind == AS_CONSTRAINT_UNIQUE)
            add_key(b, r, c->line, c->columns, c->column_count, true);
        if (before_primary == SIZE_MAX && makes_primary_index(b, r, c, primary))
            before_primary = r->key_count - 1;
    }
    size_t table_keys = r->key_count;
    if (before_primary == SIZE_MAX)
        before_primary = table_keys - 1;
    add_unique_indexes(b, r);
    order_keys(b, r, before_primary, table_keys);
    r->info.has_unique = r->key_count > 1;
    r->info.create_sql =
        as_region_text(&b->domain->region, r->source->span.text, r->source->span.size);
}

// ---- Commands -----------------------------------------------------------------------------------

// The position of each of the parent's key columns among the reference's columns.
static void map_reference(struct builder *b, const struct as_relation *r,
                          struct as_relation *parent, const struct as_constraint *c,
                          struct as_reference *reference) {
    const struct as_relation_key *key = &parent->keys[0];
    uint16_t *own, *theirs = key->columns;
    column_list(b, r, c->line, c->columns, c->column_count, &own);
    if (c->parent_column_count)
        column_list(b, parent, c->line, c->parent_columns, c->parent_column_count, &theirs);
    reference->columns = as_region_zero(&b->domain->region, key->column_count * sizeof *own);
    reference->column_count = key->column_count;
    size_t parents = c->parent_column_count ? c->parent_column_count : key->column_count;
    bool whole = c->column_count == key->column_count && parents == key->column_count;
    for (size_t i = 0; whole && i < key->column_count; i++) {
        size_t j = 0;
        while (j < key->column_count && theirs[j] != key->columns[i])
            j++;
        whole = j < key->column_count;
        if (!whole)
            break;
        reference->columns[i] = own[j];
        if (r->types[own[j]] != parent->types[theirs[j]])
            refuse(b, c->line, "REFERENCES %s: %s and %s differ in type", c->parent,
                   columns_name(b, r, &own[j], 1), columns_name(b, parent, &theirs[j], 1));
    }
    if (!whole)
        refuse(b, c->line, "REFERENCES %s: must name its whole primary key", c->parent);
    reference->name = columns_name(b, r, own, c->column_count);
}

static void build_references(struct builder *b, struct as_relation *r) {
    for (size_t i = 0; i < r->source->constraint_count; i++) {
        const struct as_constraint *c = &r->source->constraints[i];
        if (c->kind == AS_CONSTRAINT_UNIQUE)
            refuse(b, c->line, "UNIQUE on command %s: keep what must be unique in an aggregate",
                   r->info.name);
        if (c->kind != AS_CONSTRAINT_REFERENCES)
            continue;
        struct as_relation *parent = as_model_find_table(b->domain, c->parent);
        if (!parent) {
            refuse(b, c->line, "REFERENCES %s: not an aggregate", c->parent);
            continue;
        }
        r->references = as_region_grow(&b->domain->region, r->references, r->reference_count,
                                       sizeof *r->references);
        struct as_reference *reference = &r->references[r->reference_count++];
        *reference =
            (struct as_reference){.parent = parent->number, .cascade = c->cascade, .line = c->line};
        map_reference(b, r, parent, c, reference);
    }
}

// ---- Relations ----------------------------------------------------------------------------------

static bool reserved(const char *name) {
    return strncasecmp(name, "as_", 3) == 0 || strncasecmp(name, "sqlite_", 7) == 0;
}

static void add_relation(struct builder *b, const struct as_create_table *table) {
    struct as_domain *domain = b->domain;
    const struct as_constraint *primary = find_primary_key(table);
    const struct as_create_trigger *trigger = find_trigger(b, table->name);
    if (!table->strict)
        refuse(b, table->line, "table %s: must be STRICT", table->name);
    if (reserved(table->name))
        refuse(b, table->line, "table %s: names in as_ and sqlite_ are reserved", table->name);
    if (primary && trigger)
        refuse(b, trigger->line,
               "trigger %s: %s has a primary key, so it is an aggregate and not a "
               "command",
               trigger->name, table->name);
    if (!primary && !trigger)
        refuse(b, table->line,
               "table %s: neither an aggregate (no PRIMARY KEY) nor a command (no "
               "AFTER INSERT trigger)",
               table->name);
    struct as_relation *r = as_region_zero(&domain->region, sizeof *r);
    r->source = table;
    r->info.name = table->name;
    r->without_rowid = table->without_rowid;
    r->trigger = trigger;
    struct as_relation ***list = primary ? &domain->tables : &domain->commands;
    size_t *count = primary ? &domain->table_count : &domain->command_count;
    r->number = *count;
    *list = as_region_grow(&domain->region, *list, *count, sizeof **list);
    (*list)[(*count)++] = r;
}

static void check_orphans(struct builder *b) {
    const struct as_schema *s = &b->domain->schema;
    for (size_t i = 0; i < s->index_count; i++) {
        const struct as_create_index *index = s->indexes[i];
        if (!as_model_find_table(b->domain, index->table) && index->unique)
            refuse(b, index->line, "unique index %s: %s is not an aggregate", index->name,
                   index->table);
        if (reserved(index->name))
            refuse(b, index->line, "index %s: names in as_ and sqlite_ are reserved", index->name);
    }
    for (size_t i = 0; i < s->view_count; i++) {
        if (reserved(s->views[i]->name))
            refuse(b, s->views[i]->line, "view %s: names in as_ and sqlite_ are reserved",
                   s->views[i]->name);
    }
}

// Aggregates, views and the indexes of aggregates, in the order written.
static void build_reader_sql(struct as_domain *domain) {
    const struct as_schema *s = &domain->schema;
    struct as_buffer text = {0};
    for (size_t i = 0; i < domain->table_count; i++)
        as_buffer_printf(&text, "%s;\n", domain->tables[i]->info.create_sql);
    for (size_t i = 0; i < s->index_count; i++) {
        if (as_model_find_table(domain, s->indexes[i]->table))
            as_buffer_printf(&text, "%.*s;\n", (int)s->indexes[i]->span.size,
                             s->indexes[i]->span.text);
    }
    for (size_t i = 0; i < s->view_count; i++)
        as_buffer_printf(&text, "%.*s;\n", (int)s->views[i]->span.size, s->views[i]->span.text);
    domain->reader_sql =
        as_region_text(&domain->region, text.size ? (const char *)text.data : "", text.size);
    as_buffer_free(&text);
}

int as_model_build(struct as_domain *domain, struct as_error *error) {
    struct as_error failure = {0};
    struct builder b = {domain, &failure};
    for (size_t i = 0; i < domain->schema.table_count; i++)
        add_relation(&b, domain->schema.tables[i]);
    for (size_t i = 0; i < domain->table_count && !failure.code; i++) {
        build_columns(&b, domain->tables[i]);
        if (failure.code)
            break;
        build_aggregate(&b, domain->tables[i], find_primary_key(domain->tables[i]->source));
        build_checks(&b, domain->tables[i]);
    }
    for (size_t i = 0; i < domain->command_count && !failure.code; i++) {
        build_columns(&b, domain->commands[i]);
        if (failure.code)
            break;
        build_references(&b, domain->commands[i]);
        build_checks(&b, domain->commands[i]);
    }
    if (!failure.code && domain->command_count > AS_COMMANDS_MAX)
        refuse(&b, 1, "more than %d commands", AS_COMMANDS_MAX);
    if (!failure.code && (domain->command_count == 0 || domain->table_count == 0))
        refuse(&b, 1,
               "a domain needs an aggregate (a table with a PRIMARY KEY) and a command (a "
               "table with an AFTER INSERT trigger)");
    check_orphans(&b);
    build_reader_sql(domain);
    if (failure.code)
        *error = failure;
    return failure.code;
}
