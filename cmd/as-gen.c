// SPDX-License-Identifier: MIT
//
// as-gen: load. Writes a stream of item frames whose items are a workload's, as fast as they are
// taken or at a given rate.
//
// At a given rate (open loop) a frame is stamped with the time at which its batch should have been
// sent, not with the time at which the pipe had room for it: a consumer that falls behind shows in
// its latency.
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/diag.h"
#include "base/io.h"
#include "base/number.h"
#include "stream/frame.h"
#include "stream/value.h"
#include "workload.h"

static const struct as_program program = {
    .name = "as-gen",
    .help =
        "usage: as-gen [--workload bank|seats|counter] [--items N | --duration T] [--keys N]\n"
        "              [--skew uniform|zipf:S] [--reject PCT] [--payload BYTES] [--batch N]\n"
        "              [--rate N/s] [--seed N] [--stamp NS] [--source NAME] [--sources N]\n"
        "              [--compress] [--print-domain] [--no-progress]\n"
        "\n"
        "Writes generated items to standard output, as frames for as-commit.\n"
        "\n"
        "  -w, --workload NAME   bank (transfers), seats (three limits) or counter; default bank\n"
        "  -n, --items N         how many items, opening ones included; default 1M\n"
        "  -t, --duration T      or for how long, e.g. 30s\n"
        "  -k, --keys N          how many accounts, teams or counters; default 1000\n"
        "      --skew SKEW       uniform, or zipf:S with exponent S; default uniform\n"
        "      --reject PCT      share of items that break a rule, in percent; default 1\n"
        "      --payload BYTES   fill each item's note with that many bytes; default 0\n"
        "  -b, --batch N         items a frame; default 1000\n"
        "  -r, --rate N/s        items a second, each frame stamped with its due time\n"
        "  -s, --seed N          of the random numbers; default 1\n"
        "      --stamp NS        stamp all frames with this time, so that equal options give\n"
        "                        equal bytes\n"
        "      --source NAME     the source's name; default gen\n"
        "      --sources N       N sources NAME-1 ... NAME-N, batch by batch in turn\n"
        "  -z, --compress        compress the frames\n"
        "      --print-domain    print the workload's domain and exit\n"
        "      --no-progress     no progress on a terminal\n"
        "  -h, --help            this text\n"
        "  -V, --version         the version\n",
};

enum {
    BATCH_MAX = AS_FRAME_RECORDS_MAX,
    SOURCES_MAX = 100000,
    SOURCE_NAME_MAX = 200,
    OUTPUT_SIZE = 64 * 1024, // small frames are written together, unless they have to be on time
};

struct options {
    const struct workload *workload;
    struct workload_options load;
    uint64_t items, duration_ns; // 0: without
    uint64_t batch, rate, sources;
    const char *source;
    uint64_t stamp_ns;
    bool stamped, compress, print_domain, progress;
};

// ---- Options ------------------------------------------------------------------------------------

enum {
    OPT_SKEW = 256,
    OPT_REJECT,
    OPT_PAYLOAD,
    OPT_STAMP,
    OPT_SOURCE,
    OPT_SOURCES,
    OPT_PRINT_DOMAIN,
    OPT_NO_PROGRESS,
};

static const struct option long_options[] = {
    {"workload", required_argument, NULL, 'w'},
    {"items", required_argument, NULL, 'n'},
    {"duration", required_argument, NULL, 't'},
    {"keys", required_argument, NULL, 'k'},
    {"skew", required_argument, NULL, OPT_SKEW},
    {"reject", required_argument, NULL, OPT_REJECT},
    {"payload", required_argument, NULL, OPT_PAYLOAD},
    {"batch", required_argument, NULL, 'b'},
    {"rate", required_argument, NULL, 'r'},
    {"seed", required_argument, NULL, 's'},
    {"stamp", required_argument, NULL, OPT_STAMP},
    {"source", required_argument, NULL, OPT_SOURCE},
    {"sources", required_argument, NULL, OPT_SOURCES},
    {"compress", no_argument, NULL, 'z'},
    {"print-domain", no_argument, NULL, OPT_PRINT_DOMAIN},
    {"no-progress", no_argument, NULL, OPT_NO_PROGRESS},
    {"help", no_argument, NULL, 'h'},
    {"version", no_argument, NULL, 'V'},
    {NULL, 0, NULL, 0},
};

