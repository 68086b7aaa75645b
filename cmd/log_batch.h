// SPDX-License-Identifier: MIT
//
// The items of one batch of the journal, each with its verdict.
//
//   log_batch_open → log_batch_next … until 0 → log_batch_open for the next batch … →
//   log_batch_free
#ifndef AS_LOG_BATCH_H
#define AS_LOG_BATCH_H

#include "base/error.h"
#include "log_item.h"
#include "store/segment.h"
#include "stream/frame.h"

struct log_batch {
    const struct as_domain *domain;
    struct as_cursor records;
    uint32_t next;  // record of the frame
    uint32_t skip;  // leading records that were duplicates: not items of this batch
    uint32_t count; // records of the frame
    uint64_t batch, first_item, source, frame_offset;
    struct as_buffer verdicts; // a copy: the journal's own lives too short
    struct as_outcome_reader outcome;
    struct as_rejection_view rejection; // of the first item not delivered yet that has one
    bool rejections_left;
};

// The frame is the row's, decoded; it must live until the batch is done. AS_DATA where the verdicts
// are malformed.
int log_batch_open(struct log_batch *batch, const struct as_domain *domain,
                   const struct as_journal_row *row, const struct as_frame *frame,
                   struct as_error *error);
// 1 and the next item, which lives until the next call; 0 at the end; -1 where the batch is
// malformed.
int log_batch_next(struct log_batch *batch, struct log_item *item, struct as_error *error);
void log_batch_free(struct log_batch *batch);

#endif
