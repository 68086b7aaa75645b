// SPDX-License-Identifier: MIT
#include "unit.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/bytes.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/hash.h"
#include "base/histogram.h"
#include "base/io.h"
#include "base/number.h"
#include "base/random.h"

static void test_error(void) {
    struct as_error e = {0};
    CHECK(as_error_set(&e, AS_DATA, "row %d", 7) == AS_DATA && strcmp(e.text, "row 7") == 0);
    CHECK(as_error_wrap(&e, "frame %d", 3) == AS_DATA && strcmp(e.text, "frame 3: row 7") == 0);
    as_error_set(&e, AS_IO, "again: %s", e.text);
    CHECK(e.code == AS_IO && strcmp(e.text, "again: frame 3: row 7") == 0);
    errno = ENOSPC;
    as_error_errno(&e, AS_IO, "stdout");
    CHECK(strcmp(e.text, "stdout: No space left on device") == 0);
    char huge[3000];
    memset(huge, 'x', sizeof huge - 1);
    huge[sizeof huge - 1] = 0;
    as_error_set(&e, AS_DATA, "%s", huge);
    as_error_wrap(&e, "%s", huge);
    CHECK(strlen(e.text) == AS_ERROR_TEXT_MAX - 1);
}

static bool count_is(const char *text, uint64_t expected) {
    uint64_t v = 0;
    return as_parse_count(text, 0, UINT64_MAX, &v) && v == expected;
}

static bool count_refused(const char *text) {
    uint64_t v = 42;
    return !as_parse_count(text, 0, UINT64_MAX, &v) && v == 42;
}

static void test_count(void) {
    CHECK(count_is("0", 0) && count_is("10", 10) && count_is("10k", 10000));
    CHECK(count_is("5M", 5000000) && count_is("2G", 2000000000));
    CHECK(count_is("4Ki", 4096) && count_is("512Mi", 512u << 20) && count_is("1Gi", 1u << 30));
    CHECK(count_is("1.5M", 1500000) && count_is("0.5Ki", 512) && count_is("1.0", 1));
    CHECK(count_is("18446744073709551615", UINT64_MAX));
    CHECK(count_is("0.000001M", 1) && count_refused("0.0000001M"));
    static const char *const wrong[] = {
        "",
        " 1",
        "1 ",
        "-1",
        "+1",
        "k",
        "1kk",
        "1K",
        "1m",
        ".5k",
        "1.",
        "1.k",
        "1x",
        "0x1",
        "1e3",
        "1.5",
        "1.3Ki",
        "18446744073709551616",
        "18446744073709551616k",
        "18446744073709551615k",
        "1.0000000000000000001k",
    };
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; ++i)
        CHECK(count_refused(wrong[i]));
    uint64_t v;
    CHECK(as_parse_count("5", 5, 5, &v) && !as_parse_count("4", 5, 9, &v));
    CHECK(!as_parse_count("10", 5, 9, &v));
}

static bool duration_is(const char *text, uint64_t expected) {
    uint64_t v = 1;
    return as_parse_duration_ns(text, &v) && v == expected;
}

static void test_duration(void) {
    CHECK(duration_is("250us", 250000) && duration_is("5ms", 5000000));
    CHECK(duration_is("1.5s", 1500000000) && duration_is("10m", 600000000000));
    CHECK(duration_is("2h", 7200000000000) && duration_is("0", 0) && duration_is("0s", 0));
    uint64_t v;
    CHECK(!as_parse_duration_ns("5", &v) && !as_parse_duration_ns("", &v));
    CHECK(!as_parse_duration_ns("-5s", &v) && !as_parse_duration_ns("5 s", &v));
    CHECK(!as_parse_duration_ns("1.5ns", &v) && !as_parse_duration_ns("9999999999h", &v));
    CHECK(!as_parse_duration_ns("5S", &v) && !as_parse_duration_ns("1d", &v));
}

static void test_real(void) {
    double v = 0;
    CHECK(as_parse_real("1.25", 0, 2, &v) && v == 1.25);
    CHECK(as_parse_real("-1e-3", -1, 1, &v) && v == -0.001);
    CHECK(!as_parse_real("", 0, 2, &v) && !as_parse_real("1 ", 0, 2, &v));
    CHECK(!as_parse_real("nan", -9, 9, &v) && !as_parse_real("inf", -9, INFINITY, &v));
    CHECK(!as_parse_real("1e999", 0, INFINITY, &v) && !as_parse_real("0x1", 0, 2, &v));
    CHECK(!as_parse_real("2.1", 0, 2, &v) && !as_parse_real("1.2.3", 0, 2, &v));
}