static bool parse_workload(const char *text, struct options *o) {
    o->workload = workload_find(text);
    return o->workload != NULL;
}

static bool parse_skew(const char *text, double *exponent) {
    static const char zipf[] = "zipf:";
    *exponent = 0;
    if (strcmp(text, "uniform") == 0)
        return true;
    return strncmp(text, zipf, strlen(zipf)) == 0 &&
           as_parse_real(text + strlen(zipf), 0.01, 10, exponent);
}

// "100k/s", or without the "/s".
static bool parse_rate(const char *text, uint64_t *rate) {
    size_t size = strlen(text);
    char number[32];
    if (size > 2 && strcmp(text + size - 2, "/s") == 0)
        size -= 2;
    if (size >= sizeof number)
        return false;
    memcpy(number, text, size);
    number[size] = 0;
    return as_parse_count(number, 1, 1000000000, rate);
}

static bool parse_source(const char *text, struct options *o) {
    o->source = text;
    size_t size = strlen(text);
    return size > 0 && size <= SOURCE_NAME_MAX && as_utf8_valid(text, size);
}

static bool parse_duration(const char *text, uint64_t *ns) {
    return as_parse_duration_ns(text, ns) && *ns > 0;
}

// The value of an option that takes one; false where it is wrong.
static bool parse_value(struct options *o, int option, const char *text) {
    switch (option) {
    case 'w':
        return parse_workload(text, o);
    case 'n':
        return as_parse_count(text, 1, INT64_MAX / 2, &o->items);
    case 't':
        return parse_duration(text, &o->duration_ns);
    case 'k':
        return as_parse_count(text, 1, WORKLOAD_KEYS_MAX, &o->load.keys);
    case OPT_SKEW:
        return parse_skew(text, &o->load.skew);
    case OPT_REJECT:
        return as_parse_real(text, 0, 100, &o->load.reject_percent);
    case OPT_PAYLOAD:
        return as_parse_count(text, 0, AS_TEXT_MAX, &o->load.payload);
    case 'b':
        return as_parse_count(text, 1, BATCH_MAX, &o->batch);
    case 'r':
        return parse_rate(text, &o->rate);
    case 's':
        return as_parse_count(text, 0, UINT64_MAX, &o->load.seed);
    case OPT_STAMP:
        o->stamped = true;
        return as_parse_count(text, 0, INT64_MAX, &o->stamp_ns);
    case OPT_SOURCE:
        return parse_source(text, o);
    default:
        return as_parse_count(text, 1, SOURCES_MAX, &o->sources);
    }
}

static void set_flag(struct options *o, int option) {
    if (option == 'z')
        o->compress = true;
    else if (option == OPT_PRINT_DOMAIN)
        o->print_domain = true;
    else
        o->progress = false;
}

static int check_options(struct options *o) {
    if (o->items && o->duration_ns)
        return as_diag_misuse(&program, "--items and --duration exclude each other");
    if (!o->items && !o->duration_ns)
        o->items = 1000000;
    if (o->load.keys < o->workload->keys_min)
        return as_diag_misuse(&program, "the workload %s needs at least %llu keys",
                              o->workload->name, (unsigned long long)o->workload->keys_min);
    if (o->batch * (WORKLOAD_ITEM_MAX + o->load.payload) > AS_FRAME_BODY_MAX)
        return as_diag_misuse(&program,
                              "%llu items with %llu bytes of payload do not fit a frame of 16 MiB",
                              (unsigned long long)o->batch, (unsigned long long)o->load.payload);
    return AS_OK;
}

