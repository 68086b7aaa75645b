// SPDX-License-Identifier: MIT
//
// A run as a page of HTML: the report of --report, and what --listen shows meanwhile. The page is
// whole in itself; every text that comes from a stream or a file is escaped.
#ifndef AS_STATS_PAGE_H
#define AS_STATS_PAGE_H

#include <jansson.h>

#include "base/buffer.h"
#include "base/error.h"
#include "stats_series.h"

struct stats_page {
    const char *title;
    const struct stats_summary *summary;
    const struct stats_series *series;
    uint64_t now_ns; // since the epoch
    enum { STATS_PAGE_RUNNING, STATS_PAGE_ENDED, STATS_PAGE_BROKEN } state;
    const char *complaint;   // why it is broken
    const json_t *preflight; // of as-preflight --json; NULL where there is none
    const json_t *audit;     // of as-audit --json
};

// What is between <main> and </main>.
void stats_page_body(const struct stats_page *page, struct as_buffer *out);
// The whole document. With `live` it fetches live.json once a second, and shows its body.
void stats_page_document(const struct stats_page *page, bool live, struct as_buffer *out);

// Text with what HTML gives a meaning escaped.
void stats_page_escape(struct as_buffer *out, const char *text, size_t size);

#endif
