// SPDX-License-Identifier: MIT
#include "unit.h"

#include <stdlib.h>
#include <unistd.h>

#include "base/hash.h"
#include "base/io.h"
#include "base/random.h"
#include "stream/frame.h"

// ---- Frames in memory ---------------------------------------------------------------------------

static struct as_frame_header header_of(uint8_t type, uint32_t records, uint64_t offset) {
    static const char sql[] = "CREATE TABLE t (id INTEGER PRIMARY KEY) STRICT;";
    return (struct as_frame_header){
        .type = type,
        .records = records,
        .source = as_frame_source_id("gen"),
        .offset = offset,
        .created_ns = 1700000000000000000u,
        .domain = as_frame_domain_fingerprint(sql, sizeof sql - 1),
    };
}

static void frame_round_trip(uint8_t flags, const void *body, size_t size) {
    struct as_buffer b = {0};
    struct as_frame frame = {0};
    struct as_error error = {0};
    struct as_frame_header h = header_of(AS_FRAME_ITEMS, 17, 12345);
    h.flags = flags;
    as_frame_encode(&b, &h, body, size);
    CHECK(b.size == AS_FRAME_HEADER_SIZE + (size_t)h.stored_size && h.inflated_size == size);
    for (int i = 0; i < 2; ++i) { // the second time into used buffers
        CHECK(as_frame_decode(&frame, b.data, b.size, &error) == 0 && error.code == 0);
        CHECK(memcmp(&frame.header, &h, sizeof h) == 0);
        CHECK(frame.stored.size == b.size && memcmp(frame.stored.data, b.data, b.size) == 0);
        CHECK(size == 0 || memcmp(frame.body, body, size) == 0);
    }
    CHECK(as_frame_decode(&frame, b.data, b.size - 1, &error) == AS_DATA);
    as_buffer_u8(&b, 0);
    CHECK(as_frame_decode(&frame, b.data, b.size, &error) == AS_DATA);
    as_frame_free(&frame);
    as_buffer_free(&b);
}

static void test_frames(void) {
    enum { SIZE = 300000 };
    uint8_t *body = as_alloc(SIZE);
    struct as_random r;
    as_random_seed(&r, 5);
    for (size_t i = 0; i < SIZE; ++i)
        body[i] = (uint8_t)(i % 1000 < 900 ? 'a' : as_random_next(&r));
    for (uint8_t flags = 0; flags <= AS_FRAME_FLAG_ZLIB; ++flags) {
        frame_round_trip(flags, NULL, 0);
        frame_round_trip(flags, body, 1);
        frame_round_trip(flags, body, SIZE);
    }
    for (size_t i = 0; i < SIZE; ++i)
        body[i] = (uint8_t)as_random_next(&r);
    frame_round_trip(AS_FRAME_FLAG_ZLIB, body, SIZE); // does not shrink: stored as it is
    free(body);
}

// Changes a header's byte and makes its checksum right again: the field itself must be refused.
static bool refuses(uint8_t *frame, size_t size, size_t at, uint8_t value, const char *text) {
    uint8_t old = frame[at];
    frame[at] = value;
    memset(frame + 8, 0, 4);
    as_store_le32(frame + 8, as_crc32(0, frame, AS_FRAME_HEADER_SIZE));
    struct as_frame decoded = {0};
    struct as_error error = {0};
    int rc = as_frame_decode(&decoded, frame, size, &error);
    bool ok = rc == AS_DATA && strcmp(error.text, text) == 0;
    if (!ok)
        printf("byte %zu: %d %s\n", at, rc, error.text);
    frame[at] = old;
    as_frame_free(&decoded);
    return ok;
}

