// SPDX-License-Identifier: MIT
#include "base/clock.h"

#include <time.h>

static uint64_t clock_ns(clockid_t clock) {
    struct timespec t;
    clock_gettime(clock, &t);
    return (uint64_t)t.tv_sec * AS_NS_PER_S + (uint64_t)t.tv_nsec;
}

uint64_t as_clock_wall_ns(void) {
    return clock_ns(CLOCK_REALTIME);
}

uint64_t as_clock_monotonic_ns(void) {
    return clock_ns(CLOCK_MONOTONIC);
}

void as_clock_sleep_until_ns(uint64_t monotonic_ns) {
    struct timespec t = {.tv_sec = (time_t)(monotonic_ns / AS_NS_PER_S),
                         .tv_nsec = (long)(monotonic_ns % AS_NS_PER_S)};
    clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &t, NULL);
}
