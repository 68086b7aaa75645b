// SPDX-License-Identifier: MIT
//
// What is derived from a domain for readers, auditors and persons: is it SQL, does it print?
#ifndef AS_FUZZ_DERIVED_H
#define AS_FUZZ_DERIVED_H

#include "base/error.h"
#include "domain/domain.h"

// AS_OK, or AS_DATA with SQLite's words where it does not take the readers' schema or a CHECK.
int derived_check(const struct as_domain *domain, struct as_error *error);

#endif
