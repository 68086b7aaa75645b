// SPDX-License-Identifier: MIT
#include "base/diag.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"

enum { PROGRESS_PERIOD_NS = AS_NS_PER_S / 5 };

int as_diag_fail(const struct as_program *program, const struct as_error *error) {
    fprintf(stderr, "%s: %s\n", program->name, error->text);
    return error->code;
}

static void say(const struct as_program *program, const char *format, va_list args) {
    char text[AS_ERROR_TEXT_MAX];
    vsnprintf(text, sizeof text, format, args);
    fprintf(stderr, "%s: %s", program->name, text);
}

void as_diag_note(const struct as_program *program, const char *format, ...) {
    va_list args;
    va_start(args, format);
    say(program, format, args);
    va_end(args);
    fputc('\n', stderr);
}

int as_diag_misuse(const struct as_program *program, const char *format, ...) {
    va_list args;
    va_start(args, format);
    say(program, format, args);
    va_end(args);
    fprintf(stderr, " (try %s --help)\n", program->name);
    return AS_USAGE;
}

int as_diag_help(const struct as_program *program) {
    size_t size = strlen(program->help);
    fputs(program->help, stdout);
    if (size == 0 || program->help[size - 1] != '\n')
        putchar('\n');
    return as_diag_close_stdout(program, AS_OK);
}

int as_diag_version(const struct as_program *program) {
    printf("%s %s\n", program->name, AS_VERSION);
    return as_diag_close_stdout(program, AS_OK);
}

int as_diag_close_stdout(const struct as_program *program, int code) {
    errno = 0;
    bool failed = ferror(stdout) != 0;
    int reason = 0;
    if (fclose(stdout) != 0) {
        failed = true;
        reason = errno;
    }
    if (!failed || (code != AS_OK && code != AS_NO))
        return code; // an earlier failure has had its line
    fprintf(stderr, "%s: stdout: %s\n", program->name, reason ? strerror(reason) : "write failed");
    return AS_IO;
}

int as_diag_no_terminal(const struct as_program *program, int fd, const char *direction) {
    if (!isatty(fd))
        return AS_OK;
    return as_diag_misuse(program, "frames are not %s a terminal: use a pipe or a file", direction);
}

void as_progress_start(struct as_progress *p, bool enabled) {
    *p = (struct as_progress){.enabled = enabled && isatty(STDERR_FILENO)};
    p->started_ns = as_clock_monotonic_ns();
    p->next_ns = p->started_ns + PROGRESS_PERIOD_NS;
}

// "999", "12.3k", "1.02M": three significant digits.
static void print_short(char *out, size_t size, double v) {
    static const char *const units[] = {"", "k", "M", "G", "T"};
    unsigned unit = 0;
    for (; v >= 999.5 && unit < 4; ++unit)
        v /= 1000;
    int decimals = unit == 0 || v >= 99.95 ? 0 : v >= 9.995 ? 1 : 2;
    snprintf(out, size, "%.*f%s", decimals, v, units[unit]);
}

static bool is_due(struct as_progress *p, uint64_t now) {
    if (!p->enabled || now < p->next_ns)
        return false;
    p->next_ns = now + PROGRESS_PERIOD_NS;
    return true;
}

void as_progress_show(struct as_progress *p, const char *what, uint64_t done, uint64_t total) {
    uint64_t now = p->enabled ? as_clock_monotonic_ns() : 0;
    if (!is_due(p, now))
        return;
    char count[32], rate[32];
    print_short(count, sizeof count, (double)done);
    print_short(rate, sizeof rate, (double)done * 1e9 / (double)(now - p->started_ns));
    fprintf(stderr, "\r\033[K%s %s, %s %s/s", count, what, rate, what);
    if (total)
        fprintf(stderr, ", %.0f %%", 100.0 * (double)done / (double)total);
    fflush(stderr);
}

void as_progress_say(struct as_progress *p, const char *format, ...) {
    if (!is_due(p, p->enabled ? as_clock_monotonic_ns() : 0))
        return;
    va_list args;
    va_start(args, format);
    fputs("\r\033[K", stderr);
    vfprintf(stderr, format, args);
    fflush(stderr);
    va_end(args);
}

void as_progress_end(struct as_progress *p) {
    if (p->enabled)
        fputs("\r\033[K", stderr);
    p->enabled = false;
}
