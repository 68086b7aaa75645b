// SPDX-License-Identifier: MIT
//
// The reader's states; an error or a stop is left by no call:
//
//   START --DOMAIN--> BODY --END--> BEHIND_END --end of file--> BEHIND_END   check_order, finish
//   (a verdict stream begins in BODY)
#include "stream/frame.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>

#include "base/io.h"
#include "stream/frame_decode.h"

enum { BUFFER_SIZE = 256 * 1024 };

enum state { START, BODY, BEHIND_END, STOPPED, FAILED };

struct as_frame_reader {
    int fd;
    enum as_stream_kind kind;
    const char *what;
    const volatile int *stop;
    enum state state;
    struct as_error error; // while FAILED
    bool end_of_file;
    uint64_t position; // of the next byte to be taken, in the stream
    uint64_t frames;
    uint64_t records;
    uint64_t domain; // of the first frame
    size_t at, end;  // what is buffered: [at, end)
    uint8_t buffer[BUFFER_SIZE];
};

struct as_frame_reader *as_frame_reader_open(int fd, enum as_stream_kind kind, const char *what,
                                             const volatile int *stop) {
    struct as_frame_reader *r = as_alloc(sizeof *r);
    memset(r, 0, offsetof(struct as_frame_reader, buffer));
    r->fd = fd;
    r->kind = kind;
    r->what = what;
    r->stop = stop;
    r->state = kind == AS_STREAM_ITEMS ? START : BODY;
    return r;
}

void as_frame_reader_close(struct as_frame_reader *reader) {
    free(reader);
}

// ---- Bytes --------------------------------------------------------------------------------------

// One read into `data`: AS_FRAME_READ with *got bytes, 0 of them at the end of the file.
static enum as_frame_next read_some(struct as_frame_reader *r, uint8_t *data, size_t size,
                                    size_t *got, struct as_error *error) {
    ssize_t n = r->end_of_file ? 0 : as_io_read(r->fd, data, size, r->stop);
    if (n < 0 && errno == EINTR)
        return AS_FRAME_STOPPED;
    if (n < 0) {
        as_error_errno(error, AS_IO, "%s", r->what);
        return AS_FRAME_FAILED;
    }
    r->end_of_file = n == 0;
    *got = (size_t)n;
    return AS_FRAME_READ;
}

static size_t take_buffered(struct as_frame_reader *r, uint8_t *to, size_t size) {
    size_t n = r->end - r->at < size ? r->end - r->at : size;
    memcpy(to, r->buffer + r->at, n);
    r->at += n;
    return n;
}

// Fills `to`; *got is less than size only at the end of the file. What is larger than the buffer
// goes past it.
static enum as_frame_next read_exactly(struct as_frame_reader *r, uint8_t *to, size_t size,
                                       size_t *got, struct as_error *error) {
    size_t have = take_buffered(r, to, size), n = 1;
    enum as_frame_next next = AS_FRAME_READ;
    while (have < size && n > 0 && next == AS_FRAME_READ) {
        if (size - have >= BUFFER_SIZE) {
            next = read_some(r, to + have, size - have, &n, error);
            have += next == AS_FRAME_READ ? n : 0;
        } else {
            next = read_some(r, r->buffer, BUFFER_SIZE, &n, error);
            r->at = 0;
            r->end = next == AS_FRAME_READ ? n : 0;
            have += take_buffered(r, to + have, size - have);
        }
    }
    r->position += have;
    *got = have;
    return next;
}

// ---- Frames -------------------------------------------------------------------------------------

static enum as_frame_next malformed(struct as_error *error, const char *text) {
    as_error_set(error, AS_DATA, "%s", text);
    return AS_FRAME_FAILED;
}

// The input ended within a header. Where those bytes are no frame's, saying so helps more.
static enum as_frame_next short_header(const uint8_t *bytes, size_t got, struct as_error *error) {
    size_t n = got < sizeof as_frame_magic ? got : sizeof as_frame_magic;
    if (memcmp(bytes, as_frame_magic, n) != 0)
        return malformed(error, "not a frame (wrong magic)");
    as_error_set(error, AS_DATA, "truncated: %zu of %d bytes of its header", got,
                 AS_FRAME_HEADER_SIZE);
    return AS_FRAME_FAILED;
}

