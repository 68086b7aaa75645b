// SPDX-License-Identifier: MIT
//
// What as-preflight and as-audit said, of their JSON. A member that is missing is left out: the
// files are theirs.
#include "stats_format.h"
#include "stats_page_parts.h"

static void put_text(struct as_buffer *out, const char *text) {
    stats_page_escape(out, text, strlen(text));
}

static void put_row(struct as_buffer *out, const char *name, const char *class, const char *text) {
    as_buffer_printf(out, "<tr><th>");
    put_text(out, name);
    as_buffer_printf(out, "</th><td class=\"%s\">", class);
    put_text(out, text);
    as_buffer_printf(out, "</td></tr>\n");
}

static const char *class_of(const char *result) {
    if (strcmp(result, "ok") == 0)
        return "good";
    return strcmp(result, "failed") == 0 || strcmp(result, "failure") == 0 ? "bad" : "so-so";
}

// [{"check", "result", "text"}]: both programs have such a list.
static void put_findings(const json_t *list, struct as_buffer *out) {
    for (size_t i = 0; i < json_array_size(list); i++) {
        const json_t *finding = json_array_get(list, i);
        const char *result = stats_page_text(finding, "result");
        struct as_buffer text = {0};
        as_buffer_printf(&text, "%s: %s", result, stats_page_text(finding, "text"));
        put_row(out, stats_page_text(finding, "check"), class_of(result), (char *)text.data);
        as_buffer_free(&text);
    }
}

static void put_number_row(const json_t *object, const char *member, const char *name,
                           struct as_buffer *out) {
    const json_t *value = json_object_get(object, member);
    if (!json_is_number(value))
        return;
    as_buffer_printf(out, "<tr><th>%s</th><td>", name);
    stats_put_count(out, json_number_value(value));
    as_buffer_printf(out, "</td></tr>\n");
}

static void put_audit(const json_t *audit, struct as_buffer *out) {
    bool ok = strcmp(stats_page_text(audit, "integrity"), "ok") == 0;
    as_buffer_printf(
        out, "<section><h2>Audit: <span class=\"%s\">%s</span></h2>\n<table class=\"checks\">\n",
        ok ? "good" : "bad", ok ? "INTEGRITY_OK" : "INTEGRITY_FAILED");
    put_number_row(audit, "items", "items in the store", out);
    put_number_row(audit, "accepted", "accepted", out);
    put_number_row(audit, "rejected", "rejected", out);
    put_number_row(audit, "aggregates", "aggregates", out);
    put_row(out, "head", "", stats_page_text(audit, "head"));
    put_findings(json_object_get(audit, "checks"), out);
    as_buffer_printf(out, "</table></section>\n");
}

static void put_seconds(const json_t *value, struct as_buffer *out) {
    as_buffer_printf(out, "<td class=\"number\">");
    stats_put_ms(out, json_number_value(value) * 1000);
    as_buffer_printf(out, "</td>");
}

static void put_measurements(const json_t *list, struct as_buffer *out) {
    for (size_t i = 0; i < json_array_size(list); i++) {
        const json_t *job = json_array_get(list, i);
        const json_t *latency = json_object_get(job, "latency_seconds");
        as_buffer_printf(out, i ? "<tr><td>"
                                : "<tr><th></th><th class=\"number\">mean</th>"
                                  "<th class=\"number\">p99</th></tr>\n<tr><td>");
        put_text(out, stats_page_text(job, "what"));
        as_buffer_printf(out, "</td>");
        put_seconds(json_object_get(latency, "mean"), out);
        put_seconds(json_object_get(latency, "p99"), out);
        as_buffer_printf(out, "</tr>\n");
    }
}

static void put_preflight(const json_t *preflight, struct as_buffer *out) {
    bool pass = json_is_true(json_object_get(preflight, "pass"));
    as_buffer_printf(
        out,
        "<section><h2>Preflight: <span class=\"%s\">%s</span></h2>\n<table class=\"checks\">\n",
        pass ? "good" : "bad", pass ? "PASS" : "FAIL");
    put_row(out, "directory", "", stats_page_text(preflight, "directory"));
    put_row(out, "file system", "", stats_page_text(preflight, "file_system"));
    put_findings(json_object_get(preflight, "findings"), out);
    as_buffer_printf(out, "</table>\n<table>\n");
    put_measurements(json_object_get(preflight, "measurements"), out);
    as_buffer_printf(out, "</table></section>\n");
}

void stats_page_checks(const struct stats_page *page, struct as_buffer *out) {
    if (page->audit)
        put_audit(page->audit, out);
    if (page->preflight)
        put_preflight(page->preflight, out);
}
