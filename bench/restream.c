// SPDX-License-Identifier: MIT
//
// restream DOMAIN.sql: copies a stream of items, declared by another domain and stamped now. The
// items must fit that domain too; here it is the workload's own with more invariants.
#include <stdio.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/diag.h"
#include "base/io.h"
#include "stream/frame.h"

static const struct as_program program = {.name = "restream",
                                          .help = "usage: restream DOMAIN.sql\n"};

struct restream {
    struct as_buffer sql, out;
    uint64_t domain; // fingerprint
};

static int put(struct restream *r, struct as_frame_header header, const void *body, size_t size,
               struct as_error *error) {
    header.flags = 0;
    header.domain = r->domain;
    header.created_ns = as_clock_wall_ns();
    r->out.size = 0;
    as_frame_encode(&r->out, &header, body, size);
    return as_io_write_full(STDOUT_FILENO, r->out.data, r->out.size, "stdout", error);
}

static int put_frame(struct restream *r, const struct as_frame *frame, struct as_error *error) {
    if (frame->header.type == AS_FRAME_DOMAIN)
        return put(r, frame->header, r->sql.data, r->sql.size, error);
    return put(r, frame->header, frame->body, frame->header.inflated_size, error);
}

static int copy(struct restream *r, struct as_error *error) {
    struct as_frame_reader *reader =
        as_frame_reader_open(STDIN_FILENO, AS_STREAM_ITEMS, "stdin", NULL);
    struct as_frame frame = {0};
    int code = AS_OK;
    enum as_frame_next next = AS_FRAME_FINISHED;
    while (!code && (next = as_frame_reader_next(reader, &frame, error)) == AS_FRAME_READ)
        code = put_frame(r, &frame, error);
    if (!code)
        code = next == AS_FRAME_FAILED ? error->code : put(r, frame.header, NULL, 0, error);
    as_frame_free(&frame);
    as_frame_reader_close(reader);
    return code;
}

static int run(const char *path, struct as_error *error) {
    struct restream r = {0};
    int code = as_io_read_file(path, AS_DOMAIN_TEXT_MAX, &r.sql, error);
    r.domain = as_frame_domain_fingerprint(r.sql.data, r.sql.size);
    code = code ? code : copy(&r, error);
    as_buffer_free(&r.sql);
    as_buffer_free(&r.out);
    return code;
}

int main(int argc, char **argv) {
    struct as_error error;
    if (argc != 2)
        return as_diag_misuse(&program, "one operand, a domain, is expected");
    as_io_widen_pipe(STDIN_FILENO);
    as_io_widen_pipe(STDOUT_FILENO);
    return run(argv[1], &error) ? as_diag_fail(&program, &error) : AS_OK;
}
