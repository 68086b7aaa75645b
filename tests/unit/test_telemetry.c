// SPDX-License-Identifier: MIT
#include "unit.h"

#include <stdlib.h>

#include "stream/telemetry.h"

static struct as_telemetry sent, got;

static void make(void) {
    for (size_t i = 0; i < AS_TELEMETRY_FIELDS; i++)
        sent.values[i] = i * 1000000007 + 1;
    as_histogram_add(&sent.commits, 0, 2);
    as_histogram_add(&sent.commits, 1900000, 41);
    as_histogram_add(&sent.commits, 1ull << 62, 1);
}

static void test_round_trip(void) {
    struct as_buffer b = {0};
    as_telemetry_encode(&b, &sent);
    memset(&got, 0xff, sizeof got);
    CHECK(as_telemetry_decode(b.data, b.size, &got));
    CHECK(memcmp(got.values, sent.values, sizeof sent.values) == 0);
    CHECK(got.commits.count == 44 && got.commits.max == 1ull << 62);
    CHECK(got.commits.sum == sent.commits.sum);
    CHECK(memcmp(got.commits.buckets, sent.commits.buckets, sizeof sent.commits.buckets) == 0);
    as_buffer_free(&b);
}

// In memory of exactly that size, so that a sanitizer sees a byte too many being read.
static bool decodes_prefix(const struct as_buffer *b, size_t size) {
    uint8_t *copy = as_alloc(size ? size : 1);
    memcpy(copy, b->data, size);
    bool decodes = as_telemetry_decode(copy, size, &got);
    free(copy);
    return decodes;
}

static void test_truncated(void) {
    struct as_buffer b = {0};
    as_telemetry_encode(&b, &sent);
    for (size_t size = 0; size < b.size; size++)
        CHECK(!decodes_prefix(&b, size));
    CHECK(decodes_prefix(&b, b.size));
    as_buffer_free(&b);
}

// Values, longest and sum of no COMMITs, no buckets.
static void write_values(struct as_buffer *b, uint32_t count) {
    b->size = 0;
    as_buffer_le32(b, count);
    for (uint32_t i = 0; i < count; i++)
        as_buffer_le64(b, i + 1);
    as_buffer_le64(b, 0);
    as_buffer_le64(b, 0);
    as_buffer_le32(b, 0);
}

static void test_other_versions(void) {
    struct as_buffer b = {0};
    write_values(&b, AS_TELEMETRY_FIELDS + 3);
    as_buffer_le64(&b, 12345); // behind the buckets
    CHECK(as_telemetry_decode(b.data, b.size, &got));
    CHECK(got.values[AS_TELEMETRY_FIELDS - 1] == AS_TELEMETRY_FIELDS && got.commits.count == 0);
    write_values(&b, 2);
    CHECK(as_telemetry_decode(b.data, b.size, &got));
    CHECK(got.values[1] == 2 && got.values[2] == 0);
    as_buffer_free(&b);
}

static bool decodes_buckets(uint16_t first, uint16_t second, uint32_t count) {
    struct as_buffer b = {0};
    write_values(&b, 1);
    as_store_le32(b.data + b.size - 4, count);
    as_buffer_le16(&b, first);
    as_buffer_le64(&b, 1);
    as_buffer_le16(&b, second);
    as_buffer_le64(&b, 1);
    bool decodes = as_telemetry_decode(b.data, b.size, &got);
    as_buffer_free(&b);
    return decodes;
}

static void test_malformed(void) {
    struct as_buffer b = {0};
    CHECK(decodes_buckets(3, 4, 2) && got.commits.count == 2);
    CHECK(!decodes_buckets(4, 4, 2));
    CHECK(!decodes_buckets(4, 3, 2));
    CHECK(!decodes_buckets(4, AS_HISTOGRAM_BUCKETS, 2));
    CHECK(!decodes_buckets(3, 4, 3));
    write_values(&b, 2);
    as_store_le32(b.data, UINT32_MAX); // more values than there are bytes
    CHECK(!as_telemetry_decode(b.data, b.size, &got));
    as_buffer_free(&b);
}

static void test_names(void) {
    for (size_t i = 0; i < AS_TELEMETRY_FIELDS; i++)
        CHECK(as_telemetry_info[i].name && as_telemetry_info[i].help);
}

int main(void) {
    make();
    test_round_trip();
    test_truncated();
    test_other_versions();
    test_malformed();
    test_names();
    return unit_end();
}
