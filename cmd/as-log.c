// SPDX-License-Identifier: MIT
//
// as-log: the journal of a store as a stream: its frames as they were committed, or its items and
// their verdicts as text.
#include <getopt.h>
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/diag.h"
#include "base/io.h"
#include "base/number.h"
#include "log_batch.h"
#include "store/replay.h"
#include "store/store.h"

static const struct as_program program = {
    .name = "as-log",
    .help =
        "usage: as-log [--from N] [--to N] [--follow] [--format frames|ndjson|csv] [--rejected]\n"
        "              STORE\n"
        "\n"
        "Writes the journal of STORE to stdout, also while as-commit writes it.\n"
        "\n"
        "      --from N       begin with the item at position N; the first one is 0\n"
        "      --to N         end before the item at position N\n"
        "      --follow       wait for more at the end, until SIGINT, SIGTERM or --to\n"
        "      --format F     frames (default), for another as-commit: whole batches, verbatim;\n"
        "                     ndjson or csv: an item a line, with its verdict\n"
        "      --rejected     only the items that were rejected (ndjson and csv)\n"
        "      --help, --version\n"
        "\n"
        "Exit status: 0 done, 64 usage, 65 not a store, 74 the journal is damaged, or reading or\n"
        "writing failed.\n",
};

enum { FLUSH_BYTES = 256 * 1024, FOLLOW_POLL_MS = 50 };

enum format { FRAMES, NDJSON, CSV };

struct options {
    const char *store;
    uint64_t from, to;
    enum format format;
    bool follow, rejected;
    bool help, version;
};

// ---- Options ------------------------------------------------------------------------------------

static int parse_position(const char *option, uint64_t *position) {
    if (as_parse_count(optarg, 0, INT64_MAX, position))
        return AS_OK;
    return as_diag_misuse(&program, "%s %s: not a position", option, optarg);
}

static int parse_format(struct options *o) {
    static const char *const names[] = {"frames", "ndjson", "csv"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        if (strcmp(optarg, names[i]) == 0) {
            o->format = (enum format)i;
            return AS_OK;
        }
    }
    return as_diag_misuse(&program, "--format %s: not frames, ndjson or csv", optarg);
}

