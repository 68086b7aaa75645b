// SPDX-License-Identifier: MIT
//
// The figures of a store, at rest or in use: read-only connections, open for moments only, so that
// they keep no writer from sealing a segment; never a checkpoint. A writer that is at work
// meanwhile makes later figures greater than earlier ones: each is of the moment when it was read.
#ifndef AS_STORE_SURVEY_H
#define AS_STORE_SURVEY_H

#include "domain/engine.h"
#include "store/journal.h"

struct as_survey_segment {
    char *path;
    bool sealed;
    uint64_t bytes, wal_bytes; // of the file, and of the -wal beside it
    uint64_t first_batch, first_item;
    uint64_t batches, items, accepted;
    uint64_t first_ns, last_ns; // times of its first and last commit, since the epoch
};

struct as_survey {
    struct as_domain *domain;
    struct as_survey_segment *segments; // oldest first
    size_t segment_count;
    uint64_t batches, items, accepted; // of all segments
    uint64_t state_bytes, state_wal_bytes;
    struct as_journal_head folded; // what state.db stands for
    bool has_folded;               // false: no state.db, or nothing folded into it
    uint64_t sources;
    uint64_t *rows; // of each of the domain's tables
};

// An outcome of a batch with rejections; false where it is malformed.
typedef bool as_survey_visit(void *context, const void *outcome, size_t size);

// AS_DATA where it is no store, or an outcome is malformed; AS_IO where it cannot be read. To be
// freed in any case.
int as_survey_take(const char *store, as_survey_visit *visit, void *context,
                   struct as_survey *survey, struct as_error *error);
void as_survey_free(struct as_survey *survey);

#endif
