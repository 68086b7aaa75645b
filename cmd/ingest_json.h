// SPDX-License-Identifier: MIT
//
// NDJSON, plain lines by ingest_json_plain and all others through jansson: a line is an item,
// {"transfer":{"src":"a","dst":"b","amount":10}}, or an array of items, which is a group. With
// --command an item is the inner object alone. Lines of blanks are passed over.
//
// Numbers must be exact: an integer within 64 bits, or, for an INTEGER parameter, a decimal of at
// most 15 significant digits that has no more digits behind the point than the parameter's scale.
#ifndef AS_INGEST_JSON_H
#define AS_INGEST_JSON_H

#include "ingest_session.h"

struct ingest_json;

struct ingest_json *ingest_json_create(struct ingest_session *session);
void ingest_json_free(struct ingest_json *json);

enum ingest_next ingest_json_read(struct ingest_json *json, struct as_error *error);

#endif
