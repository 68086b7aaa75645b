// SPDX-License-Identifier: MIT
//
// as-audit: is a store whole? Reads only, and what it looks at may be written meanwhile: it goes by
// the journal's end at its start.
#include <getopt.h>
#include <stdlib.h>
#include <unistd.h>

#include "audit.h"
#include "base/io.h"
#include "base/number.h"

static const struct as_program program = {
    .name = "as-audit",
    .help =
        "usage: as-audit [--referee] [--since N] [--rebuild-state] [--json] [--no-progress] STORE\n"
        "\n"
        "Proves the integrity of STORE, or says exactly what is broken: its files, its journal's\n"
        "frames and chain, every verdict by deciding it again, state.db against the journal, and\n"
        "the domain's CHECKs and assertions over state.db. as-commit may be at work meanwhile.\n"
        "\n"
        "      --referee        decide the whole journal by plain SQLite as well, and compare\n"
        "      --since N        take the batches before the item at position N as they are\n"
        "      --rebuild-state  make state.db again from the journal first (takes the writer's "
        "lock)\n"
        "      --json           the report as one JSON object\n"
        "      --no-progress    no progress line on a terminal\n"
        "      --help, --version\n"
        "\n"
        "Exit status: 0 INTEGRITY_OK, 1 INTEGRITY_FAILED, 64 usage, 65 not a store, 74 reading\n"
        "failed, 75 another process writes the store (--rebuild-state).\n",
};

// ---- Options ------------------------------------------------------------------------------------

enum mode { AUDIT, HELP, VERSION };