static bool int64_is(const char *text, int64_t expected) {
    int64_t v = 1;
    return as_parse_int64(text, strlen(text), &v) && v == expected;
}

static void test_int64(void) {
    CHECK(int64_is("0", 0) && int64_is("-0", 0) && int64_is("+7", 7) && int64_is("007", 7));
    CHECK(int64_is("9223372036854775807", INT64_MAX));
    CHECK(int64_is("-9223372036854775808", INT64_MIN));
    static const char *const wrong[] = {"",
                                        "-",
                                        "+",
                                        " 1",
                                        "1 ",
                                        "1.0",
                                        "--1",
                                        "1e3",
                                        "0x1",
                                        "9223372036854775808",
                                        "-9223372036854775809",
                                        "99999999999999999999"};
    int64_t v;
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; ++i)
        CHECK(!as_parse_int64(wrong[i], strlen(wrong[i]), &v));
    CHECK(!as_parse_int64("1\0002", 3, &v) && as_parse_int64("123", 2, &v) && v == 12);
}

static enum as_decimal_result decimal(const char *text, unsigned scale, int64_t *v) {
    *v = 0;
    return as_parse_decimal(text, strlen(text), scale, v);
}

static void test_decimal(void) {
    int64_t v;
    CHECK(decimal("700.00", 2, &v) == AS_DECIMAL_OK && v == 70000);
    CHECK(decimal("7", 2, &v) == AS_DECIMAL_OK && v == 700);
    CHECK(decimal("7.5", 2, &v) == AS_DECIMAL_OK && v == 750);
    CHECK(decimal("-0.01", 2, &v) == AS_DECIMAL_OK && v == -1);
    CHECK(decimal("+12", 0, &v) == AS_DECIMAL_OK && v == 12);
    CHECK(decimal("92233720368547758.07", 2, &v) == AS_DECIMAL_OK && v == INT64_MAX);
    CHECK(decimal("-92233720368547758.08", 2, &v) == AS_DECIMAL_OK && v == INT64_MIN);
    CHECK(decimal("92233720368547758.08", 2, &v) == AS_DECIMAL_OUT_OF_RANGE);
    CHECK(decimal("92233720368547759", 2, &v) == AS_DECIMAL_OUT_OF_RANGE);
    CHECK(decimal("99999999999999999999", 0, &v) == AS_DECIMAL_OUT_OF_RANGE);
    CHECK(decimal("0", 400, &v) == AS_DECIMAL_OK && v == 0);
    CHECK(decimal("1.234", 2, &v) == AS_DECIMAL_TOO_FINE);
    CHECK(decimal("1.000", 2, &v) == AS_DECIMAL_TOO_FINE);
    static const char *const wrong[] = {"",    "-",  ".",     "1.",   ".5",  "1,5",
                                        "1e2", " 1", "1.2.3", "1.-2", "- 1", "1 "};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; ++i)
        CHECK(decimal(wrong[i], 2, &v) == AS_DECIMAL_MALFORMED);
}

static void test_bytes(void) {
    uint8_t b[15];
    as_store_le16(b, 0x0201);
    as_store_le32(b + 2, 0x06050403);
    as_store_le64(b + 6, 0x0e0d0c0b0a090807);
    for (int i = 0; i < 14; ++i)
        CHECK(b[i] == i + 1);
    struct as_cursor c = as_cursor_over(b, 14);
    uint16_t v16;
    uint32_t v32;
    uint64_t v64;
    uint8_t v8;
    CHECK(as_cursor_le16(&c, &v16) && v16 == 0x0201);
    CHECK(as_cursor_le32(&c, &v32) && v32 == 0x06050403);
    CHECK(!as_cursor_take(&c, 9) && as_cursor_left(&c) == 8 && !as_cursor_take(&c, SIZE_MAX));
    CHECK(as_cursor_le64(&c, &v64) && v64 == 0x0e0d0c0b0a090807);
    CHECK(!as_cursor_u8(&c, &v8) && !as_cursor_le16(&c, &v16) && !as_cursor_le32(&c, &v32));
    CHECK(!as_cursor_le64(&c, &v64) && as_cursor_take(&c, 0) == b + 14);
}

static void test_buffer(void) {
    struct as_buffer b = {0};
    for (unsigned i = 0; i < 10000; ++i)
        as_buffer_le32(&b, i);
    CHECK(b.size == 40000 && as_load_le32(b.data + 4 * 9999) == 9999);
    b.size = 0;
    as_buffer_printf(&b, "%s %d", "x", 12);
    as_buffer_printf(&b, "%s", "");
    CHECK(b.size == 4 && strcmp((char *)b.data, "x 12") == 0);
    as_buffer_append(&b, NULL, 0);
    CHECK(b.size == 4);
    as_buffer_free(&b);
    CHECK(!b.data && b.capacity == 0);
}

