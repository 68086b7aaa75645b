// SPDX-License-Identifier: MIT
//
// Assertions kept incrementally: for each group of each assertion the number of rows and the sums
// and counts that its expression needs, brought up to date by the rows that an item changed.
// Checking costs the groups touched, whatever the number of rows.
//
// A plain assertion, over sums and counts of columns of all rows, has no groups: it looks at the
// state's totals, and only where they differ from those that it was last seen to hold for.
#ifndef AS_DOMAIN_ASSERTION_H
#define AS_DOMAIN_ASSERTION_H

#include "domain/index.h"
#include "domain/state.h"
#include "domain/vm.h"

struct as_group;

enum { AS_TOTAL_NONE = UINT16_MAX };

struct as_accumulated {
    __int128 sum;
    uint64_t count;   // of arguments that are not NULL
    uint32_t total;   // plain assertions: which of the table's totals, or AS_TOTAL_NONE …
    uint64_t inexact; // … and how many of its values are no INTEGERs
};

struct as_assertion_state {
    const struct as_assertion *assertion;
    const struct as_table *table;
    struct as_vm_frame row, holds;
    size_t group_size; // bytes
    char **groups;
    uint32_t group_limit; // groups in use or free
    uint32_t *free_groups;
    size_t free_count, free_capacity;
    struct as_index index; // over the groups' keys
    uint32_t *touched;
    size_t touched_count, touched_capacity;
    struct as_buffer key;
    // Plain assertions:
    bool plain;
    const struct as_totals *totals;
    size_t seen_count;
    struct as_accumulated *seen; // an accumulator, when the assertion was last seen to hold
    uint64_t seen_rows;
};

// `state` has no rows yet.
void as_assertion_init(struct as_assertion_state *assertion_state,
                       const struct as_assertion *assertion, struct as_state *state);
void as_assertion_free(struct as_assertion_state *state);

// Adds (sign 1) or takes away (-1) a row of the table of an assertion that is not plain.
void as_assertion_count_row(struct as_assertion_state *state, const struct as_row *row, int sign,
                            struct as_region *scratch);

// The same for a row that changed; either may be NULL. `direction` -1 takes the change back.
void as_assertion_count_change(struct as_assertion_state *state, const struct as_row *before,
                               const struct as_row *now, int direction, struct as_region *scratch);

// Of a plain assertion: do the totals differ from those that it was last seen to hold for? Where
// not it needs no check.
static inline bool as_assertion_moved(const struct as_assertion_state *state) {
    bool moved = state->table->live_count != state->seen_rows;
    for (size_t i = 0; i < state->seen_count; i++) {
        const struct as_accumulated *seen = &state->seen[i];
        if (seen->total == AS_TOTAL_NONE)
            continue;
        const struct as_total *total = &state->totals->list[seen->total];
        moved |= total->sum != seen->sum || total->count != seen->count ||
                 total->inexact != seen->inexact;
    }
    return moved;
}

// Does it hold in every group touched since the last settle (`all`: in every group)? A plain one:
// now?
// AS_VM_ACCEPTED, or the reason, whose values are in state->holds.
int32_t as_assertion_check(struct as_assertion_state *state, bool all, struct as_region *scratch);

// Forgets which groups were touched, and drops those without rows.
void as_assertion_settle(struct as_assertion_state *state);

#endif
