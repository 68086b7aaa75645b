// SPDX-License-Identifier: MIT
#include "ingest_errors.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/io.h"

static int open_for_append(const char *path, int *fd, struct as_error *error) {
    *fd = open(path, O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0666);
    return *fd < 0 ? as_error_errno(error, AS_IO, "%s", path) : 0;
}

int ingest_errors_open(struct ingest_errors *errors, struct as_error *error) {
    errors->fd = errors->reasons_fd = -1;
    if (errors->action != INGEST_QUARANTINE)
        return 0;
    struct as_buffer reasons = {0};
    as_buffer_printf(&reasons, "%s.reasons", errors->path);
    int rc = open_for_append(errors->path, &errors->fd, error);
    if (rc == 0)
        rc = open_for_append((const char *)reasons.data, &errors->reasons_fd, error);
    as_buffer_free(&reasons);
    return rc;
}

// A close that fails may be the first to tell of a full disk; it is never retried.
int ingest_errors_close(struct ingest_errors *errors, struct as_error *error) {
    bool failed = errors->fd >= 0 && close(errors->fd) != 0;
    failed = (errors->reasons_fd >= 0 && close(errors->reasons_fd) != 0) || failed;
    errors->fd = errors->reasons_fd = -1;
    as_buffer_free(&errors->header);
    return failed ? as_error_errno(error, AS_IO, "%s", errors->path) : 0;
}

int ingest_errors_check_input(const struct ingest_errors *errors, const struct ingest_input *input,
                              struct as_error *error) {
    struct stat in, out;
    if (errors->action != INGEST_QUARANTINE || fstat(input->fd, &in) || fstat(errors->fd, &out))
        return 0;
    if (in.st_dev != out.st_dev || in.st_ino != out.st_ino)
        return 0;
    return as_error_set(error, AS_USAGE, "%s: the quarantine file is also an input", errors->path);
}

void ingest_errors_set_header(struct ingest_errors *errors, const void *header, size_t size) {
    errors->header.size = 0;
    as_buffer_append(&errors->header, header, size);
    errors->has_header = false;
}

int ingest_errors_place(const struct ingest_input *input, struct as_error *why) {
    return as_error_wrap(why, "%s: line %llu at byte %llu", input->name,
                         (unsigned long long)input->line, (unsigned long long)input->position);
}

// A last line may lack its end; the next record must not continue it.
static int append_line(int fd, const void *data, size_t size, const char *what,
                       struct as_error *error) {
    int rc = as_io_write_full(fd, data, size, what, error);
    bool ended = size > 0 && (((const char *)data)[size - 1] == '\n');
    return rc || ended ? rc : as_io_write_full(fd, "\n", 1, what, error);
}

static int compare_header(struct ingest_errors *errors, struct as_error *error) {
    size_t size = errors->header.size;
    struct as_buffer present = {0};
    ssize_t got = pread(errors->fd, as_buffer_reserve(&present, size), size, 0);
    bool equal = got == (ssize_t)size && memcmp(present.data, errors->header.data, size) == 0;
    as_buffer_free(&present);
    if (equal)
        return 0;
    return as_error_set(error, AS_DATA, "%s: starts with another header than this input",
                        errors->path);
}

// Once an input: the header goes in front, or is found there.
static int ensure_header(struct ingest_errors *errors, struct as_error *error) {
    if (errors->has_header || errors->header.size == 0)
        return 0;
    struct stat stat;
    if (fstat(errors->fd, &stat))
        return as_error_errno(error, AS_IO, "%s", errors->path);
    int rc = stat.st_size > 0 ? compare_header(errors, error)
                              : append_line(errors->fd, errors->header.data, errors->header.size,
                                            errors->path, error);
    errors->has_header = rc == 0;
    return rc;
}

static int quarantine(struct ingest_errors *errors, const struct ingest_input *input, size_t size,
                      const struct as_error *why, struct as_error *error) {
    int rc = ensure_header(errors, error);
    if (rc == 0)
        rc = append_line(errors->fd, ingest_input_at(input, 0), size, errors->path, error);
    if (rc == 0)
        rc = append_line(errors->reasons_fd, why->text, strlen(why->text), errors->path, error);
    return rc;
}

int ingest_errors_bad_record(struct ingest_errors *errors, const struct ingest_input *input,
                             size_t size, struct as_error *why) {
    ingest_errors_place(input, why);
    if (errors->action == INGEST_FAIL)
        return why->code;
    if (errors->count == errors->max) {
        as_error_wrap(why, "more than %llu bad records", (unsigned long long)errors->max);
        return why->code;
    }
    errors->count++;
    struct as_error error = {0};
    if (errors->action == INGEST_SKIP)
        as_diag_note(errors->program, "%s", why->text);
    else if (quarantine(errors, input, size, why, &error))
        *why = error;
    return error.code;
}
