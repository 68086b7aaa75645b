// SPDX-License-Identifier: MIT
//
// The writer's own commit path, timed: a segment as the journal has it (store/segment.h: SQLite,
// WAL, synchronous=FULL, read back), one row and one transaction a batch.
//
//   open → run … → close
//
// Batches of all sizes take turns, so that a disk that becomes slower or faster does so for each of
// them. A run may be interrupted by other measurements and go on: its first and last windows are
// then as far apart as possible, which is what tells burst credit that runs out.
#ifndef AS_PREFLIGHT_COMMIT_H
#define AS_PREFLIGHT_COMMIT_H

#include "preflight.h"
#include "preflight_load.h"

struct preflight_commit;

struct preflight_commit *preflight_commit_open(struct preflight *preflight,
                                               const struct preflight_load *load);
// Goes on until `until_ns` of the commit path's runtime are over. What fails is a finding, and the
// commit path then does nothing more.
void preflight_commit_run(struct preflight_commit *commit, uint64_t until_ns);
// Adds a job for each size of batch, and the model that follows from them.
void preflight_commit_close(struct preflight_commit *commit);

#endif
