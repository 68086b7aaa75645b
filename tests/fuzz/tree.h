// SPDX-License-Identifier: MIT
//
// A domain as a tree of text templates. The generator builds it, printing gives SQL, and the
// shrinker cuts it without knowing any SQL: what a cut breaks is refused and so not kept.
#ifndef AS_FUZZ_TREE_H
#define AS_FUZZ_TREE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buffer.h"
#include "base/region.h"

enum node_kind {
    NODE_FORM,  // a template: each '@' stands for a kid
    NODE_EXPR,  // the same; one of its EXPR kids, or a literal, may take its place
    NODE_MAYBE, // the same; may be left out altogether
    NODE_LIST,  // kids with `text` between them; any may be left out while `least` stay
};

struct node {
    enum node_kind kind;
    bool gone;
    size_t least;
    const char *text;
    size_t count;
    struct node **kids;
};

// A node of any kind but LIST: `text` has as many '@' as kids follow.
struct node *node_make(struct as_region *region, enum node_kind kind, const char *text, ...);
struct node *node_leaf(struct as_region *region, enum node_kind kind, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
struct node *node_list(struct as_region *region, const char *separator, size_t least);
void node_add(struct as_region *region, struct node *list, struct node *kid);

size_t node_live_kids(const struct node *list);
void node_print(const struct node *node, struct as_buffer *out);

#endif
