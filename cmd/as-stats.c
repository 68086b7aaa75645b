// SPDX-License-Identifier: MIT
//
// as-stats: a verdict stream in, its figures out.
#include <getopt.h>
#include <signal.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/diag.h"
#include "base/io.h"
#include "stats_live.h"
#include "stats_report.h"
#include "stats_summary.h"

static const struct as_program program = {
    .name = "as-stats",
    .help = "usage: as-stats [--json] [--pass] [--no-progress]\n"
            "\n"
            "Reads a verdict stream from stdin and prints a summary at its end.\n"
            "\n"
            "      --json         the summary as one JSON object\n"
            "      --pass         copy the stream to stdout; the summary goes to stderr\n"
            "      --no-progress  no live line on a terminal\n"
            "      --help, --version\n"
            "\n"
            "Exit status: 0 done, 64 usage, 65 the stream is damaged or cut short (what came is\n"
            "summed up all the same), 74 input or output failed.\n",
};

struct options {
    bool json, pass, progress;
    bool help, version;
};

static int parse_options(struct options *options, int argc, char **argv) {
    static const struct option long_options[] = {
        {"json", no_argument, NULL, 'j'},        {"pass", no_argument, NULL, 'p'},
        {"no-progress", no_argument, NULL, 'n'}, {"help", no_argument, NULL, 'h'},
        {"version", no_argument, NULL, 'v'},     {NULL, 0, NULL, 0},
    };
    *options = (struct options){.progress = true};
    opterr = 0;
    int option;
    while ((option = getopt_long(argc, argv, "", long_options, NULL)) != -1) {
        switch (option) {
        case 'j':
            options->json = true;
            break;
        case 'p':
            options->pass = true;
            break;
        case 'n':
            options->progress = false;
            break;
        case 'h':
            options->help = true;
            break;
        case 'v':
            options->version = true;
            break;
        default:
            return as_diag_misuse(&program, "%s: no such option", argv[optind - 1]);
        }
    }
    if (optind < argc)
        return as_diag_misuse(&program, "%s: verdicts are read from stdin only", argv[optind]);
    return AS_OK;
}

static volatile int stopped;

static void on_signal(int signal) {
    stopped = stopped || signal == SIGTERM;
}

// The interrupt key reaches every program of a pipeline. The writer then ends its stream in order,
// and its last verdicts are still to be counted: here the first SIGINT means nothing, the second
// one ends the process. SIGTERM is for this program: it sums up what came.
static void catch_signals(void) {
    struct sigaction action = {.sa_handler = on_signal,
                               .sa_flags = (int)(SA_RESETHAND | SA_RESTART)};
    sigemptyset(&action.sa_mask);
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
}

// END comes as the header that the reader leaves behind when the stream is finished.
static int pass_end(struct as_frame *frame, struct as_error *error) {
    struct as_buffer end = {0};
    as_frame_encode(&end, &frame->header, NULL, 0);
    int rc = as_io_write_full(STDOUT_FILENO, end.data, end.size, "stdout", error);
    as_buffer_free(&end);
    return rc;
}

// A frame is passed on before it is looked at: what this program makes of it is no affair of those
// behind it.
static int take_frame(const struct options *options, struct stats_summary *summary,
                      struct stats_live *live, const struct as_frame *frame,
                      struct as_error *error) {
    uint64_t now_ns = as_clock_wall_ns();
    int rc = 0;
    if (options->pass)
        rc = as_io_write_full(STDOUT_FILENO, frame->stored.data, frame->stored.size, "stdout",
                              error);
    if (rc == 0 && frame->header.type == AS_FRAME_VERDICTS)
        rc = stats_summary_add(summary, frame, now_ns, error);
    stats_live_show(live, summary, now_ns);
    return rc;
}

static int read_stream(const struct options *options, struct stats_summary *summary,
                       struct as_error *error) {
    struct as_frame_reader *reader =
        as_frame_reader_open(STDIN_FILENO, AS_STREAM_VERDICTS, "stdin", &stopped);
    struct as_frame frame = {0};
    struct stats_live live;
    stats_live_start(&live, options->progress, as_clock_wall_ns());
    enum as_frame_next next;
    int rc = 0;
    while (rc == 0 && (next = as_frame_reader_next(reader, &frame, error)) != AS_FRAME_FINISHED) {
        if (next == AS_FRAME_STOPPED)
            break;
        rc = next == AS_FRAME_READ ? take_frame(options, summary, &live, &frame, error)
                                   : error->code;
    }
    if (rc == 0 && next == AS_FRAME_FINISHED && options->pass)
        rc = pass_end(&frame, error);
    stats_live_end(&live);
    as_frame_free(&frame);
    as_frame_reader_close(reader);
    return rc;
}

static int print_summary(const struct options *options, struct stats_summary *summary,
                         struct as_error *error) {
    struct as_buffer text = {0};
    if (options->json)
        stats_report_json(summary, &text);
    else
        stats_report_text(summary, &text);
    int rc = as_io_write_full(options->pass ? STDERR_FILENO : STDOUT_FILENO, text.data, text.size,
                              options->pass ? "stderr" : "stdout", error);
    as_buffer_free(&text);
    return rc;
}

// The summary comes whatever happened to the stream: the figures so far are what a user has left.
static int run(const struct options *options) {
    struct stats_summary *summary = stats_summary_create();
    struct as_error error = {0};
    int rc = read_stream(options, summary, &error);
    struct as_error second = {0};
    if (print_summary(options, summary, &second) && rc == 0) {
        error = second;
        rc = second.code;
    }
    stats_summary_free(summary);
    if (rc)
        as_diag_fail(&program, &error);
    return as_diag_close_stdout(&program, rc);
}

int main(int argc, char **argv) {
    struct options options;
    int rc = parse_options(&options, argc, argv);
    if (rc == AS_OK && options.help)
        return as_diag_help(&program);
    if (rc == AS_OK && options.version)
        return as_diag_version(&program);
    if (rc == AS_OK)
        rc = as_diag_no_terminal(&program, STDIN_FILENO, "read from");
    if (rc == AS_OK && options.pass)
        rc = as_diag_no_terminal(&program, STDOUT_FILENO, "written to");
    if (rc != AS_OK)
        return rc;
    catch_signals();
    as_io_widen_pipe(STDIN_FILENO);
    return run(&options);
}
