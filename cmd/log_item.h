// SPDX-License-Identifier: MIT
//
// An item of the journal as text: a line of NDJSON or a CSV record. Names and columns are an
// interface: they may be added to, not changed.
//
//   item       position in the journal, from 0
//   batch      number of its batch, from 1
//   source     id of its source, 16 hexadecimal digits
//   offset     its number in its source, from 0
//   command    what it is, and
//   values     its values by parameter name (an object)
//   group      true where the next item belongs to the same group
//   verdict    accepted or rejected; and of a rejected one:
//   kind       check, not_null, type, unique, reference, raise, assertion, group, error
//   name       of the constraint or view, RAISE's text or SQLite's words; of a group: its culprit's
//   table      table or command it belongs to
//   key        key of the row at fault (an object)
//   broken_by  values that broke it (an object); of a group: {"culprit": position of that item}
//
// NDJSON leaves out what an item does not have, CSV leaves it empty. Objects are JSON in both.
#ifndef AS_LOG_ITEM_H
#define AS_LOG_ITEM_H

#include "domain/domain.h"
#include "stream/item.h"
#include "stream/verdict.h"

struct log_item {
    uint64_t item;
    uint64_t batch;
    uint64_t source;
    uint64_t offset;
    const struct as_table_info *command;
    uint16_t command_number;
    struct as_value values[AS_ITEM_VALUES_MAX];
    bool group;
    const struct as_rejection_view *rejection; // NULL: accepted
    uint64_t culprit;                          // position, where the rejection is a group's
};

void log_item_ndjson(struct as_buffer *out, const struct log_item *item);
void log_item_csv(struct as_buffer *out, const struct log_item *item);
void log_item_csv_header(struct as_buffer *out);

#endif
