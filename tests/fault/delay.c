// SPDX-License-Identifier: MIT
//
// Preloaded into a program: makes its disk slower, or its syncs a lie.
//
//   AS_DELAY_US=N     what makes data durable takes N microseconds more: fsync, fdatasync, and
//                     writing to a file that was opened with O_SYNC or O_DSYNC, which is a write
//                     and a sync in one
//   AS_DELAY_IF=FILE  but only once FILE exists, as where burst credit runs out on the way
//   AS_DELAY_SKIP=1   fsync and fdatasync do nothing
//
// The delay comes behind the real call, in the thread that made it.
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/types.h>
#include <time.h>
#include <unistd.h>

static unsigned long delay_us;
static const char *condition;
static bool skip;

static unsigned long read_variable(const char *name) {
    const char *text = getenv(name);
    return text ? strtoul(text, NULL, 10) : 0;
}

__attribute__((constructor)) static void arm(void) {
    delay_us = read_variable("AS_DELAY_US");
    condition = getenv("AS_DELAY_IF");
    skip = read_variable("AS_DELAY_SKIP") != 0;
}

static void *next(const char *name) {
    void *function = dlsym(RTLD_NEXT, name);
    if (!function)
        abort();
    return function;
}

static void wait_us(unsigned long us) {
    struct timespec rest = {(time_t)(us / 1000000), (long)(us % 1000000) * 1000};
    while (us && nanosleep(&rest, &rest) != 0 && errno == EINTR)
        continue;
}

// errno is the real call's.
static void delay(void) {
    int saved = errno;
    if (!condition || access(condition, F_OK) == 0)
        wait_us(delay_us);
    errno = saved;
}

static bool is_synchronous(int fd) {
    int flags = fcntl(fd, F_GETFL);
    return flags >= 0 && flags & (O_SYNC | O_DSYNC);
}

static int sync_by(const char *name, int fd) {
    int (*real)(int) = (int (*)(int))next(name);
    int rc = skip ? 0 : real(fd);
    delay();
    return rc;
}

int fsync(int fd) {
    return sync_by("fsync", fd);
}

int fdatasync(int fd) {
    return sync_by("fdatasync", fd);
}

static ssize_t written(int fd, ssize_t n) {
    if (n >= 0 && is_synchronous(fd))
        delay();
    return n;
}

ssize_t write(int fd, const void *data, size_t size) {
    ssize_t (*real)(int, const void *, size_t) =
        (ssize_t(*)(int, const void *, size_t))next("write");
    return written(fd, real(fd, data, size));
}

static ssize_t write_at(const char *name, int fd, const void *data, size_t size, off64_t at) {
    ssize_t (*real)(int, const void *, size_t, off64_t) =
        (ssize_t(*)(int, const void *, size_t, off64_t))next(name);
    return written(fd, real(fd, data, size, at));
}

ssize_t pwrite(int fd, const void *data, size_t size, off_t at) {
    return write_at("pwrite", fd, data, size, at);
}

ssize_t pwrite64(int fd, const void *data, size_t size, off64_t at) {
    return write_at("pwrite64", fd, data, size, at);
}
