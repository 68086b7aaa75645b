// SPDX-License-Identifier: MIT
#include "audit_verdict.h"

#include <inttypes.h>
#include <string.h>

#include "log_batch.h"

enum { NAME_SHOWN_MAX = 200 }; // bytes: a CHECK without a name is called by its text

void audit_verdict_print(struct as_buffer *out, uint8_t kind, const struct as_text *name) {
    if (kind == 0)
        as_buffer_printf(out, "accepted");
    else
        as_buffer_printf(out, "rejected by %s %.*s", as_reject_kind_name(kind),
                         name->size < NAME_SHOWN_MAX ? name->size : NAME_SHOWN_MAX, name->data);
}

static void print_item(struct as_buffer *out, const struct log_item *item) {
    const struct as_reason_view *reason = item->rejection ? item->rejection->reason : NULL;
    audit_verdict_print(out, reason ? reason->kind : 0, reason ? &reason->name : NULL);
    for (size_t i = 0; reason && i < (size_t)reason->keys + reason->values; i++) {
        as_buffer_printf(out, i ? ", " : " with ");
        as_value_print(out, &item->rejection->values[i]);
    }
    as_buffer_printf(out, "%s", "");
}

// True, with the error set, where the two verdicts differ in print.
static bool differ(const struct log_item *stored, const struct log_item *replayed,
                   struct as_error *error) {
    struct as_buffer a = {0}, b = {0};
    print_item(&a, stored);
    print_item(&b, replayed);
    bool same = a.size == b.size && memcmp(a.data, b.data, a.size) == 0;
    if (!same)
        as_error_set(error, AS_DATA,
                     "batch %" PRIu64 ": item %" PRIu64
                     ": the journal has it %.300s, deciding it again %.300s",
                     stored->batch, stored->item, (const char *)a.data, (const char *)b.data);
    as_buffer_free(&a);
    as_buffer_free(&b);
    return !same;
}

void audit_verdict_explain(const struct as_replay *replay, const struct as_journal_row *row,
                           struct as_error *error) {
    struct log_batch stored = {0}, replayed = {0};
    struct log_item a, b;
    struct as_error unreadable;
    struct as_journal_row again = *row;
    again.verdicts =
        (struct as_bytes){replay->decision.outcome.data, replay->decision.outcome.size};
    bool going = !log_batch_open(&stored, replay->domain, row, &replay->frame, &unreadable) &&
                 !log_batch_open(&replayed, replay->domain, &again, &replay->frame, &unreadable);
    while (going && log_batch_next(&stored, &a, &unreadable) > 0 &&
           log_batch_next(&replayed, &b, &unreadable) > 0)
        going = !differ(&a, &b, error);
    log_batch_free(&stored);
    log_batch_free(&replayed);
}
