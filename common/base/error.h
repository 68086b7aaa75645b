// SPDX-License-Identifier: MIT
//
// Errors as values. A function that can fail returns 0 or one of the exit codes below and fills the
// caller's struct as_error; each level on the way up may prefix its context. Only a program in cmd/
// prints one, and exits with its code. On success an as_error is left untouched.
#ifndef AS_BASE_ERROR_H
#define AS_BASE_ERROR_H

enum as_exit {
    AS_OK = 0,
    AS_NO = 1,     // an honest "no": audit failed, something was rejected
    AS_USAGE = 64, // the command line is wrong
    AS_DATA = 65,  // bad input data or domain
    AS_BUG = 70,   // an internal contradiction
    AS_IO = 74,    // reading, writing or the database failed
    AS_AGAIN = 75, // locked by another process; try again later
};

enum { AS_ERROR_TEXT_MAX = 1024 };

struct as_error {
    int code; // an enum as_exit, 0 while nothing failed
    char text[AS_ERROR_TEXT_MAX];
};

// Sets code and text; returns code, so that a caller can `return as_error_set(...)`.
int as_error_set(struct as_error *error, int code, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

// The same, followed by ": " and strerror(errno).
int as_error_errno(struct as_error *error, int code, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

// Puts "context: " before the text; keeps the code and returns it.
int as_error_wrap(struct as_error *error, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

#endif
