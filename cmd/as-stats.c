// SPDX-License-Identifier: MIT
//
// as-stats: a verdict stream in, its figures out.
#include <poll.h>
#include <signal.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/diag.h"
#include "base/io.h"
#include "stats_output.h"
#include "stats_store.h"

static const struct as_program program = {
    .name = "as-stats",
    .help =
        "usage: as-stats [--json | --csv | --prometheus] [-o FILE] [--interval T] [--pass]\n"
        "                [--listen ADDRESS:PORT] [--report FILE] [--title TEXT]\n"
        "                [--preflight FILE] [--audit FILE] [--recorded] [--no-progress]\n"
        "   or: as-stats [--json] STORE\n"
        "\n"
        "Reads a verdict stream from stdin, shows its figures while it comes, and sums up at its\n"
        "end; or tells the figures of STORE, which may be in use.\n"
        "\n"
        "      --json           the summary as one JSON object; with --interval a line for each\n"
        "                       interval as well\n"
        "      --csv            a row for each interval instead (1s unless --interval says so)\n"
        "      --prometheus     Prometheus' text format; with -o written anew at each interval\n"
        "  -o, --output FILE    there instead of to stdout\n"
        "      --interval T     how long an interval is, such as 5s\n"
        "      --pass           copy the stream to stdout; figures go to stderr\n"
        "      --listen ADDRESS:PORT\n"
        "                       serve /metrics for Prometheus and a live page at /\n"
        "      --report FILE    at the end, the run as one page of HTML\n"
        "      --title TEXT     of that page\n"
        "      --preflight FILE, --audit FILE\n"
        "                       what as-preflight --json and as-audit --json said, for that page\n"
        "      --recorded       the stream was kept in a file: take time from its frames\n"
        "      --no-progress    no live view on a terminal\n"
        "      --help, --version\n"
        "\n"
        "Exit status: 0 done, 64 usage, 65 the stream is damaged or cut short (what came is\n"
        "summed up all the same) or STORE is no store, 74 input or output failed.\n",
};

// ---- Signals ------------------------------------------------------------------------------------

static volatile int stopped;
static volatile sig_atomic_t resized;

static void on_signal(int signal) {
    stopped = stopped || signal == SIGTERM;
    resized = resized || signal == SIGWINCH;
}

static void on(int signal, int flags) {
    struct sigaction action = {.sa_handler = on_signal, .sa_flags = flags};
    sigemptyset(&action.sa_mask);
    sigaction(signal, &action, NULL);
}

// The interrupt key reaches every program of a pipeline. The writer then ends its stream in order,
// and its last verdicts are still to be counted: here the first SIGINT means nothing, the second
// one ends the process. SIGTERM is for this program: it sums up what came.
static void catch_signals(void) {
    on(SIGINT, (int)(SA_RESETHAND | SA_RESTART));
    on(SIGTERM, (int)(SA_RESETHAND | SA_RESTART));
    on(SIGWINCH, SA_RESTART);
}

// ---- Time ---------------------------------------------------------------------------------------

// What intervals go by never goes back: the wall clock as of the start and monotonic time since,
// or, of a recorded stream, the latest that its frames tell.
struct timeline {
    bool recorded;
    uint64_t now_ns;
    uint64_t offset_ns; // wall clock minus monotonic clock, at the start
};

static void start_time(struct timeline *time, bool recorded) {
    *time = (struct timeline){.recorded = recorded};
    time->offset_ns = as_clock_wall_ns() - as_clock_monotonic_ns();
}

static uint64_t now_ns(struct timeline *time) {
    if (!time->recorded)
        time->now_ns = as_clock_monotonic_ns() + time->offset_ns;
    return time->now_ns;
}

// When a verdict was committed, when telemetry was sent.
static uint64_t stamp_ns(const struct as_frame *frame) {
    struct as_cursor at = as_cursor_over(frame->body, frame->header.inflated_size);
    struct as_verdict_head head;
    if (frame->header.type == AS_FRAME_VERDICTS && as_verdict_decode_head(&at, &head) &&
        head.committed_at_ns)
        return head.committed_at_ns;
    return frame->header.created_ns;
}

// When a frame arrived, by the wall clock: the producer stamps its batches with that.
static uint64_t arrival_ns(struct timeline *time, const struct as_frame *frame) {
    if (!time->recorded)
        return as_clock_wall_ns();
    uint64_t ns = stamp_ns(frame);
    time->now_ns = ns > time->now_ns ? ns : time->now_ns;
    return time->now_ns;
}

// ---- The stream ---------------------------------------------------------------------------------

struct run {
    const struct stats_options *options;
    struct timeline time;
    struct as_frame_reader *reader;
    struct as_frame frame;
    struct stats_output *output;
};

static int open_output(struct run *r, struct as_error *error) {
    int code = stats_output_open(&r->output, r->options, error);
    if (code)
        return code;
    if (!r->options->recorded) // otherwise the first frame says when that was
        stats_output_start(r->output, now_ns(&r->time));
    if (r->output->http)
        as_diag_note(&program, "listening on port %u", stats_http_port(r->output->http));
    return AS_OK;
}

