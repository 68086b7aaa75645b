// SPDX-License-Identifier: MIT
//
// Recovery: state.db gives the state at its position, the journal behind it the rest. A state.db
// that is missing, damaged or not of this journal is made anew from the journal alone (D4).
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "store/replay.h"
#include "store/store.h"

static void forget_state(struct as_store *store) {
    as_engine_free(store->engine);
    store->engine = NULL;
    as_sources_free(&store->sources);
    store->folded = (struct as_journal_head){0};
}

// Is the position that state.db stands for one of this journal?
static int check_position(struct as_journal_reader *reader, const struct as_journal_head *position,
                          struct as_error *error) {
    struct as_journal_row row;
    as_journal_reader_seek(reader, position->batches - 1);
    enum as_journal_next next = as_journal_reader_next(reader, &row, error);
    if (next == AS_JOURNAL_FAILED)
        return error->code;
    if (position->batches == 0 || next == AS_JOURNAL_END || row.batch != position->batches ||
        row.first_item + row.items != position->items ||
        memcmp(row.hash, position->hash, AS_SHA256_SIZE) != 0)
        return as_error_set(error, AS_DATA, "its position is not one of this journal");
    return AS_OK;
}

static int load_state(struct as_store *store, sqlite3 *db, struct as_journal_reader *reader,
                      struct as_error *error) {
    bool found;
    int code = as_statefile_position(db, &store->folded, &found, error);
    if (!code && !found)
        code = as_error_set(error, AS_DATA, "nothing was folded into it");
    if (!code)
        code = check_position(reader, &store->folded, error);
    if (code)
        return code;
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

static int start_again(struct as_store *store, struct as_error *error) {
    forget_state(store);
    return as_engine_create(store->domain, &store->engine, error);
}

static int load_or_rebuild(struct as_store *store, struct as_journal_reader *reader,
                           struct as_error *error) {
    struct as_error reason = {0};
    bool there = access(store->state_path, F_OK) == 0;
    if (store->read_only)
        return there && !load_read_only(store, reader, &reason) ? AS_OK : start_again(store, error);
    int code = as_statefile_open(store->state_path, store->domain, &store->statefile, &reason);
    if (!code)
        code = load_state(store, as_statefile_connection(store->statefile), reader, &reason);
    if (!code)
        return AS_OK;
    if (store->statefile)
        as_statefile_abandon(store->statefile);
    store->statefile = NULL;
    store->rebuilt = there ? "damaged or not of this journal" : "missing";
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
    // A journal that contradicts itself is a damaged database, not bad input.
    if (code == AS_DATA) {
        error->code = AS_IO;
        as_error_wrap(error, "%s: journal", store->path);
    }
    return error->code && code ? error->code : code;
}

int as_store_open(struct as_store *store, struct as_domain *domain, uint64_t segment_bytes,
                  bool read_only, struct as_error *error) {
    struct as_journal_reader *reader;
    store->domain = domain;
    store->read_only = read_only;
    int code =
        as_journal_reader_open(store->journal_path, as_domain_digest(domain), &reader, error);
    if (code)
        return code;
    code = load_or_rebuild(store, reader, error);
    if (!code)
        code = replay_tail(store, reader, error);
    as_journal_reader_close(reader);
    if (!code && !read_only)
        code = as_journal_open(store->journal_path, as_domain_digest(domain), segment_bytes,
                               &store->journal, error);
    return code;
}
