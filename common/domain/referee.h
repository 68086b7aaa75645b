// SPDX-License-Identifier: MIT
//
// SQLite as the referee: the domain loaded into plain in-memory SQLite, and items decided by plain
// INSERTs there. Slow, and by definition right.
//
// Two limits of the engine's own it does not share: sum() of a value that is REAL, and the size of
// a text, which SQLite measures by the row (1 MiB and 64 KiB for all columns together).
//
// Used to check a domain's text before it is compiled (syntax and name errors in SQLite's own
// words), by as-audit --referee, and by the differential fuzz test.
#ifndef AS_DOMAIN_REFEREE_H
#define AS_DOMAIN_REFEREE_H

#include "base/error.h"
#include "domain/domain.h"
#include "stream/verdict.h"

struct as_referee;

// Loads domain text. The text is untrusted: only CREATE TABLE, TRIGGER, VIEW, INDEX and INSERT run,
// without access to files, functions of extensions or endless work. AS_DATA "bank.sql:12: near …".
// Every trigger and view is prepared, so that a wrong name in one is found now.
int as_referee_open(const char *name, const char *sql, size_t size, struct as_referee **referee,
                    struct as_error *error);
void as_referee_close(struct as_referee *referee);

// as_referee_open and as_referee_close: is this text SQL that SQLite takes?
int as_referee_check(const char *name, const char *sql, size_t size, struct as_error *error);

// Must be called once before decide: which tables are commands, which views are assertions.
void as_referee_use_domain(struct as_referee *referee, const struct as_domain *domain);

struct as_referee_verdict {
    bool accepted;
    uint8_t kind; // enum as_reject_kind
    bool named;   // SQLite told the name (it does not for REFERENCES and rowid type errors)
    char name[512];
    uint32_t culprit; // index in the group
};

// Offers a group of items (usually one): each one INSERT, all or nothing. values[i] are the columns
// of commands[i]. 0, or AS_BUG/AS_IO where SQLite itself fails in another way.
int as_referee_decide(struct as_referee *referee, const uint16_t *commands,
                      const struct as_value *const *values, size_t count,
                      struct as_referee_verdict *verdict, struct as_error *error);

// Calls `visit` for each row of an aggregate in primary key order.
int as_referee_each_row(struct as_referee *referee, size_t table,
                        int (*visit)(void *context, size_t table, const struct as_value *values),
                        void *context, struct as_error *error);

#endif
