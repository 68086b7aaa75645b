// SPDX-License-Identifier: MIT
#include "base/thread.h"

#include <errno.h>
#include <signal.h>
#include <time.h>

#include "base/clock.h"

int as_thread_start(pthread_t *thread, const char *name, void *(*run)(void *), void *context,
                    struct as_error *error) {
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    int failure = pthread_create(thread, NULL, run, context);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (!failure)
        pthread_setname_np(*thread, name);
    errno = failure;
    return failure ? as_error_errno(error, AS_IO, "pthread_create") : AS_OK;
}

void as_cond_init(pthread_cond_t *cond) {
    pthread_condattr_t attributes;
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_cond_init(cond, &attributes);
    pthread_condattr_destroy(&attributes);
}

bool as_cond_wait_until(pthread_cond_t *cond, pthread_mutex_t *mutex, uint64_t deadline_ns) {
    struct timespec at = {.tv_sec = (time_t)(deadline_ns / AS_NS_PER_S),
                          .tv_nsec = (long)(deadline_ns % AS_NS_PER_S)};
    if (deadline_ns == AS_FOREVER)
        return pthread_cond_wait(cond, mutex) == 0;
    return pthread_cond_timedwait(cond, mutex, &at) != ETIMEDOUT;
}
