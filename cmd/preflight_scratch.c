// SPDX-License-Identifier: MIT
#include "preflight_scratch.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/io.h"

int preflight_scratch_make(const char *directory, char **path, struct as_error *error) {
    struct stat st;
    if (stat(directory, &st) != 0)
        return as_error_errno(error, errno == ENOENT || errno == ENOTDIR ? AS_USAGE : AS_IO, "%s",
                              directory);
    if (!S_ISDIR(st.st_mode))
        return as_error_set(error, AS_USAGE, "%s: not a directory", directory);
    *path = as_io_join(directory, ".as-preflight-XXXXXX");
    if (mkdtemp(*path))
        return AS_OK;
    free(*path);
    *path = NULL;
    return as_error_errno(error, AS_IO, "%s: cannot write there", directory);
}

static bool is_dots(const char *name) {
    return strcmp(name, ".") == 0 || strcmp(name, "..") == 0;
}

static void remove_files(DIR *directory) {
    struct dirent *entry;
    while ((entry = readdir(directory))) {
        if (!is_dots(entry->d_name))
            unlinkat(dirfd(directory), entry->d_name, 0); // rmdir tells what stays
    }
}

int preflight_scratch_remove(const char *path, struct as_error *error) {
    DIR *directory = opendir(path);
    if (directory) {
        remove_files(directory);
        closedir(directory);
    }
    return rmdir(path) == 0 ? AS_OK : as_error_errno(error, AS_IO, "%s: rmdir", path);
}
