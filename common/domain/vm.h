// SPDX-License-Identifier: MIT
//
// The virtual machine: runs one program over its registers and cursors against the state.
#ifndef AS_DOMAIN_VM_H
#define AS_DOMAIN_VM_H

#include "base/region.h"
#include "domain/lookahead.h"
#include "domain/program.h"
#include "domain/state.h"

// A program's registers and cursors, kept from run to run.
struct as_vm_frame {
    const struct as_program *program;
    struct as_value *registers;
    struct as_cursor_row *cursors;
    const struct as_hint *hints; // for the program's look-ups, where it has any
    bool typed;                  // the parameters have their declared types
};

void as_vm_frame_init(struct as_vm_frame *frame, const struct as_program *program);
void as_vm_frame_free(struct as_vm_frame *frame);

enum { AS_VM_ACCEPTED = -1 };

// Runs from the start; the caller has filled the parameters. Returns AS_VM_ACCEPTED or the number
// of the domain's reason for which the item is rejected; the frame then still holds that reason's
// values. Text made on the way lives in `scratch`.
int32_t as_vm_run(const struct as_vm_frame *frame, struct as_state *state,
                  struct as_region *scratch);

#endif
