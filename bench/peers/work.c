// SPDX-License-Identifier: MIT
#include "work.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/io.h"
#include "stream/item.h"

_Noreturn void work_die(const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    fprintf(stderr, "peer: ");
    vfprintf(stderr, format, arguments);
    fprintf(stderr, "\n");
    va_end(arguments);
    exit(1);
}

void work_open(struct work *work, bool loaded) {
    *work = (struct work){.loaded = loaded};
    as_io_widen_pipe(STDIN_FILENO);
    work->reader = as_frame_reader_open(STDIN_FILENO, AS_STREAM_ITEMS, "stdin", NULL);
    work->items = as_alloc(AS_FRAME_RECORDS_MAX * sizeof *work->items);
}

// ---- Decoding -----------------------------------------------------------------------------------

static struct as_value take(struct as_cursor *at, enum as_type type) {
    struct as_value value;
    if (!as_value_decode(at, &value) || value.type != type)
        work_die("stdin: this is not a stream of as-gen --workload bank");
    return value;
}

static struct work_text take_text(struct as_cursor *at) {
    struct as_value value = take(at, AS_TEXT);
    return (struct work_text){value.text, value.size};
}

static struct work_item decode_item(struct as_cursor *at) {
    struct as_item_head head;
    struct as_value note;
    if (!as_item_decode_head(at, &head) || head.flags || head.command > WORK_TRANSFER)
        work_die("stdin: this is not a stream of as-gen --workload bank");
    struct work_item item = {.command = head.command, .src = take_text(at)};
    if (head.command == WORK_TRANSFER)
        item.dst = take_text(at);
    item.amount = take(at, AS_INTEGER).integer;
    if (!as_value_decode(at, &note))
        work_die("stdin: a note is missing");
    return item;
}

static void decode_batch(struct work *work) {
    struct as_cursor at = as_cursor_over(work->frame.body, work->frame.header.inflated_size);
    work->count = work->frame.header.records;
    work->batch++;
    for (size_t i = 0; i < work->count; i++)
        work->items[i] = decode_item(&at);
}

static bool read_batch(struct work *work) {
    struct as_error error;
    enum as_frame_next next;
    do
        next = as_frame_reader_next(work->reader, &work->frame, &error);
    while (next == AS_FRAME_READ && work->frame.header.type != AS_FRAME_ITEMS);
    if (next == AS_FRAME_FAILED)
        work_die("%s", error.text);
    if (next == AS_FRAME_READ)
        decode_batch(work);
    return next == AS_FRAME_READ;
}

bool work_next(struct work *work) {
    do
        if (!read_batch(work))
            return false;
    while (work->loaded && work->items[0].command == WORK_OPEN);
    if (!work->started_ns && work->items[0].command == WORK_TRANSFER)
        work->started_ns = as_clock_monotonic_ns();
    return true;
}

// ---- Counting -----------------------------------------------------------------------------------

bool work_plausible(const struct work_item *item) {
    if (item->command == WORK_OPEN)
        return item->amount >= 0;
    return item->amount > 0 && (item->src.size != item->dst.size ||
                                memcmp(item->src.data, item->dst.data, item->src.size) != 0);
}

void work_done(struct work *work, uint64_t rejected) {
    work->done_ns = as_clock_monotonic_ns();
    work->rejected += rejected;
    if (work->started_ns)
        work->transfers += work->count;
    else
        work->opened += work->count;
}

void work_close(struct work *work) {
    double seconds = (double)(work->done_ns - work->started_ns) / AS_NS_PER_S;
    if (!work->started_ns)
        seconds = 0;
    printf("{\"items\":%llu,\"rejected\":%llu,\"opened\":%llu,\"seconds\":%.6f,"
           "\"items_per_second\":%.1f}\n",
           (unsigned long long)work->transfers, (unsigned long long)work->rejected,
           (unsigned long long)work->opened, seconds,
           seconds > 0 ? (double)work->transfers / seconds : 0);
    as_frame_reader_close(work->reader);
    as_frame_free(&work->frame);
    free(work->items);
}
