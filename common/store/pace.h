// SPDX-License-Identifier: MIT
//
// Writing much without getting in the way: what a checkpoint writes is synced piece by piece.
//
// Left alone, a checkpoint fills the page cache and then syncs all of it at once; meanwhile an
// fdatasync of the writer waits behind hundreds of megabytes in the disk's queue. With pieces there
// is never more than one of them in front of it, and the writer's rate can set the pace.
#ifndef AS_STORE_PACE_H
#define AS_STORE_PACE_H

#include "store/sqlite.h"

// Called behind each piece, with the bytes of all of them, to sleep a while.
typedef void as_pace_rest(void *context, uint64_t written);

// Paces what the connection writes into its database file from now on, which is the calling
// thread's only paced connection.
void as_pace(sqlite3 *db, as_pace_rest *rest, void *context);

#endif
