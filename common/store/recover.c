// SPDX-License-Identifier: MIT
//
// Recovery: state.db gives the state at its position, the journal behind it the rest. A state.db
// that is missing, damaged or not of this journal is made anew from the journal alone (D4).
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "store/replay.h"
#include "store/store.h"

static void forget_state(struct as_store *store) {
    as_engine_free(store->engine);
    store->engine = NULL;
    as_sources_free(&store->sources);
    store->folded = (struct as_journal_head){0};
    store->has_folded = false;
}

// A journal that contradicts itself or cannot be read is a damaged database, not bad input.
static int damaged(int code, struct as_error *error) {
    if (code == AS_DATA)
        code = error->code = AS_IO;
    return code;
}

// The journal's head as it was behind one of its batches; batches 0 where it has no such batch.
static int find_head(struct as_journal_reader *reader, uint64_t batches,
                     struct as_journal_head *head, struct as_error *error) {
    struct as_journal_row row;
    as_journal_reader_start(reader, head);
    if (head->batches == batches)
        return AS_OK;
    *head = (struct as_journal_head){0};
    as_journal_reader_seek(reader, batches - 1);
    enum as_journal_next next =
        batches ? as_journal_reader_next(reader, &row, error) : AS_JOURNAL_END;
    if (next == AS_JOURNAL_FAILED)
        return damaged(error->code, error);
    if (next == AS_JOURNAL_ROW) {
        *head = (struct as_journal_head){.batches = row.batch, .items = row.first_item + row.items};
        memcpy(head->hash, row.hash, AS_SHA256_SIZE);
    }
    return AS_OK;
}

static bool same_head(const struct as_journal_head *a, const struct as_journal_head *b) {
    return a->batches == b->batches && a->items == b->items &&
           memcmp(a->hash, b->hash, AS_SHA256_SIZE) == 0;
}

// Is the position that state.db stands for one of this journal? One that lies behind the journal's
// end is no damage that can be repaired: nothing is folded before it is durable in the journal
// (D1).
static int check_position(const struct as_store *store, struct as_journal_reader *reader,
                          const struct as_journal_head *position, struct as_error *error) {
    struct as_journal_head head, end;
    int code = damaged(as_journal_reader_head(reader, &end, error), error);
    if (!code && position->batches > end.batches)
        return as_error_set(error, AS_IO,
                            "%s: stands for batch %llu where the journal ends with %llu: batches "
                            "are missing, or it is another store's (remove it then)",
                            store->state_path, (unsigned long long)position->batches,
                            (unsigned long long)end.batches);
    if (!code)
        code = find_head(reader, position->batches, &head, error);
    if (!code && !same_head(&head, position))
        return as_error_set(error, AS_DATA, "its position is not one of this journal");
    return code;
}

static int start_again(struct as_store *store, struct as_error *error) {
    forget_state(store);
    return as_engine_create(store->domain, &store->engine, error);
}

// Leaves an engine with the state at store->folded.
static int load_state(struct as_store *store, sqlite3 *db, struct as_journal_reader *reader,
                      struct as_error *error) {
    bool found;
    int code = as_statefile_position(db, &store->folded, &found, error);
    if (!code && !found)
        return start_again(store, error);
    if (!code)
        code = check_position(store, reader, &store->folded, error);
    if (code)
        return code;
    store->has_folded = true;
    store->engine = as_engine_create_empty(store->domain);
    return as_statefile_load(db, store->domain, store->engine, &store->sources, error);
}

static int load_read_only(struct as_store *store, struct as_journal_reader *reader,
                          struct as_error *error) {
    sqlite3 *db;
    int code = as_sqlite_open(store->state_path, AS_SQLITE_READ, NULL, &db, error);
    if (code)
        return code;
    code = load_state(store, db, reader, error);
    sqlite3_close(db);
    return code;
}

static int load_writable(struct as_store *store, struct as_journal_reader *reader,
                         struct as_error *error) {
    int code = as_statefile_open(store->state_path, store->domain, &store->statefile, error);
    return code ? code
                : load_state(store, as_statefile_connection(store->statefile), reader, error);
}

// A disk that fails is not tried again (D3), and where the journal's first segments were taken away
// there is nothing to rebuild from.
static int load_or_rebuild(struct as_store *store, struct as_journal_reader *reader,
                           struct as_error *error) {
    struct as_journal_head start;
    struct as_error reason;
    struct stat st;
    bool there = stat(store->state_path, &st) == 0 && st.st_size > 0;
    int code;
    if (store->read_only)
        return there && !load_read_only(store, reader, &reason) ? AS_OK : start_again(store, error);
    store->rebuilt = there ? NULL : "missing";
    if (!(code = load_writable(store, reader, &reason)))
        return AS_OK;
    as_journal_reader_start(reader, &start);
    if (code != AS_DATA || start.batches > 0) {
        *error = reason;
        return damaged(code, error);
    }
    store->rebuilt = "damaged or not of this journal";
    if (store->statefile)
        as_statefile_abandon(store->statefile);
    store->statefile = NULL;
    if ((code = as_statefile_remove(store->state_path, error)) ||
        (code = start_again(store, error)))
        return code;
    return as_statefile_open(store->state_path, store->domain, &store->statefile, error);
}

static int replay_tail(struct as_store *store, struct as_journal_reader *reader,
                       struct as_error *error) {
    struct as_replay replay = {.domain = store->domain,
                               .engine = store->engine,
                               .sources = &store->sources,
                               .head = store->folded};
    struct as_journal_row row;
    enum as_journal_next next;
    int code = AS_OK;
    if (replay.head.batches == 0)
        memcpy(replay.head.hash, as_domain_digest(store->domain), AS_SHA256_SIZE);
    as_journal_reader_seek(reader, replay.head.batches);
    while ((next = as_journal_reader_next(reader, &row, error)) == AS_JOURNAL_ROW) {
        if ((code = as_replay_check(&replay, &row, error)) ||
            (code = as_replay_decide(&replay, &row, error)))
            break;
        store->replayed += row.items;
    }
    if (!code && next == AS_JOURNAL_FAILED)
        code = error->code;
    store->start = replay.head;
    as_replay_free(&replay);
    if (code == AS_DATA)
        as_error_wrap(error, "%s: journal", store->path);
    return damaged(code, error);
}

static int open_journal(struct as_store *store, uint64_t segment_bytes, struct as_error *error) {
    int code = as_journal_open(store->journal_path, as_domain_digest(store->domain), segment_bytes,
                               &store->journal, error);
    if (!code && !same_head(&store->start, as_journal_head(store->journal)))
        code = as_error_set(error, AS_IO, "%s: journal: what was replayed is not all of it",
                            store->path);
    return damaged(code, error);
}

int as_store_open(struct as_store *store, struct as_domain *domain, uint64_t segment_bytes,
                  bool read_only, struct as_error *error) {
    struct as_journal_reader *reader;
    store->domain = domain;
    store->read_only = read_only;
    int code = read_only ? AS_OK : as_journal_repair(store->journal_path, error);
    if (!code)
        code =
            as_journal_reader_open(store->journal_path, as_domain_digest(domain), &reader, error);
    if (code)
        return damaged(code, error);
    code = load_or_rebuild(store, reader, error);
    if (!code)
        code = replay_tail(store, reader, error);
    as_journal_reader_close(reader);
    return code || read_only ? code : open_journal(store, segment_bytes, error);
}
