// SPDX-License-Identifier: MIT
//
// An audit: what its parts share. The journal is replayed once, from its start; where the replay
// comes to the point that state.db stands for, the two are compared. Where the journal's first
// segments were taken away and --since allows for that, its chain is followed up to that point, and
// state.db is what the replay begins with.
//
// A part returns AS_OK also where it found something wrong: that is a line of the report. Any other
// code means that the audit itself cannot go on.
#ifndef AS_AUDIT_H
#define AS_AUDIT_H

#include "audit_report.h"
#include "base/diag.h"
#include "store/inspect.h"
#include "store/replay.h"
#include "store/store.h"

struct audit_options {
    const char *store;
    uint64_t since;
    bool referee, rebuild, json, progress;
};

struct audit_referee;

struct audit {
    const struct audit_options *options;
    struct as_domain *domain;
    char *journal_path, *state_path;
    struct audit_report report;

    // The replay
    struct as_journal_reader *reader;
    struct as_replay replay;
    struct as_sources sources;
    struct as_segment_summary *segments; // of the files there were at the start
    size_t segment_count;
    size_t next_segment;         // that the replay has not come to
    struct as_journal_head head; // the journal's end when the audit began
    uint64_t first_checked;      // batch; 0: none was skipped because of --since
    bool broken;                 // the journal cannot be followed any further
    uint64_t missing;            // batches that were taken away at the beginning, as --since allows
    bool following;              // batches are checked, but not decided: there is no state for it
    struct as_buffer scratch;
    struct audit_referee *referee; // NULL: none, or it had to stop
    struct as_progress progress;
};

// What to do about an error: a line of the report where the store is to blame, else its code.
int audit_blame(struct audit *audit, enum audit_topic topic, const struct as_error *error);

// ---- audit_journal.c: the files and the journal -------------------------------------------------

// Each segment by itself, and whether they follow each other. Sets segments.
int audit_segments(struct audit *audit, struct as_error *error);
// Opens the journal and takes its end as of now; starts the engine.
int audit_open_journal(struct audit *audit, struct as_error *error);
// Replays (or follows) until the journal's batch `to` is decided, or to its end, or to where it is
// broken.
int audit_replay(struct audit *audit, uint64_t to, struct as_error *error);
// The lines about all of it.
void audit_sum_up_journal(struct audit *audit);

// ---- audit_state.c: state.db --------------------------------------------------------------------

// The batch that state.db stands for now; 0 where there is none.
int audit_state_batch(struct audit *audit, uint64_t *batch, struct as_error *error);
// Compares it with the engine at the point it stands for, replaying to it, and asks it about CHECKs
// and assertions.
int audit_state(struct audit *audit, struct as_error *error);

// ---- audit_referee.c: plain SQLite --------------------------------------------------------------

int audit_referee_open(struct audit *audit, struct as_error *error);
// Decides the batch at hand once more, where the replay has it decoded.
int audit_referee_batch(struct audit *audit, const struct as_journal_row *row,
                        struct as_error *error);
// Compares the rows at the end.
int audit_referee_end(struct audit *audit, struct as_error *error);
void audit_referee_close(struct audit *audit);

#endif
