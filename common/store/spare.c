// SPDX-License-Identifier: MIT
#include "store/spare.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/io.h"

static int remove_file(const char *path, struct as_error *error) {
    return unlink(path) == 0 || errno == ENOENT ? AS_OK
                                                : as_error_errno(error, AS_IO, "%s: unlink", path);
}

static int remove_files(const struct as_spare *spare, struct as_error *error) {
    int code = as_sqlite_remove(spare->database, error);
    return code ? code : remove_file(spare->wal, error);
}

int as_spare_open(const char *directory, struct as_spare *spare, struct as_error *error) {
    *spare = (struct as_spare){.database = as_io_join(directory, "spare"),
                               .wal = as_io_join(directory, "spare.wal")};
    return remove_files(spare, error);
}

int as_spare_close(struct as_spare *spare, struct as_error *error) {
    int code = spare->has_database || spare->has_wal ? remove_files(spare, error) : AS_OK;
    as_spare_abandon(spare);
    return code;
}

void as_spare_abandon(struct as_spare *spare) {
    free(spare->database);
    free(spare->wal);
    *spare = (struct as_spare){0};
}

int as_spare_prepare(struct as_spare *spare, struct as_error *error) {
    int code = spare->has_database ? AS_OK : as_segment_make(spare->database, error);
    spare->has_database = !code;
    return code;
}

int as_spare_seal(struct as_spare *spare, struct as_segment *segment, struct as_error *error) {
    // The one that is there was not used: segments are made as often as they are sealed.
    int code = remove_file(spare->wal, error);
    spare->has_wal = false;
    if (code)
        as_segment_abandon(segment);
    return code ? code : as_segment_seal(segment, spare->wal, &spare->has_wal, error);
}

static int move(const char *from, const char *path, const char *suffix, struct as_error *error) {
    struct as_buffer to = {0};
    as_buffer_printf(&to, "%s%s", path, suffix);
    int code = rename(from, (const char *)to.data) == 0
                   ? AS_OK
                   : as_error_errno(error, AS_IO, "%s: rename", from);
    as_buffer_free(&to);
    return code;
}

int as_spare_use(struct as_spare *spare, const char *path, struct as_segment *segment,
                 struct as_error *error) {
    int code = as_spare_prepare(spare, error);
    // The WAL comes first: a reader that meets the database without it would make its own.
    if (!code && spare->has_wal)
        code = move(spare->wal, path, "-wal", error);
    if (!code)
        code = move(spare->database, path, "", error);
    if (!code)
        code = as_io_sync_parent(path, error);
    spare->has_database = spare->has_wal = false;
    return code ? code : as_segment_open(path, segment, error);
}
