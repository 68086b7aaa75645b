// SPDX-License-Identifier: MIT
//
// The file system under a directory: its kind, its space, and whether its fsync does anything.
#ifndef AS_PREFLIGHT_DISK_H
#define AS_PREFLIGHT_DISK_H

#include "preflight.h"

// Fills preflight->disk. AS_IO where the file system does not tell.
int preflight_disk_look(struct preflight *preflight, struct as_error *error);
// A few writes of 4 KiB, each followed by fdatasync: no disk does that in no time.
void preflight_disk_probe_sync(struct preflight *preflight);
// Is there space for the planned run? After the model is known.
void preflight_disk_check_plan(struct preflight *preflight);

#endif
