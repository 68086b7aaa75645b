// SPDX-License-Identifier: MIT
//
// What the readers of both formats work with. A reader takes one input to its end:
//
//   ingest_csv_read / ingest_json_read: INGEST_END, INGEST_STOPPED, or INGEST_FAILED with error
#ifndef AS_INGEST_SESSION_H
#define AS_INGEST_SESSION_H

#include "base/diag.h"
#include "ingest_batch.h"
#include "ingest_errors.h"
#include "ingest_input.h"
#include "ingest_schema.h"

struct ingest_session {
    bool plain; // plain records go past the parser: always, but where a test wants the comparison
    struct ingest_schema schema;
    struct ingest_input input;
    struct ingest_batch batch;
    struct ingest_errors errors;
    struct as_progress progress;
};

#endif
