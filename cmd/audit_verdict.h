// SPDX-License-Identifier: MIT
//
// Verdicts in words, and the first one in which a batch of the journal and its replay differ.
#ifndef AS_AUDIT_VERDICT_H
#define AS_AUDIT_VERDICT_H

#include "store/replay.h"
#include "stream/verdict.h"

// "accepted" where kind is 0, else "rejected by check no_overdraft".
void audit_verdict_print(struct as_buffer *out, uint8_t kind, const struct as_text *name);

// After as_replay_decide refused the row: says in `error` which item it is about, where it is an
// item's verdict that differs.
void audit_verdict_explain(const struct as_replay *replay, const struct as_journal_row *row,
                           struct as_error *error);

#endif
