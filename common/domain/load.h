// SPDX-License-Identifier: MIT
//
// A domain from its text: taken by SQLite first, so that syntax and wrong names are told in its
// words, then compiled.
#ifndef AS_DOMAIN_LOAD_H
#define AS_DOMAIN_LOAD_H

#include "domain/domain.h"

// AS_DATA "name:line: …" where one of them refuses it.
int as_domain_load(const char *name, const char *sql, size_t size, struct as_domain **domain,
                   struct as_error *error);
// The same from a file; AS_IO where it cannot be read.
int as_domain_load_file(const char *path, struct as_domain **domain, struct as_error *error);

#endif
