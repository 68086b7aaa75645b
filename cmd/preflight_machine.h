// SPDX-License-Identifier: MIT
//
// What beside the disk spoils results or ends a run early: other load, time stolen by a hypervisor,
// limits that are too small, little memory, a SQLite with a known bug.
#ifndef AS_PREFLIGHT_MACHINE_H
#define AS_PREFLIGHT_MACHINE_H

#include "preflight.h"

// The time of all CPUs since the start of the machine, in ticks (proc(5): /proc/stat).
struct preflight_ticks {
    uint64_t total, steal;
};

// Before the measurements: everything that is to be seen at once.
void preflight_machine_look(struct preflight *preflight, struct preflight_ticks *started);
// Behind them: what was stolen meanwhile.
void preflight_machine_look_back(struct preflight *preflight,
                                 const struct preflight_ticks *started);

#endif
