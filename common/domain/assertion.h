// SPDX-License-Identifier: MIT
//
// Assertions kept incrementally: for each group of each assertion the number of rows and the sums
// and counts that its expression needs, brought up to date by the rows that an item changed.
// Checking costs the groups touched, whatever the number of rows.
#ifndef AS_DOMAIN_ASSERTION_H
#define AS_DOMAIN_ASSERTION_H

#include "domain/index.h"
#include "domain/state.h"
#include "domain/vm.h"

struct as_group;

struct as_assertion_state {
    const struct as_assertion *assertion;
    struct as_vm_frame row, holds;
    size_t group_size; // bytes
    char **groups;
    uint32_t group_limit; // groups in use or free
    uint32_t *free_groups;
    size_t free_count, free_capacity;
    struct as_index index; // over the groups' keys
    uint32_t *touched;
    size_t touched_count, touched_capacity;
    struct as_group *only;   // plain: the only group
    struct as_group *before; // and as it was before it was touched
    struct as_buffer key;
};

void as_assertion_init(struct as_assertion_state *state, const struct as_assertion *assertion);
void as_assertion_free(struct as_assertion_state *state);

// Adds (sign 1) or takes away (-1) a row of the assertion's table.
void as_assertion_count_row(struct as_assertion_state *state, const struct as_table *table,
                            const struct as_row *row, int sign, struct as_region *scratch);

// Counts what became of a row: from `before` to `now`, either NULL where there is none (direction
// 1), or back again (-1).
void as_assertion_count_change(struct as_assertion_state *state, const struct as_table *table,
                               const struct as_row *before, const struct as_row *now, int direction,
                               struct as_region *scratch);

// Does it hold in every group touched since the last settle (`all`: in every group)?
// AS_VM_ACCEPTED, or the reason, whose values are in state->holds.
int32_t as_assertion_check(struct as_assertion_state *state, bool all, struct as_region *scratch);

// Forgets which groups were touched, and drops those without rows.
void as_assertion_settle(struct as_assertion_state *state);

#endif
