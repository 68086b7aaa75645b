// SPDX-License-Identifier: MIT
//
// SHA-256 (libcrypto; FIPS 180-4) for the journal's chain and the domain's fingerprint, CRC-32
// (libdeflate; the polynomial of IEEE 802.3) for frames, XXH3 for source ids and tables.
#ifndef AS_BASE_HASH_H
#define AS_BASE_HASH_H

#include <stddef.h>
#include <stdint.h>

enum { AS_SHA256_SIZE = 32, AS_SHA256_HEX_SIZE = 65 };

struct as_bytes {
    const void *data;
    size_t size;
};

// Digest of the concatenation of `count` pieces.
void as_sha256(const struct as_bytes *pieces, size_t count, uint8_t digest[AS_SHA256_SIZE]);
void as_sha256_hex(const uint8_t digest[AS_SHA256_SIZE], char hex[AS_SHA256_HEX_SIZE]);

uint32_t as_crc32(uint32_t crc, const void *data, size_t size); // start with crc 0
uint64_t as_hash64(const void *data, size_t size);              // XXH3, seed 0

#endif
