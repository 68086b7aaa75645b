// SPDX-License-Identifier: MIT
#include "ingest_options.h"

#include <getopt.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/clock.h"
#include "base/number.h"
#include "stream/frame.h"

enum { DEFAULT_BATCH = 1000, DEFAULT_LINGER_NS = 10 * AS_NS_PER_MS };

enum option_id {
    OPTION_DELIMITER = 256,
    OPTION_NO_HEADER,
    OPTION_MAP,
    OPTION_DECIMAL,
    OPTION_LINGER,
    OPTION_SOURCE,
    OPTION_COMPRESS,
    OPTION_ON_ERROR,
    OPTION_MAX_ERRORS,
    OPTION_NO_PROGRESS,
    OPTION_HELP,
    OPTION_VERSION,
};

static const struct option long_options[] = {
    {"domain", required_argument, NULL, 'd'},
    {"command", required_argument, NULL, 'c'},
    {"format", required_argument, NULL, 'f'},
    {"delimiter", required_argument, NULL, OPTION_DELIMITER},
    {"no-header", no_argument, NULL, OPTION_NO_HEADER},
    {"map", required_argument, NULL, OPTION_MAP},
    {"decimal", required_argument, NULL, OPTION_DECIMAL},
    {"batch", required_argument, NULL, 'b'},
    {"linger", required_argument, NULL, OPTION_LINGER},
    {"source", required_argument, NULL, OPTION_SOURCE},
    {"compress", no_argument, NULL, OPTION_COMPRESS},
    {"on-error", required_argument, NULL, OPTION_ON_ERROR},
    {"max-errors", required_argument, NULL, OPTION_MAX_ERRORS},
    {"no-progress", no_argument, NULL, OPTION_NO_PROGRESS},
    {"help", no_argument, NULL, OPTION_HELP},
    {"version", no_argument, NULL, OPTION_VERSION},
    {NULL, 0, NULL, 0},
};

static bool parse_format(struct ingest_options *options, const char *name) {
    options->format = strcmp(name, "ndjson") == 0 ? INGEST_NDJSON : INGEST_CSV;
    return options->format == INGEST_NDJSON || strcmp(name, "csv") == 0;
}

// One byte that means nothing else in CSV.
static bool parse_delimiter(struct ingest_options *options, const char *text) {
    if (strcmp(text, "\\t") == 0)
        text = "\t";
    options->delimiter = text[0];
    return strlen(text) == 1 && !strchr("\"\r\n", text[0]) && (unsigned char)text[0] < 0x80;
}

// Cuts "param=column" in two, in place: argv is the process's own.
static struct ingest_pair *add_pair(struct ingest_pairs *list, char *text, char separator) {
    char *cut = strchr(text, separator);
    if (!cut || cut == text || !cut[1])
        return NULL;
    *cut = '\0';
    for (size_t i = 0; i < list->count; i++)
        if (strcasecmp(list->pairs[i].param, text) == 0)
            return NULL;
    list->pairs = as_realloc(list->pairs, (list->count + 1) * sizeof *list->pairs);
    struct ingest_pair *pair = &list->pairs[list->count++];
    *pair = (struct ingest_pair){.param = text, .value = cut + 1};
    return pair;
}

static bool add_decimal(struct ingest_pairs *list, char *text) {
    struct ingest_pair *pair = add_pair(list, text, ':');
    uint64_t scale;
    if (!pair || !as_parse_count(pair->value, 0, INGEST_SCALE_MAX, &scale))
        return false;
    pair->scale = (unsigned)scale;
    return true;
}

static bool parse_on_error(struct ingest_options *options, const char *text) {
    static const char quarantine[] = "quarantine:";
    if (strncmp(text, quarantine, sizeof quarantine - 1) == 0) {
        options->on_error = INGEST_QUARANTINE;
        options->quarantine = text + sizeof quarantine - 1;
        return *options->quarantine != '\0';
    }
    options->on_error = strcmp(text, "skip") == 0 ? INGEST_SKIP : INGEST_FAIL;
    return options->on_error == INGEST_SKIP || strcmp(text, "fail") == 0;
}

static bool parse_max_errors(struct ingest_options *options, const char *text) {
    options->max_errors_given = true;
    return as_parse_count(text, 0, UINT64_MAX, &options->max_errors);
}

// What an option does; false where its argument is wrong.
static bool take_option(struct ingest_options *options, int option, char *argument) {
    switch (option) {
    case 'd':
        options->domain = argument;
        return true;
    case 'c':
        options->command = argument;
        return true;
    case 'f':
        return parse_format(options, argument);
    case 'b':
        return as_parse_count(argument, 1, AS_FRAME_RECORDS_MAX, &options->batch);
    case OPTION_DELIMITER:
        return parse_delimiter(options, argument);
    case OPTION_NO_HEADER:
        options->no_header = true;
        return true;
    case OPTION_MAP:
        return add_pair(&options->maps, argument, '=') != NULL;
    case OPTION_DECIMAL:
        return add_decimal(&options->decimals, argument);
    case OPTION_LINGER:
        return as_parse_duration_ns(argument, &options->linger_ns);
    case OPTION_SOURCE:
        options->source = argument;
        return *argument != '\0';
    case OPTION_COMPRESS:
        options->compress = true;
        return true;
    case OPTION_ON_ERROR:
        return parse_on_error(options, argument);
    case OPTION_MAX_ERRORS:
        return parse_max_errors(options, argument);
    case OPTION_NO_PROGRESS:
        options->progress = false;
        return true;
    case OPTION_HELP:
        options->help = true;
        return true;
    case OPTION_VERSION:
        options->version = true;
        return true;
    default:
        return false;
    }
}

static const char *option_name(int option) {
    const struct option *o = long_options;
    while (o->name && o->val != option)
        o++;
    return o->name;
}

static int complain(const struct as_program *program, int option, char **argv) {
    if (option == ':')
        return as_diag_misuse(program, "%s: an argument is needed", argv[optind - 1]);
    if (option == '?')
        return as_diag_misuse(program, "%s: no such option", argv[optind - 1]);
    return as_diag_misuse(program, "--%s: %s is not a value for it", option_name(option), optarg);
}

static int check(const struct ingest_options *options, const struct as_program *program) {
    if (options->help || options->version)
        return AS_OK;
    if (!options->domain)
        return as_diag_misuse(program, "--domain FILE is needed");
    if (options->max_errors_given && options->on_error == INGEST_FAIL)
        return as_diag_misuse(program, "--max-errors goes with --on-error skip or quarantine:FILE");
    if (options->format == INGEST_NDJSON && (options->no_header || options->delimiter != ','))
        return as_diag_misuse(program, "--no-header and --delimiter go with --format csv");
    return AS_OK;
}

int ingest_options_parse(struct ingest_options *options, const struct as_program *program, int argc,
                         char **argv) {
    static char stdin_name[] = "-", *stdin_only[] = {stdin_name};
    *options = (struct ingest_options){
        .delimiter = ',',
        .batch = DEFAULT_BATCH,
        .linger_ns = DEFAULT_LINGER_NS,
        .max_errors = UINT64_MAX,
        .progress = true,
    };
    opterr = 0;
    int option;
    while ((option = getopt_long(argc, argv, ":d:c:f:b:", long_options, NULL)) != -1)
        if (!take_option(options, option, optarg))
            return complain(program, option, argv);
    options->files = optind < argc ? argv + optind : stdin_only;
    options->file_count = optind < argc ? argc - optind : 1;
    return check(options, program);
}

void ingest_options_free(struct ingest_options *options) {
    free(options->maps.pairs);
    free(options->decimals.pairs);
}
