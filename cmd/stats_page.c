// SPDX-License-Identifier: MIT
#include "stats_page.h"

#include "stats_page_parts.h"
#include "stats_web.h"

void stats_page_escape(struct as_buffer *out, const char *text, size_t size) {
    for (size_t i = 0; i < size; i++) {
        switch (text[i]) {
        case '&':
            as_buffer_printf(out, "&amp;");
            break;
        case '<':
            as_buffer_printf(out, "&lt;");
            break;
        case '>':
            as_buffer_printf(out, "&gt;");
            break;
        case '"':
            as_buffer_printf(out, "&quot;");
            break;
        case '\'':
            as_buffer_printf(out, "&#39;");
            break;
        default: // a control character has no place in HTML
            as_buffer_u8(out, (uint8_t)text[i] < 0x20 ? ' ' : (uint8_t)text[i]);
        }
    }
}

void stats_page_body(const struct stats_page *page, struct as_buffer *out) {
    stats_page_headline(page, out);
    stats_page_charts(page, out);
    as_buffer_printf(out, "<div class=\"columns\">\n");
    stats_page_tables(page, out);
    stats_page_checks(page, out);
    as_buffer_printf(out, "</div>\n");
}

static void put_text(struct as_buffer *out, const char *text) {
    as_buffer_append(out, text, strlen(text));
}

// Nothing is loaded from anywhere, and nothing could be: so says the content security policy.
void stats_page_document(const struct stats_page *page, bool live, struct as_buffer *out) {
    put_text(out, "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
                  "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
                  "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; "
                  "img-src data:; style-src 'unsafe-inline'");
    put_text(out, live ? "; script-src 'unsafe-inline'; connect-src 'self'" : "");
    put_text(out, "\">\n<link rel=\"icon\" href=\"data:,\">\n<title>");
    stats_page_escape(out, page->title, strlen(page->title));
    put_text(out, "</title>\n<style>\n");
    put_text(out, stats_web_page_css);
    put_text(out, "</style>\n</head>\n<body>\n<main>\n");
    stats_page_body(page, out);
    put_text(out, "</main>\n");
    if (live) {
        put_text(out, "<script>\n");
        put_text(out, stats_web_live_js);
        put_text(out, "</script>\n");
    }
    put_text(out, "</body>\n</html>\n");
}
