// SPDX-License-Identifier: MIT
//
// Delta debugging: a cut stays when the smaller case still shows the same difference. Cuts know
// nothing of SQL; what they break is refused by SQLite and taken back.
#include <stdlib.h>

#include "case.h"

enum { JUDGEMENTS_MAX = 6000 };

struct shrinker {
    struct fuzz_case *c;
    struct fuzz_result result; // that of the smallest case so far
    size_t judgements;
    struct node **nodes; // of the domain, parents first
    size_t node_count;
};

static bool is_same_finding(const struct fuzz_result *a, const struct fuzz_result *b) {
    return a->status == b->status && a->difference == b->difference && a->ours == b->ours &&
           a->theirs == b->theirs;
}

// Does the case, as cut now, still show it?
static bool still(struct shrinker *s) {
    struct fuzz_result result;
    if (s->judgements++ >= JUDGEMENTS_MAX)
        return false;
    fuzz_judge_apart(s->c, &result);
    if (!is_same_finding(&result, &s->result))
        return false;
    s->result = result;
    return true;
}

// ---- Items --------------------------------------------------------------------------------------

static size_t cut_items(struct shrinker *s, size_t from, size_t size) {
    static bool before[FUZZ_ITEMS_MAX];
    size_t cut = 0;
    for (size_t i = from; i < from + size && i < s->c->item_count; i++) {
        before[i] = s->c->items[i].gone;
        cut += !before[i];
        s->c->items[i].gone = true;
    }
    if (cut && still(s))
        return cut;
    for (size_t i = from; i < from + size && i < s->c->item_count; i++)
        s->c->items[i].gone = before[i];
    return 0;
}

static bool shrink_items(struct shrinker *s) {
    size_t cut = 0;
    for (size_t size = s->c->item_count; size > 0; size /= 2)
        for (size_t from = 0; from < s->c->item_count; from += size)
            cut += cut_items(s, from, size);
    return cut > 0;
}

static bool cut_flag(struct shrinker *s, bool *flag) {
    if (!*flag)
        return false;
    *flag = false;
    if (still(s))
        return true;
    *flag = true;
    return false;
}

static bool simplify_value(struct shrinker *s, struct as_value *value) {
    const struct as_value simple[] = {as_value_null(), as_value_integer(0), as_value_integer(1),
                                      as_value_text("a", 1)};
    struct as_value before = *value;
    for (size_t i = 0; i < sizeof simple / sizeof *simple; i++) {
        if (as_value_same(&simple[i], &before))
            return false;
        *value = simple[i];
        if (still(s))
            return true;
    }
    *value = before;
    return false;
}

static bool simplify_items(struct shrinker *s) {
    bool any = false;
    for (size_t i = 0; i < s->c->item_count; i++) {
        struct fuzz_item *item = &s->c->items[i];
        if (item->gone)
            continue;
        any |= cut_flag(s, &item->group) | cut_flag(s, &item->reload) | cut_flag(s, &item->fold) |
               cut_flag(s, &item->batch_end);
        for (size_t k = 0; k < s->c->commands[item->command].count; k++)
            any |= simplify_value(s, &item->values[k]);
    }
    return any;
}

// ---- The domain ---------------------------------------------------------------------------------

// A command goes with its trigger and its items.
static bool cut_command(struct shrinker *s, size_t number) {
    struct fuzz_table *command = &s->c->commands[number];
    if (command->node->gone)
        return false;
    command->node->gone = command->trigger->gone = true;
    static bool before[FUZZ_ITEMS_MAX];
    for (size_t i = 0; i < s->c->item_count; i++) {
        before[i] = s->c->items[i].gone;
        s->c->items[i].gone |= s->c->items[i].command == number;
    }
    if (still(s))
        return true;
    command->node->gone = command->trigger->gone = false;
    for (size_t i = 0; i < s->c->item_count; i++)
        s->c->items[i].gone = before[i];
    return false;
}

static void collect(struct shrinker *s, struct node *node) {
    if (node->gone)
        return;
    s->nodes = as_realloc(s->nodes, (s->node_count + 1) * sizeof(struct node *));
    s->nodes[s->node_count++] = node;
    for (size_t i = 0; i < node->count; i++)
        collect(s, node->kids[i]);
}

static bool cut_node(struct shrinker *s, struct node *node) {
    if (node->gone)
        return false;
    node->gone = true;
    if (still(s))
        return true;
    node->gone = false;
    return false;
}

static bool cut_kids(struct shrinker *s, struct node *list) {
    bool any = false;
    for (size_t i = list->count; i-- > 0;)
        if (node_live_kids(list) > list->least)
            any |= cut_node(s, list->kids[i]);
    return any;
}

static bool replace(struct shrinker *s, struct node *node, const struct node *by) {
    struct node before = *node;
    *node = *by;
    if (still(s))
        return true;
    *node = before;
    return false;
}

static bool is_literal(const struct node *node) {
    return node->count == 0 && (node->text[0] == '\'' || node->text[0] == 'N' ||
                                (node->text[0] >= '0' && node->text[0] <= '9'));
}

static bool replace_by_literal(struct shrinker *s, struct node *node) {
    static const char *const literals[] = {"NULL", "1", "0", "'a'"};
    if (is_literal(node))
        return false;
    for (size_t i = 0; i < sizeof literals / sizeof *literals; i++)
        if (replace(s, node, node_leaf(&s->c->region, NODE_EXPR, "%s", literals[i])))
            return true;
    return false;
}

static bool replace_by_kid(struct shrinker *s, struct node *node) {
    for (size_t i = 0; i < node->count; i++) {
        struct node *kid = node->kids[i];
        if (kid->kind == NODE_EXPR && !kid->gone && replace(s, node, kid))
            return true;
        for (size_t k = 0; kid->kind == NODE_LIST && k < kid->count; k++)
            if (kid->kids[k]->kind == NODE_EXPR && replace(s, node, kid->kids[k]))
                return true;
    }
    return false;
}

static bool simplify(struct shrinker *s, struct node *node) {
    if (node->kind == NODE_MAYBE && cut_node(s, node))
        return true;
    if (node->kind == NODE_LIST)
        return cut_kids(s, node);
    return node->kind == NODE_EXPR && (replace_by_literal(s, node) || replace_by_kid(s, node));
}

static bool shrink_domain(struct shrinker *s) {
    bool any = false;
    for (size_t i = 0; i < s->c->command_count; i++)
        any |= cut_command(s, i);
    s->node_count = 0;
    collect(s, s->c->domain);
    for (size_t i = 0; i < s->node_count; i++)
        if (!s->nodes[i]->gone)
            any |= simplify(s, s->nodes[i]);
    return any;
}

void fuzz_shrink(struct fuzz_case *c, struct fuzz_result *result) {
    struct shrinker s = {.c = c, .result = *result};
    bool any = true;
    while (any && s.judgements < JUDGEMENTS_MAX) {
        any = shrink_items(&s);
        any |= shrink_domain(&s);
        any |= simplify_items(&s);
    }
    *result = s.result;
    free(s.nodes);
}
