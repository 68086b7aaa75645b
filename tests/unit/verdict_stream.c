// SPDX-License-Identifier: MIT
//
// verdict_stream: a verdict stream on stdout, made by hand, for tests of what reads one.
//
//   verdict_stream WORD...
//     accept:N          a batch of N accepted items
//     reject:N:KIND:NAME  a batch of N items, all rejected for that reason (KIND is a number)
//     duplicate:N       a batch of N accepted items, all of them duplicates
//     age:MS            batches from here on were created MS milliseconds ago
//     ahead:MS          the same, MS milliseconds from now
//     dry               batches from here on come from a dry run
//     clock:MS          the clock stands still from here on, MS after 2026-01-01 00:00 UTC
//     pass:MS           that clock moves on
//     sleep:MS          real time does
//     set:NAME:VALUE    a field of telemetry, by its name in stream/telemetry.c; ns and bytes as
//     such commit:ITEMS:US   a COMMIT of so many items, which took that long, in telemetry's
//     counters telemetry         a TELEMETRY frame with all that was set malformed         a
//     VERDICTS frame with a body that is none malformed-telemetry end               END; without it
//     the stream is cut short
//   Any word may be followed by *COUNT: reject:1000:1:no_overdraft*500
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/io.h"
#include "stream/frame.h"
#include "stream/telemetry.h"
#include "stream/verdict.h"

#define NEW_YEAR_NS 1767225600000000000ULL // 2026-01-01 00:00 UTC

struct maker {
    uint64_t clock_ns; // 0: it is the system's
    uint64_t age_ns;
    struct as_telemetry telemetry;
    uint64_t records;
    bool dry;
    struct as_buffer body, frame;
    struct as_outcome_writer outcome;
};

static uint64_t now_ns(const struct maker *m) {
    return m->clock_ns ? m->clock_ns : as_clock_wall_ns();
}

static void send_frame(struct maker *m, uint8_t type, uint32_t records) {
    struct as_frame_header header = {
        .type = type,
        .records = records,
        .offset = m->records,
        .created_ns = now_ns(m) - (type == AS_FRAME_VERDICTS ? m->age_ns : 0),
    };
    m->frame.size = 0;
    as_frame_encode(&m->frame, &header, m->body.data, m->body.size);
    struct as_error error = {0};
    if (as_io_write_full(STDOUT_FILENO, m->frame.data, m->frame.size, "stdout", &error))
        exit(error.code);
    m->records += records;
}

static void send_verdicts(struct maker *m, uint32_t accepted, uint32_t rejected,
                          uint32_t duplicates) {
    struct as_verdict_head head = {
        .batch = 1,
        .accepted = accepted,
        .rejected = rejected,
        .duplicates = duplicates,
        .flags = m->dry ? AS_VERDICT_FLAG_DRY_RUN : 0,
        .committed_at_ns = now_ns(m),
    };
    m->body.size = 0;
    as_verdict_encode_head(&m->body, &head);
    as_outcome_finish(&m->outcome, &m->body);
    as_outcome_reset(&m->outcome);
    send_frame(m, AS_FRAME_VERDICTS, accepted + rejected);
}

static void reject(struct maker *m, uint32_t count, const char *rest) {
    char *name;
    uint8_t kind = (uint8_t)strtoul(rest, &name, 10);
    const char *columns[] = {"id", "balance"};
    struct as_buffer reason = {0};
    as_reason_encode(&reason, kind, name + 1, "account", columns, 1, 1);
    uint16_t index = as_outcome_add_reason(&m->outcome, reason.data, reason.size);
    struct as_value key = as_value_text("account-0000017", 15), value = as_value_integer(-5);
    for (uint32_t i = 0; i < count; i++) {
        as_outcome_add_rejection(&m->outcome, i, index);
        as_value_encode(&m->outcome.rejections, &key);
        as_value_encode(&m->outcome.rejections, &value);
    }
    send_verdicts(m, 0, count, 0);
    as_buffer_free(&reason);
}

static void send_empty(struct maker *m, uint8_t type) {
    m->body.size = 0;
    send_frame(m, type, 0);
}

static void send_telemetry(struct maker *m) {
    m->body.size = 0;
    as_telemetry_encode(&m->body, &m->telemetry);
    m->telemetry.commits = (struct as_histogram){0};
    send_frame(m, AS_FRAME_TELEMETRY, 0);
}

