// SPDX-License-Identifier: MIT
//
// Threads: starting one, and waiting by the monotonic clock, which nobody sets.
#ifndef AS_BASE_THREAD_H
#define AS_BASE_THREAD_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"

// `name`, of at most 15 characters, is what ps -T and perf show. The new thread blocks every
// signal, so that they all interrupt the main thread. AS_IO where the system has no more threads.
int as_thread_start(pthread_t *thread, const char *name, void *(*run)(void *), void *context,
                    struct as_error *error);

#define AS_FOREVER UINT64_MAX

void as_cond_init(pthread_cond_t *cond);
// False once the monotonic clock has reached deadline_ns (AS_FOREVER: never).
bool as_cond_wait_until(pthread_cond_t *cond, pthread_mutex_t *mutex, uint64_t deadline_ns);

#endif