static void test_hash(void) {
    uint8_t digest[AS_SHA256_SIZE];
    char hex[AS_SHA256_HEX_SIZE];
    as_sha256(NULL, 0, digest);
    as_sha256_hex(digest, hex);
    CHECK(!strcmp(hex, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"));
    struct as_bytes pieces[] = {{"a", 1}, {"", 0}, {"bc", 2}};
    as_sha256(pieces, 3, digest);
    as_sha256_hex(digest, hex);
    CHECK(!strcmp(hex, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"));
    CHECK(as_crc32(0, "123456789", 9) == 0xcbf43926);
    CHECK(as_crc32(as_crc32(0, "1234", 4), "56789", 5) == 0xcbf43926);
    CHECK(as_crc32(0xcbf43926, NULL, 0) == 0xcbf43926 && as_crc32(0, NULL, 0) == 0);
    CHECK(as_hash64("", 0) == 0x2d06800538d394c2);
}

// The value of each quantile is known: compare within 1 %.
static void check_quantiles(uint64_t step) {
    static struct as_histogram h;
    memset(&h, 0, sizeof h);
    for (uint64_t i = 1; i <= 10000; ++i)
        as_histogram_add(&h, i * step, 1);
    for (int percent = 1; percent <= 100; ++percent) {
        double truth = (double)percent * 100 * (double)step;
        double got = (double)as_histogram_quantile(&h, percent / 100.0);
        CHECK(got >= truth * 0.9999 && got <= truth * 1.01);
    }
    CHECK(h.count == 10000 && h.max == 10000 * step);
}

static void test_histogram(void) {
    static struct as_histogram h;
    CHECK(as_histogram_quantile(&h, 0.5) == 0);
    for (uint64_t step = 1; step < UINT64_MAX / 10000000; step = step * 7 + 1)
        check_quantiles(step);
    as_histogram_add(&h, 0, 0);
    CHECK(h.count == 0);
    as_histogram_add(&h, 0, 3);
    as_histogram_add(&h, 1ull << 63, 1);
    as_histogram_add(&h, UINT64_MAX, 1);
    CHECK(as_histogram_quantile(&h, 0) == 0 && as_histogram_quantile(&h, 0.6) == 0);
    CHECK(as_histogram_quantile(&h, 1) == UINT64_MAX);
}

static void test_histogram_sums(void) {
    static struct as_histogram a, b;
    as_histogram_add(&a, 10, 2);
    as_histogram_add(&b, 100, 1);
    as_histogram_add(&b, 1000000, 3);
    as_histogram_merge(&a, &b);
    CHECK(a.count == 6 && a.max == 1000000 && a.sum == 3000120);
    CHECK(as_histogram_count_to(&a, 9) == 0 && as_histogram_count_to(&a, 10) == 2);
    CHECK(as_histogram_count_to(&a, 989999) == 3 && as_histogram_count_to(&a, 1010001) == 6);
    as_histogram_add(&a, UINT64_MAX, 1);
    CHECK(as_histogram_count_to(&a, UINT64_MAX - 1) == 6);
    CHECK(as_histogram_count_to(&a, UINT64_MAX) == 7);
}

static void test_random(void) {
    struct as_random a, b;
    as_random_seed(&a, 7);
    as_random_seed(&b, 7);
    uint64_t below[10] = {0};
    for (int i = 0; i < 100000; ++i) {
        uint64_t v = as_random_below(&a, 10);
        CHECK(v < 10 && v == as_random_below(&b, 10));
        ++below[v % 10];
    }
    for (int i = 0; i < 10; ++i)
        CHECK(below[i] > 9500 && below[i] < 10500);
    CHECK(as_random_below(&a, 1) == 0);
    CHECK(as_random_below(&a, UINT64_MAX) < UINT64_MAX);
    for (int i = 0; i < 1000; ++i) {
        double u = as_random_unit(&a);
        CHECK(u >= 0 && u < 1);
    }
    as_random_seed(&a, 0);
    CHECK(as_random_next(&a) == 0x99ec5f36cb75f2b4); // xoshiro256** seeded by SplitMix64 of 0
}

// Compares the share of the first ranks with the law's.
static void check_zipf(uint64_t n, double exponent) {
    enum { DRAWS = 200000, FIRST = 5 };
    struct as_random r;
    struct as_zipf z;
    as_random_seed(&r, 1);
    as_zipf_init(&z, n, exponent);
    double norm = 0, seen[FIRST] = {0};
    for (uint64_t k = 1; k <= n; ++k)
        norm += pow((double)k, -exponent);
    for (int i = 0; i < DRAWS; ++i) {
        uint64_t k = as_zipf_next(&z, &r);
        CHECK(k < n);
        if (k < FIRST)
            ++seen[k];
    }
    for (uint64_t k = 0; k < FIRST && k < n; ++k) {
        double expected = DRAWS * pow((double)(k + 1), -exponent) / norm;
        CHECK(fabs(seen[k] - expected) < 6 * sqrt(expected) + 1);
    }
}

static void test_zipf(void) {
    static const double exponents[] = {0.01, 0.5, 0.99, 1, 1.0000001, 1.5, 3};
    for (size_t i = 0; i < sizeof exponents / sizeof *exponents; ++i) {
        check_zipf(1, exponents[i]);
        check_zipf(2, exponents[i]);
        check_zipf(1000, exponents[i]);
        check_zipf(100000, exponents[i]);
    }
}

static void test_files(const char *directory) {
    struct as_error e = {0};
    struct as_buffer b = {0};
    char *path = as_io_join(directory, "file");
    CHECK(as_io_write_file_durably(path, "hello", 5, &e) == 0 && e.code == 0);
    CHECK(as_io_read_file(path, 5, &b, &e) == 0 && b.size == 5 && !memcmp(b.data, "hello", 5));
    CHECK(as_io_read_file(path, 4, &b, &e) == AS_DATA);
    CHECK(as_io_write_file_durably(path, "", 0, &e) == 0);
    b.size = 0;
    CHECK(as_io_read_file(path, 4, &b, &e) == 0 && b.size == 0);
    CHECK(as_io_read_file(directory, 4, &b, &e) == AS_IO);
    CHECK(as_io_read_file("/nonexistent", 4, &b, &e) == AS_IO);
    CHECK(!strcmp(e.text, "/nonexistent: No such file or directory"));
    CHECK(as_io_sync_directory(directory, &e) == 0);
    CHECK(as_io_sync_directory(path, &e) == AS_IO);
    unlink(path);
    free(path);
    as_buffer_free(&b);
}

static void test_full_device(void) {
    struct as_error e = {0};
    int fd = open("/dev/full", O_WRONLY);
    CHECK(as_io_write_full(fd, "x", 1, "stdout", &e) == AS_IO);
    CHECK(!strcmp(e.text, "stdout: No space left on device"));
    close(fd);
}

static volatile int stop;

static void set_stop(int signal) {
    (void)signal;
    stop = 1;
}

// A read that would wait forever ends soon after *stop is set, by a signal that interrupts nothing
// too.
static void test_stop(void) {
    int pipe_fd[2];
    char byte;
    CHECK(pipe(pipe_fd) == 0);
    signal(SIGALRM, set_stop);
    struct as_error e;
    CHECK(as_io_write_full(pipe_fd[1], "x", 1, "pipe", &e) == 0);
    CHECK(as_io_read(pipe_fd[0], &byte, 1, &stop) == 1 && byte == 'x');
    alarm(1);
    CHECK(as_io_read(pipe_fd[0], &byte, 1, &stop) == -1 && errno == EINTR);
    CHECK(as_io_read(pipe_fd[0], &byte, 1, &stop) == -1 && errno == EINTR);
    close(pipe_fd[1]);
    CHECK(as_io_read(pipe_fd[0], &byte, 1, NULL) == 0);
    close(pipe_fd[0]);
}

static void test_clock(void) {
    uint64_t start = as_clock_monotonic_ns();
    as_clock_sleep_until_ns(start + 2 * AS_NS_PER_MS);
    CHECK(as_clock_monotonic_ns() - start >= 2 * AS_NS_PER_MS);
    as_clock_sleep_until_ns(start);
    CHECK(as_clock_wall_ns() > 1600000000ull * AS_NS_PER_S);
}

int main(void) {
    char directory[] = "/tmp/as-test-base-XXXXXX";
    CHECK(mkdtemp(directory));
    test_error();
    test_count();
    test_duration();
    test_real();
    test_int64();
    test_decimal();
    test_bytes();
    test_buffer();
    test_hash();
    test_histogram();
    test_histogram_sums();
    test_random();
    test_zipf();
    test_files(directory);
    test_full_device();
    test_stop();
    test_clock();
    rmdir(directory);
    return unit_end();
}