static void test_hostile_headers(void) {
    struct as_buffer b = {0};
    struct as_frame_header h = header_of(AS_FRAME_ITEMS, 1, 0);
    as_frame_encode(&b, &h, "abcd", 4);
    CHECK(refuses(b.data, b.size, 0, 'X', "not a frame (wrong magic)"));
    CHECK(refuses(b.data, b.size, 4, 2, "version 2 is not supported"));
    CHECK(refuses(b.data, b.size, 5, 9, "unknown frame type 9"));
    CHECK(refuses(b.data, b.size, 5, 0, "unknown frame type 0"));
    CHECK(refuses(b.data, b.size, 5, AS_FRAME_END, "an END frame with a body or records"));
    CHECK(refuses(b.data, b.size, 6, 2, "unknown flags 0x02"));
    CHECK(refuses(b.data, b.size, 6, 1, "compressed body is malformed"));
    CHECK(refuses(b.data, b.size, 7, 1, "a reserved byte is not zero"));
    CHECK(refuses(b.data, b.size, 31, 1, "a reserved byte is not zero"));
    CHECK(refuses(b.data, b.size, 12, (uint8_t)~b.data[12], "body checksum differs"));
    CHECK(refuses(b.data, b.size, 19, 1, "a body of 16777220 bytes is over the limit of 16777216"));
    CHECK(refuses(b.data, b.size, 20, 5, "stored and inflated length differ"));
    CHECK(refuses(b.data, b.size, 24, 0, "an ITEMS frame without records"));
    CHECK(refuses(b.data, b.size, 27, 1, "16777217 records are over the limit of 1048576"));
    CHECK(
        refuses(b.data, b.size, 47, 0x80, "offset 9223372036854775808 is over the limit of 2^63"));
    as_buffer_free(&b);
}

static void test_hostile_zlib(void) {
    struct as_buffer b = {0};
    char body[1000] = {0};
    struct as_frame_header h = header_of(AS_FRAME_ITEMS, 1, 0);
    h.flags = AS_FRAME_FLAG_ZLIB;
    as_frame_encode(&b, &h, body, sizeof body);
    CHECK(refuses(b.data, b.size, 20, 0xe7, "compressed body is malformed")); // one byte less
    CHECK(refuses(b.data, b.size, 20, 0xe9,
                  "compressed body has another length than stated")); // one more
    as_buffer_free(&b);
}

// ---- Streams ------------------------------------------------------------------------------------

static void add_frame(struct as_buffer *b, uint8_t type, uint32_t records, uint64_t offset,
                      uint8_t flags, const char *body) {
    struct as_frame_header h = header_of(type, records, offset);
    h.flags = flags;
    as_frame_encode(b, &h, body, strlen(body));
}

static void add_domain(struct as_buffer *b) {
    add_frame(b, AS_FRAME_DOMAIN, 0, 0, 0, "CREATE TABLE t (id INTEGER PRIMARY KEY) STRICT;");
}

static void add_items(struct as_buffer *b, uint32_t records, uint64_t offset, uint8_t flags) {
    add_frame(b, AS_FRAME_ITEMS, records, offset, flags, "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx");
}

static void add_end(struct as_buffer *b, uint64_t records) {
    add_frame(b, AS_FRAME_END, 0, records, 0, "");
}

static int file_of(const void *data, size_t size) {
    char path[] = "/tmp/as-test-stream-XXXXXX";
    int fd = mkstemp(path);
    struct as_error error;
    CHECK(fd >= 0 && unlink(path) == 0);
    CHECK(as_io_write_full(fd, data, size, path, &error) == 0 && lseek(fd, 0, SEEK_SET) == 0);
    return fd;
}

// Reads a whole stream: how many frames were delivered, then 0 or the error.
static int read_stream(const void *data, size_t size, enum as_stream_kind kind, unsigned *frames,
                       struct as_error *error) {
    int fd = file_of(data, size);
    struct as_frame_reader *reader = as_frame_reader_open(fd, kind, "stdin", NULL);
    struct as_frame frame = {0};
    enum as_frame_next next;
    *error = (struct as_error){0};
    CHECK(as_frame_reader_ready(reader));
    for (*frames = 0; (next = as_frame_reader_next(reader, &frame, error)) == AS_FRAME_READ;)
        ++*frames;
    struct as_error again = {0};
    CHECK(as_frame_reader_next(reader, &frame, &again) == next); // it stays so
    CHECK(again.code == error->code && strcmp(again.text, error->text) == 0);
    CHECK(as_frame_reader_ready(reader));
    as_frame_free(&frame);
    as_frame_reader_close(reader);
    close(fd);
    return next == AS_FRAME_FINISHED ? 0 : error->code;
}

