// SPDX-License-Identifier: MIT
#include "ingest_schema.h"

#include <float.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/number.h"

// ---- Building -----------------------------------------------------------------------------------

static struct ingest_pair *find_pair(const struct ingest_pairs *list, const char *param) {
    for (size_t i = 0; i < list->count; i++)
        if (strcasecmp(list->pairs[i].param, param) == 0)
            return &list->pairs[i];
    return NULL;
}

static bool is_bare(const char *text) {
    for (; *text; text++)
        if (*text == '"' || *text == '\\' || *text < 0x20 || *text > 0x7E)
            return false;
    return true;
}

// --map can give a column to two parameters.
static void find_shared_columns(struct ingest_command *command) {
    for (size_t i = 0; i < command->count; i++)
        for (size_t k = 0; k < command->count; k++)
            if (i != k && strcasecmp(command->params[i].column, command->params[k].column) == 0)
                command->params[i].bare = false;
}

static int init_param(struct ingest_param *param, const struct as_column_info *column,
                      const struct ingest_pairs *maps, const struct ingest_pairs *decimals,
                      struct as_error *error) {
    struct ingest_pair *map = find_pair(maps, column->name);
    struct ingest_pair *decimal = find_pair(decimals, column->name);
    param->name = column->name;
    param->column = map ? map->value : column->name;
    param->column_size = strlen(param->column);
    param->mapped = map != NULL;
    param->bare = is_bare(param->column);
    param->type = column->type;
    param->scale = decimal ? (int)decimal->scale : INGEST_NO_SCALE;
    param->optional = !column->not_null || column->has_default;
    struct as_value absent = column->has_default ? column->default_value : as_value_null();
    as_value_encode(&param->absent, &absent);
    if (map)
        map->used = true;
    if (decimal)
        decimal->used = true;
    if (decimal && param->type != AS_INTEGER)
        return as_error_set(error, AS_USAGE, "--decimal %s: not an INTEGER parameter",
                            column->name);
    return 0;
}

static int init_command(struct ingest_command *command, const struct as_table_info *table,
                        size_t number, const struct ingest_pairs *maps,
                        const struct ingest_pairs *decimals, struct as_error *error) {
    command->number = (uint16_t)number;
    command->name = table->name;
    command->count = table->column_count;
    command->params = as_alloc_zero(table->column_count, sizeof *command->params);
    for (size_t i = 0; i < table->column_count; i++) {
        int rc = init_param(&command->params[i], &table->columns[i], maps, decimals, error);
        if (rc)
            return as_error_wrap(error, "command %s", table->name);
    }
    find_shared_columns(command);
    return 0;
}

// Commands that --command leaves out keep no parameters: none of their records can come.
static int init_commands(struct ingest_schema *schema, const struct as_domain *domain, int only,
                         const struct ingest_pairs *maps, const struct ingest_pairs *decimals,
                         struct as_error *error) {
    schema->count = as_domain_command_count(domain);
    schema->commands = as_alloc_zero(schema->count, sizeof *schema->commands);
    for (size_t i = 0; i < schema->count; i++) {
        const struct as_table_info *table = as_domain_command(domain, i);
        schema->commands[i].name = table->name;
        schema->commands[i].name_size = strlen(table->name);
        if (only >= 0 && (size_t)only != i)
            continue;
        int rc = init_command(&schema->commands[i], table, i, maps, decimals, error);
        if (rc)
            return rc;
    }
    schema->only = only < 0 ? NULL : &schema->commands[only];
    return 0;
}

static int check_used(const struct ingest_pairs *list, const char *option, const char *command,
                      struct as_error *error) {
    for (size_t i = 0; i < list->count; i++)
        if (!list->pairs[i].used)
            return as_error_set(error, AS_USAGE, "%s %s: %s has no such parameter", option,
                                list->pairs[i].param, command ? command : "no command");
    return 0;
}

static int choose_command(const struct as_domain *domain, const char *command, bool one_needed,
                          int *only, struct as_error *error) {
    *only = -1;
    size_t count = as_domain_command_count(domain);
    if (count == 0)
        return as_error_set(error, AS_DATA, "the domain has no command");
    if (command) {
        *only = as_domain_find_command(domain, command, strlen(command));
        if (*only < 0)
            return as_error_set(error, AS_USAGE, "--command %s: the domain has no such command",
                                command);
    } else if (one_needed && count > 1) {
        return as_error_set(error, AS_USAGE,
                            "--command NAME is needed: the domain has %zu commands", count);
    } else if (one_needed) {
        *only = 0;
    }
    return 0;
}

int ingest_schema_init(struct ingest_schema *schema, const struct as_domain *domain,
                       const char *command, bool one_needed, const struct ingest_pairs *maps,
                       const struct ingest_pairs *decimals, struct as_error *error) {
    int only;
    int rc = choose_command(domain, command, one_needed, &only, error);
    if (rc == 0)
        rc = init_commands(schema, domain, only, maps, decimals, error);
    const char *name = rc == 0 && schema->only ? schema->only->name : NULL;
    if (rc == 0)
        rc = check_used(maps, "--map", name, error);
    if (rc == 0)
        rc = check_used(decimals, "--decimal", name, error);
    return rc;
}

