// SPDX-License-Identifier: MIT
//
// The files of cmd/web, as texts: made by the Makefile.
#ifndef AS_STATS_WEB_H
#define AS_STATS_WEB_H

extern const char stats_web_page_css[];
extern const char stats_web_live_js[];

#endif
