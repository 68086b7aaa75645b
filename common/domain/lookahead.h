// SPDX-License-Identifier: MIT
//
// Reads a frame's items some way ahead of their decision, so that the rows they will look up are on
// their way into the cache when their turn comes: of a large table every look-up would otherwise
// wait for memory three times, for the index, the row and its key.
//
//   init → start (a frame's body) → next… → free
//
// What is found ahead is only a hint. A row may come, go or change in between; whoever uses a hint
// compares the key.
#ifndef AS_DOMAIN_LOOKAHEAD_H
#define AS_DOMAIN_LOOKAHEAD_H

#include "base/bytes.h"
#include "base/error.h"
#include "domain/state.h"
#include "stream/item.h"

enum { AS_LOOKAHEAD_ITEMS = 32 };

// For one look-up of a program by a parameter that is the whole primary key.
struct as_hint {
    bool hashed;  // the parameter has the key's type, and this hash
    uint32_t row; // may have the key; AS_ROW_NONE: none had
    uint64_t hash;
};

struct as_ahead {
    uint16_t command;
    bool grouped;                  // the next item belongs to the same group
    bool typed;                    // every value has its declared type, or is NULL and may be
    const struct as_program *program;
    const struct as_value *values; // a value a parameter
    const struct as_hint *hints;   // one for each of the program's look-ups
};

struct as_lookahead {
    const struct as_domain *domain;
    const struct as_state *state;
    struct as_cursor in;
    uint32_t record, records; // the next one to be read, and how many there are
    size_t at, count;         // of the items read ahead
    struct as_ahead items[AS_LOOKAHEAD_ITEMS];
    struct as_value values[AS_LOOKAHEAD_ITEMS * AS_ITEM_VALUES_MAX];
    struct as_hint hints[AS_LOOKAHEAD_ITEMS * AS_LOOKUPS_MAX];
};

void as_lookahead_start(struct as_lookahead *lookahead, const struct as_domain *domain,
                        const struct as_state *state, const uint8_t *body, size_t size,
                        uint32_t records);

// The next item, valid until the next call; there must be one. AS_DATA where a record is malformed
// ("record 12: …"), perhaps one behind it.
int as_lookahead_refill(struct as_lookahead *lookahead, struct as_error *error);
static inline int as_lookahead_next(struct as_lookahead *l, const struct as_ahead **item,
                                    struct as_error *error) {
    int code = l->at < l->count ? AS_OK : as_lookahead_refill(l, error);
    if (!code)
        *item = &l->items[l->at++];
    return code;
}

#endif
