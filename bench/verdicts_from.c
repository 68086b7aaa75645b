// SPDX-License-Identifier: MIT
//
// verdicts_from N: copies a stream of verdicts without its first N items, so that as-stats behind
// it sums up what came after them: transfers, without the opening of the accounts.
//
// A frame is left out where all its items are among the first N.
#include <stdio.h>
#include <unistd.h>

#include "base/diag.h"
#include "base/io.h"
#include "base/number.h"
#include "stream/frame.h"

static const struct as_program program = {.name = "verdicts_from",
                                          .help = "usage: verdicts_from N\n"};

static int put(const struct as_buffer *bytes, struct as_error *error) {
    return as_io_write_full(STDOUT_FILENO, bytes->data, bytes->size, "stdout", error);
}

static int put_end(struct as_frame_header end, uint64_t dropped, struct as_error *error) {
    struct as_buffer bytes = {0};
    end.offset -= dropped;
    as_frame_encode(&bytes, &end, NULL, 0);
    int code = put(&bytes, error);
    as_buffer_free(&bytes);
    return code;
}

static int copy(uint64_t first, struct as_error *error) {
    struct as_frame_reader *reader =
        as_frame_reader_open(STDIN_FILENO, AS_STREAM_VERDICTS, "stdin", NULL);
    struct as_frame frame = {0};
    uint64_t seen = 0, dropped = 0;
    int code = AS_OK;
    enum as_frame_next next = AS_FRAME_FINISHED;
    while (!code && (next = as_frame_reader_next(reader, &frame, error)) == AS_FRAME_READ) {
        seen += frame.header.records;
        if (frame.header.type == AS_FRAME_VERDICTS && seen <= first)
            dropped = seen;
        else
            code = put(&frame.stored, error);
    }
    if (!code)
        code = next == AS_FRAME_FAILED ? error->code : put_end(frame.header, dropped, error);
    as_frame_free(&frame);
    as_frame_reader_close(reader);
    return code;
}

int main(int argc, char **argv) {
    struct as_error error;
    uint64_t first;
    if (argc != 2 || !as_parse_count(argv[1], 0, INT64_MAX, &first))
        return as_diag_misuse(&program, "one operand, a number of items, is expected");
    as_io_widen_pipe(STDIN_FILENO);
    as_io_widen_pipe(STDOUT_FILENO);
    return copy(first, &error) ? as_diag_fail(&program, &error) : AS_OK;
}