static int parse_option(struct options *o, int option, char **argv) {
    switch (option) {
    case 'f':
        return parse_position("--from", &o->from);
    case 't':
        return parse_position("--to", &o->to);
    case 'F':
        o->follow = true;
        return AS_OK;
    case 'o':
        return parse_format(o);
    case 'r':
        o->rejected = true;
        return AS_OK;
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

static int check_options(struct options *o, int argc, char **argv) {
    if (o->help || o->version)
        return AS_OK;
    if (optind == argc)
        return as_diag_misuse(&program, "which store?");
    if (optind + 1 < argc)
        return as_diag_misuse(&program, "%s: more than one store", argv[optind + 1]);
    if (o->to < o->from)
        return as_diag_misuse(&program, "--to lies before --from");
    if (o->rejected && o->format == FRAMES)
        return as_diag_misuse(&program, "--rejected needs --format ndjson or csv");
    o->store = argv[optind];
    return AS_OK;
}

static int parse_options(struct options *o, int argc, char **argv) {
    static const struct option long_options[] = {
        {"from", required_argument, NULL, 'f'}, {"to", required_argument, NULL, 't'},
        {"follow", no_argument, NULL, 'F'},     {"format", required_argument, NULL, 'o'},
        {"rejected", no_argument, NULL, 'r'},   {"help", no_argument, NULL, 'h'},
        {"version", no_argument, NULL, 'v'},    {NULL, 0, NULL, 0},
    };
    *o = (struct options){.to = UINT64_MAX};
    opterr = 0;
    int option, code;
    while ((option = getopt_long(argc, argv, ":", long_options, NULL)) != -1) {
        if ((code = parse_option(o, option, argv)))
            return code;
    }
    return check_options(o, argc, argv);
}

// ---- Output -------------------------------------------------------------------------------------

struct run {
    const struct options *options;
    struct as_domain *domain;
    struct as_journal_reader *reader;
    struct as_replay replay;   // for its checks: nothing is decided
    struct as_journal_row row; // of the batch at hand
    struct log_batch batch;
    struct as_buffer out;
    uint64_t records; // sent in frames
};

// Nothing of the row at hand is needed any more: a consumer may take its time, and no read
// transaction may stay open meanwhile.
static int flush(struct run *r, struct as_error *error) {
    as_journal_reader_seek(r->reader, r->replay.head.batches);
    int code = as_io_write_full(STDOUT_FILENO, r->out.data, r->out.size, "stdout", error);
    r->out.size = 0;
    return code;
}

static int flush_if_full(struct run *r, struct as_error *error) {
    return r->out.size < FLUSH_BYTES ? AS_OK : flush(r, error);
}

static void begin_output(struct run *r) {
    if (r->options->format == CSV)
        log_item_csv_header(&r->out);
    if (r->options->format != FRAMES)
        return;
    size_t size;
    const char *sql = as_domain_sql(r->domain, &size);
    struct as_frame_header header = {.type = AS_FRAME_DOMAIN,
                                     .created_ns = as_clock_wall_ns(),
                                     .domain = as_domain_fingerprint(r->domain)};
    as_frame_encode(&r->out, &header, sql, size);
}

static int end_output(struct run *r, struct as_error *error) {
    struct as_frame_header header = {.type = AS_FRAME_END,
                                     .offset = r->records,
                                     .created_ns = as_clock_wall_ns(),
                                     .domain = as_domain_fingerprint(r->domain)};
    if (r->options->format == FRAMES)
        as_frame_encode(&r->out, &header, NULL, 0);
    return flush(r, error);
}

// ---- A batch ------------------------------------------------------------------------------------

static bool wanted(const struct options *o, const struct log_item *item) {
    return item->item >= o->from && item->item < o->to && (item->rejection || !o->rejected);
}

static int print_items(struct run *r, struct as_error *error) {
    struct log_item item;
    int more, code = log_batch_open(&r->batch, r->domain, &r->row, &r->replay.frame, error);
    if (code)
        return code;
    while ((more = log_batch_next(&r->batch, &item, error)) > 0) {
        if (!wanted(r->options, &item))
            continue;
        if (r->options->format == CSV)
            log_item_csv(&r->out, &item);
        else
            log_item_ndjson(&r->out, &item);
        if ((code = flush_if_full(r, error)))
            return code;
    }
    return more < 0 ? error->code : AS_OK;
}

static void send_frame(struct run *r) {
    as_buffer_append(&r->out, r->row.frame.data, r->row.frame.size);
    r->records += r->replay.frame.header.records;
}

static int take_batch(struct run *r, struct as_error *error) {
    int code = as_replay_check(&r->replay, &r->row, error);
    if (code)
        return code;
    as_replay_pass(&r->replay, &r->row);
    if (r->replay.head.items <= r->options->from)
        return AS_OK; // it ends before the first item that is wanted
    if (r->options->format != FRAMES)
        return print_items(r, error);
    send_frame(r);
    return flush_if_full(r, error);
}

// ---- The loop -----------------------------------------------------------------------------------

static volatile int stopped;

static void on_signal(int signal) {
    (void)signal;
    stopped = 1;
}

// Following ends in order at the first signal. A second one ends the process, whatever it waits
// for.
static void catch_signals(void) {
    struct sigaction action = {.sa_handler = on_signal, .sa_flags = (int)SA_RESETHAND};
    sigemptyset(&action.sa_mask);
    sigaction(SIGTERM, &action, NULL);
    sigaction(SIGINT, &action, NULL);
}

// Waits a moment. Where the consumer has gone meanwhile, ends as the next write would end.
static int wait_for_more(struct run *r, struct as_error *error) {
    struct pollfd out = {.fd = STDOUT_FILENO};
    int code = flush(r, error);
    if (code)
        return code;
    as_journal_reader_release(r->reader);
    if (poll(&out, 1, FOLLOW_POLL_MS) <= 0 || stopped)
        return AS_OK;
    raise(SIGPIPE);
    return as_error_set(error, AS_IO, "stdout: its reader is gone");
}

// The next batch that begins before --to. END is the end of the run, too.
static enum as_journal_next next_batch(struct run *r, struct as_error *error) {
    const struct options *o = r->options;
    while (r->replay.head.items < o->to && o->from < o->to && !stopped) {
        enum as_journal_next next = as_journal_reader_next(r->reader, &r->row, error);
        if (next != AS_JOURNAL_END || !o->follow)
            return next;
        if (wait_for_more(r, error))
            return AS_JOURNAL_FAILED;
    }
    return AS_JOURNAL_END;
}

static int copy_journal(struct run *r, struct as_error *error) {
    enum as_journal_next next;
    int code = AS_OK;
    while (!code && (next = next_batch(r, error)) != AS_JOURNAL_END)
        code = next == AS_JOURNAL_ROW ? take_batch(r, error) : error->code;
    return code;
}

// The batch behind which the chain goes on: the one before the batch at hand.
static int take_head_before(struct run *r, struct as_error *error) {
    struct as_journal_head *head = &r->replay.head;
    uint64_t batch = r->row.batch;
    as_journal_reader_seek(r->reader, batch - 2);
    enum as_journal_next next = as_journal_reader_next(r->reader, &r->row, error);
    if (next == AS_JOURNAL_FAILED)
        return error->code;
    if (next == AS_JOURNAL_END || r->row.batch != batch - 1)
        return as_error_set(error, AS_DATA, "batch %" PRIu64 " is missing", batch - 1);
    head->items = r->row.first_item;
    as_replay_pass(&r->replay, &r->row);
    return AS_OK;
}

// Puts the reader before the batch with the first item that is wanted, and takes the hash that the
// chain goes on from.
static int find_start(struct run *r, struct as_error *error) {
    struct as_journal_head *head = &r->replay.head;
    uint64_t from = r->options->from;
    as_journal_reader_start(r->reader, head);
    if (from < head->items)
        return as_error_set(error, AS_DATA,
                            "items before %" PRIu64 " are not there: the segments were taken away",
                            head->items);
    int code = as_journal_reader_seek_item(r->reader, from, error);
    if (code)
        return code;
    enum as_journal_next next = as_journal_reader_next(r->reader, &r->row, error);
    if (next == AS_JOURNAL_FAILED)
        return error->code;
    if (next == AS_JOURNAL_ROW && r->row.batch > head->batches + 1)
        code = take_head_before(r, error);
    as_journal_reader_seek(r->reader, head->batches);
    return code;
}

// What is sound before a damage is written all the same, but without END.
static int log_journal(struct run *r, struct as_error *error) {
    struct as_error ignored;
    int code = find_start(r, error);
    if (code)
        return code;
    begin_output(r);
    code = copy_journal(r, error);
    if (!code)
        return end_output(r, error);
    if (code == AS_DATA)
        flush(r, &ignored);
    return code;
}

// A journal that contradicts itself is a damaged database, not bad input.
static int damaged(const char *store, struct as_error *error) {
    if (error->code == AS_DATA) {
        error->code = AS_IO;
        as_error_wrap(error, "%s: journal", store);
    }
    return error->code;
}

static int log_store(const struct options *options) {
    struct run r = {.options = options};
    struct as_error error;
    int code = options->format == FRAMES
                   ? as_diag_no_terminal(&program, STDOUT_FILENO, "written to")
                   : AS_OK;
    if (code)
        return code;
    if (options->follow)
        catch_signals();
    as_io_widen_pipe(STDOUT_FILENO);
    if (as_store_read_domain(options->store, &r.domain, &error))
        return as_diag_fail(&program, &error);
    char *journal = as_io_join(options->store, "journal");
    r.replay.domain = r.domain;
    code = as_journal_reader_open(journal, as_domain_digest(r.domain), &r.reader, &error);
    if (!code)
        code = log_journal(&r, &error);
    if (code)
        code = damaged(options->store, &error);
    as_journal_reader_close(r.reader);
    as_replay_free(&r.replay);
    log_batch_free(&r.batch);
    as_buffer_free(&r.out);
    as_domain_free(r.domain);
    free(journal);
    return code ? as_diag_fail(&program, &error) : as_diag_close_stdout(&program, AS_OK);
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
    return log_store(&options);
}
