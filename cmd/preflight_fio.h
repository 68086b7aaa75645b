// SPDX-License-Identifier: MIT
//
// fio(1) as a child process: its jobs, its figures read from its JSON.
//
//   fio_randwrite   --rw=randwrite --bs=4k --direct=1 --sync=1: the gate of the article that this
//                   project answers, by which its figures and ours are comparable
//   fio_append      --rw=write --bs=<a batch> --fdatasync=1: what the writer does, without SQLite
//
// fio runs in the scratch directory, in a process group of its own; where *stop is set, or where it
// does not come to its end, the group is killed. Without fio, or where it fails, the job is not
// measured, and a warning says why.
#ifndef AS_PREFLIGHT_FIO_H
#define AS_PREFLIGHT_FIO_H

#include "preflight.h"

// append_bytes: of a piece, a multiple of 4096.
void preflight_fio_run(struct preflight *preflight, uint64_t append_bytes);

#endif
