// SPDX-License-Identifier: MIT
#include "store/sources.h"

#include <stdlib.h>

void as_sources_free(struct as_sources *sources) {
    free(sources->entries);
    *sources = (struct as_sources){0};
}

// Ids are hashes already.
static struct as_source_entry *slot(const struct as_sources *s, uint64_t id) {
    size_t i = (size_t)id & (s->capacity - 1);
    while (s->entries[i].used && s->entries[i].id != id)
        i = (i + 1) & (s->capacity - 1);
    return &s->entries[i];
}

static void grow(struct as_sources *s) {
    struct as_sources old = *s;
    s->capacity = old.capacity ? old.capacity * 2 : 64;
    s->entries = as_alloc_zero(s->capacity, sizeof *s->entries);
    for (size_t i = 0; i < old.capacity; i++) {
        if (old.entries[i].used)
            *slot(s, old.entries[i].id) = old.entries[i];
    }
    free(old.entries);
}

struct as_source_entry *as_sources_get(struct as_sources *s, uint64_t id) {
    if ((s->count + 1) * 2 > s->capacity)
        grow(s);
    struct as_source_entry *e = slot(s, id);
    if (e->used)
        return e;
    if (s->count >= AS_SOURCES_MAX)
        return NULL;
    *e = (struct as_source_entry){.id = id, .used = true};
    s->count++;
    return e;
}

void as_sources_take_changes(struct as_sources *s, struct as_buffer *out) {
    for (size_t i = 0; i < s->capacity; i++) {
        struct as_source_entry *e = &s->entries[i];
        if (!e->changed)
            continue;
        as_buffer_le64(out, e->id);
        as_buffer_le64(out, e->next);
        e->changed = false;
    }
}
