// SPDX-License-Identifier: MIT
#include "unit.h"

#include <stdlib.h>

#include "base/random.h"
#include "stream/verdict.h"

static void test_verdict_head(void) {
    struct as_verdict_head head = {1, 2, 3, 4, 5, 1, 7, 8, 9}, back;
    struct as_buffer b = {0};
    as_verdict_encode_head(&b, &head);
    CHECK(b.size == AS_VERDICT_HEAD_SIZE);
    struct as_cursor c = as_cursor_over(b.data, b.size);
    CHECK(as_verdict_decode_head(&c, &back) && memcmp(&head, &back, sizeof head) == 0);
    c = as_cursor_over(b.data, b.size - 1);
    CHECK(!as_verdict_decode_head(&c, &back));
    b.data[28] = 2;
    c = as_cursor_over(b.data, b.size);
    CHECK(!as_verdict_decode_head(&c, &back));
    as_buffer_free(&b);
    CHECK(!strcmp(as_reject_kind_name(AS_REJECT_ERROR), "error"));
    CHECK(!strcmp(as_reject_kind_name(0), "?") && !strcmp(as_reject_kind_name(99), "?"));
}

static void write_outcome(struct as_buffer *out) {
    static const char *const columns[] = {"id", "balance"};
    struct as_outcome_writer w = {0};
    struct as_buffer reason = {0};
    struct as_value key = as_value_text("a", 1), value = as_value_integer(-5);
    as_reason_encode(&reason, AS_REJECT_CHECK, "no_overdraft", "account", columns, 1, 1);
    CHECK(as_outcome_add_reason(&w, reason.data, reason.size) == 0);
    reason.size = 0;
    as_reason_encode(&reason, AS_REJECT_RAISE, "no", "transfer", NULL, 0, 0);
    CHECK(as_outcome_add_reason(&w, reason.data, reason.size) == 1);
    as_outcome_add_rejection(&w, 3, 0);
    as_value_encode(&w.rejections, &key);
    as_value_encode(&w.rejections, &value);
    as_outcome_add_rejection(&w, 9, 1);
    as_outcome_finish(&w, out);
    as_outcome_reset(&w);
    size_t size = out->size;
    as_outcome_finish(&w, out);
    CHECK(out->size == size); // nothing was rejected: nothing is written
    as_outcome_free(&w);
    as_buffer_free(&reason);
}

// Reads to the end; how many rejections, or -1.
static int count_rejections(const void *data, size_t size) {
    struct as_outcome_reader r;
    struct as_rejection_view view;
    int count = 0, rc;
    if (!as_outcome_open(&r, data, size))
        return -1;
    while ((rc = as_outcome_next(&r, &view)) == 1)
        ++count;
    as_outcome_close(&r);
    return rc ? -1 : count;
}

static void test_outcome(void) {
    struct as_buffer b = {0};
    struct as_outcome_reader r;
    struct as_rejection_view v;
    write_outcome(&b);
    CHECK(as_outcome_open(&r, b.data, b.size) && r.reason_count == 2);
    CHECK(as_outcome_next(&r, &v) == 1 && v.item == 3 && v.reason->kind == AS_REJECT_CHECK);
    CHECK(v.reason->name.size == 12 && !memcmp(v.reason->name.data, "no_overdraft", 12));
    CHECK(v.reason->keys == 1 && v.reason->values == 1);
    CHECK(v.reason->columns[1].size == 7 && !memcmp(v.reason->columns[1].data, "balance", 7));
    CHECK(v.values[0].type == AS_TEXT && v.values[0].size == 1 && v.values[0].text[0] == 'a');
    CHECK(v.values[1].type == AS_INTEGER && v.values[1].integer == -5);
    CHECK(as_outcome_next(&r, &v) == 1 && v.item == 9 && v.reason->kind == AS_REJECT_RAISE);
    CHECK(as_outcome_next(&r, &v) == 0 && as_outcome_next(&r, &v) == 0);
    as_outcome_close(&r);
    CHECK(count_rejections(NULL, 0) == 0 && count_rejections(b.data, b.size) == 2);
    as_buffer_free(&b);
}

// No reader trusts a byte: what is cut short or longer is refused, what is changed may be another
// valid outcome, but is never read past its end (which the sanitizers and valgrind watch).
static void test_hostile_outcome(void) {
    struct as_buffer b = {0};
    struct as_random random;
    write_outcome(&b);
    for (size_t size = 1; size < b.size; ++size) {
        uint8_t *exact = as_alloc(size);
        memcpy(exact, b.data, size);
        CHECK(count_rejections(exact, size) == -1);
        free(exact);
    }
    as_random_seed(&random, 11);
    uint8_t *exact = as_alloc(b.size);
    for (int i = 0; i < 20000; ++i) {
        memcpy(exact, b.data, b.size);
        for (uint64_t n = as_random_below(&random, 4); n < 4; ++n)
            exact[as_random_below(&random, b.size)] = (uint8_t)as_random_next(&random);
        CHECK(count_rejections(exact, b.size) <= 2);
    }
    free(exact);
    as_buffer_u8(&b, 0);
    CHECK(count_rejections(b.data, b.size) == -1);
    as_buffer_free(&b);
}

static void test_hostile_counts(void) {
    CHECK(count_rejections("\xff\xff\xff\xff", 4) == -1);
    CHECK(count_rejections("\0\0\0\0\0\0\0\0", 8) == -1);
    CHECK(count_rejections("\1\0\0\0\1\0\0\0\0\0\0\xff\xff\xff\x7f", 15) == -1);
    CHECK(count_rejections("\1\0\0\0\1\0\0\0\0\x3d\0\1\0\0\0", 15) == -1);           // 61 columns
    CHECK(count_rejections("\1\0\0\0\1\0\0\0\0\0\0\1\0\0\0\0\0\0\0\1\0", 21) == -1); // reason 1
    CHECK(count_rejections("\1\0\0\0\1\0\0\0\0\0\0\1\0\0\0\0\0\0\0\0\0", 21) == 1);
}

static void test_long_name(void) {
    char *name = as_alloc(70000);
    memset(name, 'n', 69999);
    name[69999] = 0;
    memcpy(name + 65534, "\xc3\x9f", 2); // cut between characters
    struct as_buffer b = {0};
    as_reason_encode(&b, AS_REJECT_CHECK, name, "t", NULL, 0, 0);
    CHECK(as_load_le16(b.data + 1) == 65534);
    as_buffer_free(&b);
    free(name);
}

int main(void) {
    test_verdict_head();
    test_outcome();
    test_hostile_outcome();
    test_hostile_counts();
    test_long_name();
    return unit_end();
}
