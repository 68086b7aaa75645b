// SPDX-License-Identifier: MIT
//
// The workloads of as-gen: domains with an endless supply of items for them. A workload plays
// through its own model of the state, so that it knows of every item whether it will be accepted.
//
//   workload_find → prepare → next (one item each) … → release
#ifndef WORKLOAD_H
#define WORKLOAD_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buffer.h"
#include "base/random.h"

enum {
    WORKLOAD_KEYS_MAX = 10000000, // a key's number has seven digits
    WORKLOAD_ITEM_MAX = 128,      // bytes of an encoded item without its note
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
uint32_t workload_draw_key(struct workload_draw *draw);
bool workload_draw_reject(struct workload_draw *draw);
int64_t workload_draw_between(struct workload_draw *draw, int64_t min, int64_t max);

// An item's parts, straight into the buffer: begin, the values in column order, then the note,
// which is the last column of every command.
void workload_begin(struct as_buffer *out, uint16_t command, uint8_t values);
void workload_put_key(struct as_buffer *out, const char *prefix, uint32_t number); // "acct-0000042"
void workload_put_text(struct as_buffer *out, const char *text);
void workload_put_integer(struct as_buffer *out, int64_t value);
void workload_put_note(struct as_buffer *out, struct workload_draw *draw);

#endif
