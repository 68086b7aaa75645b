// SPDX-License-Identifier: MIT
//
// The work of a peer: the items of as-gen's workload bank, read from stdin as as-commit reads them,
// decoded, timed and counted. A peer decides each item of a batch on its own, makes the batch
// durable and says so:
//
//   work_open → (work_next → … → work_done)* → work_close
//
// The clock runs from the first batch of transfers to the last one done. A peer that finds its
// database there already passes over the opening of the accounts. It is spared the rule that supply
// is capped, since no transfer can break it.
//
// These are programs of one purpose: whatever fails is told in one line and ends them with exit 1.
#ifndef BENCH_PEERS_WORK_H
#define BENCH_PEERS_WORK_H

#include <stddef.h>
#include <stdint.h>

#include "stream/frame.h"

enum work_command { WORK_OPEN = 0, WORK_TRANSFER = 1 }; // as they stand in bank.sql

struct work_text {
    const char *data; // not NUL-terminated
    uint32_t size;
};

struct work_item {
    uint16_t command;     // enum work_command
    struct work_text src; // open: the account
    struct work_text dst; // transfer only
    int64_t amount;       // open: the balance
};

struct work {
    struct work_item *items; // the batch at hand, and its number, from 1
    size_t count;
    uint64_t batch;
    struct as_frame frame; // the same, verbatim
    struct as_frame_reader *reader;
    bool loaded;
    uint64_t opened, transfers, rejected; // so far
    uint64_t started_ns, done_ns;         // monotonic; started: 0 before the first transfer
};

void work_open(struct work *work, bool loaded);
// False at the end of the stream.
bool work_next(struct work *work);
// The batch at hand has just been made durable; so many of its items were rejected.
void work_done(struct work *work, uint64_t rejected);
// Prints the figures as a line of JSON.
void work_close(struct work *work);

// Could it be accepted, as far as the item alone can tell?
bool work_plausible(const struct work_item *item);

_Noreturn void work_die(const char *format, ...) __attribute__((format(printf, 1, 2)));

#endif
