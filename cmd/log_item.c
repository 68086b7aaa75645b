// SPDX-License-Identifier: MIT
#include "log_item.h"

#include <inttypes.h>
#include <string.h>

static void print_text(struct as_buffer *out, const char *text) {
    as_buffer_append(out, text, strlen(text));
}

// ---- Objects ------------------------------------------------------------------------------------

static void print_member(struct as_buffer *out, const char *name, size_t size, bool first) {
    as_buffer_u8(out, first ? '{' : ',');
    as_json_string(out, name, size);
    as_buffer_u8(out, ':');
}

static void print_values(struct as_buffer *out, const struct log_item *item) {
    for (size_t i = 0; i < item->command->column_count; i++) {
        const char *name = item->command->columns[i].name;
        print_member(out, name, strlen(name), i == 0);
        as_value_print_json(out, &item->values[i]);
    }
    as_buffer_u8(out, '}');
}

static void print_columns(struct as_buffer *out, const struct as_rejection_view *rejection,
                          size_t from, size_t to) {
    for (size_t i = from; i < to; i++) {
        const struct as_text *name = &rejection->reason->columns[i];
        print_member(out, name->data, name->size, i == from);
        as_value_print_json(out, &rejection->values[i]);
    }
    as_buffer_u8(out, '}');
}

static void print_key(struct as_buffer *out, const struct log_item *item) {
    print_columns(out, item->rejection, 0, item->rejection->reason->keys);
}

static void print_broken_by(struct as_buffer *out, const struct log_item *item) {
    const struct as_reason_view *reason = item->rejection->reason;
    if (reason->kind == AS_REJECT_GROUP)
        as_buffer_printf(out, "{\"culprit\":%" PRIu64 "}", item->culprit);
    else
        print_columns(out, item->rejection, reason->keys, (size_t)reason->keys + reason->values);
}

// ---- NDJSON -------------------------------------------------------------------------------------

static void print_rejection(struct as_buffer *out, const struct log_item *item) {
    const struct as_reason_view *reason = item->rejection->reason;
    as_buffer_printf(out,
                     "\"rejected\",\"kind\":\"%s\",\"name\":", as_reject_kind_name(reason->kind));
    as_json_string(out, reason->name.data, reason->name.size);
    if (reason->table.size) {
        print_text(out, ",\"table\":");
        as_json_string(out, reason->table.data, reason->table.size);
    }
    if (reason->keys) {
        print_text(out, ",\"key\":");
        print_key(out, item);
    }
    if (reason->values) {
        print_text(out, ",\"broken_by\":");
        print_broken_by(out, item);
    }
}

void log_item_ndjson(struct as_buffer *out, const struct log_item *item) {
    as_buffer_printf(out,
                     "{\"item\":%" PRIu64 ",\"batch\":%" PRIu64 ",\"source\":\"%016" PRIx64
                     "\",\"offset\":%" PRIu64 ",\"command\":",
                     item->item, item->batch, item->source, item->offset);
    as_json_string(out, item->command->name, strlen(item->command->name));
    print_text(out, ",\"values\":");
    print_values(out, item);
    if (item->group)
        print_text(out, ",\"group\":true");
    print_text(out, ",\"verdict\":");
    if (item->rejection)
        print_rejection(out, item);
    else
        print_text(out, "\"accepted\"");
    print_text(out, "}\n");
}

// ---- CSV (RFC 4180, but lines end as Unix lines do) ---------------------------------------------

static void print_field(struct as_buffer *out, const char *text, size_t size) {
    bool plain = true;
    for (size_t i = 0; plain && i < size; i++)
        plain = text[i] != ',' && text[i] != '"' && text[i] != '\r' && text[i] != '\n';
    as_buffer_u8(out, ',');
    if (plain) {
        as_buffer_append(out, text, size);
        return;
    }
    as_buffer_u8(out, '"');
    for (size_t i = 0; i < size; i++) {
        if (text[i] == '"')
            as_buffer_u8(out, '"');
        as_buffer_u8(out, (uint8_t)text[i]);
    }
    as_buffer_u8(out, '"');
}

// A field that is an object.
static void print_object(struct as_buffer *out, const struct log_item *item,
                         void (*print)(struct as_buffer *out, const struct log_item *item)) {
    struct as_buffer text = {0};
    print(&text, item);
    print_field(out, (const char *)text.data, text.size);
    as_buffer_free(&text);
}

void log_item_csv_header(struct as_buffer *out) {
    print_text(out, "item,batch,source,offset,command,values,group,verdict,kind,name,table,key,"
                    "broken_by\n");
}

static void print_rejected_fields(struct as_buffer *out, const struct log_item *item) {
    const struct as_reason_view *reason = item->rejection->reason;
    as_buffer_printf(out, ",rejected,%s", as_reject_kind_name(reason->kind));
    print_field(out, reason->name.data, reason->name.size);
    print_field(out, reason->table.data, reason->table.size);
    if (reason->keys)
        print_object(out, item, print_key);
    else
        print_field(out, "", 0);
    if (reason->values)
        print_object(out, item, print_broken_by);
    else
        print_field(out, "", 0);
}

void log_item_csv(struct as_buffer *out, const struct log_item *item) {
    as_buffer_printf(out, "%" PRIu64 ",%" PRIu64 ",%016" PRIx64 ",%" PRIu64, item->item,
                     item->batch, item->source, item->offset);
    print_field(out, item->command->name, strlen(item->command->name));
    print_object(out, item, print_values);
    print_text(out, item->group ? ",true" : ",");
    if (item->rejection)
        print_rejected_fields(out, item);
    else
        print_text(out, ",accepted,,,,,");
    as_buffer_u8(out, '\n');
}