static void count_commit(struct maker *m, uint64_t items, uint64_t us) {
    uint64_t *v = m->telemetry.values, ns = us * AS_NS_PER_US;
    v[AS_TELEMETRY_COMMITS]++;
    v[AS_TELEMETRY_COMMIT_ITEMS] += items;
    v[AS_TELEMETRY_COMMIT_NS] += ns;
    v[AS_TELEMETRY_COMMIT_ITEMS_SQUARED] += items * items / 1024;
    v[AS_TELEMETRY_COMMIT_ITEMS_NS] += items * ns / 1024;
    as_histogram_add(&m->telemetry.commits, ns, 1);
}

static void set_field(struct maker *m, const char *text) {
    for (size_t i = 0; i < AS_TELEMETRY_FIELDS; i++) {
        size_t size = strlen(as_telemetry_info[i].name);
        if (strncmp(text, as_telemetry_info[i].name, size) != 0 || text[size] != ':')
            continue;
        m->telemetry.values[i] = strtoull(text + size + 1, NULL, 10);
        return;
    }
    exit(64);
}

static bool obey_verdicts(struct maker *m, const char *word, uint32_t n, char *rest) {
    if (strncmp(word, "accept:", 7) == 0)
        send_verdicts(m, n, 0, 0);
    else if (strncmp(word, "reject:", 7) == 0)
        reject(m, n, rest + 1);
    else if (strncmp(word, "duplicate:", 10) == 0)
        send_verdicts(m, n, 0, n);
    else if (strcmp(word, "dry") == 0)
        m->dry = true;
    else if (strcmp(word, "malformed") == 0)
        send_empty(m, AS_FRAME_VERDICTS);
    else if (strcmp(word, "end") == 0)
        send_empty(m, AS_FRAME_END);
    else
        return false;
    return true;
}

static bool obey_time(struct maker *m, const char *word, uint32_t n) {
    if (strncmp(word, "age:", 4) == 0)
        m->age_ns = (uint64_t)n * AS_NS_PER_MS;
    else if (strncmp(word, "ahead:", 6) == 0)
        m->age_ns = 0 - (uint64_t)n * AS_NS_PER_MS; // wraps back when it is subtracted
    else if (strncmp(word, "clock:", 6) == 0)
        m->clock_ns = NEW_YEAR_NS + (uint64_t)n * AS_NS_PER_MS;
    else if (strncmp(word, "pass:", 5) == 0)
        m->clock_ns += (uint64_t)n * AS_NS_PER_MS;
    else if (strncmp(word, "sleep:", 6) == 0)
        as_clock_sleep_until_ns(as_clock_monotonic_ns() + (uint64_t)n * AS_NS_PER_MS);
    else
        return false;
    return true;
}

static bool obey_telemetry(struct maker *m, const char *word, uint32_t n, char *rest) {
    if (strcmp(word, "telemetry") == 0)
        send_telemetry(m);
    else if (strncmp(word, "set:", 4) == 0)
        set_field(m, word + 4);
    else if (strncmp(word, "commit:", 7) == 0)
        count_commit(m, n, strtoull(rest + 1, NULL, 10));
    else if (strcmp(word, "malformed-telemetry") == 0)
        send_empty(m, AS_FRAME_TELEMETRY);
    else
        return false;
    return true;
}

static void obey(struct maker *m, const char *word) {
    const char *colon = strchr(word, ':');
    char *rest = NULL;
    uint32_t n = colon ? (uint32_t)strtoul(colon + 1, &rest, 10) : 0;
    if (!obey_verdicts(m, word, n, rest) && !obey_time(m, word, n) &&
        !obey_telemetry(m, word, n, rest))
        exit(64);
}

int main(int argc, char **argv) {
    static struct maker m;
    for (int i = 1; i < argc; i++) {
        char *star = strchr(argv[i], '*');
        unsigned long times = star ? strtoul(star + 1, NULL, 10) : 1;
        if (star)
            *star = '\0';
        for (; times > 0; times--)
            obey(&m, argv[i]);
    }
    as_buffer_free(&m.body);
    as_buffer_free(&m.frame);
    as_outcome_free(&m.outcome);
    return 0;
}