void ingest_schema_free(struct ingest_schema *schema) {
    for (size_t i = 0; i < schema->count; i++) {
        struct ingest_command *command = &schema->commands[i];
        for (size_t k = 0; k < command->count; k++)
            as_buffer_free(&command->params[k].absent);
        free(command->params);
    }
    free(schema->commands);
}

// As SQL compares names. Most are written as they are declared.
static bool is_name(const char *name, size_t name_size, const char *text, size_t size) {
    return size == name_size &&
           (memcmp(name, text, size) == 0 || strncasecmp(name, text, size) == 0);
}

const struct ingest_command *ingest_schema_find(const struct ingest_schema *schema,
                                                const char *name, size_t size) {
    for (size_t i = 0; i < schema->count; i++)
        if (is_name(schema->commands[i].name, schema->commands[i].name_size, name, size))
            return &schema->commands[i];
    return NULL;
}

static bool is_wanted(const struct ingest_param *param, const char *key, size_t size) {
    if (param->mapped)
        return size == param->column_size && memcmp(param->column, key, size) == 0;
    return is_name(param->column, param->column_size, key, size);
}

size_t ingest_command_find(const struct ingest_command *command, const char *key, size_t size,
                           size_t likely) {
    for (size_t i = 0; i < command->count; i++) {
        size_t at = likely + i < command->count ? likely + i : likely + i - command->count;
        if (is_wanted(&command->params[at], key, size))
            return at;
    }
    return command->count;
}

// ---- Typing -------------------------------------------------------------------------------------

void ingest_quote(char *out, const char *text, size_t size) {
    size_t shown = size < INGEST_QUOTE_MAX ? size : INGEST_QUOTE_MAX;
    while (shown < size && shown > 0 && (text[shown] & 0xC0) == 0x80)
        shown--; // not through the middle of a character
    bool printable = as_utf8_valid(text, shown);
    *out++ = '"';
    for (size_t i = 0; i < shown; i++) {
        unsigned char c = (unsigned char)text[i];
        bool plain = c >= 0x20 && c != 0x7F && (c < 0x80 || printable);
        *out++ = plain ? (char)c : '?';
    }
    strcpy(out, shown < size ? "...\"" : "\"");
}

static int misfit(const struct ingest_param *param, const char *text, size_t size,
                  struct as_error *error, const char *why) {
    char quoted[INGEST_QUOTE_MAX + 6];
    ingest_quote(quoted, text, size);
    return as_error_set(error, AS_DATA, "%s: %s %s", param->name, quoted, why);
}

static bool is_integer_shaped(const char *text, size_t size) {
    size_t start = size > 0 && (text[0] == '-' || text[0] == '+');
    for (size_t i = start; i < size; i++)
        if (text[i] < '0' || text[i] > '9')
            return false;
    return size > start;
}

static int parse_integer(const struct ingest_param *param, const char *text, size_t size,
                         int64_t *value, struct as_error *error) {
    if (as_parse_int64(text, size, value))
        return 0;
    bool large = is_integer_shaped(text, size);
    return misfit(param, text, size, error,
                  large ? "is out of the range of INTEGER" : "is not an integer");
}

static int parse_scaled(const struct ingest_param *param, const char *text, size_t size,
                        int64_t *value, struct as_error *error) {
    switch (as_parse_decimal(text, size, (unsigned)param->scale, value)) {
    case AS_DECIMAL_OK:
        return 0;
    case AS_DECIMAL_TOO_FINE:
        return misfit(param, text, size, error, "has more digits behind the point than --decimal");
    case AS_DECIMAL_OUT_OF_RANGE:
        return misfit(param, text, size, error, "is out of the range of INTEGER");
    case AS_DECIMAL_MALFORMED:
        break;
    }
    return misfit(param, text, size, error, "is not a decimal number");
}

static int parse_text(const struct ingest_param *param, const char *text, size_t size,
                      struct as_error *error) {
    if (size > AS_TEXT_MAX)
        return as_error_set(error, AS_DATA, "%s: %zu bytes are more than a text may have (%d)",
                            param->name, size, AS_TEXT_MAX);
    if (!as_utf8_valid(text, size))
        return misfit(param, text, size, error, "is not UTF-8 text");
    return 0;
}

static int parse_real(const struct ingest_param *param, const char *text, size_t size,
                      double *value, struct as_error *error) {
    char *copy = as_strndup(text, size); // strtod wants a NUL behind it
    bool ok = strlen(copy) == size && as_parse_real(copy, -DBL_MAX, DBL_MAX, value);
    free(copy);
    return ok ? 0 : misfit(param, text, size, error, "is not a number");
}

int ingest_param_encode_text(const struct ingest_param *param, const char *text, size_t size,
                             struct as_buffer *out, struct as_error *error) {
    struct as_value value = {.type = (uint8_t)param->type};
    int rc;
    if (param->type == AS_TEXT) {
        rc = parse_text(param, text, size, error);
        value.text = text;
        value.size = (uint32_t)size;
    } else if (param->type == AS_REAL) {
        rc = parse_real(param, text, size, &value.real, error);
    } else if (param->scale != INGEST_NO_SCALE) {
        rc = parse_scaled(param, text, size, &value.integer, error);
    } else {
        rc = parse_integer(param, text, size, &value.integer, error);
    }
    if (rc == 0)
        as_value_encode(out, &value);
    return rc;
}
