// SPDX-License-Identifier: MIT
//
// Inside the stream folder: the two halves of decoding a frame, shared by as_frame_decode, which
// has the whole frame, and the reader, which has to wait for it.
//
//   read 64 bytes → as_frame_parse_header → read header.stored_size bytes → as_frame_open_body
#ifndef AS_STREAM_FRAME_DECODE_H
#define AS_STREAM_FRAME_DECODE_H

#include "stream/frame.h"

extern const uint8_t as_frame_magic[4];

// Checks the header's own checksum before anything else in it, then every limit, so that the
// lengths may be trusted. AS_DATA with what is wrong.
int as_frame_parse_header(const uint8_t bytes[AS_FRAME_HEADER_SIZE], struct as_frame_header *header,
                          struct as_error *error);

// frame->stored holds header and body, frame->header the former parsed: checks the body's checksum,
// then inflates it where it is compressed, and sets frame->body.
int as_frame_open_body(struct as_frame *frame, struct as_error *error);

const char *as_frame_type_name(uint8_t type); // "ITEMS"; NULL where unknown

#endif
