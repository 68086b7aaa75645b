// SPDX-License-Identifier: MIT
#include "store/store.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/io.h"
#include "domain/load.h"
#include "stream/frame.h"

// ---- The directory ------------------------------------------------------------------------------

static bool exists_in(const char *directory, const char *name) {
    char *path = as_io_join(directory, name);
    bool exists = access(path, F_OK) == 0;
    free(path);
    return exists;
}

// A directory without a domain may be empty, or a store whose making was interrupted; anything else
// in it is somebody's.
static int check_foreign(const char *path, struct as_error *error) {
    static const char *const ours[] = {".", "..", "lock", "journal", "domain.sql.tmp", NULL};
    DIR *dir = opendir(path);
    if (!dir)
        return as_error_errno(error, errno == ENOTDIR ? AS_DATA : AS_IO, "%s", path);
    int code = AS_OK;
    for (struct dirent *entry; !code && (entry = readdir(dir));) {
        size_t i = 0;
        while (ours[i] && strcmp(entry->d_name, ours[i]) != 0)
            i++;
        if (!ours[i] && !exists_in(path, "domain.sql")) // or another writer has just made it
            code = as_error_set(error, AS_DATA, "%s: not a store: it has %s and no domain.sql",
                                path, entry->d_name);
    }
    closedir(dir);
    return code;
}

static int sync_above(const char *path, struct as_error *error) {
    char *above = as_io_join(path, "..");
    int code = as_io_sync_directory(above, error);
    free(above);
    return code;
}

static int make_directory(const char *path, struct as_error *error) {
    if (mkdir(path, 0777) == 0)
        return sync_above(path, error);
    return errno == EEXIST ? AS_OK : as_error_errno(error, AS_IO, "%s: mkdir", path);
}

static int take_lock(struct as_store *store, struct as_error *error) {
    char *path = as_io_join(store->path, "lock");
    int code = AS_OK;
    store->lock = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0666);
    if (store->lock < 0)
        code = as_error_errno(error, AS_IO, "%s", path);
    else if (flock(store->lock, LOCK_EX | LOCK_NB) != 0)
        code = errno == EWOULDBLOCK
                   ? as_error_set(error, AS_AGAIN, "%s: another process writes this store",
                                  store->path)
                   : as_error_errno(error, AS_IO, "%s: flock", path);
    free(path);
    return code;
}

int as_store_lock(struct as_store *store, const char *path, bool create, bool *exists,
                  struct as_error *error) {
    *store = (struct as_store){.path = as_strdup(path),
                               .journal_path = as_io_join(path, "journal"),
                               .state_path = as_io_join(path, "state.db"),
                               .lock = -1};
    *exists = exists_in(path, "domain.sql");
    int code = *exists || access(path, F_OK) != 0 ? AS_OK : check_foreign(path, error);
    if (!code && create)
        code = make_directory(path, error);
    if (!code && (create || *exists))
        code = take_lock(store, error);
    if (!code)
        *exists = exists_in(path, "domain.sql"); // another writer may have made it meanwhile
    return code;
}

int as_store_read_domain(const char *path, struct as_domain **domain, struct as_error *error) {
    struct stat st;
    if (stat(path, &st) != 0)
        return as_error_errno(error, AS_IO, "%s", path);
    if (!exists_in(path, "domain.sql"))
        return as_error_set(error, AS_DATA, "%s: not a store: it has no domain.sql", path);
    char *file = as_io_join(path, "domain.sql");
    int code = as_domain_load_file(file, domain, error);
    free(file);
    return code;
}

int as_store_create(struct as_store *store, struct as_domain *domain, struct as_error *error) {
    size_t size;
    const char *sql = as_domain_sql(domain, &size);
    char *file = as_io_join(store->path, "domain.sql");
    int code = make_directory(store->journal_path, error);
    if (!code)
        code = as_io_write_file_durably(file, sql, size, error);
    free(file);
    return code;
}

// ---- Opening ------------------------------------------------------------------------------------

void as_store_abandon(struct as_store *store) {
    if (store->journal)
        as_journal_abandon(store->journal);
    if (store->statefile)
        as_statefile_abandon(store->statefile);
    as_engine_free(store->engine);
    as_domain_free(store->domain);
    as_sources_free(&store->sources);
    if (store->lock >= 0)
        close(store->lock);
    free(store->path);
    free(store->journal_path);
    free(store->state_path);
    *store = (struct as_store){.lock = -1};
}

int as_store_write_fold(struct as_store *store, const struct as_buffer *changes,
                        const struct as_buffer *sources, const struct as_journal_head *head,
                        struct as_error *error) {
    if (as_statefile_fold(store->statefile, changes, sources, head, error))
        return error->code = AS_IO; // whatever it was, it is final (D3)
    store->folded = *head;
    store->has_folded = true;
    return AS_OK;
}

int as_store_fold(struct as_store *store, struct as_error *error) {
    const struct as_journal_head *head = as_journal_head(store->journal);
    struct as_buffer changes = {0}, sources = {0};
    if (store->has_folded && head->batches == store->folded.batches)
        return AS_OK;
    as_engine_take_changes(store->engine, &changes);
    as_sources_take_changes(&store->sources, &sources);
    int code = as_store_write_fold(store, &changes, &sources, head, error);
    as_buffer_free(&changes);
    as_buffer_free(&sources);
    return code;
}

int as_store_close(struct as_store *store, struct as_error *error) {
    struct as_error later;
    int code = AS_OK;
    if (store->statefile)
        code = as_statefile_close(store->statefile, error);
    store->statefile = NULL;
    if (store->journal) {
        int other = as_journal_close(store->journal, code ? &later : error);
        code = code ? code : other;
    }
    store->journal = NULL;
    as_store_abandon(store);
    return code;
}