// getopt leaves a long option in argv and a short one, which may stand among others, in optopt.
static int refuse_option(int option, char **argv) {
    char letter[] = {'-', (char)optopt, 0};
    const char *name = argv[optind - 1];
    if (strncmp(name, "--", 2) != 0 && optopt)
        name = letter;
    if (option == ':')
        return as_diag_misuse(&program, "option %s needs a value", name);
    return as_diag_misuse(&program, "unknown option %s", name);
}

// One option, as getopt_long gave it. -1: go on; else leave with this exit code.
static int take_option(struct options *o, int option, int index, char **argv) {
    if (option == 'h')
        return as_diag_help(&program);
    if (option == 'V')
        return as_diag_version(&program);
    if (option == '?' || option == ':')
        return refuse_option(option, argv);
    if (!optarg)
        set_flag(o, option);
    else if (!parse_value(o, option, optarg))
        return as_diag_misuse(&program, "--%s: %s is not a valid value", long_options[index].name,
                              optarg);
    return -1;
}

// Where in the table an option stands, for a message about a short one too.
static int index_of(int option) {
    int index = 0;
    while (long_options[index].name && long_options[index].val != option)
        ++index;
    return index;
}

static int parse_options(struct options *o, int argc, char **argv) {
    int option, code = -1;
    opterr = 0;
    while (code < 0 &&
           (option = getopt_long(argc, argv, ":w:n:t:k:b:r:s:zhV", long_options, NULL)) != -1)
        code = take_option(o, option, index_of(option), argv);
    if (code >= 0)
        return code;
    if (optind < argc)
        return as_diag_misuse(&program, "unexpected operand %s", argv[optind]);
    code = check_options(o);
    return code ? code : -1;
}

// ---- The stream ---------------------------------------------------------------------------------

struct source {
    uint64_t id;
    uint64_t offset;
};

struct generator {
    const struct options *options;
    void *state;            // the workload's
    uint64_t domain;        // fingerprint
    struct source *sources; // options->sources of them
    uint64_t started_wall_ns, started_ns;
    uint64_t items, batches;
    struct as_buffer out; // frames
};

static volatile sig_atomic_t stop;

static void set_stop(int signal) {
    (void)signal;
    stop = 1;
}

// The first signal ends the stream cleanly, the second ends the process.
static void catch_signals(void) {
    struct sigaction action = {.sa_handler = set_stop, .sa_flags = (int)SA_RESETHAND};
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
}

static struct source *open_sources(const struct options *o) {
    struct source *sources = as_alloc_zero(o->sources, sizeof *sources);
    struct as_buffer name = {0};
    for (uint64_t i = 0; i < o->sources; ++i) {
        name.size = 0;
        as_buffer_printf(&name, "%s-%llu", o->source, (unsigned long long)i + 1);
        sources[i].id = as_frame_source_id(o->sources > 1 ? (char *)name.data : o->source);
    }
    as_buffer_free(&name);
    return sources;
}

static void open_generator(struct generator *g, const struct options *o) {
    const char *sql = o->workload->sql;
    *g = (struct generator){
        .options = o,
        .state = o->workload->prepare(&o->load),
        .domain = as_frame_domain_fingerprint(sql, strlen(sql)),
        .sources = open_sources(o),
        .started_wall_ns = as_clock_wall_ns(),
        .started_ns = as_clock_monotonic_ns(),
    };
}

static void close_generator(struct generator *g) {
    g->options->workload->release(g->state);
    free(g->sources);
    as_buffer_free(&g->out);
}

static void end_frame(struct generator *g, size_t begin, struct as_frame_header h) {
    h.domain = g->domain;
    h.flags = g->options->compress && h.type != AS_FRAME_END ? AS_FRAME_FLAG_ZLIB : 0;
    if (g->options->stamped)
        h.created_ns = g->options->stamp_ns;
    as_frame_end(&g->out, begin, &h);
}

static int flush(struct generator *g, size_t threshold, struct as_error *error) {
    if (g->out.size < threshold)
        return 0;
    int rc = as_io_write_full(STDOUT_FILENO, g->out.data, g->out.size, "stdout", error);
    g->out.size = 0;
    return rc;
}

