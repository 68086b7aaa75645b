// SPDX-License-Identifier: MIT
#include "audit_report.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "stream/value.h"

enum { HEAD_DIGITS = 16 }; // of the head in the verdict's line

static const char *const topic_names[AUDIT_TOPICS] = {
    "files", "journal", "verdicts", "state", "checks", "assertions", "referee",
};

void audit_report_free(struct audit_report *report) {
    for (size_t i = 0; i < report->count; i++)
        free(report->lines[i].text);
    free(report->lines);
}

void audit_report_add(struct audit_report *report, enum audit_topic topic, enum audit_result result,
                      const char *format, ...) {
    char text[AS_ERROR_TEXT_MAX];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    for (char *c = text; *c; c++) // SQLite's complaints may have several lines
        *c = (uint8_t)*c < 0x20 || *c == 0x7f ? ' ' : *c;
    report->lines = as_realloc(report->lines, (report->count + 1) * sizeof *report->lines);
    report->lines[report->count++] = (struct audit_line){topic, result, as_strdup(text)};
}

static const struct audit_line *find_failure(const struct audit_report *report,
                                             enum audit_topic topic) {
    for (size_t i = 0; i < report->count; i++) {
        if (report->lines[i].topic == topic && report->lines[i].result == AUDIT_FAILED)
            return &report->lines[i];
    }
    return NULL;
}

bool audit_report_failed(const struct audit_report *report, enum audit_topic topic) {
    return find_failure(report, topic) != NULL;
}

const char *audit_report_failure(const struct audit_report *report) {
    for (enum audit_topic topic = 0; topic < AUDIT_TOPICS; topic++) {
        const struct audit_line *line = find_failure(report, topic);
        if (line)
            return line->text;
    }
    return NULL;
}

static void each_line(const struct audit_report *report, struct as_buffer *out,
                      void (*print)(const struct audit_line *line, struct as_buffer *out)) {
    for (enum audit_topic topic = 0; topic < AUDIT_TOPICS; topic++) {
        for (size_t i = 0; i < report->count; i++) {
            if (report->lines[i].topic == topic)
                print(&report->lines[i], out);
        }
    }
}

static void print_text(const struct audit_line *line, struct as_buffer *out) {
    as_buffer_printf(out, "%-11s %s%s\n", topic_names[line->topic],
                     line->result == AUDIT_FAILED ? "FAILED: " : "", line->text);
}

void audit_report_text(const struct audit_report *report, struct as_buffer *out) {
    char head[AS_SHA256_HEX_SIZE];
    const char *failure = audit_report_failure(report);
    each_line(report, out, print_text);
    as_sha256_hex(report->head, head);
    if (failure)
        as_buffer_printf(out, "INTEGRITY_FAILED (%s)\n", failure);
    else
        as_buffer_printf(out,
                         "INTEGRITY_OK (%" PRIu64 " aggregates, %" PRIu64 " items, head %.*s)\n",
                         report->aggregates, report->items, HEAD_DIGITS, head);
}

static void print_json(const struct audit_line *line, struct as_buffer *out) {
    static const char *const results[] = {"ok", "note", "failed"};
    as_buffer_printf(out, "%s{\"check\":\"%s\",\"result\":\"%s\",\"text\":",
                     out->data[out->size - 1] == '[' ? "" : ",", topic_names[line->topic],
                     results[line->result]);
    as_json_string(out, line->text, strlen(line->text));
    as_buffer_u8(out, '}');
}

void audit_report_json(const struct audit_report *report, struct as_buffer *out) {
    char head[AS_SHA256_HEX_SIZE];
    const char *failure = audit_report_failure(report);
    as_sha256_hex(report->head, head);
    as_buffer_printf(out, "{\"integrity\":\"%s\"", failure ? "failed" : "ok");
    if (failure) {
        as_buffer_printf(out, ",\"failure\":");
        as_json_string(out, failure, strlen(failure));
    }
    as_buffer_printf(out,
                     ",\"aggregates\":%" PRIu64 ",\"items\":%" PRIu64 ",\"accepted\":%" PRIu64
                     ",\"rejected\":%" PRIu64 ",\"batches\":%" PRIu64
                     ",\"head\":\"%s\",\"checks\":[",
                     report->aggregates, report->items, report->accepted, report->rejected,
                     report->batches, head);
    each_line(report, out, print_json);
    as_buffer_printf(out, "]}\n");
}
