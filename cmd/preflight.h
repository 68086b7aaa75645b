// SPDX-License-Identifier: MIT
//
// A preflight: what its parts share. Nothing here judges a disk by its name: it is measured, by fio
// and by the writer's own commit path, and what is known to spoil a run is looked for beside that.
//
//   scratch → disk and machine looked at → commit path, fio, commit path → model → gates → report
//
// A part that finds something says so in a finding, and goes on: the report has all of them. It
// stops early where *stop is set, and whatever it left lies in the scratch directory.
#ifndef AS_PREFLIGHT_H
#define AS_PREFLIGHT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buffer.h"
#include "base/diag.h"

enum {
    PREFLIGHT_BATCHES = 4, // sizes that the commit path is measured at
    PREFLIGHT_JOBS_MAX = PREFLIGHT_BATCHES + 2,
    PREFLIGHT_JOB_WHAT_MAX = 64,
    PREFLIGHT_FIO_VERSION_MAX = 32,
};

struct preflight_options {
    const char *directory;
    uint64_t mean_ns_max, p99_ns_max; // the gates
    uint64_t runtime_ns;              // of each measurement
    uint64_t items;                   // of the planned run, 0: unknown
    bool json, progress;
};

// ---- Findings -----------------------------------------------------------------------------------

enum preflight_result { PREFLIGHT_WARNING, PREFLIGHT_FAILURE };

struct preflight_finding {
    enum preflight_result result;
    const char *check; // "space"; a static string
    char *text;        // one line
};

struct preflight_findings {
    struct preflight_finding *list;
    size_t count;
};

void preflight_find(struct preflight_findings *findings, enum preflight_result result,
                    const char *check, const char *format, ...)
    __attribute__((format(printf, 4, 5)));
// The first failure, or NULL: all is well.
const struct preflight_finding *preflight_failure(const struct preflight_findings *findings);
void preflight_findings_free(struct preflight_findings *findings);

// ---- Measurements -------------------------------------------------------------------------------

struct preflight_job {
    const char *name; // "fio_randwrite"; a static string
    char what[PREFLIGHT_JOB_WHAT_MAX];
    uint64_t bytes; // an operation
    uint64_t items; // an operation; 0: none
    bool gated;
    uint64_t operations;
    double operations_per_s;
    double mean_ns, p50_ns, p99_ns, p99_9_ns, max_ns;
    double wal_bytes; // an operation, of the commit path
};

// A straight line, y = a + b·n.
struct preflight_line {
    double a, b;
};

struct preflight_model {
    bool known;
    struct preflight_line commit_ns; // T(batch), deciding included
    struct preflight_line wal_bytes; // that a batch adds to the journal
    double decide_ns;                // of commit_ns.b, what deciding takes an item
    uint64_t batch;                  // advised
};

// ---- What was found -----------------------------------------------------------------------------

struct preflight_disk {
    char file_system[32];
    uint64_t free_bytes;
    uint64_t room_bytes; // that a measurement may fill at a time; 0: too little to measure
};

struct preflight_machine {
    unsigned cpus;
    double load;              // of one minute, before the measurements
    double steal_percent;     // of the time of all CPUs, while they went on
    uint64_t available_bytes; // of memory; UINT64_MAX: unknown
};

struct preflight {
    const struct preflight_options *options;
    const volatile int *stop;
    char *scratch; // a directory of our own in DIR
    struct preflight_disk disk;
    struct preflight_machine machine;
    char fio_version[PREFLIGHT_FIO_VERSION_MAX]; // empty: there is no fio
    struct preflight_job jobs[PREFLIGHT_JOBS_MAX];
    size_t job_count;
    struct preflight_model model;
    struct preflight_findings findings;
    struct as_progress progress;
};

// Room for one more job, zeroed.
struct preflight_job *preflight_add_job(struct preflight *preflight, const char *name);

#endif
