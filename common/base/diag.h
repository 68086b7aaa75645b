// SPDX-License-Identifier: MIT
//
// What every program says and how it leaves: diagnostics "as-commit: bank: frame 17 …" on stderr,
// help and version on stdout, stdout closed and checked, progress on a terminal's stderr.
// Used by cmd/ only.
#ifndef AS_BASE_DIAG_H
#define AS_BASE_DIAG_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"

#define AS_VERSION "0.1.0"

struct as_program {
    const char *name; // "as-commit"
    const char *help; // the whole text of --help; its first line is "usage: …"
};

// "name: text" on stderr; returns error->code.
int as_diag_fail(const struct as_program *program, const struct as_error *error);
// A warning or note in the same form.
void as_diag_note(const struct as_program *program, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
// One line for misuse, with a pointer to --help; returns AS_USAGE.
int as_diag_misuse(const struct as_program *program, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
// The text of --help or "name VERSION" on stdout; returns the exit code after closing stdout.
int as_diag_help(const struct as_program *program);
int as_diag_version(const struct as_program *program);
// Flushes and closes stdout, so that a full disk cannot exit 0; returns code, or AS_IO after a
// line.
int as_diag_close_stdout(const struct as_program *program, int code);

// A frame stream on a terminal helps nobody: AS_USAGE with a hint where fd is one, else 0.
// direction is "read from" or "written to".
int as_diag_no_terminal(const struct as_program *program, int fd, const char *direction);

// Progress: one line on stderr, rewritten at most five times a second; nothing unless stderr is a
// terminal and enabled is set.
struct as_progress {
    bool enabled;
    uint64_t next_ns;
    uint64_t started_ns;
};

void as_progress_start(struct as_progress *p, bool enabled);
// done of total (0 where unknown), e.g. "12.3M items, 1.02M items/s, 41 %".
void as_progress_show(struct as_progress *p, const char *what, uint64_t done, uint64_t total);
// The same for what is no count: any text of one line.
void as_progress_say(struct as_progress *p, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
void as_progress_end(struct as_progress *p); // clears the line

#endif
