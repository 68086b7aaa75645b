// SPDX-License-Identifier: MIT
#include "stats_options.h"

#include <getopt.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/number.h"
#include "stream/value.h"

enum {
    INTERVAL_NS = AS_NS_PER_S, // where none is given: as often as telemetry comes
    INTERVAL_NS_MIN = 100 * AS_NS_PER_MS,
};

static const struct option long_options[] = {
    {"json", no_argument, NULL, 'j'},           {"csv", no_argument, NULL, 'c'},
    {"prometheus", no_argument, NULL, 'P'},     {"output", required_argument, NULL, 'o'},
    {"interval", required_argument, NULL, 'i'}, {"pass", no_argument, NULL, 'p'},
    {"listen", required_argument, NULL, 'l'},   {"report", required_argument, NULL, 'r'},
    {"title", required_argument, NULL, 't'},    {"preflight", required_argument, NULL, 'f'},
    {"audit", required_argument, NULL, 'a'},    {"recorded", no_argument, NULL, 'R'},
    {"no-progress", no_argument, NULL, 'n'},    {"help", no_argument, NULL, 'h'},
    {"version", no_argument, NULL, 'v'},        {NULL, 0, NULL, 0},
};

static int set_format(struct stats_options *o, const struct as_program *program,
                      enum stats_format format) {
    if (o->format != STATS_TEXT && o->format != format)
        return as_diag_misuse(program, "one of --json, --csv and --prometheus at a time");
    o->format = format;
    return AS_OK;
}

static int set_interval(struct stats_options *o, const struct as_program *program) {
    if (as_parse_duration_ns(optarg, &o->interval_ns) && o->interval_ns >= INTERVAL_NS_MIN)
        return AS_OK;
    return as_diag_misuse(program, "--interval %s: not a duration of at least 100ms", optarg);
}

// Options that only keep their value or that they were there.
static bool keep(struct stats_options *o, int option) {
    switch (option) {
    case 'o':
        o->output = optarg;
        return true;
    case 'p':
        return o->pass = true;
    case 'l':
        o->listen = optarg;
        return true;
    case 'r':
        o->report = optarg;
        return true;
    case 't':
        o->title = optarg;
        return true;
    case 'f':
        o->preflight = optarg;
        return true;
    case 'a':
        o->audit = optarg;
        return true;
    case 'R':
        return o->recorded = true;
    case 'n':
        o->progress = false;
        return true;
    default:
        return false;
    }
}

static int parse_option(struct stats_options *o, const struct as_program *program, int option,
                        char **argv) {
    switch (option) {
    case 'j':
        return set_format(o, program, STATS_JSON);
    case 'c':
        return set_format(o, program, STATS_CSV);
    case 'P':
        return set_format(o, program, STATS_PROMETHEUS);
    case 'i':
        return set_interval(o, program);
    case 'h':
        o->mode = STATS_HELP;
        return AS_OK;
    case 'v':
        o->mode = STATS_VERSION;
        return AS_OK;
    case ':':
        return as_diag_misuse(program, "%s: needs a value", argv[optind - 1]);
    default:
        return keep(o, option) ? AS_OK
                               : as_diag_misuse(program, "%s: no such option", argv[optind - 1]);
    }
}

// ---- What goes together -------------------------------------------------------------------------

static int check_store(const struct stats_options *o, const struct as_program *program) {
    if (o->format == STATS_CSV || o->format == STATS_PROMETHEUS || o->output || o->interval_ns ||
        o->pass || o->listen || o->report || o->title || o->preflight || o->audit || o->recorded)
        return as_diag_misuse(program,
                              "%s: the figures of a store come as text or --json, with no "
                              "other option",
                              o->store);
    return AS_OK;
}

static int check_stream(const struct stats_options *o, const struct as_program *program) {
    bool page = o->listen || o->report;
    if (!page && (o->title || o->preflight || o->audit))
        return as_diag_misuse(program, "%s is for the page of --report or --listen",
                              o->title       ? "--title"
                              : o->preflight ? "--preflight"
                                             : "--audit");
    if (o->title && !as_utf8_valid(o->title, strlen(o->title)))
        return as_diag_misuse(program, "--title: not UTF-8");
    if (o->recorded && o->listen)
        return as_diag_misuse(program,
                              "--listen is for a stream as it comes, not a --recorded one");
    return AS_OK;
}

// A table that goes to the terminal is its live view.
static bool table_on_terminal(const struct stats_options *o) {
    return (o->format == STATS_CSV || o->format == STATS_JSON) && o->interval_ns && !o->output &&
           isatty(o->pass ? STDERR_FILENO : STDOUT_FILENO);
}

static void settle(struct stats_options *o) {
    if ((o->format == STATS_CSV || o->format == STATS_PROMETHEUS) && !o->interval_ns)
        o->interval_ns = INTERVAL_NS;
    o->progress = o->progress && !table_on_terminal(o);
}

static int take_operand(struct stats_options *o, const struct as_program *program, int argc,
                        char **argv) {
    if (optind + 1 < argc)
        return as_diag_misuse(program, "%s: more than one store", argv[optind + 1]);
    if (optind == argc || (argv[optind][0] == '-' && argv[optind][1] == '\0'))
        return AS_OK;
    o->mode = STATS_STORE;
    o->store = argv[optind];
    return AS_OK;
}

int stats_options_parse(struct stats_options *options, const struct as_program *program, int argc,
                        char **argv) {
    int option, code;
    *options = (struct stats_options){.progress = true};
    opterr = 0;
    while ((option = getopt_long(argc, argv, ":o:", long_options, NULL)) != -1) {
        if ((code = parse_option(options, program, option, argv)))
            return code;
    }
    if (options->mode != STATS_STREAM)
        return AS_OK;
    code = take_operand(options, program, argc, argv);
    if (!code)
        code = options->store ? check_store(options, program) : check_stream(options, program);
    settle(options);
    return code;
}
