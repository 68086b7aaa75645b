// SPDX-License-Identifier: MIT
//
// as-commit: the one writer. Items in, decided against the domain's invariants in order, made
// durable batch by batch, verdicts out.
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/diag.h"
#include "base/io.h"
#include "base/number.h"
#include "domain/load.h"
#include "store/writer.h"

static const struct as_program program = {
    .name = "as-commit",
    .help =
        "usage: as-commit [--domain FILE] [--dry-run] [--fail-on-reject] [--segment-size N]\n"
        "                 [--fold-interval T] [--telemetry T] [--no-progress] STORE\n"
        "       as-commit --check FILE\n"
        "\n"
        "Decides the items read from stdin, commits each batch to STORE, writes its verdicts to "
        "stdout.\n"
        "STORE is made if it does not exist.\n"
        "\n"
        "      --check FILE       compile a domain, describe it and warn of traps; no store\n"
        "      --domain FILE      the domain that the stream and the store must have\n"
        "      --dry-run          decide against the store's state, write nothing\n"
        "      --fail-on-reject   exit 1 if an item was rejected (what was accepted stays)\n"
        "      --segment-size N   size at which a journal segment is sealed (256Mi)\n"
        "      --fold-interval T  how often state.db is brought up to date (1s)\n"
        "      --telemetry T      how often figures of the run are sent among the verdicts (1s);\n"
        "                         0: never\n"
        "      --no-progress      no progress line on a terminal\n"
        "      --help, --version\n"
        "\n"
        "Exit status: 0 done, 1 something was rejected (--fail-on-reject), 64 usage, 65 bad\n"
        "input or domain, 74 I/O or database, 75 another process writes the store.\n",
};

enum {
    SEGMENT_BYTES_MIN = 64 * 1024,
};

struct options {
    const char *store, *domain, *check;
    bool dry_run, fail_on_reject, progress;
    bool help, version;
    uint64_t segment_bytes, fold_interval_ns, telemetry_interval_ns;
};

// ---- Options ------------------------------------------------------------------------------------

static int parse_option(struct options *o, int option, char **argv) {
    switch (option) {
    case 'D':
        o->domain = optarg;
        return AS_OK;
    case 'c':
        o->check = optarg;
        return AS_OK;
    case 'd':
        o->dry_run = true;
        return AS_OK;
    case 'f':
        o->fail_on_reject = true;
        return AS_OK;
    case 'p':
        o->progress = false;
        return AS_OK;
    case 's':
        if (as_parse_count(optarg, SEGMENT_BYTES_MIN, INT64_MAX, &o->segment_bytes))
            return AS_OK;
        return as_diag_misuse(&program, "--segment-size %s: not a size of 64Ki or more", optarg);
    case 'i':
        if (as_parse_duration_ns(optarg, &o->fold_interval_ns))
            return AS_OK;
        return as_diag_misuse(&program, "--fold-interval %s: not a duration such as 500ms", optarg);
    case 't':
        if (as_parse_duration_ns(optarg, &o->telemetry_interval_ns))
            return AS_OK;
        return as_diag_misuse(&program, "--telemetry %s: not a duration such as 1s", optarg);
    case 'h':
        o->help = true;
        return AS_OK;
    case 'v':
        o->version = true;
        return AS_OK;
    case ':':
        return as_diag_misuse(&program, "%s: needs a value", argv[optind - 1]);
    default:
        return as_diag_misuse(&program, "%s: no such option", argv[optind - 1]);
    }
}

static int parse_options(struct options *o, int argc, char **argv) {
    static const struct option long_options[] = {
        {"domain", required_argument, NULL, 'D'},
        {"check", required_argument, NULL, 'c'},
        {"dry-run", no_argument, NULL, 'd'},
        {"fail-on-reject", no_argument, NULL, 'f'},
        {"segment-size", required_argument, NULL, 's'},
        {"fold-interval", required_argument, NULL, 'i'},
        {"telemetry", required_argument, NULL, 't'},
        {"no-progress", no_argument, NULL, 'p'},
        {"help", no_argument, NULL, 'h'},
        {"version", no_argument, NULL, 'v'},
        {NULL, 0, NULL, 0},
    };
    *o = (struct options){.progress = true,
                          .segment_bytes = AS_SEGMENT_BYTES,
                          .fold_interval_ns = AS_NS_PER_S,
                          .telemetry_interval_ns = AS_NS_PER_S};
    opterr = 0;
    int option, code;
    while ((option = getopt_long(argc, argv, ":", long_options, NULL)) != -1) {
        if ((code = parse_option(o, option, argv)))
            return code;
    }
    if (o->help || o->version)
        return AS_OK;
    if (o->check && optind < argc)
        return as_diag_misuse(&program, "%s: --check takes no store", argv[optind]);
    if (!o->check && optind == argc)
        return as_diag_misuse(&program, "which store?");
    if (optind + 1 < argc)
        return as_diag_misuse(&program, "%s: more than one store", argv[optind + 1]);
    o->store = argv[optind];
    return AS_OK;
}

