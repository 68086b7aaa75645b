// SPDX-License-Identifier: MIT
//
// A queue between threads. Items are linked through themselves, so that putting one neither waits
// nor allocates; whoever makes the items bounds how many there are.
//
//   init → (put from one side, take_all from the other)… → close → (take_all)… → free
#ifndef AS_BASE_QUEUE_H
#define AS_BASE_QUEUE_H

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/thread.h"

struct as_queue_item {
    struct as_queue_item *next;
};

struct as_queue {
    pthread_mutex_t mutex;
    pthread_cond_t changed;
    struct as_queue_item *first, **last;
    size_t depth;       // items
    bool taker_waits;   // or it need not be woken
    bool closed;        // nothing more will be put
    uint64_t waited_ns; // by the taker, in total
};

void as_queue_init(struct as_queue *queue);
void as_queue_free(struct as_queue *queue);
void as_queue_put(struct as_queue *queue, struct as_queue_item *item);
void as_queue_close(struct as_queue *queue);

// Takes all items, first in first out, once there is one. NULL where the queue is closed and empty
// (*ended), or where the monotonic clock has reached deadline_ns
// (AS_FOREVER: never).
struct as_queue_item *as_queue_take_all(struct as_queue *queue, uint64_t deadline_ns, bool *ended);

// How many items wait, and how long the taker has waited for some.
void as_queue_measure(struct as_queue *queue, size_t *depth, uint64_t *waited_ns);

#endif
