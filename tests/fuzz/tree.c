// SPDX-License-Identifier: MIT
#include "tree.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static struct node *make(struct as_region *region, enum node_kind kind, const char *text) {
    struct node *node = as_region_zero(region, sizeof *node);
    node->kind = kind;
    node->text = as_region_text(region, text, strlen(text));
    return node;
}

static void push(struct as_region *region, struct node *node, struct node *kid) {
    node->kids = as_region_grow(region, node->kids, node->count, sizeof(struct node *));
    node->kids[node->count++] = kid;
}

struct node *node_make(struct as_region *region, enum node_kind kind, const char *text, ...) {
    struct node *node = make(region, kind, text);
    va_list kids;
    va_start(kids, text);
    for (const char *at = text; (at = strchr(at, '@')); at++)
        push(region, node, va_arg(kids, struct node *));
    va_end(kids);
    return node;
}

struct node *node_leaf(struct as_region *region, enum node_kind kind, const char *format, ...) {
    char text[256];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    return make(region, kind, text);
}

struct node *node_list(struct as_region *region, const char *separator, size_t least) {
    struct node *node = make(region, NODE_LIST, separator);
    node->least = least;
    return node;
}

void node_add(struct as_region *region, struct node *list, struct node *kid) {
    push(region, list, kid);
}

size_t node_live_kids(const struct node *list) {
    size_t live = 0;
    for (size_t i = 0; i < list->count; i++)
        live += !list->kids[i]->gone;
    return live;
}

static void print_list(const struct node *node, struct as_buffer *out) {
    const char *separator = "";
    for (size_t i = 0; i < node->count; i++) {
        if (node->kids[i]->gone)
            continue;
        as_buffer_printf(out, "%s", separator);
        node_print(node->kids[i], out);
        separator = node->text;
    }
}

static void print_template(const struct node *node, struct as_buffer *out) {
    const char *at = node->text;
    for (size_t i = 0; i < node->count; i++) {
        size_t before = strcspn(at, "@");
        as_buffer_append(out, at, before);
        node_print(node->kids[i], out);
        at += before + 1;
    }
    as_buffer_append(out, at, strlen(at));
}

void node_print(const struct node *node, struct as_buffer *out) {
    if (node->gone)
        return;
    if (node->kind == NODE_LIST)
        print_list(node, out);
    else
        print_template(node, out);
}
