// SPDX-License-Identifier: MIT
//
// Decoding ahead: items are read from an ITEMS body a window at a time, and while their values are
// decoded the rows that they name by parameters (struct as_parameter_key) are fetched from memory,
// all at once instead of one after the other. With a million rows that is most of the time.
//
//   open → next … ; or skip
//
// A window is read in three passes: decode and hash, which fetches the index; look into the index,
// which fetches the rows; then the items are handed out one by one. What was looked up is only a
// supposition, since the items before may add or delete rows; the virtual machine proves it.
#ifndef AS_DOMAIN_WINDOW_H
#define AS_DOMAIN_WINDOW_H

#include "base/error.h"
#include "domain/state.h"
#include "domain/vm.h"
#include "stream/item.h"

enum { AS_WINDOW_ITEMS = 32 };

struct as_window_item {
    struct as_item_head head;
    const struct as_program *program; // its command's
    bool typed; // each value has a type that its parameter is declared to have
    struct as_value *values;
    struct as_vm_key *keys;
};

struct as_window {
    const struct as_domain *domain;
    const struct as_state *state;
    struct as_cursor in;
    uint32_t records; // in the body
    uint32_t record;  // the next to be decoded
    size_t count, at; // items in the window, and handed out
    struct as_window_item items[AS_WINDOW_ITEMS];
    struct as_value values[AS_WINDOW_ITEMS * AS_ITEM_VALUES_MAX];
    struct as_vm_key keys[AS_WINDOW_ITEMS * AS_PROGRAM_KEYS_MAX];
};

void as_window_open(struct as_window *window, const struct as_domain *domain,
                    const struct as_state *state, const uint8_t *body, size_t size,
                    uint32_t records);

int as_window_fill(struct as_window *window, struct as_error *error); // for next

// The next item; NULL behind the last, and where the next ones are malformed, which `code` and
// `error` tell ("record 12: …"). An item is valid until the next call, its texts as long as the
// body.
static inline const struct as_window_item *as_window_next(struct as_window *window, int *code,
                                                          struct as_error *error) {
    *code = AS_OK;
    if (window->at == window->count && (*code = as_window_fill(window, error)))
        return NULL;
    return window->at < window->count ? &window->items[window->at++] : NULL;
}

// Passes over items before the first next. `last` is the last one's head, if there is one.
int as_window_skip(struct as_window *window, uint32_t count, struct as_item_head *last,
                   struct as_error *error);

#endif
