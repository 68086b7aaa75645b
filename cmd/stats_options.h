// SPDX-License-Identifier: MIT
//
// The command line of as-stats.
#ifndef AS_STATS_OPTIONS_H
#define AS_STATS_OPTIONS_H

#include "base/diag.h"

enum stats_format { STATS_TEXT, STATS_JSON, STATS_CSV, STATS_PROMETHEUS };

enum stats_mode { STATS_STREAM, STATS_STORE, STATS_HELP, STATS_VERSION };

struct stats_options {
    enum stats_mode mode;
    enum stats_format format;
    const char *output;   // NULL: stdout, or stderr with `pass`
    uint64_t interval_ns; // of the table's rows; 0: no rows
    bool pass;
    const char *listen;    // address:port
    const char *report;    // a file of HTML
    const char *title;     // of the page
    const char *preflight; // a file of JSON
    const char *audit;     // likewise
    bool recorded;         // time is the stream's own
    bool progress;
    const char *store;
};

// AS_OK, or AS_USAGE after a line.
int stats_options_parse(struct stats_options *options, const struct as_program *program, int argc,
                        char **argv);

#endif
