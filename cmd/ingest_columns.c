// SPDX-License-Identifier: MIT
#include "ingest_columns.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/number.h"

void ingest_columns_free(struct ingest_columns *columns) {
    free(columns->params);
    columns->params = NULL;
    columns->count = 0;
}

static int start(struct ingest_columns *columns, size_t count, struct as_error *error) {
    ingest_columns_free(columns);
    if (count > INGEST_COLUMNS_MAX)
        return as_error_set(error, AS_DATA, "%zu columns are more than %d", count,
                            INGEST_COLUMNS_MAX);
    columns->params = as_alloc_zero(count + 1, sizeof *columns->params);
    columns->count = count;
    for (size_t i = 0; i < count; i++)
        columns->params[i] = INGEST_NO_PARAM;
    return 0;
}

// Column names are taken as they are where --map gives them, and as SQL compares names otherwise.
static bool is_wanted(const struct ingest_param *param, const char *column) {
    return param->mapped ? strcmp(param->column, column) == 0
                         : strcasecmp(param->column, column) == 0;
}

static int find_column(const struct as_buffer *names, size_t count,
                       const struct ingest_param *param, size_t *column, struct as_error *error) {
    const char *name = (const char *)names->data;
    *column = count;
    for (size_t i = 0; i < count; i++, name += strlen(name) + 1) {
        if (!is_wanted(param, name))
            continue;
        if (*column < count)
            return as_error_set(error, AS_DATA, "column %s is there twice", name);
        *column = i;
    }
    return 0;
}

static int missing(const struct ingest_param *param, struct as_error *error) {
    if (param->mapped)
        return as_error_set(error, AS_DATA, "no column %s (for parameter %s)", param->column,
                            param->name);
    return as_error_set(error, AS_DATA, "no column for parameter %s, which may not be NULL",
                        param->name);
}

int ingest_columns_by_name(struct ingest_columns *columns, const struct ingest_command *command,
                           const struct as_buffer *names, size_t count, struct as_error *error) {
    int rc = start(columns, count, error);
    for (size_t i = 0; rc == 0 && i < command->count; i++) {
        const struct ingest_param *param = &command->params[i];
        size_t column;
        rc = find_column(names, count, param, &column, error);
        if (rc == 0 && column < count)
            columns->params[column] = (int16_t)i;
        else if (rc == 0 && (param->mapped || !param->optional))
            rc = missing(param, error);
    }
    return rc;
}

static bool any_mapped(const struct ingest_command *command) {
    for (size_t i = 0; i < command->count; i++)
        if (command->params[i].mapped)
            return true;
    return false;
}

static int map_number(struct ingest_columns *columns, const struct ingest_param *param,
                      int16_t index, struct as_error *error) {
    uint64_t number;
    if (!as_parse_count(param->column, 1, INGEST_COLUMNS_MAX, &number))
        return as_error_set(error, AS_USAGE,
                            "--map %s=%s: without a header a column is a number from 1",
                            param->name, param->column);
    if (number > columns->count)
        return missing(param, error);
    columns->params[number - 1] = index;
    return 0;
}

int ingest_columns_by_number(struct ingest_columns *columns, const struct ingest_command *command,
                             size_t count, struct as_error *error) {
    int rc = start(columns, count, error);
    bool mapped = any_mapped(command);
    if (rc == 0 && !mapped && count > command->count)
        return as_error_set(error, AS_DATA, "%zu columns, but %s has %zu parameters", count,
                            command->name, command->count);
    for (size_t i = 0; rc == 0 && i < command->count; i++) {
        const struct ingest_param *param = &command->params[i];
        if (param->mapped)
            rc = map_number(columns, param, (int16_t)i, error);
        else if (!mapped && i < count)
            columns->params[i] = (int16_t)i;
        else if (!param->optional)
            rc = missing(param, error);
    }
    return rc;
}
