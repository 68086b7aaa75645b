// SPDX-License-Identifier: MIT
//
// The parts of a page (stats_page.h).
#ifndef AS_STATS_PAGE_PARTS_H
#define AS_STATS_PAGE_PARTS_H

#include "stats_page.h"

// Its point in ten seconds: a sentence, badges, the great figures.
void stats_page_headline(const struct stats_page *page, struct as_buffer *out);
void stats_page_charts(const struct stats_page *page, struct as_buffer *out);
// Reasons, the cost of a commit, what is known of the run, what preflight and audit say.
void stats_page_tables(const struct stats_page *page, struct as_buffer *out);
void stats_page_checks(const struct stats_page *page, struct as_buffer *out);

// A member's text, or "".
const char *stats_page_text(const json_t *object, const char *name);

#endif
