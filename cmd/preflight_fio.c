// SPDX-License-Identifier: MIT
#include "preflight_fio.h"

#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/io.h"

enum {
    OUTPUT_MAX = 1 << 20, // bytes of JSON that fio may print
    READ_CHUNK = 64 * 1024,
    POLL_MS = 100,
    ARGUMENTS_MAX = 32,
    RANDOM_BYTES_MAX = 64 << 20,  // of the file that random writes go to
    APPEND_BYTES_MAX = 512 << 20, // that are appended at most, however fast the disk
    COMMON_ARGUMENTS = 12,
    TEXT_MAX = 32,
};
static const uint64_t grace_ns = 60ull * AS_NS_PER_S; // beyond its runtime, until fio is killed

struct job {
    const char *name, *what;
    bool sync_figures; // the figures of its fdatasync rather than of its write
    uint64_t block_bytes;
    uint64_t file_bytes_max;
    const char *const *arguments; // NULL at their end
};

// ---- The process --------------------------------------------------------------------------------

struct child {
    pid_t pid; // of its group, too
    int output;
    uint64_t started_ns;
};

// posix_spawnp, so that a missing fio is known at once: ENOENT.
static int spawn(char *const *arguments, const char *directory, int output, pid_t *pid) {
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    sigset_t none;
    sigemptyset(&none);
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_addchdir_np(&actions, directory);
    posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_adddup2(&actions, output, STDOUT_FILENO);
    posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "fio.err",
                                     O_WRONLY | O_CREAT | O_TRUNC, 0600);
    posix_spawnattr_init(&attributes);
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK);
    posix_spawnattr_setpgroup(&attributes, 0);
    posix_spawnattr_setsigmask(&attributes, &none);
    int rc = posix_spawnp(pid, arguments[0], &actions, &attributes, arguments, environ);
    posix_spawnattr_destroy(&attributes);
    posix_spawn_file_actions_destroy(&actions);
    return rc;
}

static int start(struct child *child, char *const *arguments, const char *directory) {
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) != 0)
        return errno;
    int rc = spawn(arguments, directory, ends[1], &child->pid);
    close(ends[1]);
    child->output = ends[0];
    child->started_ns = as_clock_monotonic_ns();
    if (rc)
        close(ends[0]);
    return rc;
}

static bool is_over(const struct preflight *p, const struct child *child) {
    uint64_t ran_ns = as_clock_monotonic_ns() - child->started_ns;
    return *p->stop || ran_ns > p->options->runtime_ns + grace_ns;
}

static void show_progress(struct preflight *p, const struct child *child, const struct job *job) {
    double ran_s = (double)(as_clock_monotonic_ns() - child->started_ns) / 1e9;
    double runtime_s = (double)p->options->runtime_ns / 1e9;
    as_progress_say(&p->progress, "%s: %.0f of %.0f s", job->what,
                    ran_s < runtime_s ? ran_s : runtime_s, runtime_s);
}

// Until the end of its output, or until it is over.
static void read_output(struct preflight *p, const struct child *child, const struct job *job,
                        struct as_buffer *out) {
    struct pollfd ready = {.fd = child->output, .events = POLLIN};
    ssize_t n = 1;
    while (n > 0 && !is_over(p, child)) {
        show_progress(p, child, job);
        if (poll(&ready, 1, POLL_MS) <= 0)
            continue;
        n = as_io_read(child->output, as_buffer_reserve(out, READ_CHUNK), READ_CHUNK, NULL);
        out->size += n > 0 && out->size < OUTPUT_MAX ? (size_t)n : 0;
    }
}

static int wait_for(const struct child *child) {
    int status = 0;
    while (waitpid(child->pid, &status, 0) < 0 && errno == EINTR)
        continue;
    return status;
}

static int run(struct preflight *p, const struct job *job, char *const *arguments,
               struct as_buffer *out, int *status) {
    struct child child;
    int rc = start(&child, arguments, p->scratch);
    if (rc)
        return rc;
    read_output(p, &child, job, out);
    close(child.output);
    if (is_over(p, &child)) // killed rather than asked: its files are in the scratch directory
        kill(-child.pid, SIGKILL);
    *status = wait_for(&child);
    return 0;
}

// ---- The figures --------------------------------------------------------------------------------

static double number(const json_t *object, const char *name) {
    return json_number_value(json_object_get(object, name));
}

static bool take_latency(const json_t *latency, struct preflight_job *figures) {
    const json_t *percentiles = json_object_get(latency, "percentile");
    figures->operations = (uint64_t)number(latency, "N");
    figures->mean_ns = number(latency, "mean");
    figures->max_ns = number(latency, "max");
    figures->p50_ns = number(percentiles, "50.000000");
    figures->p99_ns = number(percentiles, "99.000000");
    figures->p99_9_ns = number(percentiles, "99.900000");
    return figures->operations > 0 && percentiles;
}

static void take_version(struct preflight *p, const json_t *root) {
    const char *version = json_string_value(json_object_get(root, "fio version"));
    snprintf(p->fio_version, sizeof p->fio_version, "%s", version ? version : "unknown");
}