static bool stream_fails(const struct as_buffer *b, enum as_stream_kind kind, const char *text) {
    unsigned frames;
    struct as_error error;
    int rc = read_stream(b->data, b->size, kind, &frames, &error);
    if (rc != AS_DATA || strcmp(error.text, text) != 0)
        printf("%d: %s\n", rc, error.text);
    return rc == AS_DATA && strcmp(error.text, text) == 0;
}

static void small_stream(struct as_buffer *b) {
    add_domain(b);
    add_items(b, 3, 0, 0);
    add_items(b, 4, 3, AS_FRAME_FLAG_ZLIB);
    add_end(b, 7);
}

static void test_stream(void) {
    struct as_buffer b = {0};
    unsigned frames;
    struct as_error error;
    small_stream(&b);
    CHECK(read_stream(b.data, b.size, AS_STREAM_ITEMS, &frames, &error) == 0 && frames == 3);
    b.size = 0;
    add_domain(&b);
    add_end(&b, 0);
    CHECK(read_stream(b.data, b.size, AS_STREAM_ITEMS, &frames, &error) == 0 && frames == 1);
    b.size = 0;
    add_frame(&b, AS_FRAME_VERDICTS, 5, 0, 0, "v");
    add_frame(&b, AS_FRAME_TELEMETRY, 0, 0, 0, "t");
    add_end(&b, 5);
    CHECK(read_stream(b.data, b.size, AS_STREAM_VERDICTS, &frames, &error) == 0 && frames == 2);
    as_buffer_free(&b);
}

static void test_every_prefix(void) {
    struct as_buffer b = {0};
    unsigned frames;
    struct as_error error;
    small_stream(&b);
    for (size_t size = 0; size < b.size; ++size) {
        CHECK(read_stream(b.data, size, AS_STREAM_ITEMS, &frames, &error) == AS_DATA);
        CHECK(strstr(error.text, "truncated") || strstr(error.text, "without an END"));
    }
    as_buffer_free(&b);
}

static void test_every_flip(void) {
    struct as_buffer b = {0};
    unsigned frames;
    struct as_error error;
    small_stream(&b);
    for (size_t at = 0; at < b.size; ++at)
        for (int bit = 0; bit < 9; ++bit) {
            uint8_t mask = (uint8_t)(bit < 8 ? 1 << bit : 0xff);
            b.data[at] ^= mask;
            CHECK(read_stream(b.data, b.size, AS_STREAM_ITEMS, &frames, &error) == AS_DATA);
            CHECK(strncmp(error.text, "stdin: frame ", 13) == 0 && !strchr(error.text, '\n'));
            b.data[at] ^= mask;
        }
    as_buffer_free(&b);
}

static void test_order(void) {
    struct as_buffer b = {0};
    CHECK(stream_fails(&b, AS_STREAM_ITEMS, "stdin: ends without an END frame"));
    add_items(&b, 1, 0, 0);
    CHECK(stream_fails(&b, AS_STREAM_ITEMS,
                       "stdin: frame 1 at byte 0: the stream does not begin with a DOMAIN frame"));
    b.size = 0;
    add_domain(&b);
    CHECK(stream_fails(&b, AS_STREAM_ITEMS, "stdin: ends without an END frame"));
    CHECK(stream_fails(&b, AS_STREAM_VERDICTS,
                       "stdin: frame 1 at byte 0: a frame of type DOMAIN has no place in a verdict "
                       "stream"));
    add_domain(&b);
    CHECK(stream_fails(&b, AS_STREAM_ITEMS, "stdin: frame 2 at byte 111: a second DOMAIN frame"));
    b.size = 0;
    add_domain(&b);
    add_frame(&b, AS_FRAME_VERDICTS, 1, 0, 0, "");
    CHECK(stream_fails(&b, AS_STREAM_ITEMS,
                       "stdin: frame 2 at byte 111: a frame of type VERDICTS has no place in an "
                       "item stream"));
    as_buffer_free(&b);
}

