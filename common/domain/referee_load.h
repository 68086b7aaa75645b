// SPDX-License-Identifier: MIT
//
// Loading untrusted domain text into an in-memory SQLite: referee.c's inner half. Nothing but
// CREATE TABLE, TRIGGER, VIEW, INDEX and INSERT gets past the authorizer; work and memory are
// bounded.
#ifndef AS_DOMAIN_REFEREE_LOAD_H
#define AS_DOMAIN_REFEREE_LOAD_H

#include <sqlite3.h>
#include <stddef.h>

#include "base/error.h"

// Runs the text in a fresh database and lifts the bounds of loading. AS_DATA "name:line: …".
int as_referee_load(const char *name, const char *sql, size_t size, sqlite3 **db,
                    struct as_error *error);

#endif
