// SPDX-License-Identifier: MIT
//
// The plain lines of NDJSON, past jansson: an item, or a group of items, whose strings have no
// escapes and whose numbers have no exponents.
//
// Why not jansson alone, or another library: jansson makes a tree of each line, and as-ingest
// spends 17,000 instructions (1.9 us) on a line of three parameters through it and 1,700 (0.17 us)
// through here. What else Debian 12 has for C is no better (cJSON and json-c make trees, too, and
// cJSON makes each number a double; jsmn takes what is no JSON); yyjson is not in it; simdjson is
// C++.
//
// This reader never says that a line is wrong: what it does not take it declines, and jansson is
// the one judge of it and of the words for it. What it takes it encodes as ingest_json.c does;
// tests/unit/test_ingest.c holds the two against each other.
#ifndef AS_INGEST_JSON_PLAIN_H
#define AS_INGEST_JSON_PLAIN_H

#include "base/buffer.h"
#include "ingest_schema.h"

// True, with *count records appended to `out`; or false, with `out` as it comes.
bool ingest_json_plain(const struct ingest_schema *schema, const char *line, size_t size,
                       struct as_buffer *out, uint32_t *count);

#endif
