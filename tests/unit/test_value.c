// SPDX-License-Identifier: MIT
#include "unit.h"

#include <math.h>
#include <stdlib.h>

#include "base/random.h"
#include "stream/item.h"
#include "stream/value.h"

static void test_utf8(void) {
    static const char *const valid[] = {"",
                                        "a",
                                        "account-0001",
                                        "\x7f",
                                        "\xc2\x80",
                                        "\xdf\xbf",
                                        "\xe0\xa0\x80",
                                        "\xed\x9f\xbf",
                                        "\xee\x80\x80",
                                        "\xef\xbf\xbf",
                                        "\xf0\x90\x80\x80",
                                        "\xf4\x8f\xbf\xbf",
                                        "Stra\xc3\x9f"
                                        "e 12345678"};
    static const char *const wrong[] = {
        "\x80",         "\xbf",         "\xc0\x80",         "\xc1\xbf",         "\xc2",
        "\xc2\xc0",     "\xe0\x9f\xbf", "\xed\xa0\x80",     "\xe1\x80",         "\xe1\x80\xc0",
        "\xf0\x8f\xbf", "\xf0\x90\x80", "\xf4\x90\x80\x80", "\xf5\x80\x80\x80", "\xff",
        "12345678\xc2", "1234567\xff"};
    for (size_t i = 0; i < sizeof valid / sizeof *valid; ++i)
        CHECK(as_utf8_valid(valid[i], strlen(valid[i])));
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; ++i)
        CHECK(!as_utf8_valid(wrong[i], strlen(wrong[i])));
}

// A NUL or a stray byte is found at every place of texts of every length around the fast paths'.
static void test_utf8_places(void) {
    char text[40];
    for (size_t size = 1; size <= sizeof text; ++size)
        for (size_t at = 0; at < size; ++at) {
            memset(text, 'x', size);
            text[at] = 1;
            CHECK(as_utf8_valid(text, size));
            text[at] = 0;
            CHECK(!as_utf8_valid(text, size));
            text[at] = (char)0x80;
            CHECK(!as_utf8_valid(text, size));
        }
}

static size_t round_trip(struct as_value value) {
    struct as_buffer b = {0};
    as_value_encode(&b, &value);
    for (size_t size = 0; size < b.size; ++size) {
        struct as_value part;
        struct as_cursor c = as_cursor_over(b.data, size);
        CHECK(!as_value_decode(&c, &part));
    }
    struct as_cursor c = as_cursor_over(b.data, b.size);
    struct as_value back;
    CHECK(as_value_decode(&c, &back) && as_cursor_left(&c) == 0 && as_value_same(&value, &back));
    size_t size = b.size;
    as_buffer_free(&b);
    return size;
}

static void test_integers(void) {
    CHECK(round_trip(as_value_integer(0)) == 2 && round_trip(as_value_integer(-128)) == 2);
    CHECK(round_trip(as_value_integer(128)) == 3 && round_trip(as_value_integer(-32768)) == 3);
    CHECK(round_trip(as_value_integer(32768)) == 5 && round_trip(as_value_integer(INT32_MIN)) == 5);
    CHECK(round_trip(as_value_integer(1ll << 31)) == 9);
    CHECK(round_trip(as_value_integer(INT64_MIN)) == 9);
    CHECK(round_trip(as_value_integer(INT64_MAX)) == 9);
    struct as_random r;
    as_random_seed(&r, 3);
    for (int i = 0; i < 1000; ++i)
        round_trip(as_value_integer((int64_t)as_random_next(&r) >> as_random_below(&r, 64)));
}

static void test_values(void) {
    CHECK(round_trip(as_value_null()) == 1);
    CHECK(round_trip(as_value_real(0.1)) == 9 && round_trip(as_value_real(-INFINITY)) == 9);
    char *text = as_alloc(AS_TEXT_MAX);
    memset(text, 'y', AS_TEXT_MAX);
    CHECK(round_trip(as_value_text(text, 0)) == 1 && round_trip(as_value_text(text, 127)) == 128);
    CHECK(round_trip(as_value_text(text, 128)) == 133);
    free(text);
    struct as_value a = as_value_integer(0), b = as_value_real(0), c = as_value_real(-0.0);
    CHECK(!as_value_same(&a, &b) && !as_value_same(&b, &c));
}