static void test_ends(void) {
    struct as_buffer b = {0};
    add_domain(&b);
    add_items(&b, 2, 0, 0);
    add_end(&b, 1);
    CHECK(stream_fails(&b, AS_STREAM_ITEMS,
                       "stdin: frame 3 at byte 211: END counts 1 records, the stream has 2"));
    b.size = 0;
    small_stream(&b);
    size_t size = b.size;
    as_buffer_u8(&b, 0);
    char text[100];
    snprintf(text, sizeof text, "stdin: frame 5 at byte %zu: data behind the END frame", size);
    CHECK(stream_fails(&b, AS_STREAM_ITEMS, text));
    b.size = size;
    add_items(&b, 1, 7, 0);
    CHECK(stream_fails(&b, AS_STREAM_ITEMS, text));
    b.size = 0;
    as_buffer_append(&b, "hello\n", 6);
    CHECK(stream_fails(&b, AS_STREAM_ITEMS, "stdin: frame 1 at byte 0: not a frame (wrong magic)"));
    as_buffer_free(&b);
}

static void test_domains(void) {
    struct as_buffer b = {0};
    struct as_frame_header h = header_of(AS_FRAME_DOMAIN, 0, 0);
    as_frame_encode(&b, &h, "other", 5);
    CHECK(stream_fails(&b, AS_STREAM_ITEMS,
                       "stdin: frame 1 at byte 0: the fingerprint is not that of the domain's "
                       "text"));
    b.size = 0;
    add_domain(&b);
    h = header_of(AS_FRAME_ITEMS, 1, 0);
    h.domain ^= 1;
    as_frame_encode(&b, &h, "x", 1);
    CHECK(stream_fails(&b, AS_STREAM_ITEMS,
                       "stdin: frame 2 at byte 111: it belongs to another domain than the stream"));
    as_buffer_free(&b);
}

// Bodies larger than the reader's buffer, and pieces as they come from a pipe.
static void test_large_frames(void) {
    enum { SIZE = 1 << 20 };
    char *body = as_alloc(SIZE);
    memset(body, 'b', SIZE);
    struct as_buffer b = {0};
    add_domain(&b);
    for (uint32_t i = 0; i < 5; ++i) {
        struct as_frame_header h = header_of(AS_FRAME_ITEMS, 1, i);
        as_frame_encode(&b, &h, body, SIZE - i * 200001);
    }
    add_end(&b, 5);
    unsigned frames;
    struct as_error error;
    CHECK(read_stream(b.data, b.size, AS_STREAM_ITEMS, &frames, &error) == 0 && frames == 6);
    CHECK(read_stream(b.data, b.size - 65, AS_STREAM_ITEMS, &frames, &error) == AS_DATA);
    as_buffer_free(&b);
    free(body);
}

static void test_stopped(void) {
    int pipe_fd[2];
    volatile int stop = 0;
    struct as_buffer b = {0};
    struct as_frame frame = {0};
    struct as_error error = {0};
    add_domain(&b);
    CHECK(pipe(pipe_fd) == 0 && as_io_write_full(pipe_fd[1], b.data, b.size, "pipe", &error) == 0);
    struct as_frame_reader *r = as_frame_reader_open(pipe_fd[0], AS_STREAM_ITEMS, "stdin", &stop);
    CHECK(as_frame_reader_ready(r) && as_frame_reader_next(r, &frame, &error) == AS_FRAME_READ);
    CHECK(!as_frame_reader_ready(r));
    stop = 1;
    CHECK(as_frame_reader_next(r, &frame, &error) == AS_FRAME_STOPPED && error.code == 0);
    CHECK(as_frame_reader_next(r, &frame, &error) == AS_FRAME_STOPPED);
    as_frame_reader_close(r);
    close(pipe_fd[0]);
    close(pipe_fd[1]);
    as_frame_free(&frame);
    as_buffer_free(&b);
}

int main(void) {
    test_frames();
    test_hostile_headers();
    test_hostile_zlib();
    test_stream();
    test_every_prefix();
    test_every_flip();
    test_order();
    test_ends();
    test_domains();
    test_large_frames();
    test_stopped();
    return unit_end();
}
