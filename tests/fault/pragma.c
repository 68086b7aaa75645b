// SPDX-License-Identifier: MIT
//
// Preloaded into a program: a pragma that SQLite is told to set is set to something else, as a
// build of SQLite with other defaults, or a file system without shared memory, would have it.
//
//   AS_PRAGMA_FROM="synchronous = full" AS_PRAGMA_TO="synchronous = off"
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

int sqlite3_exec(void *db, const char *sql, int (*callback)(void *, int, char **, char **),
                 void *context, char **message);

int sqlite3_exec(void *db, const char *sql, int (*callback)(void *, int, char **, char **),
                 void *context, char **message) {
    int (*real)(void *, const char *, int (*)(void *, int, char **, char **), void *, char **) =
        (int (*)(void *, const char *, int (*)(void *, int, char **, char **), void *,
                 char **))dlsym(RTLD_NEXT, "sqlite3_exec");
    const char *from = getenv("AS_PRAGMA_FROM"), *to = getenv("AS_PRAGMA_TO");
    char other[256];
    if (!real)
        abort();
    if (from && to && strncasecmp(sql, "PRAGMA ", 7) == 0 && strcasestr(sql, from)) {
        snprintf(other, sizeof other, "PRAGMA %s", to);
        sql = other;
    }
    return real(db, sql, callback, context, message);
}
