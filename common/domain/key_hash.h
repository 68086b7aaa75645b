// SPDX-License-Identifier: MIT
//
// The hash of a key's value, in place: for the short texts and the integers that most keys are, a
// call would cost more than the hashing. It depends on nothing outside, so that equal states of
// equal history are laid out alike.
#ifndef AS_DOMAIN_KEY_HASH_H
#define AS_DOMAIN_KEY_HASH_H

#include <stdint.h>
#include <string.h>

#include "base/hash.h"
#include "stream/value.h"

// The finaliser of MurmurHash3 (A. Appleby): every input bit reaches every output bit.
static inline uint64_t as_key_mix(uint64_t h) {
    h ^= h >> 33;
    h *= 0xff51afd7ed558ccdULL;
    h ^= h >> 33;
    h *= 0xc4ceb9fe1a85ec53ULL;
    return h ^ h >> 33;
}

static inline uint64_t as_key_fold(uint64_t a, uint64_t b) {
    unsigned __int128 product = (unsigned __int128)a * b;
    return (uint64_t)product ^ (uint64_t)(product >> 64);
}

// Of 8 to 16 bytes, as two words that may overlap (the short path of wyhash, Wang Yi).
static inline uint64_t as_key_hash_words(const char *text, uint32_t size) {
    const uint64_t k0 = 0xa0761d6478bd642fULL, k1 = 0xe7037ed1a0b428dbULL;
    uint64_t a, b;
    memcpy(&a, text, 8);
    memcpy(&b, text + size - 8, 8);
    return as_key_fold(k1 ^ size, as_key_fold(a ^ k1, b ^ k0));
}

// Of a value that is not NULL. Equal values have equal hashes: 0.0 and -0.0 too.
static inline uint64_t as_key_hash(const struct as_value *value) {
    if (value->type == AS_TEXT)
        return value->size >= 8 && value->size <= 16 ? as_key_hash_words(value->text, value->size)
                                                     : as_hash64(value->text, value->size);
    if (value->type == AS_REAL && value->real == 0)
        return as_key_mix(0);
    return as_key_mix((uint64_t)value->integer);
}

#endif
