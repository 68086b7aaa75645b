// SPDX-License-Identifier: MIT
//
// The smallest possible unit tests: CHECK counts, and says where something is not as it should be;
// the last line of a program is "ok 123 checks", or how many failed with exit code 1.
#ifndef AS_UNIT_H
#define AS_UNIT_H

#include <stdio.h>

static unsigned unit_checks, unit_failures;

#define CHECK(condition)                                                                           \
    do {                                                                                           \
        ++unit_checks;                                                                             \
        if (!(condition)) {                                                                        \
            ++unit_failures;                                                                       \
            printf("not ok %s:%d: %s\n", __FILE__, __LINE__, #condition);                          \
        }                                                                                          \
    } while (0)

static int unit_end(void) {
    if (unit_failures)
        printf("not ok: %u of %u checks failed\n", unit_failures, unit_checks);
    else
        printf("ok %u checks\n", unit_checks);
    return unit_failures ? 1 : 0;
}

#endif
