// SPDX-License-Identifier: MIT
//
// The virtual machine: runs one program over its registers and cursors against the state.
#ifndef AS_DOMAIN_VM_H
#define AS_DOMAIN_VM_H

#include "base/region.h"
#include "domain/program.h"
#include "domain/state.h"

// What is known of one of the program's keys (struct as_parameter_key): first nothing, then its
// hash, then the one row that may have it or NULL, then, proved, the row that has it or NULL; the
// latter two as long as the table has the same version.
enum as_vm_key_state { AS_VM_KEY_UNKNOWN, AS_VM_KEY_HASHED, AS_VM_KEY_SUPPOSED, AS_VM_KEY_PROVED };

struct as_vm_key {
    uint64_t hash;
    struct as_row *row;
    uint32_t number;
    uint32_t version;
    uint8_t state;
};

// A program's registers and cursors, kept from run to run. `keys` are the caller's, or NULL where
// the program has none.
struct as_vm_frame {
    const struct as_program *program;
    struct as_value *registers;
    struct as_cursor_row *cursors;
    struct as_vm_key *keys;
};

void as_vm_frame_init(struct as_vm_frame *frame, const struct as_program *program);
void as_vm_frame_free(struct as_vm_frame *frame);

enum { AS_VM_ACCEPTED = -1 };

// A value that a reason tells, after the run and before its changes are undone.
struct as_value as_vm_read(const struct as_vm_frame *frame, struct as_value_source source);

// Runs from the start; the caller has filled the parameters and the keys. Returns AS_VM_ACCEPTED or
// the number of the domain's reason for which the item is rejected; the frame then still holds that
// reason's values. Text made on the way lives in `scratch`.
int32_t as_vm_run(const struct as_vm_frame *frame, struct as_state *state,
                  struct as_region *scratch);
// From an instruction other than the first.
int32_t as_vm_run_from(const struct as_vm_frame *frame, size_t start, struct as_state *state,
                       struct as_region *scratch);

#endif
