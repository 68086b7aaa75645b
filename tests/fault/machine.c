// SPDX-License-Identifier: MIT
//
// Preloaded into a program: makes it believe that it runs on another machine.
//
//   AS_MACHINE_ROOT=DIR     a file that is in DIR/proc or DIR/sys is read instead of the real one
//   AS_MACHINE_FS=HEX       what statfs tells of the file system's kind
//   AS_MACHINE_SQLITE=N     SQLite's version, 3051003 for 3.51.3
#include <dlfcn.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/vfs.h>
#include <unistd.h>

int sqlite3_libversion_number(void);
const char *sqlite3_libversion(void);

static void *next(const char *name) {
    void *function = dlsym(RTLD_NEXT, name);
    if (!function)
        abort();
    return function;
}

// ---- Files --------------------------------------------------------------------------------------

static const char *replace(const char *path, char *other, size_t size) {
    const char *root = getenv("AS_MACHINE_ROOT");
    if (!root || (strncmp(path, "/proc/", 6) != 0 && strncmp(path, "/sys/", 5) != 0))
        return path;
    snprintf(other, size, "%s%s", root, path);
    return access(other, F_OK) == 0 ? other : path;
}

static int open_by(const char *name, const char *path, int flags, mode_t mode) {
    int (*real)(const char *, int, ...) = (int (*)(const char *, int, ...))next(name);
    char other[4096];
    return real(replace(path, other, sizeof other), flags, mode);
}

static mode_t mode_of(int flags, va_list args) {
    return flags & O_CREAT || (flags & O_TMPFILE) == O_TMPFILE ? va_arg(args, mode_t) : 0;
}

int open(const char *path, int flags, ...) {
    va_list args;
    va_start(args, flags);
    mode_t mode = mode_of(flags, args);
    va_end(args);
    return open_by("open", path, flags, mode);
}

int open64(const char *path, int flags, ...) {
    va_list args;
    va_start(args, flags);
    mode_t mode = mode_of(flags, args);
    va_end(args);
    return open_by("open64", path, flags, mode);
}

// ---- The file system, SQLite --------------------------------------------------------------------

int statfs(const char *path, struct statfs *out) {
    int (*real)(const char *, struct statfs *) =
        (int (*)(const char *, struct statfs *))next("statfs");
    const char *kind = getenv("AS_MACHINE_FS");
    int rc = real(path, out);
    if (rc == 0 && kind)
        out->f_type = (__typeof__(out->f_type))strtoul(kind, NULL, 16);
    return rc;
}

int sqlite3_libversion_number(void) {
    int (*real)(void) = (int (*)(void))next("sqlite3_libversion_number");
    const char *number = getenv("AS_MACHINE_SQLITE");
    return number ? (int)strtol(number, NULL, 10) : real();
}

const char *sqlite3_libversion(void) {
    const char *(*real)(void) = (const char *(*)(void))next("sqlite3_libversion");
    const char *number = getenv("AS_MACHINE_SQLITE");
    return number ? number : real();
}
