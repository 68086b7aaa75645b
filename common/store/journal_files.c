// SPDX-License-Identifier: MIT
//
// Which segments there are: the directory's files named <first item>.db, whose order by name is the
// order of their items.
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buffer.h"
#include "base/io.h"
#include "store/journal.h"

static int is_segment(const struct dirent *entry) {
    const char *dot = strrchr(entry->d_name, '.');
    return dot && strcmp(dot, ".db") == 0 &&
           strspn(entry->d_name, "0123456789") == (size_t)(dot - entry->d_name);
}

// Bytes 18 and 19 of a database file are 2 in WAL mode (https://www.sqlite.org/fileformat.html). A
// file that is too short to tell is one whose making was interrupted.
static bool in_wal_mode(const char *path) {
    unsigned char head[20] = {0};
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t n = fd < 0 ? -1 : as_io_read(fd, head, sizeof head, NULL);
    if (fd >= 0)
        close(fd);
    return n != sizeof head || head[18] != 1 || head[19] != 1;
}

int as_journal_files(const char *directory, struct as_journal_file **files, size_t *count,
                     struct as_error *error) {
    struct dirent **entries;
    *files = NULL;
    *count = 0;
    int n = scandir(directory, &entries, is_segment, alphasort);
    if (n < 0 && errno == ENOENT)
        return AS_OK;
    if (n < 0)
        return as_error_errno(error, AS_IO, "%s", directory);
    *files = as_alloc_zero((size_t)n + 1, sizeof **files);
    for (int i = 0; i < n; i++) {
        struct as_journal_file *file = &(*files)[(*count)++];
        file->path = as_io_join(directory, entries[i]->d_name);
        file->wal = in_wal_mode(file->path);
        free(entries[i]);
    }
    free(entries);
    return AS_OK;
}

void as_journal_files_free(struct as_journal_file *files, size_t count) {
    for (size_t i = 0; i < count; i++)
        free(files[i].path);
    free(files);
}