// END comes as the header that the reader leaves behind when the stream is finished.
static int pass_end(struct as_frame *frame, struct as_error *error) {
    struct as_buffer end = {0};
    as_frame_encode(&end, &frame->header, NULL, 0);
    int rc = as_io_write_full(STDOUT_FILENO, end.data, end.size, "stdout", error);
    as_buffer_free(&end);
    return rc;
}

// A recorded stream begins when its first batch was made.
static void start_at(struct run *r, const struct as_frame *frame) {
    r->time.now_ns = frame->header.created_ns;
    stats_output_start(r->output, r->time.now_ns);
}

// A frame is passed on before it is looked at: what this program makes of it is no affair of those
// behind it.
static int take_frame(struct run *r, struct as_error *error) {
    if (r->options->recorded && r->frame.number == 1)
        start_at(r, &r->frame);
    uint64_t arrived_ns = arrival_ns(&r->time, &r->frame);
    int rc = 0;
    if (r->options->pass)
        rc = as_io_write_full(STDOUT_FILENO, r->frame.stored.data, r->frame.stored.size, "stdout",
                              error);
    if (rc == 0)
        rc = stats_output_tick(r->output, now_ns(&r->time), error);
    return rc ? rc : stats_output_add(r->output, &r->frame, arrived_ns, error);
}

// Nothing to read for now: until something is due, a signal comes, or input does.
static int wait_for_input(struct run *r, struct as_error *error) {
    struct pollfd p = {.fd = STDIN_FILENO, .events = POLLIN};
    uint64_t left_ns = stats_output_left_ns(r->output, now_ns(&r->time));
    poll(&p, 1, (int)(left_ns / AS_NS_PER_MS) + 1);
    if (resized) {
        resized = 0;
        stats_output_resized(r->output);
    }
    return stats_output_tick(r->output, now_ns(&r->time), error);
}

static int read_stream(struct run *r, struct as_error *error) {
    enum as_frame_next next = AS_FRAME_READ;
    int rc = 0;
    while (rc == 0 && next == AS_FRAME_READ && !stopped) {
        if (!as_frame_reader_ready(r->reader)) {
            rc = wait_for_input(r, error);
            continue;
        }
        next = as_frame_reader_next(r->reader, &r->frame, error);
        if (next == AS_FRAME_READ)
            rc = take_frame(r, error);
        else if (next == AS_FRAME_FAILED)
            rc = error->code;
    }
    if (rc == 0 && next == AS_FRAME_FINISHED && r->options->pass)
        rc = pass_end(&r->frame, error);
    return rc;
}

// The summary comes whatever happened to the stream: the figures so far are what a user has left.
static int run(struct run *r, struct as_error *error) {
    int rc = open_output(r, error);
    if (rc)
        return rc;
    rc = read_stream(r, error);
    struct as_error second = {0};
    if (stats_output_end(r->output, now_ns(&r->time), error, &second) && rc == 0) {
        *error = second;
        rc = second.code;
    }
    stats_output_close(r->output);
    return rc;
}

static int sum_up_stream(const struct stats_options *options) {
    struct run r = {.options = options};
    struct as_error error = {0};
    catch_signals();
    as_io_widen_pipe(STDIN_FILENO);
    start_time(&r.time, options->recorded);
    r.reader = as_frame_reader_open(STDIN_FILENO, AS_STREAM_VERDICTS, "stdin", &stopped);
    int rc = run(&r, &error);
    as_frame_free(&r.frame);
    as_frame_reader_close(r.reader);
    if (rc)
        as_diag_fail(&program, &error);
    return as_diag_close_stdout(&program, rc);
}

static int sum_up_store(const struct stats_options *options) {
    struct as_buffer text = {0};
    struct as_error error = {0};
    int rc = stats_store(options->store, options->format == STATS_JSON, &text, &error);
    if (!rc)
        rc = as_io_write_full(STDOUT_FILENO, text.data, text.size, "stdout", &error);
    as_buffer_free(&text);
    if (rc)
        as_diag_fail(&program, &error);
    return as_diag_close_stdout(&program, rc);
}

int main(int argc, char **argv) {
    struct stats_options options;
    int rc = stats_options_parse(&options, &program, argc, argv);
    if (rc == AS_OK && options.mode == STATS_HELP)
        return as_diag_help(&program);
    if (rc == AS_OK && options.mode == STATS_VERSION)
        return as_diag_version(&program);
    if (rc == AS_OK && options.mode == STATS_STORE)
        return sum_up_store(&options);
    if (rc == AS_OK)
        rc = as_diag_no_terminal(&program, STDIN_FILENO, "read from");
    if (rc == AS_OK && options.pass)
        rc = as_diag_no_terminal(&program, STDOUT_FILENO, "written to");
    return rc == AS_OK ? sum_up_stream(&options) : rc;
}
