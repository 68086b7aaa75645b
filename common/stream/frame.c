// SPDX-License-Identifier: MIT
#include "stream/frame.h"

#include <assert.h>
#include <zlib.h>

#include "base/bytes.h"
#include "base/hash.h"
#include "stream/frame_decode.h"

const uint8_t as_frame_magic[4] = {'A', 'S', 'F', '\n'};

// Offsets of the header's fields (the table in frame.h).
enum {
    AT_MAGIC = 0,
    AT_VERSION = 4,
    AT_TYPE = 5,
    AT_FLAGS = 6,
    AT_ZERO_8 = 7,
    AT_HEADER_CRC = 8,
    AT_BODY_CRC = 12,
    AT_STORED = 16,
    AT_INFLATED = 20,
    AT_RECORDS = 24,
    AT_ZERO_32 = 28,
    AT_SOURCE = 32,
    AT_OFFSET = 40,
    AT_CREATED = 48,
    AT_DOMAIN = 56,
};

enum { DEFLATE_LEVEL = 1 }; // the writer pays for each byte of time, the disk does not need more

const char *as_frame_type_name(uint8_t type) {
    static const char *const names[] = {NULL, "DOMAIN", "ITEMS", "VERDICTS", "TELEMETRY", "END"};
    return type < sizeof names / sizeof *names ? names[type] : NULL;
}

void as_frame_free(struct as_frame *frame) {
    as_buffer_free(&frame->stored);
    as_buffer_free(&frame->inflated);
    *frame = (struct as_frame){0};
}

uint64_t as_frame_domain_fingerprint(const void *sql, size_t size) {
    uint8_t digest[AS_SHA256_SIZE];
    as_sha256(&(struct as_bytes){sql, size}, 1, digest);
    return as_load_le64(digest);
}

uint64_t as_frame_source_id(const char *name) {
    return as_hash64(name, strlen(name));
}

// ---- Encoding -----------------------------------------------------------------------------------

// The checksum of a header is that of its bytes with the checksum's own four being zero.
static uint32_t header_crc(const uint8_t *bytes) {
    uint8_t copy[AS_FRAME_HEADER_SIZE];
    memcpy(copy, bytes, sizeof copy);
    memset(copy + AT_HEADER_CRC, 0, sizeof(uint32_t));
    return as_crc32(0, copy, sizeof copy);
}

static void store_header(uint8_t *bytes, const struct as_frame_header *header) {
    memset(bytes, 0, AS_FRAME_HEADER_SIZE);
    memcpy(bytes + AT_MAGIC, as_frame_magic, sizeof as_frame_magic);
    bytes[AT_VERSION] = AS_FRAME_VERSION;
    bytes[AT_TYPE] = header->type;
    bytes[AT_FLAGS] = header->flags;
    as_store_le32(bytes + AT_BODY_CRC, header->body_crc);
    as_store_le32(bytes + AT_STORED, header->stored_size);
    as_store_le32(bytes + AT_INFLATED, header->inflated_size);
    as_store_le32(bytes + AT_RECORDS, header->records);
    as_store_le64(bytes + AT_SOURCE, header->source);
    as_store_le64(bytes + AT_OFFSET, header->offset);
    as_store_le64(bytes + AT_CREATED, header->created_ns);
    as_store_le64(bytes + AT_DOMAIN, header->domain);
    as_store_le32(bytes + AT_HEADER_CRC, header_crc(bytes));
}

// Deflates the body that is the buffer's tail. Where the result would not be smaller the body stays
// as it is, so that none grows beyond AS_FRAME_BODY_MAX.
static bool deflate_body(struct as_buffer *out, size_t body_size) {
    uLongf size = body_size;
    uint8_t *deflated = as_buffer_reserve(out, body_size), *body = deflated - body_size;
    if (compress2(deflated, &size, body, body_size, DEFLATE_LEVEL) != Z_OK || size >= body_size)
        return false;
    memcpy(body, deflated, size);
    out->size -= body_size - size;
    return true;
}

