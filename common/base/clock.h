// SPDX-License-Identifier: MIT
//
// The two clocks, in nanoseconds: wall time since the epoch for stamps, monotonic time for
// intervals.
#ifndef AS_BASE_CLOCK_H
#define AS_BASE_CLOCK_H

#include <stdint.h>

enum { AS_NS_PER_US = 1000, AS_NS_PER_MS = 1000000, AS_NS_PER_S = 1000000000 };

uint64_t as_clock_wall_ns(void);
uint64_t as_clock_monotonic_ns(void);
// Sleeps until the monotonic clock shows ns, or less where a signal came.
void as_clock_sleep_until_ns(uint64_t monotonic_ns);

#endif
