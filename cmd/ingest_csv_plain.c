// SPDX-License-Identifier: MIT
#include "ingest_csv_plain.h"

#include <string.h>

#include "stream/item.h"

struct field {
    const char *text; // NULL where no column has the parameter
    size_t size;
};

// The line without its end.
static size_t content_size(const char *line, size_t size) {
    if (size > 0 && line[size - 1] == '\n')
        size--;
    if (size > 0 && line[size - 1] == '\r')
        size--;
    return size;
}

// The fields by parameter, which are NULL before; false where the row has another width.
static bool split(const struct ingest_columns *columns, char delimiter, const char *at,
                  const char *end, struct field *fields) {
    size_t column = 0;
    for (const char *next; at; at = next, column++) {
        next = memchr(at, delimiter, (size_t)(end - at));
        if (column == columns->count)
            return false;
        int param = columns->params[column];
        if (param >= 0)
            fields[param] = (struct field){at, (size_t)((next ? next : end) - at)};
        next += next != NULL;
    }
    return column == columns->count;
}

static bool encode(const struct ingest_param *param, const struct field *field,
                   struct as_buffer *out) {
    struct as_error ignored;
    if (!field->text)
        as_buffer_append(out, param->absent.data, param->absent.size);
    else if (field->size == 0)
        as_buffer_u8(out, AS_TAG_NULL);
    else
        return ingest_param_encode_text(param, field->text, field->size, out, &ignored) == 0;
    return true;
}

bool ingest_csv_plain(const struct ingest_columns *columns, const struct ingest_command *command,
                      char delimiter, const char *line, size_t size, struct as_buffer *out) {
    struct field fields[AS_ITEM_VALUES_MAX];
    size = content_size(line, size);
    if (size == 0 || memchr(line, '"', size))
        return false;
    for (size_t i = 0; i < command->count; i++)
        fields[i].text = NULL;
    if (!split(columns, delimiter, line, line + size, fields))
        return false;
    struct as_item_head head = {.command = command->number, .values = (uint8_t)command->count};
    as_item_encode_head(out, &head);
    for (size_t i = 0; i < command->count; i++)
        if (!encode(&command->params[i], &fields[i], out))
            return false;
    return true;
}
