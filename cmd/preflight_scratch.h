// SPDX-License-Identifier: MIT
//
// A directory of our own for everything that a preflight writes, so that one removal leaves nothing
// behind whatever happened in between.
#ifndef AS_PREFLIGHT_SCRATCH_H
#define AS_PREFLIGHT_SCRATCH_H

#include "base/error.h"

// Makes DIRECTORY/.as-preflight-XXXXXX; the caller frees *path. AS_USAGE where the directory does
// not exist or is none, AS_IO where nothing can be made in it.
int preflight_scratch_make(const char *directory, char **path, struct as_error *error);
// Removes the files in it, and it. AS_IO where something stays.
int preflight_scratch_remove(const char *path, struct as_error *error);

#endif
