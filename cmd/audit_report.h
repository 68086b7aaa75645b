// SPDX-License-Identifier: MIT
//
// What an audit has to say: lines by topic, each fine, a note or a failure, and the verdict.
#ifndef AS_AUDIT_REPORT_H
#define AS_AUDIT_REPORT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buffer.h"
#include "base/hash.h"

enum audit_topic { // in the order in which they are told
    AUDIT_FILES,
    AUDIT_JOURNAL,
    AUDIT_VERDICTS,
    AUDIT_STATE,
    AUDIT_CHECKS,
    AUDIT_ASSERTIONS,
    AUDIT_REFEREE,
    AUDIT_TOPICS,
};

enum audit_result { AUDIT_OK, AUDIT_NOTE, AUDIT_FAILED };

struct audit_line {
    enum audit_topic topic;
    enum audit_result result;
    char *text;
};

struct audit_report {
    struct audit_line *lines;
    size_t count;
    // At the end of the journal, as far as it was replayed:
    uint64_t aggregates; // rows of all of them
    uint64_t items;
    uint64_t accepted, rejected;
    uint64_t batches;
    uint8_t head[AS_SHA256_SIZE];
};

void audit_report_free(struct audit_report *report);
void audit_report_add(struct audit_report *report, enum audit_topic topic, enum audit_result result,
                      const char *format, ...) __attribute__((format(printf, 4, 5)));
// The first failure by topic, or NULL: the audit has passed.
const char *audit_report_failure(const struct audit_report *report);
bool audit_report_failed(const struct audit_report *report, enum audit_topic topic);

// A line for each check, the last one INTEGRITY_OK (…) or INTEGRITY_FAILED (…).
void audit_report_text(const struct audit_report *report, struct as_buffer *out);
// One JSON object, a line.
void audit_report_json(const struct audit_report *report, struct as_buffer *out);

#endif
