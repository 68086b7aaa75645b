// SPDX-License-Identifier: MIT
//
// frame_edit: an item stream from stdin to stdout, changed on the way but well-formed as a stream:
// checksums and END's count are those of what is written.
//
//   frame_edit WORD
//     drop:N    without the Nth ITEMS frame (from 1)
//     only:N    with the Nth ITEMS frame alone
//     twice:N   with the Nth ITEMS frame twice
//     spoil:N   the last byte of the Nth ITEMS frame's body, a value, is cut off
//     header:N:AT:VALUE  4 bytes at AT of the Nth ITEMS frame's header, whose checksum is made
//     right body:N:AT:VALUE    a byte at AT of its body, whose checksum is made right domain:FILE
//     the text in FILE for a domain, and no items
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/bytes.h"
#include "base/diag.h"
#include "base/hash.h"
#include "base/io.h"
#include "stream/frame.h"

static const struct as_program program = {.name = "frame_edit", .help = "usage: frame_edit WORD\n"};

struct edit {
    const char *word, *argument;
    uint64_t domain; // of domain:FILE
    unsigned long number;
    unsigned long patch_at, patch; // of header: and body:
    unsigned long at;
    uint64_t records;
    struct as_buffer out;
};

static unsigned copies(const struct edit *e) {
    bool it = e->at == e->number;
    if (strcmp(e->word, "drop") == 0)
        return !it;
    if (strcmp(e->word, "only") == 0)
        return it;
    return strcmp(e->word, "twice") == 0 && it ? 2 : 1;
}

// Offsets of the checksums in a frame's header (stream/frame.h).
enum { AT_HEADER_CRC = 8, AT_BODY_CRC = 12 };

static void patch(const struct edit *e, uint8_t *frame, size_t body_size) {
    uint8_t *body = frame + AS_FRAME_HEADER_SIZE;
    if (strcmp(e->word, "header") == 0) {
        as_store_le32(frame + e->patch_at, (uint32_t)e->patch);
    } else if (strcmp(e->word, "body") == 0) {
        body[e->patch_at] = (uint8_t)e->patch;
        as_store_le32(frame + AT_BODY_CRC, as_crc32(0, body, body_size));
    }
    as_store_le32(frame + AT_HEADER_CRC, 0);
    as_store_le32(frame + AT_HEADER_CRC, as_crc32(0, frame, AS_FRAME_HEADER_SIZE));
}

static void edit_items(struct edit *e, const struct as_frame *frame) {
    struct as_frame_header header = frame->header;
    e->at++;
    size_t size = header.inflated_size;
    if (strcmp(e->word, "spoil") == 0 && e->at == e->number)
        size--;
    for (unsigned i = 0; i < copies(e); i++) {
        size_t start = e->out.size;
        as_frame_encode(&e->out, &header, frame->body, size);
        if (e->at == e->number)
            patch(e, e->out.data + start, header.stored_size);
        e->records += header.records;
    }
}

static int other_domain(struct edit *e, const char *path, struct as_frame_header *header,
                        struct as_error *error) {
    struct as_buffer sql = {0};
    int code = as_io_read_file(path, AS_DOMAIN_TEXT_MAX, &sql, error);
    header->domain = as_frame_domain_fingerprint(sql.data, sql.size);
    if (!code)
        as_frame_encode(&e->out, header, sql.data, sql.size);
    e->domain = header->domain;
    as_buffer_free(&sql);
    return code;
}

static int edit_frame(struct edit *e, struct as_frame *frame, struct as_error *error) {
    bool domain = strcmp(e->word, "domain") == 0;
    if (frame->header.type == AS_FRAME_DOMAIN && domain)
        return other_domain(e, e->argument, &frame->header, error);
    if (frame->header.type == AS_FRAME_DOMAIN)
        as_buffer_append(&e->out, frame->stored.data, frame->stored.size);
    else if (!domain)
        edit_items(e, frame);
    return AS_OK;
}

static void add_end(struct edit *e, const struct as_frame_header *end) {
    struct as_frame_header header = *end;
    header.offset = e->records;
    if (e->domain)
        header.domain = e->domain;
    as_frame_encode(&e->out, &header, NULL, 0);
}

static int edit_stream(struct edit *e, struct as_frame_reader *reader, struct as_frame *frame,
                       struct as_error *error) {
    enum as_frame_next next;
    int code = AS_OK;
    while (!code && (next = as_frame_reader_next(reader, frame, error)) == AS_FRAME_READ)
        code = edit_frame(e, frame, error);
    if (code || next == AS_FRAME_FAILED)
        return error->code;
    add_end(e, &frame->header);
    return as_io_write_full(STDOUT_FILENO, e->out.data, e->out.size, "stdout", error);
}

int main(int argc, char **argv) {
    struct edit e = {0};
    struct as_frame frame = {0};
    struct as_error error = {0};
    char *colon = argc == 2 ? strchr(argv[1], ':') : NULL;
    if (!colon)
        return as_diag_misuse(&program, "one WORD:N");
    *colon = 0;
    e.word = argv[1];
    e.argument = colon + 1;
    sscanf(e.argument, "%lu:%lu:%lu", &e.number, &e.patch_at, &e.patch);
    struct as_frame_reader *reader =
        as_frame_reader_open(STDIN_FILENO, AS_STREAM_ITEMS, "stdin", NULL);
    int code = edit_stream(&e, reader, &frame, &error);
    as_frame_reader_close(reader);
    as_frame_free(&frame);
    as_buffer_free(&e.out);
    return code ? as_diag_fail(&program, &error) : 0;
}
