// SPDX-License-Identifier: MIT
//
// as-ingest's command line.
#ifndef AS_INGEST_OPTIONS_H
#define AS_INGEST_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/diag.h"
#include "ingest_errors.h"
#include "ingest_schema.h"

enum ingest_format { INGEST_CSV, INGEST_NDJSON };

struct ingest_options {
    const char *domain;
    const char *command;
    enum ingest_format format;
    char delimiter;
    bool no_header;
    struct ingest_pairs maps, decimals;
    uint64_t batch;
    uint64_t linger_ns;
    const char *source;
    bool compress;
    enum ingest_on_error on_error;
    const char *quarantine;
    uint64_t max_errors;
    bool max_errors_given;
    bool progress;
    bool help, version; // nothing else counts then
    char **files;       // what argv holds behind the options
    int file_count;
};

// AS_OK, or AS_USAGE after a line on stderr.
int ingest_options_parse(struct ingest_options *options, const struct as_program *program, int argc,
                         char **argv);
void ingest_options_free(struct ingest_options *options);

#endif
