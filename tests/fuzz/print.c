// SPDX-License-Identifier: MIT
#include <math.h>

#include "case.h"

static void print_text(const struct as_value *v, struct as_buffer *out) {
    as_buffer_u8(out, '\'');
    for (uint32_t i = 0; i < v->size; i++) {
        if (v->text[i] == '\'')
            as_buffer_u8(out, '\'');
        as_buffer_u8(out, (uint8_t)v->text[i]);
    }
    as_buffer_u8(out, '\'');
}

static void print_real(double real, struct as_buffer *out) {
    if (isinf(real))
        as_buffer_printf(out, "%s", real > 0 ? "9e999" : "-9e999");
    else
        as_buffer_printf(out, "%#.17g", real);
}

static void print_value(const struct as_value *v, struct as_buffer *out) {
    switch (v->type) {
    case AS_INTEGER:
        as_buffer_printf(out, "%lld", (long long)v->integer);
        break;
    case AS_REAL:
        print_real(v->real, out);
        break;
    case AS_TEXT:
        print_text(v, out);
        break;
    default:
        as_buffer_printf(out, "NULL");
    }
}

static void print_item(const struct fuzz_case *c, size_t number, struct as_buffer *out) {
    const struct fuzz_item *item = &c->items[number];
    const struct fuzz_table *command = &c->commands[item->command];
    const char *separator = "";
    as_buffer_printf(out, "INSERT INTO %s VALUES (", command->name);
    for (size_t i = 0; i < command->count; i++) {
        if (command->columns[i].node->gone)
            continue;
        as_buffer_printf(out, "%s", separator);
        print_value(&item->values[i], out);
        separator = ", ";
    }
    as_buffer_printf(out, "); -- item %zu%s%s%s%s\n", number,
                     item->group ? ", in a group with the next" : "",
                     item->batch_end ? ", end of batch" : "", item->fold ? ", fold" : "",
                     item->reload ? ", reload" : "");
}

void fuzz_print_case(const struct fuzz_case *c, struct as_buffer *out) {
    node_print(c->domain, out);
    as_buffer_printf(out, "\n");
    for (size_t i = 0; i < c->item_count; i++)
        if (!c->items[i].gone)
            print_item(c, i, out);
}
