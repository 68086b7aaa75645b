// SPDX-License-Identifier: MIT
//
// as-preflight: is this disk, its file system and the machine fit for a meaningful run?
#include <getopt.h>
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/io.h"
#include "base/number.h"
#include "preflight.h"
#include "preflight_commit.h"
#include "preflight_disk.h"
#include "preflight_fio.h"
#include "preflight_load.h"
#include "preflight_machine.h"
#include "preflight_report.h"
#include "preflight_scratch.h"

static const struct as_program program = {
    .name = "as-preflight",
    .help =
        "usage: as-preflight [--max-latency US] [--max-p99 US] [--runtime T] [--items N]\n"
        "                    [--json] [--no-progress] [DIR]\n"
        "\n"
        "Measures how fast DIR (.) makes writes durable, by fio and by the writer's own commit\n"
        "path, looks for what would spoil a run, and ends in PASS or FAIL.\n"
        "\n"
        "      --max-latency US  the mean that is still fit, in microseconds (5000)\n"
        "      --max-p99 US      the 99th percentile that is still fit (25000)\n"
        "      --runtime T       of each of the three measurements (5s)\n"
        "      --items N         the planned run: is there space for its journal?\n"
        "      --json            the report as one JSON object\n"
        "      --no-progress     no progress line on a terminal\n"
        "      --help, --version\n"
        "\n"
        "Exit status: 0 PASS, 1 FAIL, 64 usage, 74 DIR cannot be written.\n",
};

enum { BATCH_OF_RUN = 2, PAGE_BYTES = 4096 }; // 1,000 items, the article's batch
static const uint64_t runtime_ns_min = 100 * AS_NS_PER_MS;
static const uint64_t runtime_ns_max = 24 * 3600ull * AS_NS_PER_S;
static const uint64_t latency_us_max = 60000000; // a minute

// ---- Options ------------------------------------------------------------------------------------

enum mode { PREFLIGHT, HELP, VERSION };

static int parse_latency(const char *option, uint64_t *ns) {
    uint64_t us;
    if (!as_parse_count(optarg, 1, latency_us_max, &us))
        return as_diag_misuse(&program, "%s %s: not a number of microseconds", option, optarg);
    *ns = us * AS_NS_PER_US;
    return AS_OK;
}

static int parse_runtime(uint64_t *ns) {
    if (as_parse_duration_ns(optarg, ns) && *ns >= runtime_ns_min && *ns <= runtime_ns_max)
        return AS_OK;
    return as_diag_misuse(&program, "--runtime %s: not a duration from 100ms to 24h", optarg);
}

static int parse_option(struct preflight_options *o, enum mode *mode, int option, char **argv) {
    switch (option) {
    case 'l':
        return parse_latency("--max-latency", &o->mean_ns_max);
    case '9':
        return parse_latency("--max-p99", &o->p99_ns_max);
    case 'r':
        return parse_runtime(&o->runtime_ns);
    case 'i':
        if (as_parse_count(optarg, 1, INT64_MAX, &o->items))
            return AS_OK;
        return as_diag_misuse(&program, "--items %s: not a number of items", optarg);
    case 'j':
        o->json = true;
        return AS_OK;
    case 'p':
        o->progress = false;
        return AS_OK;
    case 'h':
        *mode = HELP;
        return AS_OK;
    case 'v':
        *mode = VERSION;
        return AS_OK;
    case ':':
        return as_diag_misuse(&program, "%s: needs a value", argv[optind - 1]);
    default:
        return as_diag_misuse(&program, "%s: no such option", argv[optind - 1]);
    }
}

static int parse_options(struct preflight_options *o, enum mode *mode, int argc, char **argv) {
    static const struct option long_options[] = {
        {"max-latency", required_argument, NULL, 'l'},
        {"max-p99", required_argument, NULL, '9'},
        {"runtime", required_argument, NULL, 'r'},
        {"items", required_argument, NULL, 'i'},
        {"json", no_argument, NULL, 'j'},
        {"no-progress", no_argument, NULL, 'p'},
        {"help", no_argument, NULL, 'h'},
        {"version", no_argument, NULL, 'v'},
        {NULL, 0, NULL, 0},
    };
    *o = (struct preflight_options){.directory = ".",
                                    .mean_ns_max = 5 * AS_NS_PER_MS,
                                    .p99_ns_max = 25 * AS_NS_PER_MS,
                                    .runtime_ns = 5ull * AS_NS_PER_S,
                                    .progress = true};
    opterr = 0;
    int option, code;
    while ((option = getopt_long(argc, argv, ":", long_options, NULL)) != -1) {
        if ((code = parse_option(o, mode, option, argv)))
            return code;
    }
    if (optind < argc)
        o->directory = argv[optind];
    if (optind + 1 < argc)
        return as_diag_misuse(&program, "%s: more than one directory", argv[optind + 1]);
    return AS_OK;
}

// ---- Signals ------------------------------------------------------------------------------------

static volatile int stopped; // the signal that came, or 0

static void on_signal(int signal) {
    stopped = signal;
}