static enum as_frame_next read_header(struct as_frame_reader *r, struct as_frame *frame,
                                      struct as_error *error) {
    uint8_t *bytes = as_buffer_reserve(&frame->stored, AS_FRAME_HEADER_SIZE);
    size_t got;
    enum as_frame_next next = read_exactly(r, bytes, AS_FRAME_HEADER_SIZE, &got, error);
    if (next != AS_FRAME_READ)
        return next;
    if (got == 0)
        return AS_FRAME_FINISHED;
    if (r->state == BEHIND_END)
        return malformed(error, "data behind the END frame");
    if (got < AS_FRAME_HEADER_SIZE)
        return short_header(bytes, got, error);
    frame->stored.size = AS_FRAME_HEADER_SIZE;
    return as_frame_parse_header(bytes, &frame->header, error) ? AS_FRAME_FAILED : AS_FRAME_READ;
}

static enum as_frame_next read_body(struct as_frame_reader *r, struct as_frame *frame,
                                    struct as_error *error) {
    size_t size = frame->header.stored_size, got;
    uint8_t *to = as_buffer_reserve(&frame->stored, size);
    enum as_frame_next next = read_exactly(r, to, size, &got, error);
    if (next != AS_FRAME_READ)
        return next;
    if (got < size) {
        as_error_set(error, AS_DATA, "truncated: %zu of %zu bytes of its body", got, size);
        return AS_FRAME_FAILED;
    }
    frame->stored.size += size;
    return as_frame_open_body(frame, error) ? AS_FRAME_FAILED : AS_FRAME_READ;
}

// ---- Order --------------------------------------------------------------------------------------

static bool belongs(const struct as_frame_reader *r, uint8_t type) {
    if (r->kind == AS_STREAM_ITEMS)
        return type == AS_FRAME_DOMAIN || type == AS_FRAME_ITEMS || type == AS_FRAME_END;
    return type == AS_FRAME_VERDICTS || type == AS_FRAME_TELEMETRY || type == AS_FRAME_END;
}

static int check_place(const struct as_frame_reader *r, const struct as_frame_header *h,
                       struct as_error *error) {
    if (!belongs(r, h->type))
        return as_error_set(error, AS_DATA, "a frame of type %s has no place in %s stream",
                            as_frame_type_name(h->type),
                            r->kind == AS_STREAM_ITEMS ? "an item" : "a verdict");
    if (r->state == START && h->type != AS_FRAME_DOMAIN)
        return as_error_set(error, AS_DATA, "the stream does not begin with a DOMAIN frame");
    if (r->state == BODY && h->type == AS_FRAME_DOMAIN)
        return as_error_set(error, AS_DATA, "a second DOMAIN frame");
    return 0;
}

// Before the body is read: what may stand here, so that a misplaced body is not waited for.
static int check_header(const struct as_frame_reader *r, const struct as_frame_header *h,
                        struct as_error *error) {
    int rc = check_place(r, h, error);
    if (rc)
        return rc;
    if (r->frames > 1 && h->domain != r->domain)
        return as_error_set(error, AS_DATA, "it belongs to another domain than the stream");
    if (h->type == AS_FRAME_END && h->offset != r->records)
        return as_error_set(error, AS_DATA, "END counts %llu records, the stream has %llu",
                            (unsigned long long)h->offset, (unsigned long long)r->records);
    return 0;
}

static int check_domain(const struct as_frame *frame, struct as_error *error) {
    if (as_frame_domain_fingerprint(frame->body, frame->header.inflated_size) !=
        frame->header.domain)
        return as_error_set(error, AS_DATA, "the fingerprint is not that of the domain's text");
    return 0;
}

static void account(struct as_frame_reader *r, const struct as_frame_header *h) {
    if (r->frames == 1)
        r->domain = h->domain;
    if (h->type == AS_FRAME_ITEMS || h->type == AS_FRAME_VERDICTS)
        r->records += h->records;
    r->state = h->type == AS_FRAME_END ? BEHIND_END : BODY;
}