size_t as_frame_begin(struct as_buffer *out) {
    as_buffer_reserve(out, AS_FRAME_HEADER_SIZE);
    out->size += AS_FRAME_HEADER_SIZE;
    return out->size - AS_FRAME_HEADER_SIZE;
}

void as_frame_end(struct as_buffer *out, size_t begin, struct as_frame_header *header) {
    size_t body_at = begin + AS_FRAME_HEADER_SIZE, body_size = out->size - body_at;
    assert(body_size <= AS_FRAME_BODY_MAX && header->records <= AS_FRAME_RECORDS_MAX);
    assert((header->flags & ~AS_FRAME_FLAG_ZLIB) == 0 && as_frame_type_name(header->type));
    if ((header->flags & AS_FRAME_FLAG_ZLIB) && !deflate_body(out, body_size))
        header->flags = 0;
    header->stored_size = (uint32_t)(out->size - body_at);
    header->inflated_size = (uint32_t)body_size;
    header->body_crc = as_crc32(0, out->data + body_at, header->stored_size);
    store_header(out->data + begin, header);
}

void as_frame_encode(struct as_buffer *out, struct as_frame_header *header, const void *body,
                     size_t body_size) {
    size_t begin = as_frame_begin(out);
    as_buffer_append(out, body, body_size);
    as_frame_end(out, begin, header);
}

// ---- Decoding -----------------------------------------------------------------------------------

static void load_header(const uint8_t *bytes, struct as_frame_header *header) {
    *header = (struct as_frame_header){
        .type = bytes[AT_TYPE],
        .flags = bytes[AT_FLAGS],
        .body_crc = as_load_le32(bytes + AT_BODY_CRC),
        .stored_size = as_load_le32(bytes + AT_STORED),
        .inflated_size = as_load_le32(bytes + AT_INFLATED),
        .records = as_load_le32(bytes + AT_RECORDS),
        .source = as_load_le64(bytes + AT_SOURCE),
        .offset = as_load_le64(bytes + AT_OFFSET),
        .created_ns = as_load_le64(bytes + AT_CREATED),
        .domain = as_load_le64(bytes + AT_DOMAIN),
    };
}

// What the fixed fields must be. The checksum comes first: nothing else means anything before it.
static int check_fixed(const uint8_t *bytes, struct as_error *error) {
    if (memcmp(bytes + AT_MAGIC, as_frame_magic, sizeof as_frame_magic) != 0)
        return as_error_set(error, AS_DATA, "not a frame (wrong magic)");
    if (as_load_le32(bytes + AT_HEADER_CRC) != header_crc(bytes))
        return as_error_set(error, AS_DATA, "header checksum differs");
    if (bytes[AT_VERSION] != AS_FRAME_VERSION)
        return as_error_set(error, AS_DATA, "version %u is not supported", bytes[AT_VERSION]);
    if (bytes[AT_ZERO_8] || as_load_le32(bytes + AT_ZERO_32))
        return as_error_set(error, AS_DATA, "a reserved byte is not zero");
    if (!as_frame_type_name(bytes[AT_TYPE]))
        return as_error_set(error, AS_DATA, "unknown frame type %u", bytes[AT_TYPE]);
    if (bytes[AT_FLAGS] & ~AS_FRAME_FLAG_ZLIB)
        return as_error_set(error, AS_DATA, "unknown flags 0x%02x", bytes[AT_FLAGS]);
    return 0;
}

