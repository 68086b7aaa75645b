// SPDX-License-Identifier: MIT
#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/error.h"
#include "preflight.h"

void preflight_find(struct preflight_findings *findings, enum preflight_result result,
                    const char *check, const char *format, ...) {
    char text[AS_ERROR_TEXT_MAX];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    for (char *c = text; *c; c++) // what others say may have several lines
        *c = (uint8_t)*c < 0x20 || *c == 0x7f ? ' ' : *c;
    findings->list = as_realloc(findings->list, (findings->count + 1) * sizeof *findings->list);
    findings->list[findings->count++] = (struct preflight_finding){result, check, as_strdup(text)};
}

const struct preflight_finding *preflight_failure(const struct preflight_findings *findings) {
    for (size_t i = 0; i < findings->count; i++) {
        if (findings->list[i].result == PREFLIGHT_FAILURE)
            return &findings->list[i];
    }
    return NULL;
}

void preflight_findings_free(struct preflight_findings *findings) {
    for (size_t i = 0; i < findings->count; i++)
        free(findings->list[i].text);
    free(findings->list);
    *findings = (struct preflight_findings){0};
}

struct preflight_job *preflight_add_job(struct preflight *p, const char *name) {
    assert(p->job_count < PREFLIGHT_JOBS_MAX);
    struct preflight_job *job = &p->jobs[p->job_count++];
    *job = (struct preflight_job){.name = name};
    return job;
}
