// SPDX-License-Identifier: MIT
//
// Exactly once: records that a source sends again are answered with the verdicts first given, found
// in the journal.
#ifndef AS_STORE_DUPLICATES_H
#define AS_STORE_DUPLICATES_H

#include "store/journal.h"
#include "store/sources.h"
#include "stream/frame.h"
#include "stream/verdict.h"

struct as_duplicates {
    const char *journal;              // the directory; owned by the caller, as is
    const uint8_t *domain;            // the domain's digest
    bool dry_run;                     // what this run decided is in no journal
    struct as_journal_reader *reader; // opened at the first duplicate
    struct as_sources found; // a source's `next`: the batch behind which to look for its next one
};

void as_duplicates_close(struct as_duplicates *duplicates);
// There were none in the last frame: keeps no segment open.
void as_duplicates_rest(struct as_duplicates *duplicates);

// Adds to `out` the rejections first given to the leading `count` records of a frame of this
// source, numbered as in this frame; *rejected counts them. The batches must be committed.
int as_duplicates_answer(struct as_duplicates *duplicates, uint64_t source, uint64_t offset,
                         uint32_t count, struct as_outcome_writer *out, uint32_t *rejected,
                         struct as_error *error);

// Copies the rejections of an outcome whose item numbers, moved by `shift`, lie in [from, to).
int as_outcome_copy(const void *outcome, size_t size, int64_t shift, int64_t from, int64_t to,
                    struct as_outcome_writer *out, uint32_t *copied, struct as_error *error);

#endif
