// SPDX-License-Identifier: MIT
//
// The queue between the writer's threads, and the pool that bounds what is on its way.
#include "unit.h"

#include <stdatomic.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/queue.h"
#include "store/batch.h"

struct numbered {
    struct as_queue_item item;
    int number;
};

enum { NUMBERS = 200000 };
static struct numbered numbers[NUMBERS];

static void *put_all(void *context) {
    struct as_queue *queue = context;
    for (int i = 0; i < NUMBERS; i++) {
        numbers[i].number = i;
        as_queue_put(queue, &numbers[i].item);
    }
    as_queue_close(queue);
    return NULL;
}

static void test_queue_keeps_order(void) {
    struct as_queue queue;
    struct as_error error;
    pthread_t thread;
    int expected = 0;
    bool ended = false, in_order = true;
    as_queue_init(&queue);
    CHECK(as_thread_start(&thread, "test", put_all, &queue, &error) == AS_OK);
    while (!ended) {
        struct as_queue_item *items = as_queue_take_all(&queue, AS_FOREVER, &ended);
        CHECK(!items == ended);
        for (; items; items = items->next)
            in_order &= ((struct numbered *)items)->number == expected++;
    }
    CHECK(in_order && expected == NUMBERS);
    pthread_join(thread, NULL);
    as_queue_free(&queue);
}

static void test_queue_waits_no_longer(void) {
    struct as_queue queue;
    bool ended = true;
    size_t depth;
    uint64_t waited_ns, before_ns = as_clock_monotonic_ns();
    as_queue_init(&queue);
    CHECK(!as_queue_take_all(&queue, before_ns + 20 * AS_NS_PER_MS, &ended) && !ended);
    CHECK(as_clock_monotonic_ns() - before_ns >= 20 * AS_NS_PER_MS);
    as_queue_put(&queue, &numbers[0].item);
    as_queue_measure(&queue, &depth, &waited_ns);
    CHECK(depth == 1 && waited_ns >= 19 * AS_NS_PER_MS);
    as_queue_close(&queue); // what was put before is still taken
    CHECK(as_queue_take_all(&queue, AS_FOREVER, &ended) == &numbers[0].item && !ended);
    CHECK(!as_queue_take_all(&queue, AS_FOREVER, &ended) && ended);
    as_queue_free(&queue);
}

// ---- Pool ---------------------------------------------------------------------------------------

static struct as_batch *batch_of(struct as_batch_pool *pool, size_t bytes) {
    struct as_batch *b = as_batch_pool_take(pool);
    as_buffer_reserve(&b->frame.stored, bytes);
    b->frame.stored.size = bytes;
    return b;
}

struct admission {
    struct as_batch_pool *pool;
    struct as_batch *batch;
    atomic_bool done;
    bool admitted;
};

static void *admit(void *context) {
    struct admission *a = context;
    a->admitted = as_batch_pool_admit(a->pool, a->batch);
    atomic_store(&a->done, true);
    return NULL;
}

static void test_pool_bounds_bytes(void) {
    struct as_batch_pool pool;
    struct as_error error;
    pthread_t thread;
    as_batch_pool_init(&pool);
    // One that is larger than the whole room goes through alone.
    struct as_batch *large = batch_of(&pool, AS_BATCH_FRAMES_BYTES_MAX * 2);
    CHECK(as_batch_pool_admit(&pool, large));
    struct admission second = {.pool = &pool, .batch = batch_of(&pool, 100)};
    CHECK(as_thread_start(&thread, "test", admit, &second, &error) == AS_OK);
    usleep(20000);
    CHECK(!atomic_load(&second.done));
    as_batch_pool_release(&pool, large);
    pthread_join(thread, NULL);
    CHECK(second.admitted && as_batch_pool_waited_ns(&pool) >= 10 * AS_NS_PER_MS);
    // A large buffer is not kept for the next batch.
    struct as_batch *again = as_batch_pool_take(&pool);
    CHECK(again == large && again->frame.stored.capacity == 0 && again->frame.stored.size == 0);
    as_batch_pool_release(&pool, again);
    as_batch_pool_release(&pool, second.batch);
    as_batch_pool_free(&pool);
}

static void test_pool_bounds_batches(void) {
    struct as_batch_pool pool;
    struct as_queue_item *list = NULL;
    int count = 0;
    as_batch_pool_init(&pool);
    while ((count + 1) * (size_t)(AS_BATCH_OVERHEAD + 1) <= AS_BATCH_FRAMES_BYTES_MAX) {
        struct as_batch *b = batch_of(&pool, 1);
        CHECK(as_batch_pool_admit(&pool, b)); // would wait forever if there were no room
        b->item.next = list;
        list = &b->item;
        count++;
    }
    CHECK(count <= 1024);
    // A mark among them is not the pool's.
    struct as_fold *not_null = (struct as_fold *)&count;
    struct as_batch mark = {.fold = not_null, .item.next = list};
    as_batch_pool_release_all(&pool, &mark.item);
    CHECK(pool.frames_bytes == 0);
    as_batch_pool_free(&pool);
}

static void test_pool_stops(void) {
    struct as_batch_pool pool;
    struct as_error error;
    pthread_t thread;
    as_batch_pool_init(&pool);
    struct as_batch *full = batch_of(&pool, AS_BATCH_FRAMES_BYTES_MAX);
    CHECK(as_batch_pool_admit(&pool, full));
    struct admission waiting = {.pool = &pool, .batch = batch_of(&pool, 1)};
    CHECK(as_thread_start(&thread, "test", admit, &waiting, &error) == AS_OK);
    usleep(10000);
    as_batch_pool_stop(&pool);
    pthread_join(thread, NULL);
    CHECK(!waiting.admitted);
    as_batch_pool_release(&pool, waiting.batch);
    as_batch_pool_release(&pool, full);
    as_batch_pool_free(&pool);
}

int main(void) {
    test_queue_keeps_order();
    test_queue_waits_no_longer();
    test_pool_bounds_bytes();
    test_pool_bounds_batches();
    test_pool_stops();
    return unit_end();
}
