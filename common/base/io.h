// SPDX-License-Identifier: MIT
//
// File descriptors: EINTR handled once, a short read told from end of file, directories fsynced.
#ifndef AS_BASE_IO_H
#define AS_BASE_IO_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "base/buffer.h"
#include "base/error.h"

// One read(2), retried on EINTR unless *stop is set (stop may be NULL). Returns bytes, 0 at end of
// file, or -1 with errno (EINTR where *stop interrupted it).
ssize_t as_io_read(int fd, void *data, size_t size, const volatile int *stop);

// Writes everything; 0, or AS_IO naming `what`.
int as_io_write_full(int fd, const void *data, size_t size, const char *what,
                     struct as_error *error);

// Reads a whole file of at most `max` bytes into `out` (appended); AS_IO where it cannot be read,
// AS_DATA where it is larger.
int as_io_read_file(const char *path, size_t max, struct as_buffer *out, struct as_error *error);

// Writes path.tmp, fsyncs it, renames it to path and fsyncs the directory (D8).
int as_io_write_file_durably(const char *path, const void *data, size_t size,
                             struct as_error *error);

// fsync of a directory, after files were made or renamed in it (D8).
int as_io_sync_directory(const char *path, struct as_error *error);
// The same of the directory that a file is in.
int as_io_sync_parent(const char *path, struct as_error *error);

// Asks for a pipe buffer of 256 KiB where fd is a pipe: enough for both ends to run on without
// waiting for each other, and not so much that items grow old in it. Failure means nothing.
void as_io_widen_pipe(int fd);

// A full path "directory/name" in a new string; the caller frees it.
char *as_io_join(const char *directory, const char *name);

#endif
