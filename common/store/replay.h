// SPDX-License-Identifier: MIT
//
// Replay: a batch of the journal decided again, and held against what the journal says (D6, D7).
#ifndef AS_STORE_REPLAY_H
#define AS_STORE_REPLAY_H

#include "domain/engine.h"
#include "store/journal.h"
#include "store/sources.h"
#include "stream/frame.h"

// Buffers that live through a replay, and the head so far, which starts where the replay does.
struct as_replay {
    const struct as_domain *domain;
    struct as_engine *engine;
    struct as_sources *sources; // or NULL
    struct as_journal_head head;
    struct as_frame frame;
    struct as_decision decision;
};

void as_replay_free(struct as_replay *replay);

// Position, hash and frame of the row: does it follow the head, is it whole? Leaves the frame
// decoded in replay->frame.
int as_replay_check(struct as_replay *replay, const struct as_journal_row *row,
                    struct as_error *error);
// Decides it and compares counts and verdicts with the row's; then moves the head and the source
// on. All refusals are AS_DATA "batch 17: …".
int as_replay_decide(struct as_replay *replay, const struct as_journal_row *row,
                     struct as_error *error);

// Decides it without comparing anything: for the state alone. AS_DATA where it cannot be decided.
int as_replay_apply(struct as_replay *replay, const struct as_journal_row *row,
                    struct as_error *error);
// Moves the head on without deciding: for who only follows the chain.
void as_replay_pass(struct as_replay *replay, const struct as_journal_row *row);

#endif