// Nanoseconds from the start to when the next batch is due.
static uint64_t due_ns(const struct generator *g) {
    return (uint64_t)((unsigned __int128)g->items * AS_NS_PER_S / g->options->rate);
}

static void wait_until_due(const struct generator *g) {
    uint64_t due = g->started_ns + due_ns(g);
    while (!stop && as_clock_monotonic_ns() < due)
        as_clock_sleep_until_ns(due);
}

// How many items the next batch has: 0 at the end.
static uint64_t next_size(const struct generator *g) {
    const struct options *o = g->options;
    if (stop || (o->duration_ns && as_clock_monotonic_ns() - g->started_ns >= o->duration_ns))
        return 0;
    if (o->items && o->items - g->items < o->batch)
        return o->items - g->items;
    return o->batch;
}

static void put_batch(struct generator *g, uint64_t size) {
    struct source *source = &g->sources[g->batches++ % g->options->sources];
    void (*next)(void *, struct as_buffer *) = g->options->workload->next;
    size_t begin = as_frame_begin(&g->out);
    for (uint64_t i = 0; i < size; ++i)
        next(g->state, &g->out);
    struct as_frame_header h = {
        .type = AS_FRAME_ITEMS,
        .records = (uint32_t)size,
        .source = source->id,
        .offset = source->offset,
        .created_ns = g->options->rate ? g->started_wall_ns + due_ns(g) : as_clock_wall_ns(),
    };
    end_frame(g, begin, h);
    source->offset += size;
    g->items += size;
}

static int put_batches(struct generator *g, struct as_progress *progress, struct as_error *error) {
    const struct options *o = g->options;
    int rc = 0;
    for (uint64_t size; rc == 0 && (size = next_size(g)) > 0;) {
        if (o->rate)
            wait_until_due(g);
        if (stop)
            break;
        put_batch(g, size);
        rc = flush(g, o->rate ? 0 : OUTPUT_SIZE, error);
        as_progress_show(progress, "items", g->items, o->items);
    }
    return rc;
}

static int generate(struct generator *g, struct as_error *error) {
    const char *sql = g->options->workload->sql;
    struct as_progress progress;
    struct as_frame_header domain = {.type = AS_FRAME_DOMAIN, .created_ns = g->started_wall_ns};
    size_t begin = as_frame_begin(&g->out);
    as_buffer_append(&g->out, sql, strlen(sql));
    end_frame(g, begin, domain);
    as_progress_start(&progress, g->options->progress);
    int rc = put_batches(g, &progress, error);
    as_progress_end(&progress);
    if (rc)
        return rc;
    struct as_frame_header end = {
        .type = AS_FRAME_END, .offset = g->items, .created_ns = as_clock_wall_ns()};
    end_frame(g, as_frame_begin(&g->out), end);
    return flush(g, 0, error);
}

// ---- Main ---------------------------------------------------------------------------------------

static int print_domain(const struct options *o) {
    fputs(o->workload->sql, stdout);
    return as_diag_close_stdout(&program, AS_OK);
}

static int run(const struct options *o) {
    struct generator g;
    struct as_error error;
    catch_signals();
    as_io_widen_pipe(STDOUT_FILENO);
    open_generator(&g, o);
    int rc = generate(&g, &error);
    close_generator(&g);
    if (rc)
        rc = as_diag_fail(&program, &error);
    return as_diag_close_stdout(&program, rc);
}

int main(int argc, char **argv) {
    struct options o = {
        .workload = workload_find("bank"),
        .load = {.keys = 1000, .reject_percent = 1, .seed = 1},
        .batch = 1000,
        .sources = 1,
        .source = "gen",
        .progress = true,
    };
    int code = parse_options(&o, argc, argv);
    if (code >= 0)
        return code;
    if (o.print_domain)
        return print_domain(&o);
    code = as_diag_no_terminal(&program, STDOUT_FILENO, "written to");
    return code ? code : run(&o);
}
