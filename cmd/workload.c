// SPDX-License-Identifier: MIT
#include "workload.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "stream/item.h"

enum { NOTES_EXTRA = 1 << 16, KEY_DIGITS = 7 };

const struct workload *workload_find(const char *name) {
    static const struct workload *const all[] = {&workload_bank, &workload_seats,
                                                 &workload_counter};
    for (size_t i = 0; i < sizeof all / sizeof *all; ++i)
        if (strcmp(all[i]->name, name) == 0)
            return all[i];
    return NULL;
}

// Notes are windows into one stretch of random letters and digits: as compressible as words, and
// free.
static char *make_notes(uint64_t payload, struct as_random *random) {
    static const char letters[] = "abcdefghijklmnopqrstuvwxyz012345";
    size_t size = payload ? payload + NOTES_EXTRA : 0;
    char *notes = as_alloc(size);
    for (size_t i = 0; i < size; ++i)
        notes[i] = letters[as_random_below(random, sizeof letters - 1)];
    return notes;
}

void workload_draw_prepare(struct workload_draw *draw, const struct workload_options *options) {
    *draw = (struct workload_draw){
        .skewed = options->skew > 0,
        .keys = options->keys,
        .reject_below = (uint64_t)(options->reject_percent / 100 * 0x1p32),
        .payload = options->payload,
    };
    as_random_seed(&draw->random, options->seed);
    if (draw->skewed)
        as_zipf_init(&draw->zipf, options->keys, options->skew);
    draw->notes = make_notes(options->payload, &draw->random);
}

void workload_draw_release(struct workload_draw *draw) {
    free(draw->notes);
}

uint32_t workload_draw_key(struct workload_draw *draw) {
    if (draw->skewed)
        return (uint32_t)as_zipf_next(&draw->zipf, &draw->random);
    return (uint32_t)as_random_below(&draw->random, draw->keys);
}

bool workload_draw_reject(struct workload_draw *draw) {
    return draw->reject_below && as_random_next(&draw->random) >> 32 < draw->reject_below;
}

int64_t workload_draw_between(struct workload_draw *draw, int64_t min, int64_t max) {
    return min + (int64_t)as_random_below(&draw->random, (uint64_t)(max - min) + 1);
}

void workload_begin(struct as_buffer *out, uint16_t command, uint8_t values) {
    as_buffer_reserve(out, WORKLOAD_ITEM_MAX);
    as_item_encode_head(out, &(struct as_item_head){.command = command, .values = values});
}

// Seven digits, two at a time from the right: as many divisions as a key can afford.
static void store_digits(uint8_t *at, uint32_t number) {
    static const char pairs[] = "0001020304050607080910111213141516171819"
                                "2021222324252627282930313233343536373839"
                                "4041424344454647484950515253545556575859"
                                "6061626364656667686970717273747576777879"
                                "8081828384858687888990919293949596979899";
    for (int i = KEY_DIGITS - 2; i > 0; i -= 2, number /= 100)
        memcpy(at + i, pairs + number % 100 * 2, 2);
    *at = (uint8_t)('0' + number);
}

void workload_put_key(struct as_buffer *out, const char *prefix, uint32_t number) {
    assert(number < WORKLOAD_KEYS_MAX);
    size_t size = strlen(prefix);
    uint8_t *at = as_buffer_reserve(out, 1 + size + KEY_DIGITS);
    *at = (uint8_t)(AS_TAG_SHORT_TEXT + size + KEY_DIGITS);
    memcpy(at + 1, prefix, size);
    store_digits(at + 1 + size, number);
    out->size += 1 + size + KEY_DIGITS;
}

void workload_put_text(struct as_buffer *out, const char *text) {
    struct as_value value = as_value_text(text, (uint32_t)strlen(text));
    as_value_encode(out, &value);
}

void workload_put_integer(struct as_buffer *out, int64_t value) {
    struct as_value integer = as_value_integer(value);
    as_value_encode(out, &integer);
}

void workload_put_note(struct as_buffer *out, struct workload_draw *draw) {
    struct as_value note = as_value_null();
    if (draw->payload) {
        uint64_t start = as_random_below(&draw->random, NOTES_EXTRA);
        note = as_value_text(draw->notes + start, (uint32_t)draw->payload);
    }
    as_value_encode(out, &note);
}
