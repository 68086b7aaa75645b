// SPDX-License-Identifier: MIT
//
// CSV, plain rows by ingest_csv_plain and all others through libcsv, as RFC 4180 has it: quotes
// only around a whole field, blanks are data, rows end in LF, CRLF or CR, rows without a byte are
// passed over. An empty field is NULL, a quoted empty one the empty text. Quotes elsewhere are
// errors rather than guesses.
//
// What libcsv reads is encoded as it delivers the fields, in a buffer of the reader's, and
// copied to the batch in the command's order when the row is whole: no allocation a row, and
// nothing to undo where it turns out to be bad.
#ifndef AS_INGEST_CSV_H
#define AS_INGEST_CSV_H

#include "ingest_session.h"

struct ingest_csv;

// Reads into session->schema.only. Without `header` columns are the parameters in order, or, where
// any is mapped, given by number from 1.
struct ingest_csv *ingest_csv_create(struct ingest_session *session, char delimiter, bool header);
void ingest_csv_free(struct ingest_csv *csv);

enum ingest_next ingest_csv_read(struct ingest_csv *csv, struct as_error *error);

#endif
