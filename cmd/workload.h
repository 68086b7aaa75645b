// SPDX-License-Identifier: MIT
//
// The workloads of as-gen: domains with an endless supply of items for them. A workload plays
// through its own model of the state, so that it knows of every item whether it will be accepted.
//
//   workload_find → prepare → next (one item each) … → release
#ifndef WORKLOAD_H
#define WORKLOAD_H

#include <assert.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "base/buffer.h"
#include "base/random.h"
#include "stream/item.h"

enum {
    WORKLOAD_KEYS_MAX = 10000000, // a key's number has seven digits
    WORKLOAD_KEY_DIGITS = 7,
    WORKLOAD_ITEM_MAX = 128, // bytes of an encoded item without its note
};

struct workload_options {
    uint64_t keys;
    double skew; // exponent of Zipf's law, 0: uniform
    double reject_percent;
    uint64_t payload; // bytes of each item's note, 0: NULL
    uint64_t seed;
};

struct workload {
    const char *name;
    const char *sql; // of the domain, from bench/workloads
    uint64_t keys_min;
    void *(*prepare)(const struct workload_options *options);
    void (*next)(void *state, struct as_buffer *out); // encodes one item
    void (*release)(void *state);
};

extern const struct workload workload_bank;
extern const struct workload workload_seats;
extern const struct workload workload_counter;

const struct workload *workload_find(const char *name); // NULL where unknown

// ---- What workloads share -----------------------------------------------------------------------

// Random draws of keys, of rejections and of notes; the first member of a workload's state.
struct workload_draw {
    struct as_random random;
    struct as_zipf zipf;
    bool skewed;
    uint64_t keys;
    uint64_t reject_below; // of 2^32
    uint64_t payload;
    char *notes; // what notes are cut from; owned
};

void workload_draw_prepare(struct workload_draw *draw, const struct workload_options *options);
void workload_draw_release(struct workload_draw *draw);

static inline uint32_t workload_draw_key(struct workload_draw *draw) {
    if (draw->skewed)
        return (uint32_t)as_zipf_next(&draw->zipf, &draw->random);
    return (uint32_t)as_random_below(&draw->random, draw->keys);
}

static inline bool workload_draw_reject(struct workload_draw *draw) {
    return draw->reject_below && as_random_next(&draw->random) >> 32 < draw->reject_below;
}

static inline int64_t workload_draw_between(struct workload_draw *draw, int64_t min, int64_t max) {
    return min + (int64_t)as_random_below(&draw->random, (uint64_t)(max - min) + 1);
}

// An item's parts, straight into the buffer: begin, the values in column order, then the note,
// which is the last column of every command. What is done for every item is inline, so that a
// prefix's length and a constant's size are known where they are used.
extern const char workload_digit_pairs[]; // "000102 ... 99"

static inline void workload_begin(struct as_buffer *out, uint16_t command, uint8_t values) {
    as_buffer_reserve(out, WORKLOAD_ITEM_MAX);
    as_item_encode_head(out, &(struct as_item_head){.command = command, .values = values});
}

// "acct-0000042": seven digits, two at a time from the right, as many divisions as a key can
// afford.
static inline void workload_put_key(struct as_buffer *out, const char *prefix, uint32_t number) {
    assert(number < WORKLOAD_KEYS_MAX);
    size_t size = strlen(prefix);
    uint8_t *at = as_buffer_reserve(out, 1 + size + WORKLOAD_KEY_DIGITS);
    *at = (uint8_t)(AS_TAG_SHORT_TEXT + size + WORKLOAD_KEY_DIGITS);
    memcpy(at + 1, prefix, size);
    uint8_t *digits = at + 1 + size;
    for (int i = WORKLOAD_KEY_DIGITS - 2; i > 0; i -= 2, number /= 100)
        memcpy(digits + i, workload_digit_pairs + number % 100 * 2, 2);
    *digits = (uint8_t)('0' + number);
    out->size += 1 + size + WORKLOAD_KEY_DIGITS;
}

static inline void workload_put_integer(struct as_buffer *out, int64_t value) {
    struct as_value integer = as_value_integer(value);
    as_value_encode(out, &integer);
}

void workload_put_text(struct as_buffer *out, const char *text);
void workload_put_note(struct as_buffer *out, struct workload_draw *draw);

#endif
