// SPDX-License-Identifier: MIT
//
// The engine: the state of every aggregate in memory, and the decision of every item, in order.
// Deterministic: the same domain and items give the same outcome and state anywhere (D7).
//
// Decisions are applied at once and undone where an item or its group is rejected. The engine
// remembers which rows changed since they were last taken, for the fold.
#ifndef AS_DOMAIN_ENGINE_H
#define AS_DOMAIN_ENGINE_H

#include "domain/domain.h"
#include "stream/verdict.h"

struct as_engine;

// With the domain's own initial rows. AS_DATA where those break an invariant.
int as_engine_create(const struct as_domain *domain, struct as_engine **engine,
                     struct as_error *error);
// Without any row, to be filled by as_engine_load_row.
struct as_engine *as_engine_create_empty(const struct as_domain *domain);
void as_engine_free(struct as_engine *engine);

// Puts a stored row into an aggregate (state.db at start-up); not marked as changed. AS_DATA where
// its types or keys cannot be right. as_engine_load_done then checks the assertions once (AS_DATA).
int as_engine_load_row(struct as_engine *engine, size_t table, const struct as_value *values,
                       struct as_error *error);
int as_engine_load_done(struct as_engine *engine, struct as_error *error);

struct as_decision {
    uint32_t items; // decided here: records - skip
    uint32_t accepted;
    uint32_t rejected;
    struct as_buffer outcome; // appended to: stream/verdict.h's outcome, empty if none was rejected
};

// Decides the records of an ITEMS body behind the first `skip`, which were decided before. Where
// the body is malformed (AS_DATA, "record 12: …") the engine's state is undefined: nothing of this
// batch may be committed and the engine may only be freed.
int as_engine_decide(struct as_engine *engine, const uint8_t *body, size_t size, uint32_t records,
                     uint32_t skip, struct as_decision *decision, struct as_error *error);

// ---- State --------------------------------------------------------------------------------------

uint64_t as_engine_row_count(const struct as_engine *engine); // of all aggregates
uint64_t as_engine_changed_count(const struct as_engine *engine);

// Calls `visit` for every row, table by table, in no particular order; stops at its first non-zero
// result and returns that. Values live until the next decision.
typedef int (*as_engine_visit)(void *context, size_t table, const struct as_value *values);
int as_engine_each_row(const struct as_engine *engine, as_engine_visit visit, void *context);

// The row with that primary key (key order), or false. `values` gets a value a column.
bool as_engine_find_row(struct as_engine *engine, size_t table, const struct as_value *key,
                        struct as_value *values);

// Takes the rows changed since the last call, as a copy that stays valid when the engine goes on:
// appends records to `out` and forgets that they changed. A record:
//   2 table number   1 deleted (0 or 1)   then the values: all columns, or the key where deleted
// (stream/value.h). Deletions of a table come before its other records.
void as_engine_take_changes(struct as_engine *engine, struct as_buffer *out);

#endif
