// SPDX-License-Identifier: MIT
#include "workload.h"

#include <stdlib.h>
#include <string.h>

enum { NOTES_EXTRA = 1 << 16 };

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

const char workload_digit_pairs[] = "0001020304050607080910111213141516171819"
                                    "2021222324252627282930313233343536373839"
                                    "4041424344454647484950515253545556575859"
                                    "6061626364656667686970717273747576777879"
                                    "8081828384858687888990919293949596979899";

void workload_put_text(struct as_buffer *out, const char *text) {
    struct as_value value = as_value_text(text, (uint32_t)strlen(text));
    as_value_encode(out, &value);
}

void workload_put_note(struct as_buffer *out, struct workload_draw *draw) {
    if (draw->payload == 0) {
        as_buffer_u8(out, AS_TAG_NULL);
        return;
    }
    uint64_t start = as_random_below(&draw->random, NOTES_EXTRA);
    struct as_value note = as_value_text(draw->notes + start, (uint32_t)draw->payload);
    as_value_encode(out, &note);
}
