// SPDX-License-Identifier: MIT
//
// Verdicts: the body of a VERDICTS frame, one for each ITEMS frame, in order. Its header repeats
// the ITEMS frame's source, offset, record count and domain; its creation time is the ITEMS frame's
// too, so that a consumer can tell the batch's round trip. The body:
//
//   offset size  field
//        0    8  batch number in the journal, from 1 (0: nothing of this frame was journalled)
//        8    8  journal position of the frame's first new item, from 0
//       16    4  accepted items, duplicates included as first decided
//       20    4  rejected items, likewise
//       24    4  duplicates: leading records of the frame that had been decided before
//       28    4  flags: bit 0, dry run (nothing was made durable)
//       32    8  ns from the frame's arrival to its decision
//       40    8  ns from its decision to its COMMIT
//       48    8  time of the COMMIT, ns since the epoch
//       56    …  the outcome
//
// The outcome is what the journal keeps and the hash covers; it is empty where nothing was
// rejected:
//
//   4 number of reasons, then each reason:
//     1 kind (enum as_reject_kind)
//     text name, text table or command, 1 number of key columns, their names,
//     1 number of value columns, their names                     (text: 2 bytes size, then bytes)
//   4 number of rejections, then each rejection, by ascending item:
//     4 item: index of the record in the frame    2 reason: index above
//     the reason's key values, then its other values (stream/value.h)
//
// So a verdict explains itself without the domain: kind check, name no_overdraft, table account,
// key id = 'a', value balance = -5.
#ifndef AS_STREAM_VERDICT_H
#define AS_STREAM_VERDICT_H

#include "base/buffer.h"
#include "base/bytes.h"
#include "base/error.h"
#include "stream/value.h"

enum as_reject_kind {
    AS_REJECT_CHECK = 1,     // name: the constraint's name, or its text
    AS_REJECT_NOT_NULL = 2,  // name: table.column
    AS_REJECT_TYPE = 3,      // name: table.column
    AS_REJECT_UNIQUE = 4,    // name: table.column[, table.column]…
    AS_REJECT_REFERENCE = 5, // name: command.column[, command.column]…
    AS_REJECT_RAISE = 6,     // name: RAISE's text
    AS_REJECT_ASSERTION = 7, // name: the view's
    AS_REJECT_GROUP = 8,     // name: the culprit's; value: the culprit's index in the frame
    AS_REJECT_ERROR = 9,     // an expression could not be evaluated; name: SQLite's words
};
enum { AS_REJECT_KINDS = 10 };

const char *as_reject_kind_name(uint8_t kind); // "check", "not_null", … ; "?" where unknown

enum {
    AS_VERDICT_HEAD_SIZE = 56,
    AS_VERDICT_FLAG_DRY_RUN = 1,
    AS_REASON_COLUMNS_MAX = 60,
    AS_OUTCOME_REASONS_MAX = 1 << 16
};

struct as_verdict_head {
    uint64_t batch;
    uint64_t first_item;
    uint32_t accepted;
    uint32_t rejected;
    uint32_t duplicates;
    uint32_t flags;
    uint64_t decide_ns;
    uint64_t commit_ns;
    uint64_t committed_at_ns;
};

void as_verdict_encode_head(struct as_buffer *out, const struct as_verdict_head *head);
bool as_verdict_decode_head(struct as_cursor *in, struct as_verdict_head *head);

// A reason, decoded: names point into the outcome's bytes.
struct as_text {
    const char *data;
    uint16_t size;
};
struct as_reason_view {
    uint8_t kind;
    uint8_t keys;   // number of key columns, the first of `columns`
    uint8_t values; // number of value columns, behind them; keys + values <= AS_REASON_COLUMNS_MAX
    struct as_text name;
    struct as_text table;
    struct as_text columns[AS_REASON_COLUMNS_MAX];
};

struct as_rejection_view {
    uint32_t item; // index of the record in the frame
    const struct as_reason_view *reason;
    struct as_value values[AS_REASON_COLUMNS_MAX]; // keys, then values
};

// Reads an outcome: open checks and indexes the reasons, next delivers the rejections in order.
// An empty outcome has none. All false/negative results mean malformed bytes.
struct as_outcome_reader {
    struct as_cursor at;
    uint32_t reason_count;
    uint32_t rejections_left;
    uint64_t next_item;             // the least index that the next rejection may have
    struct as_reason_view *reasons; // owned
};
bool as_outcome_open(struct as_outcome_reader *reader, const void *data, size_t size);
int as_outcome_next(struct as_outcome_reader *reader,
                    struct as_rejection_view *rejection); // 1, 0, -1
void as_outcome_close(struct as_outcome_reader *reader);

// Writes one: reasons are registered once each while rejections are added, then finish puts the
// parts together. A writer is reused for many batches without allocation.
struct as_outcome_writer {
    struct as_buffer reasons;
    struct as_buffer rejections;
    uint32_t reason_count;
    uint32_t rejection_count;
};
void as_outcome_reset(struct as_outcome_writer *writer);
// Appends a reason whose encoding (see above) the caller holds; returns its index.
uint16_t as_outcome_add_reason(struct as_outcome_writer *writer, const void *encoded, size_t size);
// Starts a rejection; the caller then encodes the reason's values into writer->rejections.
void as_outcome_add_rejection(struct as_outcome_writer *writer, uint32_t item, uint16_t reason);
// Appends the whole outcome to `out`: nothing where there was no rejection.
void as_outcome_finish(const struct as_outcome_writer *writer, struct as_buffer *out);
void as_outcome_free(struct as_outcome_writer *writer);
// The encoding of a reason; names NUL-terminated, columns: keys first, then values.
void as_reason_encode(struct as_buffer *out, uint8_t kind, const char *name, const char *table,
                      const char *const *columns, uint8_t keys, uint8_t values);

#endif