// ---- --check ------------------------------------------------------------------------------------

static int check(const struct options *o) {
    struct as_domain *domain = NULL;
    struct as_engine *engine = NULL;
    struct as_error error = {0};
    struct as_buffer text = {0};
    int code = as_domain_load_file(o->check, &domain, &error);
    if (!code)
        code =
            as_engine_create(domain, &engine, &error); // do the initial rows keep the invariants?
    if (!code) {
        as_domain_describe(domain, &text);
        as_domain_warnings(domain, &text);
        code = as_io_write_full(STDOUT_FILENO, text.data, text.size, "stdout", &error);
    }
    as_engine_free(engine);
    as_domain_free(domain);
    as_buffer_free(&text);
    return code ? as_diag_fail(&program, &error) : as_diag_close_stdout(&program, AS_OK);
}

// ---- Opening ------------------------------------------------------------------------------------

static volatile int stopped;

static void on_signal(int signal) {
    (void)signal;
    stopped = 1;
}

// SIGTERM and SIGINT end the run in order; a reader of verdicts that goes away is an error to be
// handled, not a signal to die of: what is decided must still be committed.
static void catch_signals(void) {
    struct sigaction action = {.sa_handler = on_signal}, ignore = {.sa_handler = SIG_IGN};
    sigaction(SIGTERM, &action, NULL);
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGPIPE, &ignore, NULL);
}

struct run {
    const struct options *options;
    struct as_frame_reader *reader;
    struct as_frame frame;
    struct as_store store;
    struct as_writer writer;
    struct as_progress progress;
    pthread_t reader_thread;
    struct as_error output_error; // of stdout
    struct as_error error;        // the first failure, or the disk's
};

// The domain that the stream declares must be that of --domain and of the store.
static int check_domains(struct run *r, struct as_domain *stored, struct as_error *error) {
    uint64_t stream = r->frame.header.domain;
    struct as_domain *named;
    if (stored && as_domain_fingerprint(stored) != stream)
        return as_error_set(error, AS_DATA, "%s: has another domain than the stream",
                            r->options->store);
    if (!r->options->domain)
        return AS_OK;
    int code = as_domain_load_file(r->options->domain, &named, error);
    if (code)
        return code;
    if (as_domain_fingerprint(named) != stream)
        code =
            as_error_set(error, AS_DATA, "%s: is not the domain of the stream", r->options->domain);
    as_domain_free(named);
    return code;
}

// A new store's domain; its initial rows must keep its invariants, or nothing could ever be
// committed.
static int load_stream_domain(struct run *r, struct as_domain **domain, struct as_error *error) {
    struct as_engine *engine;
    int code = as_domain_load("stdin: domain", (const char *)r->frame.body,
                              r->frame.header.inflated_size, domain, error);
    if (!code && !(code = as_engine_create(*domain, &engine, error)))
        as_engine_free(engine);
    return code;
}

// Another writer may have made the store since its absence was seen.
static int create_store(struct run *r, struct as_domain **domain, struct as_error *error) {
    bool exists;
    as_store_abandon(&r->store);
    int code = as_store_lock(&r->store, r->options->store, true, &exists, error);
    if (code || !exists)
        return code ? code : as_store_create(&r->store, *domain, error);
    as_domain_free(*domain);
    *domain = NULL;
    code = as_store_read_domain(r->options->store, domain, error);
    return code ? code : check_domains(r, *domain, error);
}

// Locks the store first, so that a second writer is told before it has read anything.
static int open_store(struct run *r, struct as_error *error) {
    const struct options *o = r->options;
    struct as_domain *domain = NULL;
    bool exists;
    int code = as_store_lock(&r->store, o->store, false, &exists, error);
    if (!code && exists)
        code = as_store_read_domain(o->store, &domain, error);
    if (code)
        return code;
    enum as_frame_next next = as_frame_reader_next(r->reader, &r->frame, error);
    if (next == AS_FRAME_FAILED)
        code = error->code;
    if (!code && next == AS_FRAME_READ)
        code = check_domains(r, domain, error);
    if (!code && !domain && next == AS_FRAME_READ)
        code = load_stream_domain(r, &domain, error);
    if (!code && next == AS_FRAME_READ && !exists && !o->dry_run)
        code = create_store(r, &domain, error);
    if (!code && next == AS_FRAME_READ)
        return as_store_open(&r->store, domain, o->segment_bytes, o->dry_run, error);
    as_domain_free(domain);
    return code;
}

// ---- The loop -----------------------------------------------------------------------------------

static void keep_first(struct run *r, const struct as_error *error) {
    if (!r->error.code)
        r->error = *error;
}

// On the committer's thread.
static bool send_verdicts(void *context, const struct as_buffer *frames) {
    struct run *r = context;
    as_progress_show(&r->progress, "items", as_writer_totals(&r->writer)->items, 0);
    return !as_io_write_full(STDOUT_FILENO, frames->data, frames->size, "stdout", &r->output_error);
}