// Whoever ends a preflight wants no verdict, but no files left behind either. What is ignored stays
// so: nohup has its reasons.
static void catch_signal(int number) {
    struct sigaction action;
    sigaction(number, NULL, &action);
    if (action.sa_handler == SIG_IGN)
        return;
    action = (struct sigaction){.sa_handler = on_signal};
    sigaction(number, &action, NULL);
}

// A limit of file sizes is to be an error that is told, here and in fio, which inherits it.
static void catch_signals(void) {
    static const struct sigaction ignore = {.sa_handler = SIG_IGN};
    catch_signal(SIGINT);
    catch_signal(SIGTERM);
    catch_signal(SIGHUP);
    sigaction(SIGXFSZ, &ignore, NULL);
}

// As if it had never been caught: a shell then knows that its script is to end, too.
static void die_of(int number) {
    signal(number, SIG_DFL);
    raise(number);
}

// ---- The measurements ---------------------------------------------------------------------------

static uint64_t append_bytes(const struct preflight_load *load) {
    size_t frame = load->batches[BATCH_OF_RUN].frame.size;
    return (frame + PAGE_BYTES - 1) / PAGE_BYTES * PAGE_BYTES;
}

// The commit path before and behind fio, so that its first and last windows are far apart. Its jobs
// are added last: fio's are what they are compared with.
static void measure_with(struct preflight *p, const struct preflight_load *load) {
    struct preflight_commit *commit = preflight_commit_open(p, load);
    preflight_disk_probe_sync(p);
    preflight_commit_run(commit, p->options->runtime_ns / 2);
    if (!stopped)
        preflight_fio_run(p, append_bytes(load));
    preflight_commit_run(commit, p->options->runtime_ns);
    preflight_commit_close(commit);
}

static int measure(struct preflight *p, struct as_error *error) {
    struct preflight_load load;
    if (!p->disk.room_bytes) // which is a finding already
        return AS_OK;
    int code = preflight_load_make(&load, error);
    as_progress_start(&p->progress, p->options->progress);
    if (!code)
        measure_with(p, &load);
    as_progress_end(&p->progress);
    preflight_load_free(&load);
    return code;
}

// ---- The verdict --------------------------------------------------------------------------------

static void gate(struct preflight *p, const struct preflight_job *job, const char *figure,
                 double ns, uint64_t ns_max) {
    if (ns > (double)ns_max)
        preflight_find(&p->findings, PREFLIGHT_FAILURE, "latency",
                       "%s: %s of %.0f us, more than %llu", job->what, figure, ns / AS_NS_PER_US,
                       (unsigned long long)(ns_max / AS_NS_PER_US));
}

static void judge(struct preflight *p) {
    for (size_t i = 0; i < p->job_count; i++) {
        const struct preflight_job *job = &p->jobs[i];
        if (!job->gated)
            continue;
        gate(p, job, "mean", job->mean_ns, p->options->mean_ns_max);
        gate(p, job, "p99", job->p99_ns, p->options->p99_ns_max);
    }
    preflight_disk_check_plan(p);
}

static int print_report(const struct preflight *p, struct as_error *error) {
    struct as_buffer text = {0};
    if (p->options->json)
        preflight_report_json(p, &text);
    else
        preflight_report_text(p, &text);
    int code = as_io_write_full(STDOUT_FILENO, text.data, text.size, "stdout", error);
    as_buffer_free(&text);
    return code;
}

// ---- Main ---------------------------------------------------------------------------------------

static int look_and_measure(struct preflight *p, struct as_error *error) {
    struct preflight_ticks started;
    preflight_machine_look(p, &started);
    int code = preflight_disk_look(p, error);
    if (!code)
        code = measure(p, error);
    preflight_machine_look_back(p, &started);
    return code;
}

// The scratch directory goes whatever happened.
static int fly(struct preflight *p, struct as_error *error) {
    struct as_error other;
    int code = preflight_scratch_make(p->options->directory, &p->scratch, error);
    if (code)
        return code;
    code = look_and_measure(p, error);
    if (preflight_scratch_remove(p->scratch, &other) && !code) {
        *error = other;
        code = error->code;
    }
    free(p->scratch);
    return code;
}

static int run(const struct preflight_options *options) {
    struct preflight p = {.options = options, .stop = &stopped};
    struct as_error error;
    bool failed = true;
    catch_signals();
    int code = fly(&p, &error);
    if (stopped)
        die_of(stopped);
    if (!code) {
        judge(&p);
        failed = preflight_failure(&p.findings) != NULL;
        code = print_report(&p, &error);
    }
    preflight_findings_free(&p.findings);
    return code ? as_diag_fail(&program, &error)
                : as_diag_close_stdout(&program, failed ? AS_NO : AS_OK);
}

int main(int argc, char **argv) {
    struct preflight_options options;
    enum mode mode = PREFLIGHT;
    int code = parse_options(&options, &mode, argc, argv);
    if (code)
        return code;
    if (mode == HELP)
        return as_diag_help(&program);
    if (mode == VERSION)
        return as_diag_version(&program);
    return run(&options);
}
