// SPDX-License-Identifier: MIT
//
// as-ingest: CSV or NDJSON in, item frames out. Parsing, typing and batching are done here, in the
// producer's process, so that the writer need not (design section 1, rule 3).
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/diag.h"
#include "base/io.h"
#include "domain/domain.h"
#include "domain/load.h"
#include "ingest_csv.h"
#include "ingest_json.h"
#include "ingest_options.h"
#include "ingest_session.h"

static const struct as_program program = {
    .name = "as-ingest",
    .help =
        "usage: as-ingest --domain FILE [--command NAME] [OPTION]... [FILE]...\n"
        "\n"
        "Reads CSV or NDJSON from the FILEs (or stdin), types each record against a command of "
        "the\n"
        "domain and writes frames of items to stdout.\n"
        "\n"
        "  -d, --domain FILE      the domain's SQL\n"
        "  -c, --command NAME     the command that every record is for; CSV needs it unless the\n"
        "                         domain has but one; with NDJSON, lines are then bare objects\n"
        "  -f, --format FORMAT    csv (default) or ndjson\n"
        "      --delimiter C      between CSV fields; \\t is a tab (default ,)\n"
        "      --no-header        CSV without a header: columns are the parameters in order, or\n"
        "                         what --map param=NUMBER says\n"
        "      --map param=column fill a parameter from that column or key; may be repeated\n"
        "      --decimal param:N  read 7.5 as 750 where N is 2; may be repeated\n"
        "  -b, --batch N          items a frame (default 1000)\n"
        "      --linger T         send a smaller batch when input pauses that long (default 10ms)\n"
        "      --source NAME      who numbers these items (default: the first FILE's name, stdin)\n"
        "      --compress         deflate the frames\n"
        "      --on-error WHAT    fail (default), skip, or quarantine:FILE\n"
        "      --max-errors N     end after more than N bad records\n"
        "      --no-progress      no progress on a terminal\n"
        "      --help, --version\n"
        "\n"
        "Exit status: 0 done, 64 usage, 65 bad input or domain, 74 input or output failed.\n",
};

static volatile int stopped;

static void on_stop(int signal) {
    (void)signal;
    stopped = 1;
}

// The first signal ends the stream in order, the second one ends the process.
static void catch_signals(void) {
    struct sigaction action = {.sa_handler = on_stop, .sa_flags = (int)SA_RESETHAND};
    sigemptyset(&action.sa_mask);
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
}

static void set_up(struct ingest_session *session, const struct ingest_options *options,
                   const struct as_domain *domain) {
    const char *first = strcmp(options->files[0], "-") == 0 ? "stdin" : options->files[0];
    session->plain = true;
    session->batch = (struct ingest_batch){
        .fd = STDOUT_FILENO,
        .records_max = (uint32_t)options->batch,
        .linger_ns = options->linger_ns,
        .source = as_frame_source_id(options->source ? options->source : first),
        .domain = as_domain_fingerprint(domain),
        .flags = options->compress ? AS_FRAME_FLAG_ZLIB : 0,
        .progress = &session->progress,
    };
    session->errors = (struct ingest_errors){
        .program = &program,
        .action = options->on_error,
        .path = options->quarantine,
        .max = options->max_errors,
    };
    session->input = (struct ingest_input){
        .fd = -1,
        .stop = &stopped,
        .wait = &session->batch,
    };
}

struct readers {
    struct ingest_csv *csv; // one of them
    struct ingest_json *json;
};

static enum ingest_next read_input(struct ingest_session *session, const struct readers *readers,
                                   const char *path, struct as_error *error) {
    if (ingest_input_open(&session->input, path, error) ||
        ingest_errors_check_input(&session->errors, &session->input, error))
        return INGEST_FAILED;
    enum ingest_next next = readers->csv ? ingest_csv_read(readers->csv, error)
                                         : ingest_json_read(readers->json, error);
    ingest_input_close(&session->input);
    return next;
}

// What was parsed before a bad record is sent, but no END behind it: the writer keeps those
// batches, and knows as well that the stream is not whole. A user's interrupt ends it in order.
static int read_inputs(struct ingest_session *session, const struct readers *readers,
                       const struct ingest_options *options, struct as_error *error) {
    enum ingest_next next = INGEST_END;
    for (int i = 0; i < options->file_count && next == INGEST_END; i++)
        next = read_input(session, readers, options->files[i], error);
    if (next != INGEST_FAILED)
        return ingest_batch_end(&session->batch, error);
    struct as_error second = {0}; // the first one is what to tell
    ingest_batch_flush(&session->batch, &second);
    return error->code;
}

static int run(struct ingest_session *session, const struct ingest_options *options,
               const struct as_domain *domain, struct as_error *error) {
    size_t size;
    const char *sql = as_domain_sql(domain, &size);
    int rc = ingest_batch_begin(&session->batch, sql, size, error);
    if (rc)
        return rc;
    struct readers readers = {0};
    if (options->format == INGEST_CSV)
        readers.csv = ingest_csv_create(session, options->delimiter, !options->no_header);
    else
        readers.json = ingest_json_create(session);
    rc = read_inputs(session, &readers, options, error);
    ingest_csv_free(readers.csv);
    ingest_json_free(readers.json);
    return rc;
}

static void report_errors(const struct ingest_errors *errors) {
    if (errors->count == 0)
        return;
    const char *records = errors->count == 1 ? "record" : "records";
    if (errors->action == INGEST_SKIP)
        as_diag_note(&program, "%llu bad %s skipped", (unsigned long long)errors->count, records);
    else
        as_diag_note(&program, "%llu bad %s in %s, the reasons in %s.reasons",
                     (unsigned long long)errors->count, records, errors->path, errors->path);
}

static int ingest(const struct ingest_options *options, const struct as_domain *domain,
                  struct as_error *error) {
    struct ingest_session session = {0};
    set_up(&session, options, domain);
    int rc =
        ingest_schema_init(&session.schema, domain, options->command, options->format == INGEST_CSV,
                           &options->maps, &options->decimals, error);
    if (rc == 0)
        rc = ingest_errors_open(&session.errors, error);
    if (rc == 0) {
        as_progress_start(&session.progress, options->progress);
        rc = run(&session, options, domain, error);
        as_progress_end(&session.progress);
        report_errors(&session.errors);
    }
    struct as_error closing = {0};
    if (ingest_errors_close(&session.errors, &closing) && rc == 0) {
        *error = closing;
        rc = closing.code;
    }
    ingest_schema_free(&session.schema);
    ingest_batch_free(&session.batch);
    ingest_input_free(&session.input);
    return rc;
}

int main(int argc, char **argv) {
    struct ingest_options options;
    int rc = ingest_options_parse(&options, &program, argc, argv);
    if (rc == AS_OK && options.help)
        return as_diag_help(&program);
    if (rc == AS_OK && options.version)
        return as_diag_version(&program);
    if (rc == AS_OK)
        rc = as_diag_no_terminal(&program, STDOUT_FILENO, "written to");
    if (rc != AS_OK)
        return rc;

    catch_signals();
    as_io_widen_pipe(STDOUT_FILENO);
    struct as_error error = {0};
    struct as_domain *domain = NULL;
    rc = as_domain_load_file(options.domain, &domain, &error);
    if (rc == 0)
        rc = ingest(&options, domain, &error);
    if (rc)
        as_diag_fail(&program, &error);
    if (domain)
        as_domain_free(domain);
    ingest_options_free(&options);
    return as_diag_close_stdout(&program, rc);
}
