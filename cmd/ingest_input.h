// SPDX-License-Identifier: MIT
//
// The bytes of one input, line by line, without copying a line.
//
//   open → (line → consume)* → close
//
// A caller looks at the bytes from `begin` on, asks for one more line until it has a whole record
// (a quoted CSV field may span lines), and consumes that. So a bad record is still there to be
// quarantined as it was, and its line and byte offset are known.
//
//   data        begin        begin+from     end        capacity
//    |  consumed  |  record so far  | unseen |   room     |
#ifndef AS_INGEST_INPUT_H
#define AS_INGEST_INPUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "ingest_batch.h"

enum {
    INGEST_RECORD_MAX = AS_FRAME_BODY_MAX, // bytes of a record in the input, its line ends included
    INGEST_READ_SIZE = 1 << 20,            // bytes asked for in one read
};

struct ingest_input {
    const char *name; // in messages; "stdin" for "-"
    int fd;
    bool cr_ends; // a carriage return on its own ends a line, too (CSV)
    bool eof;
    uint8_t *data;
    size_t begin, end, capacity;
    uint64_t position;         // of data[begin] in the input, in bytes
    uint64_t line;             // number of the line that starts at data[begin], from 1
    const volatile int *stop;  // set by a signal
    struct ingest_batch *wait; // its frames are sent before a read, all of it when input is idle
};

enum ingest_next {
    INGEST_FAILED = -1, // error is filled
    INGEST_END = 0,
    INGEST_MORE = 1,
    INGEST_STOPPED = 2, // *stop was set
};

// Opens a file, or stdin for "-", keeping the buffer of an input before it. `stop` and `wait` are
// set by the caller once.
int ingest_input_open(struct ingest_input *input, const char *path, struct as_error *error);
void ingest_input_close(struct ingest_input *input);
void ingest_input_free(struct ingest_input *input);

// INGEST_MORE with *size > 0: the line from begin + from on, its line end included (the last one
// may have none). A byte order mark at the very start is passed over. Moves the bytes: pointers
// into `data` do not survive it. A record of more than INGEST_RECORD_MAX bytes is AS_DATA.
enum ingest_next ingest_input_line(struct ingest_input *input, size_t from, size_t *size,
                                   struct as_error *error);

static inline const char *ingest_input_at(const struct ingest_input *input, size_t from) {
    return (const char *)input->data + input->begin + from;
}

static inline void ingest_input_consume(struct ingest_input *input, size_t size, uint64_t lines) {
    input->begin += size;
    input->position += size;
    input->line += lines;
}

#endif
