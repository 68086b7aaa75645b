// SPDX-License-Identifier: MIT
//
// Items: the records of an ITEMS frame. A record is
//
//   offset size  field
//        0    2  command number: the command's position among the domain's commands, from 0
//        2    1  flags: bit 0, the next record belongs to the same group (all or nothing)
//        3    1  number of values: the command's number of columns
//        4    …  the values, in column order (stream/value.h)
//
// A group lies within one frame; the last record of a frame never has bit 0 set.
#ifndef AS_STREAM_ITEM_H
#define AS_STREAM_ITEM_H

#include "base/buffer.h"
#include "base/bytes.h"
#include "stream/value.h"

enum {
    AS_ITEM_HEAD_SIZE = 4,
    AS_ITEM_FLAG_GROUP = 1,
    AS_ITEM_VALUES_MAX = 60, // columns of a table
    AS_COMMANDS_MAX = 1024,
};

struct as_item_head {
    uint16_t command;
    uint8_t flags;
    uint8_t values; // at most AS_ITEM_VALUES_MAX
};

// Encoding: a head, then head.values times as_value_encode.
void as_item_encode_head(struct as_buffer *out, const struct as_item_head *head);

// Decoding: false where the bytes end too soon, a flag is unknown or there are too many values.
static inline bool as_item_decode_head(struct as_cursor *in, struct as_item_head *head) {
    const uint8_t *p = as_cursor_take(in, AS_ITEM_HEAD_SIZE);
    if (!p)
        return false;
    *head = (struct as_item_head){as_load_le16(p), p[2], p[3]};
    return (head->flags & ~AS_ITEM_FLAG_GROUP) == 0 && head->values <= AS_ITEM_VALUES_MAX &&
           head->command < AS_COMMANDS_MAX;
}

#endif
