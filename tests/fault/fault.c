// SPDX-License-Identifier: MIT
//
// Preloaded into a program: makes one of its system calls fail, by countdown.
//
//   AS_FAULT=CALL:N:ACTION   the Nth CALL (from 1) from then on
//   AS_FAULT_PATH=TEXT       counts only calls on files whose path contains TEXT
//   AS_FAULT_COUNT=FILE      writes to FILE at exit how many calls were counted, and how many were
//                            made on the descriptor of the one that failed before it was closed
//
//   CALL    sync (fsync and fdatasync), write (write, pwrite), truncate (ftruncate), rename,
//           unlink, chmod, mkdir; any: each of these
//   ACTION  an errno: EIO, ENOSPC, EACCES. The Nth call fails and so does every one after it, as a
//           disk that is gone or full does; but "EIO once" only the Nth: what a retry would hide.
//           kill: the process dies by SIGKILL instead of making the Nth call
//           torn: (write) the first half is written, then the process dies
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <unistd.h>

enum action { FAIL, FAIL_ONCE, KILL, TORN };

static char call_name[16];
static unsigned long countdown;
static enum action action;
static int fault_errno;
static const char *path_part;
static atomic_ulong calls;
static atomic_int failed_fd = -1;
static atomic_ulong retries;

static int parse_errno(const char *name) {
    static const struct {
        const char *name;
        int value;
    } known[] = {{"EIO", EIO}, {"ENOSPC", ENOSPC}, {"EACCES", EACCES}};
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (strncmp(name, known[i].name, strlen(known[i].name)) == 0)
            return known[i].value;
    return 0;
}

__attribute__((constructor)) static void arm(void) {
    const char *fault = getenv("AS_FAULT");
    char what[16];
    path_part = getenv("AS_FAULT_PATH");
    if (!fault)
        return;
    if (sscanf(fault, "%15[^:]:%lu:%15[^\n]", call_name, &countdown, what) != 3) {
        static const char text[] = "fault: AS_FAULT=CALL:N:ACTION\n";
        if (write(STDERR_FILENO, text, sizeof text - 1) < 0)
            abort();
        abort();
    }
    fault_errno = parse_errno(what);
    action = strcmp(what, "kill") == 0   ? KILL
             : strcmp(what, "torn") == 0 ? TORN
             : strstr(what, " once")     ? FAIL_ONCE
                                         : FAIL;
}

__attribute__((destructor)) static void tell(void) {
    const char *path = getenv("AS_FAULT_COUNT");
    FILE *file = path ? fopen(path, "w") : NULL;
    if (!file)
        return;
    fprintf(file, "%lu %lu\n", atomic_load(&calls), atomic_load(&retries));
    fclose(file);
}

static void *next(const char *name) {
    void *function = dlsym(RTLD_NEXT, name);
    if (!function)
        abort();
    return function;
}

static bool on_path(int fd) {
    char link[64], path[4096];
    if (!path_part)
        return true;
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t n = readlink(link, path, sizeof path - 1);
    if (n < 0)
        return false;
    path[n] = 0;
    return strstr(path, path_part) != NULL;
}

// Is this call the one? Dies here where it is to die; the caller fails or tears where it is not.
static bool hits(const char *call) {
    if (strcmp(call, call_name) != 0 && strcmp(call_name, "any") != 0)
        return false;
    unsigned long number = atomic_fetch_add(&calls, 1) + 1;
    if (number < countdown || (number > countdown && action != FAIL))
        return false;
    if (action == KILL)
        raise(SIGKILL);
    errno = fault_errno;
    return true;
}

static bool hits_fd(const char *call, int fd) {
    if (fd == atomic_load(&failed_fd))
        atomic_fetch_add(&retries, 1);
    if (!on_path(fd) || !hits(call))
        return false;
    atomic_store(&failed_fd, fd);
    return true;
}

static bool hits_name(const char *call, const char *path) {
    return (!path_part || strstr(path, path_part)) && hits(call);
}

int close(int fd) {
    int (*real)(int) = (int (*)(int))next("close");
    int failed = fd;
    atomic_compare_exchange_strong(&failed_fd, &failed, -1);
    return real(fd);
}

int fsync(int fd) {
    int (*real)(int) = (int (*)(int))next("fsync");
    return hits_fd("sync", fd) ? -1 : real(fd);
}

int fdatasync(int fd) {
    int (*real)(int) = (int (*)(int))next("fdatasync");
    return hits_fd("sync", fd) ? -1 : real(fd);
}

int ftruncate64(int fd, off64_t size) {
    int (*real)(int, off64_t) = (int (*)(int, off64_t))next("ftruncate64");
    return hits_fd("truncate", fd) ? -1 : real(fd, size);
}

int ftruncate(int fd, off_t size) {
    int (*real)(int, off_t) = (int (*)(int, off_t))next("ftruncate");
    return hits_fd("truncate", fd) ? -1 : real(fd, size);
}

ssize_t write(int fd, const void *data, size_t size) {
    ssize_t (*real)(int, const void *, size_t) =
        (ssize_t(*)(int, const void *, size_t))next("write");
    if (!hits_fd("write", fd))
        return real(fd, data, size);
    if (action == TORN && real(fd, data, size / 2) >= 0)
        raise(SIGKILL);
    return -1;
}

static ssize_t write_at(const char *name, int fd, const void *data, size_t size, off64_t at) {
    ssize_t (*real)(int, const void *, size_t, off64_t) =
        (ssize_t(*)(int, const void *, size_t, off64_t))next(name);
    if (!hits_fd("write", fd))
        return real(fd, data, size, at);
    if (action == TORN && real(fd, data, size / 2, at) >= 0)
        raise(SIGKILL);
    return -1;
}

ssize_t pwrite64(int fd, const void *data, size_t size, off64_t at) {
    return write_at("pwrite64", fd, data, size, at);
}

ssize_t pwrite(int fd, const void *data, size_t size, off_t at) {
    return write_at("pwrite", fd, data, size, at);
}

int rename(const char *from, const char *to) {
    int (*real)(const char *, const char *) = (int (*)(const char *, const char *))next("rename");
    return hits_name("rename", to) ? -1 : real(from, to);
}

int unlink(const char *path) {
    int (*real)(const char *) = (int (*)(const char *))next("unlink");
    return hits_name("unlink", path) ? -1 : real(path);
}

int chmod(const char *path, mode_t mode) {
    int (*real)(const char *, mode_t) = (int (*)(const char *, mode_t))next("chmod");
    return hits_name("chmod", path) ? -1 : real(path, mode);
}

int mkdir(const char *path, mode_t mode) {
    int (*real)(const char *, mode_t) = (int (*)(const char *, mode_t))next("mkdir");
    return hits_name("mkdir", path) ? -1 : real(path, mode);
}