// One frame whose place and content are right. FINISHED: the input ended where a frame could begin.
static enum as_frame_next read_frame(struct as_frame_reader *r, struct as_frame *frame,
                                     struct as_error *error) {
    frame->stored.size = 0;
    frame->body = NULL;
    frame->position = r->position;
    frame->number = ++r->frames;
    enum as_frame_next next = read_header(r, frame, error);
    if (next == AS_FRAME_READ && check_header(r, &frame->header, error))
        return AS_FRAME_FAILED;
    if (next == AS_FRAME_READ)
        next = read_body(r, frame, error);
    if (next != AS_FRAME_READ)
        return next;
    if (frame->header.type == AS_FRAME_DOMAIN && check_domain(frame, error))
        return AS_FRAME_FAILED;
    account(r, &frame->header);
    return AS_FRAME_READ;
}

// ---- Stream -------------------------------------------------------------------------------------

static enum as_frame_next fail(struct as_frame_reader *r, const struct as_error *why,
                               struct as_error *error) {
    r->state = FAILED;
    r->error = *why;
    *error = *why;
    return AS_FRAME_FAILED;
}

static enum as_frame_next finish(struct as_frame_reader *r, struct as_error *error) {
    if (r->state == BEHIND_END)
        return AS_FRAME_FINISHED;
    struct as_error why;
    as_error_set(&why, AS_DATA, "%s: ends without an END frame", r->what);
    return fail(r, &why, error);
}

enum as_frame_next as_frame_reader_next(struct as_frame_reader *reader, struct as_frame *frame,
                                        struct as_error *error) {
    struct as_frame_reader *r = reader;
    if (r->state == FAILED)
        return fail(r, &r->error, error);
    if (r->state == STOPPED)
        return AS_FRAME_STOPPED;
    struct as_error why;
    enum as_frame_next next = read_frame(r, frame, &why);
    if (next == AS_FRAME_READ && r->state == BEHIND_END)
        next = read_frame(r, frame, &why); // END is followed by nothing but the end of the file
    if (next == AS_FRAME_STOPPED)
        r->state = STOPPED;
    if (next == AS_FRAME_FINISHED)
        return finish(r, error);
    if (next != AS_FRAME_FAILED)
        return next;
    if (why.code == AS_DATA)
        as_error_wrap(&why, "%s: frame %llu at byte %llu", r->what,
                      (unsigned long long)frame->number, (unsigned long long)frame->position);
    return fail(r, &why, error);
}

// Is all that next would read buffered? A header that is wrong is refused without its body, and
// behind END the end of the file is waited for. A frame larger than the buffer counts when that is
// full.
static bool has_frame(const struct as_frame_reader *r) {
    struct as_frame_header header;
    struct as_error ignored;
    const uint8_t *bytes = r->buffer + r->at;
    size_t left = r->end - r->at;
    if (left < AS_FRAME_HEADER_SIZE || left == BUFFER_SIZE)
        return left == BUFFER_SIZE;
    if (as_frame_parse_header(bytes, &header, &ignored))
        return true;
    return left - AS_FRAME_HEADER_SIZE >= header.stored_size + (header.type == AS_FRAME_END);
}

static bool buffer_more(struct as_frame_reader *r) {
    memmove(r->buffer, r->buffer + r->at, r->end - r->at);
    r->end -= r->at;
    r->at = 0;
    ssize_t n = as_io_read(r->fd, r->buffer + r->end, BUFFER_SIZE - r->end, NULL);
    if (n > 0)
        r->end += (size_t)n;
    r->end_of_file = n == 0;
    return n >= 0;
}

bool as_frame_reader_ready(struct as_frame_reader *reader) {
    struct pollfd p = {.fd = reader->fd, .events = POLLIN};
    while (!reader->end_of_file && !has_frame(reader)) {
        if (poll(&p, 1, 0) == 0)
            return false;
        if (!buffer_more(reader))
            return true; // next meets the error again, and tells
    }
    return true;
}