static int check_limits(const struct as_frame_header *h, struct as_error *error) {
    if (h->stored_size > AS_FRAME_BODY_MAX || h->inflated_size > AS_FRAME_BODY_MAX)
        return as_error_set(error, AS_DATA, "a body of %u bytes is over the limit of %d",
                            h->stored_size > h->inflated_size ? h->stored_size : h->inflated_size,
                            AS_FRAME_BODY_MAX);
    if (!(h->flags & AS_FRAME_FLAG_ZLIB) && h->stored_size != h->inflated_size)
        return as_error_set(error, AS_DATA, "stored and inflated length differ");
    if (h->records > AS_FRAME_RECORDS_MAX)
        return as_error_set(error, AS_DATA, "%u records are over the limit of %d", h->records,
                            AS_FRAME_RECORDS_MAX);
    if (h->offset > INT64_MAX - AS_FRAME_RECORDS_MAX)
        return as_error_set(error, AS_DATA, "offset %llu is over the limit of 2^63",
                            (unsigned long long)h->offset);
    return 0;
}

static int check_type(const struct as_frame_header *h, struct as_error *error) {
    if (h->type == AS_FRAME_DOMAIN && h->inflated_size > AS_DOMAIN_TEXT_MAX)
        return as_error_set(error, AS_DATA, "a domain of %u bytes is over the limit of %d",
                            h->inflated_size, AS_DOMAIN_TEXT_MAX);
    if (h->type == AS_FRAME_ITEMS && h->records == 0)
        return as_error_set(error, AS_DATA, "an ITEMS frame without records");
    if (h->type == AS_FRAME_END && (h->stored_size || h->inflated_size || h->records))
        return as_error_set(error, AS_DATA, "an END frame with a body or records");
    return 0;
}

int as_frame_parse_header(const uint8_t bytes[AS_FRAME_HEADER_SIZE], struct as_frame_header *header,
                          struct as_error *error) {
    int rc = check_fixed(bytes, error);
    if (rc == 0) {
        load_header(bytes, header);
        rc = check_limits(header, error);
    }
    return rc ? rc : check_type(header, error);
}

// inflated_size bounds what zlib may write; the stream must give exactly that and use up the body.
static int inflate_body(struct as_frame *frame, const uint8_t *stored, struct as_error *error) {
    const struct as_frame_header *h = &frame->header;
    frame->inflated.size = 0;
    uint8_t *to = as_buffer_reserve(&frame->inflated, (size_t)h->inflated_size + 1);
    uLongf size = h->inflated_size;
    uLong used = h->stored_size;
    if (uncompress2(to, &size, stored, &used) != Z_OK)
        return as_error_set(error, AS_DATA, "compressed body is malformed");
    if (size != h->inflated_size || used != h->stored_size)
        return as_error_set(error, AS_DATA, "compressed body has another length than stated");
    frame->inflated.size = size;
    frame->body = to;
    return 0;
}

int as_frame_open_body(struct as_frame *frame, struct as_error *error) {
    const struct as_frame_header *h = &frame->header;
    assert(frame->stored.size == AS_FRAME_HEADER_SIZE + (size_t)h->stored_size);
    const uint8_t *stored = frame->stored.data + AS_FRAME_HEADER_SIZE;
    if (as_crc32(0, stored, h->stored_size) != h->body_crc)
        return as_error_set(error, AS_DATA, "body checksum differs");
    if (h->flags & AS_FRAME_FLAG_ZLIB)
        return inflate_body(frame, stored, error);
    frame->body = stored;
    return 0;
}

int as_frame_decode(struct as_frame *frame, const void *data, size_t size, struct as_error *error) {
    if (size < AS_FRAME_HEADER_SIZE)
        return as_error_set(error, AS_DATA, "truncated: %zu of %d bytes of its header", size,
                            AS_FRAME_HEADER_SIZE);
    int rc = as_frame_parse_header(data, &frame->header, error);
    if (rc)
        return rc;
    if (size != AS_FRAME_HEADER_SIZE + (size_t)frame->header.stored_size)
        return as_error_set(error, AS_DATA, "%zu bytes where the frame has %zu", size,
                            AS_FRAME_HEADER_SIZE + (size_t)frame->header.stored_size);
    frame->stored.size = 0;
    as_buffer_append(&frame->stored, data, size);
    return as_frame_open_body(frame, error);
}