static bool decodes(const void *bytes, size_t size) {
    struct as_cursor c = as_cursor_over(bytes, size);
    struct as_value v;
    return as_value_decode(&c, &v);
}

static void test_hostile_values(void) {
    for (int tag = 7; tag < 0x80; ++tag) {
        uint8_t bytes[16] = {(uint8_t)tag};
        CHECK(!decodes(bytes, sizeof bytes));
    }
    CHECK(!decodes("\x05\0\0\0\0\0\0\xf8\x7f", 9)); // NaN
    CHECK(decodes("\x05\0\0\0\0\0\0\xf0\x7f", 9));  // infinity
    CHECK(!decodes("\x06\xff\xff\xff\xff", 5));     // 4 GiB of text
    CHECK(!decodes("\x06\x01\x00\x10\x00zzz", 8));  // AS_TEXT_MAX + 1
    CHECK(decodes("\x06\x01\x00\x00\x00z", 6));     // a longer form than needed is taken
    CHECK(decodes("\x04\x01\0\0\0\0\0\0\0", 9));
    CHECK(!decodes("\x81\x00", 2) && !decodes("\x82\xc3(", 3) && !decodes("", 0));
}

static bool prints(struct as_value v, const char *plain, const char *json) {
    struct as_buffer b = {0};
    as_value_print(&b, &v);
    bool ok = b.size == strlen(plain) && !memcmp(b.data, plain, b.size);
    b.size = 0;
    as_value_print_json(&b, &v);
    ok = ok && b.size == strlen(json) && !memcmp(b.data, json, b.size);
    as_buffer_free(&b);
    return ok;
}

static void test_print(void) {
    CHECK(prints(as_value_null(), "NULL", "null") && prints(as_value_integer(-5), "-5", "-5"));
    CHECK(prints(as_value_real(1), "1.0", "1.0") && prints(as_value_real(0.5), "0.5", "0.5"));
    CHECK(prints(as_value_real(0.1), "0.10000000000000001", "0.10000000000000001"));
    CHECK(prints(as_value_real(1e300), "1.0000000000000001e+300", "1.0000000000000001e+300"));
    CHECK(prints(as_value_real(INFINITY), "1e999", "1e999"));
    CHECK(prints(as_value_real(-INFINITY), "-1e999", "-1e999"));
    CHECK(prints(as_value_text("it's", 4), "'it''s'", "\"it's\""));
    CHECK(prints(as_value_text("a\"\\\n\x1b\xc3\x9f", 7), "'a\"\\\\x0a\\x1b\xc3\x9f'",
                 "\"a\\\"\\\\\\n\\u001b\xc3\x9f\""));
    CHECK(prints(as_value_text("", 0), "''", "\"\""));
}

static void test_items(void) {
    struct as_buffer b = {0};
    struct as_item_head head = {700, AS_ITEM_FLAG_GROUP, 60}, back;
    as_item_encode_head(&b, &head);
    struct as_cursor c = as_cursor_over(b.data, b.size);
    CHECK(as_item_decode_head(&c, &back) && as_cursor_left(&c) == 0);
    CHECK(back.command == 700 && back.flags == AS_ITEM_FLAG_GROUP && back.values == 60);
    c = as_cursor_over(b.data, 3);
    CHECK(!as_item_decode_head(&c, &back));
    c = as_cursor_over("\0\0\2\0", 4);
    CHECK(!as_item_decode_head(&c, &back));
    c = as_cursor_over("\0\0\0\x3d", 4);
    CHECK(!as_item_decode_head(&c, &back));
    as_buffer_free(&b);
}

int main(void) {
    test_utf8();
    test_utf8_places();
    test_integers();
    test_values();
    test_hostile_values();
    test_print();
    test_items();
    return unit_end();
}
