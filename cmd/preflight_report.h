// SPDX-License-Identifier: MIT
//
// What a preflight has to say: tables for a person, or one JSON object for a program.
//
// The JSON's members are an API; as-preflight(1) lists them.
#ifndef AS_PREFLIGHT_REPORT_H
#define AS_PREFLIGHT_REPORT_H

#include "preflight.h"

// The last line begins with PASS or FAIL.
void preflight_report_text(const struct preflight *preflight, struct as_buffer *out);
void preflight_report_json(const struct preflight *preflight, struct as_buffer *out);

#endif