// On any thread: the reader is to end as if it had been asked to.
static void stop_reading(void *context) {
    const struct run *r = context;
    pthread_kill(r->reader_thread, SIGINT);
}

static void run_loop(struct run *r) {
    struct as_error error;
    enum as_frame_next next = AS_FRAME_READ;
    bool wanted = true;
    while (wanted && next == AS_FRAME_READ) {
        struct as_batch *batch = as_writer_take(&r->writer);
        next = as_frame_reader_next(r->reader, &batch->frame, &error);
        if (next == AS_FRAME_READ)
            wanted = as_writer_offer(&r->writer, batch);
        else
            as_writer_give_back(&r->writer, batch);
    }
    if (next == AS_FRAME_FAILED)
        keep_first(r, &error);
}

// ---- The end ------------------------------------------------------------------------------------

// The writer's failure is told rather than the reader's, which ended because of it; the disk's
// rather than any other.
static void finish(struct run *r) {
    struct as_error error;
    int code = as_writer_finish(&r->writer, r->error.code == 0, &error);
    as_progress_end(&r->progress);
    if (code == AS_DATA)
        as_error_wrap(&error, "stdin");
    if (code == AS_IO)
        r->error = error;
    else if (code)
        keep_first(r, &error);
    if (r->output_error.code)
        keep_first(r, &r->output_error);
    if (code == AS_IO)
        as_store_abandon(&r->store);
    else if (as_store_close(&r->store, &error))
        keep_first(r, &error);
}

static int exit_code(struct run *r) {
    if (r->error.code)
        return as_diag_fail(&program, &r->error);
    if (r->options->fail_on_reject && as_writer_totals(&r->writer)->rejected)
        return as_diag_close_stdout(&program, AS_NO);
    return as_diag_close_stdout(&program, AS_OK);
}

// Where stdin or stdout is closed, the next file opened would take its place.
static int check_ends(void) {
    struct as_error error;
    int code = AS_OK;
    if (fcntl(STDIN_FILENO, F_GETFD) < 0)
        code = as_error_errno(&error, AS_IO, "stdin");
    else if (fcntl(STDOUT_FILENO, F_GETFD) < 0)
        code = as_error_errno(&error, AS_IO, "stdout");
    if (code)
        return as_diag_fail(&program, &error);
    code = as_diag_no_terminal(&program, STDIN_FILENO, "read from");
    return code ? code : as_diag_no_terminal(&program, STDOUT_FILENO, "written to");
}

static int write_store(struct run *r, struct as_error *error) {
    const struct as_writer_client client = {r, send_verdicts, stop_reading};
    if (r->store.rebuilt && r->store.start.batches)
        as_diag_note(&program, "%s: state.db was %s: rebuilt from the journal", r->options->store,
                     r->store.rebuilt);
    r->reader_thread = pthread_self();
    as_progress_start(&r->progress, r->options->progress);
    const struct as_writer_intervals every = {r->options->fold_interval_ns,
                                              r->options->telemetry_interval_ns};
    int code = as_writer_open(&r->writer, &r->store, &client, &every, error);
    if (code) {
        as_store_abandon(&r->store);
        return code;
    }
    run_loop(r);
    finish(r);
    return AS_OK;
}

// Stopped before the first frame: a stream of verdicts without any.
static int write_end(struct as_error *error) {
    struct as_buffer end = {0};
    struct as_frame_header header = {.type = AS_FRAME_END, .created_ns = as_clock_wall_ns()};
    as_frame_encode(&end, &header, NULL, 0);
    int code = as_io_write_full(STDOUT_FILENO, end.data, end.size, "stdout", error);
    as_buffer_free(&end);
    return code;
}

static int run(struct run *r) {
    struct as_error error;
    int code = open_store(r, &error);
    if (!code && r->store.domain) {
        code = write_store(r, &error);
    } else {
        as_store_abandon(&r->store);
        code = code ? code : write_end(&error);
    }
    if (code)
        keep_first(r, &error);
    code = exit_code(r);
    as_writer_close(&r->writer);
    return code;
}

static int commit_stream(const struct options *options) {
    struct run r = {.options = options};
    int code = check_ends();
    if (code)
        return code;
    catch_signals();
    as_io_widen_pipe(STDIN_FILENO);
    as_io_widen_pipe(STDOUT_FILENO);
    r.reader = as_frame_reader_open(STDIN_FILENO, AS_STREAM_ITEMS, "stdin", &stopped);
    code = run(&r);
    as_frame_free(&r.frame);
    as_frame_reader_close(r.reader);
    return code;
}

int main(int argc, char **argv) {
    struct options options;
    int code = parse_options(&options, argc, argv);
    if (code)
        return code;
    if (options.help)
        return as_diag_help(&program);
    if (options.version)
        return as_diag_version(&program);
    return options.check ? check(&options) : commit_stream(&options);
}
