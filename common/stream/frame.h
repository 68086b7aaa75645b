// SPDX-License-Identifier: MIT
//
// Frames: the one format on pipes, in the journal and in the feed (as-frame(5)).
//
// Why frames at all: a pipe delivers bytes, and a batch is the unit of deciding, of durability and
// of acknowledgement; a reader must know where one ends before it trusts a byte of it.
//
// A frame is a header of 64 bytes and a body. All integers are little-endian.
//
//   offset size  field
//        0    4  magic "ASF\n"
//        4    1  version, 1
//        5    1  type (enum as_frame_type)
//        6    1  flags: bit 0, body is compressed by zlib (RFC 1950)
//        7    1  zero
//        8    4  CRC-32 of the header with this field zero
//       12    4  CRC-32 of the body as stored
//       16    4  stored length of the body, in bytes
//       20    4  inflated length of the body (equal to the stored one unless compressed)
//       24    4  records in the body
//       28    4  zero
//       32    8  source id: XXH3 of the source's name
//       40    8  offset of the first record in its source (END: records in the whole stream)
//       48    8  creation time, ns since the epoch
//       56    8  fingerprint of the domain: the first 8 bytes of the SHA-256 of its text
//
// An item stream is DOMAIN ITEMS* END, a verdict stream (VERDICTS | TELEMETRY)* END.
#ifndef AS_STREAM_FRAME_H
#define AS_STREAM_FRAME_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buffer.h"
#include "base/error.h"

enum as_frame_type {
    AS_FRAME_DOMAIN = 1,
    AS_FRAME_ITEMS = 2,
    AS_FRAME_VERDICTS = 3,
    AS_FRAME_TELEMETRY = 4,
    AS_FRAME_END = 5,
};

enum {
    AS_FRAME_VERSION = 1,
    AS_FRAME_HEADER_SIZE = 64,
    AS_FRAME_FLAG_ZLIB = 1,
    AS_FRAME_BODY_MAX = 16 << 20,   // bytes, stored and inflated
    AS_FRAME_RECORDS_MAX = 1 << 20, // records a frame
    AS_DOMAIN_TEXT_MAX = 1 << 20,   // bytes of a DOMAIN frame's body
};

struct as_frame_header {
    uint8_t type;
    uint8_t flags;
    uint32_t body_crc;      // set by the encoder
    uint32_t stored_size;   // set by the encoder
    uint32_t inflated_size; // set by the encoder
    uint32_t records;
    uint64_t source;
    uint64_t offset;
    uint64_t created_ns;
    uint64_t domain;
};

// A frame in memory. `stored` is the frame verbatim, header included; the body is either its tail
// or, where it was compressed, in `inflated`. Both buffers belong to the frame and are reused by
// the next decode into it.
struct as_frame {
    struct as_frame_header header;
    struct as_buffer stored;
    struct as_buffer inflated;
    const uint8_t *body; // header.inflated_size bytes
    uint64_t number;     // in its stream, from 1 (reader only)
    uint64_t position;   // byte offset in its stream (reader only)
};

void as_frame_free(struct as_frame *frame);

// Appends header and body as one frame to `out`. With AS_FRAME_FLAG_ZLIB in header->flags the body
// is deflated (level 1). header's sizes and body CRC are filled in.
void as_frame_encode(struct as_buffer *out, struct as_frame_header *header, const void *body,
                     size_t body_size);

// The same without a copy of the body. begin makes room for a header behind what `out` holds and
// returns where; the caller appends the body to `out`; end makes a frame of all from `begin` on.
size_t as_frame_begin(struct as_buffer *out);
void as_frame_end(struct as_buffer *out, size_t begin, struct as_frame_header *header);

// Decodes one whole frame from memory (copied into frame->stored), e.g. a journal's BLOB; the frame
// must fill `size` exactly. AS_DATA with what is wrong.
int as_frame_decode(struct as_frame *frame, const void *data, size_t size, struct as_error *error);

// The fingerprint of a domain's text, and the id of a source's name.
uint64_t as_frame_domain_fingerprint(const void *sql, size_t size);
uint64_t as_frame_source_id(const char *name);

// ---- A stream of frames from a file descriptor --------------------------------------------------
//
//   open → next (1)* → next (0 after END and end of file) → close
//
// The reader checks what a stream may hold and in which order: DOMAIN first and once (item
// streams), END last with the right count, nothing behind it, one domain fingerprint throughout.
// After an error it stays failed.
enum as_stream_kind { AS_STREAM_ITEMS, AS_STREAM_VERDICTS };

struct as_frame_reader;

// Does not own fd. `what` names it in messages ("stdin"); `stop`, where not NULL, is looked at when
// a read is interrupted: once set, next returns AS_FRAME_STOPPED.
struct as_frame_reader *as_frame_reader_open(int fd, enum as_stream_kind kind, const char *what,
                                             const volatile int *stop);
void as_frame_reader_close(struct as_frame_reader *reader);

enum as_frame_next {
    AS_FRAME_FAILED = -1,  // error is filled: AS_DATA (malformed, truncated) or AS_IO
    AS_FRAME_FINISHED = 0, // END was read (its header is in *frame) and the input ended
    AS_FRAME_READ = 1,     // *frame holds the next frame (END itself is not delivered)
    AS_FRAME_STOPPED = 2,  // *stop was set
};

// A message reads "stdin: frame 17 at byte 40960: body checksum differs".
enum as_frame_next as_frame_reader_next(struct as_frame_reader *reader, struct as_frame *frame,
                                        struct as_error *error);

// True where next would not wait for the producer: a whole frame is here, or the input ended. Half
// a frame is not enough: what the caller has to do meanwhile may not have to wait for the rest.
bool as_frame_reader_ready(struct as_frame_reader *reader);

#endif
