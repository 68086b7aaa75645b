// SPDX-License-Identifier: MIT
//
// verdict_dump: a verdict stream on stdin as text, without what differs from run to run (times), a
// line a frame and a line a rejection:
//
//   VERDICTS batch 3 first 20 source 1f.. offset 20 records 10 accepted 9 rejected 1 duplicates 0
//   24 check no_overdraft account (id 'a', balance -5)
//   END 30
//
// With "rows" it prints what a batch's row in the journal must be, as sqlite3 prints
//
//   SELECT batch, first_item, items, accepted, source, offset, hex(verdicts)
//
// and leaves out frames with duplicates, whose verdicts are made of older rows.
//
// With "telemetry" it prints nothing but the TELEMETRY frames: "name value" a line, an empty one
// behind each.
//
// A rejection's number is that of the record in its source. No END line means that the stream was
// cut short; the reader's message is on stderr then, and everything before it was dumped.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/diag.h"
#include "stream/frame.h"
#include "stream/telemetry.h"
#include "stream/verdict.h"

static const struct as_program program = {.name = "verdict_dump", .help = "usage: verdict_dump\n"};

static void dump_rejection(const struct as_rejection_view *r, uint64_t offset) {
    struct as_buffer line = {0};
    as_buffer_printf(&line, "%llu %s %.*s %.*s (", (unsigned long long)(offset + r->item),
                     as_reject_kind_name(r->reason->kind), r->reason->name.size,
                     r->reason->name.data, r->reason->table.size, r->reason->table.data);
    for (size_t i = 0; i < (size_t)r->reason->keys + r->reason->values; i++) {
        const struct as_text *column = &r->reason->columns[i];
        struct as_value value = r->values[i];
        if (r->reason->kind == AS_REJECT_GROUP && value.type == AS_INTEGER)
            value.integer += (int64_t)offset; // the culprit, likewise numbered in its source
        as_buffer_printf(&line, "%s%.*s ", i ? ", " : "", column->size, column->data);
        as_value_print(&line, &value);
    }
    printf("%.*s)\n", (int)line.size, (const char *)line.data);
    as_buffer_free(&line);
}

static bool dump_row(const struct as_frame *frame) {
    const struct as_frame_header *h = &frame->header;
    struct as_cursor at = as_cursor_over(frame->body, h->inflated_size);
    struct as_verdict_head head;
    if (!as_verdict_decode_head(&at, &head))
        return false;
    if (head.duplicates)
        return true;
    printf("%llu|%llu|%u|%u|%lld|%llu|", (unsigned long long)head.batch,
           (unsigned long long)head.first_item, h->records, head.accepted, (long long)h->source,
           (unsigned long long)h->offset);
    for (size_t i = 0; i < as_cursor_left(&at); i++)
        printf("%02X", at.at[i]);
    putchar('\n');
    return true;
}

static bool dump_telemetry(const struct as_frame *frame) {
    struct as_telemetry *t = as_alloc(sizeof *t);
    bool sound = as_telemetry_decode(frame->body, frame->header.inflated_size, t);
    for (size_t i = 0; sound && i < AS_TELEMETRY_FIELDS; i++)
        printf("%s %llu\n", as_telemetry_info[i].name, (unsigned long long)t->values[i]);
    printf("commits_timed %llu\n\n", (unsigned long long)t->commits.count);
    fflush(stdout);
    free(t);
    return sound;
}

static bool dump_verdicts(const struct as_frame *frame) {
    const struct as_frame_header *h = &frame->header;
    struct as_cursor at = as_cursor_over(frame->body, h->inflated_size);
    struct as_verdict_head head;
    struct as_outcome_reader reader;
    struct as_rejection_view rejection;
    if (!as_verdict_decode_head(&at, &head))
        return false;
    printf("VERDICTS batch %llu first %llu source %016llx offset %llu records %u accepted %u "
           "rejected %u duplicates %u%s\n",
           (unsigned long long)head.batch, (unsigned long long)head.first_item,
           (unsigned long long)h->source, (unsigned long long)h->offset, h->records, head.accepted,
           head.rejected, head.duplicates, head.flags & AS_VERDICT_FLAG_DRY_RUN ? " dry" : "");
    if (!as_outcome_open(&reader, at.at, as_cursor_left(&at)))
        return false;
    int next;
    while ((next = as_outcome_next(&reader, &rejection)) > 0)
        dump_rejection(&rejection, h->offset);
    as_outcome_close(&reader);
    fflush(stdout); // what is there, as it comes
    return next == 0;
}

int main(int argc, char **argv) {
    bool rows = argc == 2 && strcmp(argv[1], "rows") == 0;
    bool telemetry = argc == 2 && strcmp(argv[1], "telemetry") == 0;
    struct as_frame_reader *reader =
        as_frame_reader_open(STDIN_FILENO, AS_STREAM_VERDICTS, "stdin", NULL);
    struct as_frame frame = {0};
    struct as_error error = {0};
    enum as_frame_next next;
    while ((next = as_frame_reader_next(reader, &frame, &error)) == AS_FRAME_READ) {
        bool sound = true;
        if (telemetry)
            sound = frame.header.type != AS_FRAME_TELEMETRY || dump_telemetry(&frame);
        else if (frame.header.type == AS_FRAME_VERDICTS)
            sound = rows ? dump_row(&frame) : dump_verdicts(&frame);
        if (!sound) {
            as_error_set(&error, AS_DATA, "malformed body");
            next = AS_FRAME_FAILED;
            break;
        }
    }
    unsigned long long records = next == AS_FRAME_FINISHED ? frame.header.offset : 0;
    as_frame_reader_close(reader);
    as_frame_free(&frame);
    if (next == AS_FRAME_FAILED)
        return as_diag_fail(&program, &error);
    if (!rows && !telemetry)
        printf("END %llu\n", records);
    return 0;
}
