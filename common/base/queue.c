// SPDX-License-Identifier: MIT
#include "base/queue.h"

#include "base/clock.h"

void as_queue_init(struct as_queue *q) {
    *q = (struct as_queue){.mutex = PTHREAD_MUTEX_INITIALIZER};
    q->last = &q->first;
    as_cond_init(&q->changed);
}

void as_queue_free(struct as_queue *q) {
    pthread_cond_destroy(&q->changed);
    pthread_mutex_destroy(&q->mutex);
}

static void wake(struct as_queue *q) {
    if (q->taker_waits)
        pthread_cond_signal(&q->changed);
}

void as_queue_put(struct as_queue *q, struct as_queue_item *item) {
    item->next = NULL;
    pthread_mutex_lock(&q->mutex);
    *q->last = item;
    q->last = &item->next;
    q->depth++;
    wake(q);
    pthread_mutex_unlock(&q->mutex);
}

void as_queue_close(struct as_queue *q) {
    pthread_mutex_lock(&q->mutex);
    q->closed = true;
    wake(q);
    pthread_mutex_unlock(&q->mutex);
}

static void wait_for_items(struct as_queue *q, uint64_t deadline_ns) {
    uint64_t started_ns = as_clock_monotonic_ns();
    q->taker_waits = true;
    while (!q->first && !q->closed && as_cond_wait_until(&q->changed, &q->mutex, deadline_ns))
        ;
    q->taker_waits = false;
    q->waited_ns += as_clock_monotonic_ns() - started_ns;
}

struct as_queue_item *as_queue_take_all(struct as_queue *q, uint64_t deadline_ns, bool *ended) {
    pthread_mutex_lock(&q->mutex);
    if (!q->first && !q->closed)
        wait_for_items(q, deadline_ns);
    struct as_queue_item *items = q->first;
    q->first = NULL;
    q->last = &q->first;
    q->depth = 0;
    *ended = !items && q->closed;
    pthread_mutex_unlock(&q->mutex);
    return items;
}

void as_queue_measure(struct as_queue *q, size_t *depth, uint64_t *waited_ns) {
    pthread_mutex_lock(&q->mutex);
    *depth = q->depth;
    *waited_ns = q->waited_ns;
    pthread_mutex_unlock(&q->mutex);
}
