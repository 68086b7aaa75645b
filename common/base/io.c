// SPDX-License-Identifier: MIT
#include "base/io.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { STOP_POLL_MS = 200, READ_CHUNK = 64 * 1024, PIPE_SIZE = 256 << 10 };

// A signal may come just before read(2) blocks, or to another thread; therefore *stop is looked at
// every now and then rather than only when a read is interrupted.
static bool wait_readable(int fd, const volatile int *stop) {
    struct pollfd p = {.fd = fd, .events = POLLIN};
    while (!*stop)
        if (poll(&p, 1, STOP_POLL_MS) > 0)
            return true;
    return false;
}

ssize_t as_io_read(int fd, void *data, size_t size, const volatile int *stop) {
    for (;;) {
        if (stop && !wait_readable(fd, stop)) {
            errno = EINTR;
            return -1;
        }
        ssize_t n = read(fd, data, size);
        if (n >= 0 || errno != EINTR)
            return n;
    }
}

int as_io_write_full(int fd, const void *data, size_t size, const char *what,
                     struct as_error *error) {
    const uint8_t *at = data;
    while (size > 0) {
        ssize_t n = write(fd, at, size);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return as_error_errno(error, AS_IO, "%s", what);
        at += n;
        size -= (size_t)n;
    }
    return 0;
}

static int read_all(int fd, const char *path, size_t max, struct as_buffer *out,
                    struct as_error *error) {
    size_t start = out->size;
    for (;;) {
        ssize_t n = as_io_read(fd, as_buffer_reserve(out, READ_CHUNK), READ_CHUNK, NULL);
        if (n < 0)
            return as_error_errno(error, AS_IO, "%s", path);
        if (n == 0)
            return 0;
        out->size += (size_t)n;
        if (out->size - start > max)
            return as_error_set(error, AS_DATA, "%s: larger than %zu bytes", path, max);
    }
}

int as_io_read_file(const char *path, size_t max, struct as_buffer *out, struct as_error *error) {
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return as_error_errno(error, AS_IO, "%s", path);
    int rc = read_all(fd, path, max, out, error);
    close(fd);
    return rc;
}

static int write_and_sync(const char *path, const void *data, size_t size, struct as_error *error) {
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
    if (fd < 0)
        return as_error_errno(error, AS_IO, "%s", path);
    int rc = as_io_write_full(fd, data, size, path, error);
    if (rc == 0 && fsync(fd) != 0)
        rc = as_error_errno(error, AS_IO, "%s: fsync", path);
    if (close(fd) != 0 && rc == 0)
        rc = as_error_errno(error, AS_IO, "%s: close", path);
    return rc;
}

int as_io_write_file_durably(const char *path, const void *data, size_t size,
                             struct as_error *error) {
    struct as_buffer temporary = {0};
    as_buffer_printf(&temporary, "%s.tmp", path);
    const char *from = (const char *)temporary.data;
    int rc = write_and_sync(from, data, size, error);
    if (rc == 0 && rename(from, path) != 0)
        rc = as_error_errno(error, AS_IO, "%s: rename", path);
    as_buffer_free(&temporary);
    return rc ? rc : as_io_sync_parent(path, error);
}

int as_io_sync_directory(const char *path, struct as_error *error) {
    int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return as_error_errno(error, AS_IO, "%s", path);
    int rc = fsync(fd) == 0 ? 0 : as_error_errno(error, AS_IO, "%s: fsync", path);
    close(fd);
    return rc;
}

int as_io_sync_parent(const char *path, struct as_error *error) {
    char *copy = as_strdup(path);
    int rc = as_io_sync_directory(dirname(copy), error);
    free(copy);
    return rc;
}

void as_io_widen_pipe(int fd) {
    fcntl(fd, F_SETPIPE_SZ, PIPE_SIZE); // EBADF where fd is no pipe, EPERM above the user's limit
}

char *as_io_join(const char *directory, const char *name) {
    struct as_buffer path = {0};
    as_buffer_printf(&path, "%s/%s", directory, name);
    return (char *)path.data;
}
