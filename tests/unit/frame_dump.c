// SPDX-License-Identifier: MIT
//
// frame_dump: an item stream on stdin as text, a line a frame and a line a record:
//
//   DOMAIN 512 bytes
//   ITEMS at 0, 2 records
//   0 command 0 ('a', 700, NULL)
//   1 command 0 ('b', 1, 2.5) and the next
//   END
//
// No END line means that the stream was cut short; the reader's message is on stderr then.
#include <stdio.h>
#include <unistd.h>

#include "base/diag.h"
#include "stream/frame.h"
#include "stream/item.h"

static const struct as_program program = {.name = "frame_dump", .help = "usage: frame_dump\n"};

static bool dump_record(struct as_cursor *at, uint64_t offset) {
    struct as_item_head head;
    if (!as_item_decode_head(at, &head))
        return false;
    struct as_buffer line = {0};
    for (int i = 0; i < head.values; i++) {
        struct as_value value;
        if (!as_value_decode(at, &value))
            return false;
        as_buffer_printf(&line, i ? ", " : "");
        as_value_print(&line, &value);
    }
    printf("%llu command %u (%.*s)%s\n", (unsigned long long)offset, head.command, (int)line.size,
           (const char *)line.data, head.flags & AS_ITEM_FLAG_GROUP ? " and the next" : "");
    as_buffer_free(&line);
    return true;
}

static bool dump_frame(const struct as_frame *frame) {
    const struct as_frame_header *header = &frame->header;
    if (header->type == AS_FRAME_DOMAIN) {
        printf("DOMAIN %u bytes\n", header->inflated_size);
        return true;
    }
    printf("ITEMS at %llu, %u records%s\n", (unsigned long long)header->offset, header->records,
           header->flags & AS_FRAME_FLAG_ZLIB ? ", deflated" : "");
    struct as_cursor at = as_cursor_over(frame->body, header->inflated_size);
    for (uint32_t i = 0; i < header->records; i++)
        if (!dump_record(&at, header->offset + i))
            return false;
    return as_cursor_left(&at) == 0;
}

int main(void) {
    struct as_frame_reader *reader =
        as_frame_reader_open(STDIN_FILENO, AS_STREAM_ITEMS, "stdin", NULL);
    struct as_frame frame = {0};
    struct as_error error = {0};
    enum as_frame_next next;
    while ((next = as_frame_reader_next(reader, &frame, &error)) == AS_FRAME_READ) {
        if (!dump_frame(&frame)) {
            as_error_set(&error, AS_DATA, "malformed body");
            next = AS_FRAME_FAILED;
            break;
        }
        fflush(stdout); // what is there, as it comes
    }
    as_frame_reader_close(reader);
    as_frame_free(&frame);
    if (next == AS_FRAME_FAILED)
        return as_diag_fail(&program, &error);
    printf("END\n");
    return 0;
}