static bool take_figures(struct preflight *p, const struct job *job, const json_t *root) {
    const json_t *result = json_array_get(json_object_get(root, "jobs"), 0);
    const json_t *writes = json_object_get(result, "write");
    const json_t *syncs = json_object_get(result, "sync");
    const json_t *latency = json_object_get(job->sync_figures ? syncs : writes, "lat_ns");
    struct preflight_job figures = {.name = job->name,
                                    .bytes = job->block_bytes,
                                    .gated = true,
                                    .operations_per_s = number(writes, "iops")};
    if (number(result, "error") != 0 || !take_latency(latency, &figures))
        return false;
    snprintf(figures.what, sizeof figures.what, "%s", job->what);
    take_version(p, root);
    *preflight_add_job(p, job->name) = figures;
    return true;
}

// What fio says before its JSON, if anything, ends in a newline.
static bool parse_output(struct preflight *p, const struct job *job, const struct as_buffer *out) {
    const char *text = (const char *)out->data;
    const char *json = out->size ? memchr(text, '{', out->size) : NULL;
    if (!json)
        return false;
    json_t *root =
        json_loadb(json, out->size - (size_t)(json - text), JSON_DISABLE_EOF_CHECK, NULL);
    bool taken = root && take_figures(p, job, root);
    json_decref(root);
    return taken;
}

// ---- A job --------------------------------------------------------------------------------------

// The first line of what fio had to say.
static void read_complaint(const struct preflight *p, char *out, size_t size) {
    struct as_buffer text = {0};
    struct as_error ignored;
    char *path = as_io_join(p->scratch, "fio.err");
    as_io_read_file(path, OUTPUT_MAX, &text, &ignored);
    size_t line = text.size ? strcspn((const char *)text.data, "\n") : 0;
    snprintf(out, size, "%.*s", (int)(line < size ? line : size - 1), (const char *)text.data);
    as_buffer_free(&text);
    free(path);
}

static void tell_missing(struct preflight *p, int rc) {
    preflight_find(&p->findings, PREFLIGHT_WARNING, "fio",
                   rc == ENOENT ? "not installed: judged by the commit path alone"
                                : "cannot be run: judged by the commit path alone");
}

static void tell_failure(struct preflight *p, const struct job *job, int status) {
    char complaint[256];
    read_complaint(p, complaint, sizeof complaint);
    if (WIFSIGNALED(status))
        snprintf(complaint, sizeof complaint, "killed by signal %d", WTERMSIG(status));
    preflight_find(&p->findings, PREFLIGHT_WARNING, "fio", "%s is not measured: %s", job->what,
                   *complaint ? complaint : "fio gave no figures");
}

static uint64_t at_most(uint64_t v, uint64_t max) {
    return v < max ? v : max;
}

// False where there is no fio.
static bool run_job(struct preflight *p, const struct job *job) {
    char size[TEXT_MAX], runtime[TEXT_MAX], block[TEXT_MAX];
    snprintf(size, sizeof size, "--size=%llu",
             (unsigned long long)at_most(p->disk.room_bytes, job->file_bytes_max));
    snprintf(runtime, sizeof runtime, "--runtime=%llums",
             (unsigned long long)(p->options->runtime_ns / AS_NS_PER_MS));
    snprintf(block, sizeof block, "--bs=%llu", (unsigned long long)job->block_bytes);
    const char *arguments[ARGUMENTS_MAX] = {"fio",
                                            "--name=preflight",
                                            "--filename=fio.data",
                                            "--thread",
                                            "--eta=never",
                                            "--output-format=json",
                                            "--lat_percentiles=1",
                                            "--clat_percentiles=0",
                                            "--percentile_list=50:99:99.9",
                                            size,
                                            runtime,
                                            block};
    size_t count = COMMON_ARGUMENTS;
    for (const char *const *a = job->arguments; *a; a++)
        arguments[count++] = *a;
    struct as_buffer out = {0};
    int status = 0;
    int rc = run(p, job, (char *const *)arguments, &out, &status);
    if (rc)
        tell_missing(p, rc);
    else if (!*p->stop && !parse_output(p, job, &out))
        tell_failure(p, job, status);
    as_buffer_free(&out);
    return rc == 0;
}

void preflight_fio_run(struct preflight *p, uint64_t append_bytes) {
    static const char *const random[] = {"--rw=randwrite", "--direct=1", "--sync=1", "--time_based",
                                         NULL};
    // No preallocation, or a piece of the file would only be overwritten.
    static const char *const append[] = {"--rw=write", "--fdatasync=1", "--fallocate=none", NULL};
    char what[PREFLIGHT_JOB_WHAT_MAX];
    snprintf(what, sizeof what, "fio append %llu KiB, fdatasync",
             (unsigned long long)append_bytes >> 10);
    const struct job random_job = {.name = "fio_randwrite",
                                   .what = "fio randwrite 4 KiB, direct, sync",
                                   .block_bytes = 4096,
                                   .file_bytes_max = RANDOM_BYTES_MAX,
                                   .arguments = random};
    const struct job append_job = {.name = "fio_append",
                                   .what = what,
                                   .sync_figures = true,
                                   .block_bytes = append_bytes,
                                   .file_bytes_max = APPEND_BYTES_MAX,
                                   .arguments = append};
    if (run_job(p, &random_job) && !*p->stop)
        run_job(p, &append_job);
}
