// SPDX-License-Identifier: MIT
//
// The store: a directory with its lock, its domain, its journal and its state (as-store(5)).
//
// A writer: lock → open → (store/writer.h) → close. Readers need no lock: as_store_read_domain,
// then the journal and state.db by read-only connections.
#ifndef AS_STORE_STORE_H
#define AS_STORE_STORE_H

#include "domain/engine.h"
#include "store/journal.h"
#include "store/sources.h"
#include "store/statefile.h"

struct as_store {
    char *path;
    char *journal_path;
    char *state_path;
    int lock;       // file descriptor, -1 while not locked
    bool read_only; // dry run: nothing is written
    struct as_domain *domain;
    struct as_engine *engine;
    struct as_sources sources;
    struct as_journal *journal;     // NULL when read-only
    struct as_statefile *statefile; // NULL when read-only
    struct as_journal_head folded;  // what state.db stands for
    bool has_folded;                // false: it has no rows yet, not even the domain's own
    struct as_journal_head start;   // where the journal ended when the store was opened
    uint64_t replayed;              // items
    const char *rebuilt;            // why state.db was made anew, NULL where it was not
};

// Takes the writer's lock (D2); AS_AGAIN where another process has it. Makes the directory if
// `create`. *exists tells whether it is a store already: it has a domain. AS_DATA where the
// directory is something else.
int as_store_lock(struct as_store *store, const char *path, bool create, bool *exists,
                  struct as_error *error);

// The domain of a store that exists.
int as_store_read_domain(const char *path, struct as_domain **domain, struct as_error *error);

// Makes a new store's files; takes over the domain.
int as_store_create(struct as_store *store, struct as_domain *domain, struct as_error *error);

// The size at which a segment of the journal is full, where nobody says otherwise.
enum { AS_SEGMENT_BYTES = 256 << 20 };

// Brings the state into memory: state.db, then the journal behind it (D4, D7). Read-only, nothing
// is written.
int as_store_open(struct as_store *store, struct as_domain *domain, uint64_t segment_bytes,
                  bool read_only, struct as_error *error);

// Writes what changed since the last fold to state.db. Only when everything decided is committed.
int as_store_fold(struct as_store *store, struct as_error *error);
// The same with what was taken before: changes (as_engine_take_changes) and sources
// (as_sources_take_changes) as of `head`. Touches state.db alone.
int as_store_write_fold(struct as_store *store, const struct as_buffer *changes,
                        const struct as_buffer *sources, const struct as_journal_head *head,
                        struct as_error *error);

// Checkpoints and closes; the first failure is told.
int as_store_close(struct as_store *store, struct as_error *error);
// Closes everything as it is, after a failure (D3).
void as_store_abandon(struct as_store *store);

#endif
