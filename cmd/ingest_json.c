// SPDX-License-Identifier: MIT
#include "ingest_json.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "ingest_json_plain.h"
#include "ingest_number.h"
#include "ingest_row.h"

struct ingest_json {
    struct ingest_session *session;
    struct ingest_json_line line;
    struct ingest_row row;
    uint32_t count; // records of the line at hand
};

struct ingest_json *ingest_json_create(struct ingest_session *session) {
    struct ingest_json *json = as_alloc_zero(1, sizeof *json);
    json->session = session;
    session->input.cr_ends = false; // a carriage return is a blank in JSON
    return json;
}

void ingest_json_free(struct ingest_json *json) {
    if (!json)
        return;
    ingest_row_free(&json->row);
    free(json);
}

static int unknown(struct as_error *error, const char *owner, const char *what, const char *key) {
    char quoted[INGEST_QUOTE_MAX + 6];
    ingest_quote(quoted, key, strlen(key));
    return as_error_set(error, AS_DATA, "%s has no %s %s", owner, what, quoted);
}

static int take_value(struct ingest_json *json, const struct ingest_command *command,
                      const char *key, const json_t *value, size_t *param, struct as_error *error) {
    *param = ingest_command_find(command, key, strlen(key), *param);
    if (*param == command->count)
        return unknown(error, command->name, "parameter", key);
    if (json->row.encoded[*param].size)
        return as_error_set(error, AS_DATA, "%s: given twice", command->params[*param].name);
    ingest_row_start(&json->row, *param);
    int rc =
        ingest_json_encode(&command->params[*param], value, &json->line, &json->row.values, error);
    ingest_row_end(&json->row, *param);
    *param = *param + 1 < command->count ? *param + 1 : 0;
    return rc;
}

static int take_object(struct ingest_json *json, const struct ingest_command *command,
                       json_t *object, uint8_t flags, struct as_error *error) {
    const char *key;
    json_t *value;
    size_t param = 0;
    ingest_row_clear(&json->row);
    json_object_foreach(object, key, value) {
        int rc = take_value(json, command, key, value, &param, error);
        if (rc)
            return rc;
    }
    ingest_row_put(&json->row, command, flags, &json->session->batch.out);
    json->count++;
    return 0;
}

static int take_item(struct ingest_json *json, json_t *item, uint8_t flags,
                     struct as_error *error) {
    if (!json_is_object(item))
        return as_error_set(error, AS_DATA, "an item is an object");
    const struct ingest_command *command = json->session->schema.only;
    if (command)
        return take_object(json, command, item, flags, error);
    if (json_object_size(item) != 1)
        return as_error_set(error, AS_DATA, "an item is an object of one key, the command");
    const char *name = json_object_iter_key(json_object_iter(item));
    json_t *object = json_object_iter_value(json_object_iter(item));
    command = ingest_schema_find(&json->session->schema, name, strlen(name));
    if (!command)
        return unknown(error, "the domain", "command", name);
    if (!json_is_object(object))
        return as_error_set(error, AS_DATA, "%s: its parameters are an object", command->name);
    return take_object(json, command, object, flags, error);
}

static int take_group(struct ingest_json *json, json_t *group, struct as_error *error) {
    size_t size = json_array_size(group);
    if (size == 0)
        return as_error_set(error, AS_DATA, "a group without an item");
    if (size > AS_FRAME_RECORDS_MAX)
        return as_error_set(error, AS_DATA, "%zu items are more than a group may have (%d)", size,
                            AS_FRAME_RECORDS_MAX);
    for (size_t i = 0; i < size; i++) {
        uint8_t flags = i + 1 < size ? AS_ITEM_FLAG_GROUP : 0;
        int rc = take_item(json, json_array_get(group, i), flags, error);
        if (rc)
            return as_error_wrap(error, "item %zu of the group", i + 1);
    }
    return 0;
}

// jansson's words may quote the input, whatever it holds.
static int syntax_error(const json_error_t *cause, struct as_error *error) {
    as_error_set(error, AS_DATA, "column %d: %s", cause->column, cause->text);
    for (char *p = error->text; *p; p++)
        if ((unsigned char)*p < 0x20 || *p == 0x7F)
            *p = '?';
    return AS_DATA;
}

static int parse_line(struct ingest_json *json, struct as_error *error) {
    json_error_t cause;
    json_t *root = json_loadb(json->line.text, json->line.size, JSON_REJECT_DUPLICATES, &cause);
    if (!root)
        return syntax_error(&cause, error);
    json->count = 0;
    int rc = json_is_array(root) ? take_group(json, root, error) : take_item(json, root, 0, error);
    json_decref(root);
    if (rc == 0 && !ingest_batch_fits(&json->session->batch, json->count))
        rc = as_error_set(error, AS_DATA, "larger than a frame (%d bytes)", AS_FRAME_BODY_MAX);
    return rc;
}

static bool is_blank(const char *line, size_t size) {
    size_t i = 0;
    while (i < size && (line[i] == ' ' || line[i] == '\t' || line[i] == '\r' || line[i] == '\n'))
        i++;
    return i == size;
}

static bool take_plain(struct ingest_json *json) {
    struct ingest_session *session = json->session;
    if (session->plain &&
        ingest_json_plain(&session->schema, json->line.text, json->line.size, &session->batch.out,
                          &json->count) &&
        ingest_batch_fits(&session->batch, json->count))
        return true;
    ingest_batch_drop(&session->batch);
    return false;
}

static int take_other(struct ingest_json *json, size_t size, struct as_error *error) {
    struct ingest_session *session = json->session;
    struct as_error why = {0};
    if (is_blank(json->line.text, size))
        return 0;
    if (parse_line(json, &why) == 0)
        return ingest_batch_take(&session->batch, json->count, error);
    ingest_batch_drop(&session->batch);
    int rc = ingest_errors_bad_record(&session->errors, &session->input, size, &why);
    if (rc)
        *error = why;
    return rc;
}

static int take_line(struct ingest_json *json, size_t size, struct as_error *error) {
    struct ingest_session *session = json->session;
    json->line.text = ingest_input_at(&session->input, 0);
    json->line.size = size;
    if (take_plain(json))
        return ingest_batch_take(&session->batch, json->count, error);
    return take_other(json, size, error);
}

enum ingest_next ingest_json_read(struct ingest_json *json, struct as_error *error) {
    struct ingest_input *input = &json->session->input;
    ingest_errors_set_header(&json->session->errors, "", 0);
    for (;;) {
        size_t size;
        enum ingest_next next = ingest_input_line(input, 0, &size, error);
        if (next != INGEST_MORE)
            return next;
        if (take_line(json, size, error))
            return INGEST_FAILED;
        ingest_input_consume(input, size, 1);
    }
}
