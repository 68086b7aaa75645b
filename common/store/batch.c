// SPDX-License-Identifier: MIT
#include "store/batch.h"

#include <stdlib.h>

#include "base/clock.h"

void as_batch_pool_init(struct as_batch_pool *p) {
    *p = (struct as_batch_pool){.mutex = PTHREAD_MUTEX_INITIALIZER};
    as_cond_init(&p->changed);
}

static void free_batch(struct as_batch *b) {
    as_frame_free(&b->frame);
    as_buffer_free(&b->decided);
    as_buffer_free(&b->answered);
    free(b);
}

void as_batch_pool_free(struct as_batch_pool *p) {
    while (p->free) {
        struct as_batch *b = (struct as_batch *)p->free;
        p->free = b->item.next;
        free_batch(b);
    }
    pthread_cond_destroy(&p->changed);
    pthread_mutex_destroy(&p->mutex);
}

struct as_batch *as_batch_pool_take(struct as_batch_pool *p) {
    pthread_mutex_lock(&p->mutex);
    struct as_batch *b = (struct as_batch *)p->free;
    if (b)
        p->free = b->item.next;
    pthread_mutex_unlock(&p->mutex);
    return b ? b : as_alloc_zero(1, sizeof *b);
}

// One that is larger than all the room there is goes through alone.
static bool admit(struct as_batch_pool *p, size_t *used, size_t limit, size_t bytes) {
    pthread_mutex_lock(&p->mutex);
    if (*used && *used + bytes > limit && !p->stopped) {
        uint64_t started_ns = as_clock_monotonic_ns();
        while (*used && *used + bytes > limit && !p->stopped)
            pthread_cond_wait(&p->changed, &p->mutex);
        p->waited_ns += as_clock_monotonic_ns() - started_ns;
    }
    *used += bytes;
    bool admitted = !p->stopped;
    pthread_mutex_unlock(&p->mutex);
    return admitted;
}

bool as_batch_pool_admit(struct as_batch_pool *p, struct as_batch *b) {
    b->charged = b->frame.stored.size + b->frame.inflated.size + AS_BATCH_OVERHEAD;
    return admit(p, &p->frames_bytes, AS_BATCH_FRAMES_BYTES_MAX, b->charged);
}

bool as_batch_pool_admit_outcome(struct as_batch_pool *p, struct as_batch *b) {
    b->outcome_charged = b->decided.size;
    return b->outcome_charged == 0 ||
           admit(p, &p->outcomes_bytes, AS_BATCH_OUTCOMES_BYTES_MAX, b->outcome_charged);
}

static void empty(struct as_buffer *b) {
    b->size = 0;
    if (b->capacity > AS_BATCH_BUFFER_KEPT)
        as_buffer_free(b);
}

static void reset(struct as_batch *b) {
    empty(&b->frame.stored);
    empty(&b->frame.inflated);
    empty(&b->decided);
    empty(&b->answered);
    b->items = b->accepted = b->skip = b->skip_rejected = 0;
    b->batch = b->first_item = 0;
}

void as_batch_pool_release_all(struct as_batch_pool *p, struct as_queue_item *batches) {
    if (!batches)
        return;
    for (struct as_queue_item *i = batches; i; i = i->next)
        reset((struct as_batch *)i);
    pthread_mutex_lock(&p->mutex);
    while (batches) {
        struct as_batch *b = (struct as_batch *)batches;
        batches = b->item.next;
        if (b->fold) // a mark is not the pool's
            continue;
        p->frames_bytes -= b->charged;
        p->outcomes_bytes -= b->outcome_charged;
        b->charged = b->outcome_charged = 0;
        b->item.next = p->free;
        p->free = &b->item;
    }
    pthread_cond_broadcast(&p->changed);
    pthread_mutex_unlock(&p->mutex);
}

void as_batch_pool_release(struct as_batch_pool *p, struct as_batch *b) {
    b->item.next = NULL;
    as_batch_pool_release_all(p, &b->item);
}

uint64_t as_batch_pool_waited_ns(struct as_batch_pool *p) {
    pthread_mutex_lock(&p->mutex);
    uint64_t waited_ns = p->waited_ns;
    pthread_mutex_unlock(&p->mutex);
    return waited_ns;
}

void as_batch_pool_stop(struct as_batch_pool *p) {
    pthread_mutex_lock(&p->mutex);
    p->stopped = true;
    pthread_cond_broadcast(&p->changed);
    pthread_mutex_unlock(&p->mutex);
}
