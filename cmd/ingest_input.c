// SPDX-License-Identifier: MIT
#include "ingest_input.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/io.h"

int ingest_input_open(struct ingest_input *input, const char *path, struct as_error *error) {
    bool is_stdin = strcmp(path, "-") == 0;
    input->name = is_stdin ? "stdin" : path;
    input->fd = is_stdin ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC);
    if (input->fd < 0)
        return as_error_errno(error, AS_IO, "%s", path);
    as_io_widen_pipe(input->fd);
    input->eof = false;
    input->begin = input->end = 0;
    input->position = 0;
    input->line = 1;
    return 0;
}

void ingest_input_close(struct ingest_input *input) {
    if (input->fd > STDIN_FILENO)
        close(input->fd);
    input->fd = -1;
}

void ingest_input_free(struct ingest_input *input) {
    free(input->data);
    input->data = NULL;
}

// Signals are held back between looking at *stop and ppoll, which lets them in: none is slept over.
static enum ingest_next wait_readable(struct ingest_input *input, int64_t patience_ns) {
    sigset_t held, before;
    sigemptyset(&held);
    sigaddset(&held, SIGINT);
    sigaddset(&held, SIGTERM);
    sigprocmask(SIG_BLOCK, &held, &before);
    struct timespec limit = {patience_ns / AS_NS_PER_S, patience_ns % AS_NS_PER_S};
    struct pollfd ready = {.fd = input->fd, .events = POLLIN};
    int count = 0;
    if (!*input->stop)
        count = ppoll(&ready, 1, patience_ns < 0 ? NULL : &limit, &before);
    sigprocmask(SIG_SETMASK, &before, NULL);
    if (*input->stop)
        return INGEST_STOPPED;
    bool nothing = count == 0 || (count < 0 && errno == EINTR);
    return nothing ? INGEST_END : INGEST_MORE; // another failure shows in the read
}

// Waits for input, and sends the batch when its patience ends before that.
static enum ingest_next wait_or_flush(struct ingest_input *input, struct as_error *error) {
    for (;;) {
        int64_t patience_ns = ingest_batch_patience_ns(input->wait);
        enum ingest_next next = wait_readable(input, patience_ns);
        if (next != INGEST_END)
            return next;
        if (ingest_batch_flush(input->wait, error))
            return INGEST_FAILED;
    }
}

// Makes room behind `end` for a read, at most up to a buffer of twice the longest record.
static int make_room(struct ingest_input *input, struct as_error *error) {
    size_t used = input->end - input->begin;
    if (used > INGEST_RECORD_MAX)
        return as_error_set(error, AS_DATA, "line %llu at byte %llu: longer than %d bytes",
                            (unsigned long long)input->line, (unsigned long long)input->position,
                            INGEST_RECORD_MAX);
    if (input->begin > 0)
        memmove(input->data, input->data + input->begin, used);
    input->begin = 0;
    input->end = used;
    if (input->capacity - used < INGEST_READ_SIZE / 2) {
        input->capacity = 2 * used + INGEST_READ_SIZE;
        input->data = as_realloc(input->data, input->capacity);
    }
    return 0;
}

static enum ingest_next fill(struct ingest_input *input, struct as_error *error) {
    if (make_room(input, error)) {
        as_error_wrap(error, "%s", input->name);
        return INGEST_FAILED;
    }
    if (ingest_batch_send(input->wait, error))
        return INGEST_FAILED;
    enum ingest_next next = wait_or_flush(input, error);
    if (next != INGEST_MORE)
        return next;
    ssize_t got =
        as_io_read(input->fd, input->data + input->end, input->capacity - input->end, NULL);
    if (got < 0) {
        as_error_errno(error, AS_IO, "%s", input->name);
        return INGEST_FAILED;
    }
    input->eof = got == 0;
    input->end += (size_t)got;
    return INGEST_MORE;
}

// The length of the line at `text`, or 0 where its end is not in sight.
static size_t line_length(const char *text, size_t size, bool cr_ends, bool eof) {
    const char *lf = memchr(text, '\n', size);
    if (cr_ends) {
        const char *cr = memchr(text, '\r', lf ? (size_t)(lf - text) : size);
        if (cr && cr + 1 < text + size && cr[1] != '\n')
            return (size_t)(cr + 1 - text);
    }
    if (lf)
        return (size_t)(lf + 1 - text);
    return eof ? size : 0;
}

static void skip_byte_order_mark(struct ingest_input *input, size_t *size) {
    if (input->position > 0 || *size < 3 || memcmp(ingest_input_at(input, 0), "\xEF\xBB\xBF", 3))
        return;
    ingest_input_consume(input, 3, 0);
    *size -= 3;
}

enum ingest_next ingest_input_line(struct ingest_input *input, size_t from, size_t *size,
                                   struct as_error *error) {
    for (;;) {
        size_t left = input->end - input->begin - from;
        *size =
            left ? line_length(ingest_input_at(input, from), left, input->cr_ends, input->eof) : 0;
        if (*size && input->position == 0 && from == 0)
            skip_byte_order_mark(input, size);
        if (*size)
            return INGEST_MORE;
        if (input->eof)
            return INGEST_END;
        enum ingest_next next = fill(input, error);
        if (next != INGEST_MORE)
            return next;
    }
}
