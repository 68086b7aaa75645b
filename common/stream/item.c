// SPDX-License-Identifier: MIT
#include "stream/item.h"

#include <assert.h>

void as_item_encode_head(struct as_buffer *out, const struct as_item_head *head) {
    assert(head->command < AS_COMMANDS_MAX && head->values <= AS_ITEM_VALUES_MAX);
    assert((head->flags & ~AS_ITEM_FLAG_GROUP) == 0);
    uint8_t *p = as_buffer_reserve(out, AS_ITEM_HEAD_SIZE);
    as_store_le16(p, head->command);
    p[2] = head->flags;
    p[3] = head->values;
    out->size += AS_ITEM_HEAD_SIZE;
}