static int parse_option(struct audit_options *o, enum mode *mode, int option, char **argv) {
    switch (option) {
    case 'r':
        o->referee = true;
        return AS_OK;
    case 's':
        if (as_parse_count(optarg, 0, INT64_MAX, &o->since))
            return AS_OK;
        return as_diag_misuse(&program, "--since %s: not a position", optarg);
    case 'b':
        o->rebuild = true;
        return AS_OK;
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

static int parse_options(struct audit_options *o, enum mode *mode, int argc, char **argv) {
    static const struct option long_options[] = {
        {"referee", no_argument, NULL, 'r'},       {"since", required_argument, NULL, 's'},
        {"rebuild-state", no_argument, NULL, 'b'}, {"json", no_argument, NULL, 'j'},
        {"no-progress", no_argument, NULL, 'p'},   {"help", no_argument, NULL, 'h'},
        {"version", no_argument, NULL, 'v'},       {NULL, 0, NULL, 0},
    };
    *o = (struct audit_options){.progress = true};
    opterr = 0;
    int option, code;
    while ((option = getopt_long(argc, argv, ":", long_options, NULL)) != -1) {
        if ((code = parse_option(o, mode, option, argv)))
            return code;
    }
    if (*mode != AUDIT)
        return AS_OK;
    if (optind == argc)
        return as_diag_misuse(&program, "which store?");
    if (optind + 1 < argc)
        return as_diag_misuse(&program, "%s: more than one store", argv[optind + 1]);
    o->store = argv[optind];
    return AS_OK;
}

// ---- Blame --------------------------------------------------------------------------------------

// What is wrong with the data is the store's fault. So is whatever fails once it is known to be
// broken; before that, a failure to read says nothing about the store.
int audit_blame(struct audit *a, enum audit_topic topic, const struct as_error *error) {
    if (error->code != AS_DATA && !audit_report_failure(&a->report))
        return error->code;
    audit_report_add(&a->report, topic, AUDIT_FAILED, "%s", error->text);
    return AS_OK;
}

// ---- --rebuild-state ----------------------------------------------------------------------------

// Where state.db stands for more than the journal has, it is the only witness of what the journal
// has lost, and must stay.
static int check_witness(const struct as_store *store, struct as_domain *domain,
                         struct as_error *error) {
    struct as_journal_reader *reader;
    struct as_journal_head head;
    struct as_snapshot snapshot;
    struct as_error unreadable;
    if (access(store->state_path, F_OK) != 0 ||
        as_snapshot_open(store->state_path, domain, &snapshot, &unreadable))
        return AS_OK;
    uint64_t batches = snapshot.folded ? snapshot.position.batches : 0;
    as_snapshot_close(&snapshot);
    int code =
        as_journal_reader_open(store->journal_path, as_domain_digest(domain), &reader, error);
    if (code)
        return code;
    code = as_journal_reader_head(reader, &head, error);
    as_journal_reader_close(reader);
    if (!code && batches > head.batches)
        code = as_error_set(error, AS_IO, "%s: kept, for the journal ends before it",
                            store->state_path);
    return code;
}

static int make_state(struct as_store *store, struct as_domain *domain, struct as_error *error) {
    int code = as_statefile_remove(store->state_path, error);
    if (code) {
        as_domain_free(domain);
        return code;
    }
    code = as_store_open(store, domain, AS_SEGMENT_BYTES, false, error); // takes over the domain
    if (!code)
        code = as_store_fold(store, error);
    if (code)
        as_store_abandon(store);
    else
        code = as_store_close(store, error);
    return code;
}

static int rebuild_state(const char *path, struct as_error *error) {
    struct as_store store;
    struct as_domain *domain;
    bool exists;
    int code = as_store_lock(&store, path, false, &exists, error);
    if (!code)
        code = as_store_read_domain(path, &domain, error);
    if (code) {
        as_store_abandon(&store);
        return code;
    }
    code = check_witness(&store, domain, error);
    if (!code)
        return make_state(&store, domain, error);
    as_domain_free(domain);
    as_store_abandon(&store);
    return code;
}

// ---- The audit ----------------------------------------------------------------------------------

static int run_parts(struct audit *a, struct as_error *error) {
    uint64_t state_batch;
    int code = audit_state_batch(a, &state_batch, error);
    if (!code)
        code = audit_open_journal(a, error);
    if (!code)
        code = audit_segments(a, error);
    if (!code && a->options->referee)
        code = audit_referee_open(a, error);
    if (!code)
        code = audit_replay(a, state_batch, error);
    if (!code)
        code = audit_state(a, error);
    if (!code)
        code = audit_replay(a, a->head.batches, error);
    if (!code)
        code = audit_referee_end(a, error);
    if (!code)
        audit_sum_up_journal(a);
    return code;
}

static int print_report(const struct audit *a, struct as_error *error) {
    struct as_buffer text = {0};
    if (a->options->json)
        audit_report_json(&a->report, &text);
    else
        audit_report_text(&a->report, &text);
    int code = as_io_write_full(STDOUT_FILENO, text.data, text.size, "stdout", error);
    as_buffer_free(&text);
    return code;
}

static int audit_domain(struct audit *a, struct as_error *error) {
    as_progress_start(&a->progress, a->options->progress);
    int code = run_parts(a, error);
    as_progress_end(&a->progress);
    if (!code)
        code = print_report(a, error);
    audit_referee_close(a);
    as_journal_reader_close(a->reader);
    as_engine_free(a->replay.engine);
    as_replay_free(&a->replay);
    as_sources_free(&a->sources);
    as_buffer_free(&a->scratch);
    free(a->segments);
    return code;
}

static int audit_store(const struct audit_options *o) {
    struct audit a = {.options = o};
    struct as_error error = {0}, rebuild = {0};
    int rebuilt = o->rebuild ? rebuild_state(o->store, &rebuild) : AS_OK;
    if (rebuilt == AS_AGAIN || rebuilt == AS_DATA)
        return as_diag_fail(&program, &rebuild);
    if (as_store_read_domain(o->store, &a.domain, &error))
        return as_diag_fail(&program, &error);
    a.journal_path = as_io_join(o->store, "journal");
    a.state_path = as_io_join(o->store, "state.db");
    int code = audit_domain(&a, &error);
    bool failed = audit_report_failure(&a.report) != NULL;
    as_domain_free(a.domain);
    audit_report_free(&a.report);
    free(a.journal_path);
    free(a.state_path);
    if (code)
        return as_diag_fail(&program, &error);
    if (rebuilt) // told whatever the audit says: it explains why the state was not rebuilt
        as_diag_fail(&program, &rebuild);
    return as_diag_close_stdout(&program, failed ? AS_NO : rebuilt);
}

int main(int argc, char **argv) {
    struct audit_options options;
    enum mode mode = AUDIT;
    int code = parse_options(&options, &mode, argc, argv);
    if (code)
        return code;
    if (mode == HELP)
        return as_diag_help(&program);
    if (mode == VERSION)
        return as_diag_version(&program);
    return audit_store(&options);
}
