// SPDX-License-Identifier: MIT
//
// What happens to a record that cannot be taken (--on-error): it ends the run, is skipped with a
// line on stderr, or goes into quarantine.
//
// A quarantine file holds the records as they were, byte for byte, behind the header line of the
// input they came from: repaired, it is an input like any other. FILE.reasons holds a line for
// each, in the same order. Both are appended to and written before any frame behind the record is
// sent.
#ifndef AS_INGEST_ERRORS_H
#define AS_INGEST_ERRORS_H

#include <stddef.h>
#include <stdint.h>

#include "base/buffer.h"
#include "base/diag.h"
#include "base/error.h"
#include "ingest_input.h"

enum ingest_on_error { INGEST_FAIL, INGEST_SKIP, INGEST_QUARANTINE };

struct ingest_errors {
    const struct as_program *program;
    enum ingest_on_error action;
    const char *path; // the quarantine file
    uint64_t max;     // more than that many end the run
    uint64_t count;
    int fd, reasons_fd;
    bool has_header;         // `header` is what the quarantine file starts with
    struct as_buffer header; // of the input at hand; empty where it has none
};

// Opens the quarantine file, if there is one.
int ingest_errors_open(struct ingest_errors *errors, struct as_error *error);
int ingest_errors_close(struct ingest_errors *errors, struct as_error *error);

// Refuses an input that is the quarantine file itself: it would never end.
int ingest_errors_check_input(const struct ingest_errors *errors, const struct ingest_input *input,
                              struct as_error *error);

// The header of the input that now begins.
void ingest_errors_set_header(struct ingest_errors *errors, const void *header, size_t size);

// Deals with the record of `size` bytes at the input's begin: 0 to go on behind it, or an exit code
// with `why` as the message. `why` gets the place as its context.
int ingest_errors_bad_record(struct ingest_errors *errors, const struct ingest_input *input,
                             size_t size, struct as_error *why);

// "trans.csv: line 17 at byte 812: " in front of the text.
int ingest_errors_place(const struct ingest_input *input, struct as_error *why);

#endif
